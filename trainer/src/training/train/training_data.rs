//! The bars of a run, read once and split.

use std::path::Path;

use anyhow::Result;

use crate::config::TrainingConfig;
use crate::market::bars::{BarKind, BarSource, DataSummary};
use crate::market::features::FeatureSet;
use crate::progress;
use crate::session::SplitRecord;

use super::portfolio::{self, Portfolio, SymbolData};
use super::split::{N_TEST_MIN, Split};

/// Bars that were read once and are fit to train on.
#[derive(Clone)]
pub(crate) struct TrainingData {
    pub(crate) source: BarSource,
    pub(crate) features: FeatureSet,
    pub(crate) summary: DataSummary,
    /// What a model of these bars is made for.
    pub(crate) kind: BarKind,
    /// One or, walking forward, one a window and that of the last fit.
    pub(crate) splits: Vec<Split>,
    pub(crate) records: Vec<SplitRecord>,
    /// Windows of the walk forward; 0: a single split.
    pub(crate) n_windows: usize,
    /// Where there are several symbols, the bars of each.
    pub(crate) symbols: Vec<SymbolData>,
}

impl TrainingData {
    /// Returns these without the last fit, which changes no figure.
    pub(super) fn without_last_fit(&self) -> Self {
        let mut judged = self.clone();
        judged.splits.truncate(self.n_windows.max(1));
        judged
    }

    /// Returns how many bars an episode trains on, over all windows, the
    /// last fit and all symbols.
    pub(super) fn n_training_bars(&self) -> u64 {
        let of_symbols = self.symbols.iter().flat_map(|symbol| &symbol.splits);
        let splits = self.splits.iter().filter(|_| self.symbols.is_empty()).chain(of_symbols);
        splits.map(|split| split.n_train).sum()
    }

    /// Returns the bars that are tested, with the windows' splits: of
    /// each symbol that has enough of them.
    pub(crate) fn tested(&self) -> Vec<(&BarSource, &[Split])> {
        if self.symbols.is_empty() {
            return vec![(&self.source, &self.splits)];
        }
        let tested = self.symbols.iter().filter(|symbol| symbol.n_test_bars() >= N_TEST_MIN);
        tested.map(|symbol| (&symbol.source, symbol.splits.as_slice())).collect()
    }
}

/// Reads the bars that `config` names once, and splits them.
pub(crate) fn prepare(
    config: &TrainingConfig,
    root: &Path,
    latest_ms: i64,
) -> Result<TrainingData> {
    config.bars.refuse_negative_prices()?;
    let source = BarSource::open(&config.data, root)?.with_config(&config.bars).until(latest_ms);
    let features = config.features.set(source.find_columns(&config.features.columns)?)?;
    let source = source.with_columns(features.columns());
    let symbols = source.symbols()?;
    if !symbols.is_empty() {
        let Portfolio { symbols, summary, splits, records, n_windows } =
            portfolio::prepare(config, &source, symbols)?;
        let kind = portfolio::kind_of(&symbols)?;
        return Ok(TrainingData {
            source,
            features,
            summary,
            kind,
            splits,
            records,
            n_windows,
            symbols,
        });
    }
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
    let kind = BarKind::of(&source)?;
    let symbols = Vec::new();
    Ok(TrainingData { source, features, summary, kind, splits, records, n_windows, symbols })
}
