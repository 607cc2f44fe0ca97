//! Reads and splits the bars of a run.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;

use crate::config::TrainingConfig;
use crate::market::bars::BarSource;
use crate::market::features::FeatureSet;
use crate::progress;

use super::portfolio;
use super::split::Split;
use super::training_data::{SymbolData, TrainingData};

/// Reads the configured bars once and splits them. No bar may
/// be after `latest_ms`.
pub(crate) fn prepare(
    config: &TrainingConfig,
    root: &Path,
    latest_ms: i64,
) -> Result<TrainingData> {
    config.bars.refuse_negative_prices()?;
    let source = BarSource::open(&config.data, root)?.with_config(&config.bars).until(latest_ms);
    let features = config.features.set(source.find_columns(&config.features.columns)?)?;
    let source = source.with_columns(features.columns());
    let symbol_bars = source.symbols()?;
    if symbol_bars.is_empty() {
        single(config, source, features, root)
    } else {
        portfolio::prepare(config, source, features, symbol_bars)
    }
}

/// Reads and splits a single series without symbols.
fn single(
    config: &TrainingConfig,
    source: BarSource,
    features: FeatureSet,
    root: &Path,
) -> Result<TrainingData> {
    let reading = progress::begin_reading(&root.join(&config.data));
    let (source, summary) = source.summarize_and_keep()?;
    drop(reading);
    let windows = Split::windows(summary.n_bars, config)?.unwrap_or_default();
    let n_windows = windows.len();
    let last = match n_windows {
        0 => Split::of(summary.n_bars, config)?,
        _ => Split::last_fit(summary.n_bars, config, &windows),
    };
    let splits: Vec<Split> = windows.into_iter().chain([last]).collect();
    let records = Split::records(&splits, &source)?;
    let symbol = SymbolData {
        name: None,
        source: source.clone(),
        splits: splits.clone(),
        records: records.clone(),
    };
    let (kind, symbols) = (source.kind()?, Arc::new([symbol]));
    Ok(TrainingData { source, features, summary, kind, splits, records, n_windows, symbols })
}
