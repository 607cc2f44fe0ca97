//! Finds the columns that the settings assign.

use anyhow::{Result, bail};

use super::names::quoted;
use super::{SymbolColumn, TimeColumn};
use crate::market::bars::config::BarsConfig;

/// The columns that the settings assign.
pub(super) struct ConfiguredColumns<'a> {
    pub(super) names: &'a [String],
    pub(super) config: &'a BarsConfig,
}

impl ConfiguredColumns<'_> {
    /// Returns the column of `role`. Fails if the file lacks it.
    pub(super) fn column(&self, role: &str) -> Result<Option<usize>> {
        let Some(wanted) = self.config.columns.get(role) else {
            return Ok(None);
        };
        let Some(idx) = self.names.iter().position(|name| name == wanted) else {
            bail!(
                "has no column `{wanted}`, which `bars.columns` takes for `{role}`; found {}",
                quoted(self.names)
            );
        };
        Ok(Some(idx))
    }

    /// Returns the column of symbols; an empty name means none.
    pub(super) fn symbol(&self) -> Result<Option<SymbolColumn>> {
        if self.config.columns.get("symbol").is_some_and(String::is_empty) {
            return Ok(None);
        }
        Ok(self.column("symbol")?.map(SymbolColumn::Whole))
    }

    /// Returns the column of the time, or those of date and clock time.
    pub(super) fn time(&self) -> Result<Option<TimeColumn>> {
        let (date, clock) = (self.column("date")?, self.column("clock")?);
        Ok(match (self.column("time")?, date, clock) {
            (Some(time), ..) => Some(TimeColumn::Whole(time)),
            (None, Some(date), Some(clock)) => Some(TimeColumn::Split(date, clock)),
            (None, Some(date), None) => Some(TimeColumn::Whole(date)),
            (None, None, _) => None,
        })
    }
}
