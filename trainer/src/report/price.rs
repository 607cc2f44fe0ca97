//! The price over all bars of a session.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::bars::BarSource;

use super::record::Record;
use super::series::{Fold, Series};

const COLUMNS: &[(&str, Fold)] =
    &[("close", Fold::Last), ("high", Fold::Max), ("low", Fold::Min), ("volume", Fold::Sum)];

/// Reads the bars that the session was trained on again.
///
/// Fails when they are no longer there, or are others now.
pub(super) fn read(record: &Record, root: &Path, n_points_max: usize) -> Result<Series> {
    let spec = record
        .text("/config/training/data")
        .or_else(|| record.text("/data/source"))
        .unwrap_or_default();
    let source = BarSource::open(spec, root)?;
    let found = source.summarize()?.sha256;
    ensure!(
        record.text("/data/sha256") == Some(&found),
        "`{spec}` holds other bars now than the session was trained on"
    );
    let mut series = Series::new(COLUMNS, n_points_max);
    for bar in source.read()? {
        let bar = bar?;
        series.push(bar.time_ms, &[bar.close, bar.high, bar.low, bar.volume]);
    }
    Ok(series)
}
