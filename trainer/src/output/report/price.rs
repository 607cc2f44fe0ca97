//! The price over all bars of a session.

use anyhow::{Result, ensure};

use crate::market::bars::{Bar, BarSource};

use super::record::JsonRecord;
use super::series::{Aggregation, Series};
use super::source::ReportContext;

const COLUMNS: &[(&str, Aggregation)] = &[
    ("close", Aggregation::Last),
    ("high", Aggregation::Max),
    ("low", Aggregation::Min),
    ("volume", Aggregation::Sum),
];

/// Reads the bars that the session was trained on, in one pass.
///
/// Fails when they are no longer there, or are others now.
pub(super) fn read(
    record: &JsonRecord,
    context: &ReportContext<'_>,
    n_points_max: usize,
) -> Result<Series> {
    let mut series = Series::new(COLUMNS, n_points_max);
    let mut push = |bar: &Bar| {
        series.push(bar.time_ms, &[bar.close, bar.high, bar.low, bar.volume]);
    };
    if let Some(bars) = context.bars {
        for bar in bars.read()? {
            push(&bar?);
        }
        return Ok(series);
    }
    let spec = record
        .text("/config/training/data")
        .or_else(|| record.text("/data/source"))
        .unwrap_or_default();
    let source = BarSource::open(spec, context.data_root)?.with_config(&record.bars_config());
    let found = source.scan(&mut push)?;
    ensure!(
        record.text("/data/sha256") == Some(&found.sha256),
        "`{spec}` holds other bars now than the session was trained on"
    );
    Ok(series)
}
