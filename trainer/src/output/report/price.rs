//! The price over all bars of a session.

use anyhow::{Result, ensure};

use crate::market::bars::{Bar, BarSource};

use super::material::Surroundings;
use super::record::Record;
use super::series::{Fold, Series};

const COLUMNS: &[(&str, Fold)] =
    &[("close", Fold::Last), ("high", Fold::Max), ("low", Fold::Min), ("volume", Fold::Sum)];

/// Reads the bars that the session was trained on, in one pass.
///
/// Fails when they are no longer there, or are others now.
pub(super) fn read(
    record: &Record,
    around: &Surroundings<'_>,
    n_points_max: usize,
) -> Result<Series> {
    let mut series = Series::new(COLUMNS, n_points_max);
    let mut push = |bar: &Bar| {
        series.push(bar.time_ms, &[bar.close, bar.high, bar.low, bar.volume]);
    };
    if let Some(bars) = around.bars {
        for bar in bars.read()? {
            push(&bar?);
        }
        return Ok(series);
    }
    let spec = record
        .text("/config/training/data")
        .or_else(|| record.text("/data/source"))
        .unwrap_or_default();
    let source = BarSource::open(spec, around.data_root)?.with_config(&record.bars_config());
    let found = source.scan(&mut push)?;
    ensure!(
        record.text("/data/sha256") == Some(&found.sha256),
        "`{spec}` holds other bars now than the session was trained on"
    );
    Ok(series)
}
