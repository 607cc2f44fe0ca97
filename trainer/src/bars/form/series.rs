//! Decides what the times of a series are: signals, an equity curve.

use anyhow::{Result, anyhow};

use super::{Reopen, Rest, Sample, SampleRow, time_text};
use crate::bars::columns::{TimeColumn, settle_time};
use crate::bars::shown;
use crate::bars::timestamp::{LATEST_MS, TimeForm, TimeHints, TimeText, decide};

/// The times of a series.
pub(in crate::bars) struct SeriesTime<'a> {
    pub(in crate::bars) name: &'a str,
    pub(in crate::bars) names: &'a [String],
    pub(in crate::bars) column: TimeColumn,
}

impl SeriesTime<'_> {
    /// Decides where they are and what form they have.
    pub(in crate::bars) fn decide(
        &self,
        sample: &Sample,
        reopen: Reopen<'_>,
    ) -> Result<(TimeColumn, TimeForm)> {
        let width = self.names.len();
        let rows: Vec<&SampleRow> =
            sample.rows[1..].iter().filter(|row| row.cells.len() == width).collect();
        let cells: Vec<Vec<String>> = rows.iter().map(|row| row.cells.clone()).collect();
        let column = settle_time(self.column, &cells);
        let texts: Vec<TimeText> = cells.iter().map(|row| time_text(column, None, row)).collect();
        let hints = TimeHints { format: None, zone: None, latest_ms: LATEST_MS };
        let rest = Rest { sample, reopen };
        let mut more = rest.rows(width).map(|cells| time_text(column, None, &cells));
        let mut form = decide(&texts, &mut more, hints).map_err(|doubt| {
            let text = shown(&texts[0].text);
            anyhow!("`{}` {}: `{text}` {}", self.name, rows[0].place, String::from(doubt))
        })?;
        form.is_newest_first = false;
        Ok((column, form))
    }
}
