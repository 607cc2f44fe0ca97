//! Decides the time format of a series of signals or equity.

use anyhow::{Result, anyhow};

use super::{LaterRows, Reopen, time_text};
use crate::market::bars::columns::{TimeColumn, resolve_time};
use crate::market::bars::config::Reading;
use crate::market::bars::input::{Sample, SampleRow};
use crate::market::bars::printable;
use crate::market::bars::timestamp::{TimeFormat, TimeHints, TimeText, TimeZone, decide};

/// The column of the times of a series.
pub(in crate::market::bars) struct SeriesTime<'a> {
    pub(in crate::market::bars) name: &'a str,
    pub(in crate::market::bars) names: &'a [String],
    pub(in crate::market::bars) column: TimeColumn,
    pub(in crate::market::bars) reading: &'a Reading,
}

impl SeriesTime<'_> {
    /// Returns the columns of the time and its format. Fails if it is
    /// ambiguous.
    pub(in crate::market::bars) fn decide(
        &self,
        sample: &Sample,
        reopen: Reopen<'_>,
    ) -> Result<(TimeColumn, TimeFormat)> {
        let width = self.names.len();
        let rows: Vec<&SampleRow> =
            sample.rows[1..].iter().filter(|row| row.cells.len() == width).collect();
        let cells: Vec<Vec<String>> = rows.iter().map(|row| row.cells.clone()).collect();
        let column = resolve_time(self.column, &cells);
        let texts: Vec<TimeText> = cells.iter().map(|row| time_text(column, None, row)).collect();
        let Reading { config, latest_ms } = self.reading;
        let zone = config.time_zone.as_deref().and_then(TimeZone::parse);
        let hints = TimeHints { zone, latest_ms: *latest_ms, ..TimeHints::default() };
        let rest = LaterRows { sample, reopen };
        let more = || rest.rows(width).map(|cells| time_text(column, None, &cells));
        let error = |problem: String| {
            let text = printable(&texts[0].text);
            anyhow!("`{}` {}: `{text}` {problem}", self.name, rows[0].place)
        };
        let mut format = match (decide(&texts, &mut more(), hints), &config.time_format) {
            (Err(_), Some(format)) => {
                let hints = TimeHints { format: Some(format), ..hints };
                decide(&texts, &mut more(), hints).map_err(error)?
            }
            (decided, _) => decided.map_err(error)?,
        };
        format.is_newest_first = false;
        Ok((column, format))
    }
}
