//! The bars of a run and their splits.

use std::sync::Arc;

use crate::market::bars::{BarKind, BarSource, DataSummary};
use crate::market::features::FeatureSet;
use crate::session::SplitRecord;

use super::split::{N_TEST_MIN, Split};

/// The bars of one symbol.
#[derive(Clone)]
pub(crate) struct SymbolData {
    /// `None` for a single series without symbols.
    pub(crate) name: Option<String>,
    pub(crate) source: BarSource,
    /// One or, walking forward, one for each window and that of the last
    /// fit.
    pub(crate) splits: Vec<Split>,
    pub(super) records: Vec<SplitRecord>,
}

impl SymbolData {
    /// Returns the number of test bars, over all windows.
    pub(super) fn n_test_bars(&self) -> u64 {
        self.splits.iter().map(|split| split.n_test).sum()
    }

    /// Returns the number of bars, held-out ones excluded.
    pub(crate) fn n_bars(&self) -> u64 {
        self.splits.last().map_or(0, Split::test_end)
    }
}

/// Bars that were read once and checked for training.
#[derive(Clone)]
pub(crate) struct TrainingData {
    /// The bars of all symbols.
    pub(crate) source: BarSource,
    pub(crate) features: FeatureSet,
    pub(crate) summary: DataSummary,
    /// The kind of bars, which is saved with the model.
    pub(crate) kind: BarKind,
    /// Of all symbols: one split or, walking forward, one for each window
    /// and that of the last fit.
    pub(crate) splits: Vec<Split>,
    pub(crate) records: Vec<SplitRecord>,
    /// Number of windows of the walk forward; 0 for a single split.
    pub(crate) n_windows: usize,
    /// The bars of each symbol; at least one.
    pub(crate) symbols: Arc<[SymbolData]>,
}

impl TrainingData {
    /// Returns the data without the last fit, which changes no figure.
    pub(super) fn without_last_fit(&self) -> Self {
        let mut data = self.clone();
        data.splits.truncate(self.n_windows.max(1));
        data
    }

    /// Returns the number of training bars of one episode in each window
    /// and the last fit, over all symbols.
    pub(super) fn n_training_bars(&self) -> u64 {
        let splits = self.symbols.iter().flat_map(|symbol| &symbol.splits);
        splits.map(|split| split.n_train).sum()
    }

    /// Returns the symbols with enough test bars.
    pub(crate) fn tested(&self) -> Vec<&SymbolData> {
        self.symbols.iter().filter(|symbol| symbol.n_test_bars() >= N_TEST_MIN).collect()
    }

    /// Returns the symbol with the most bars.
    pub(crate) fn longest(&self) -> &SymbolData {
        // `max_by_key` returns the last maximum; of a tie take the first.
        let longest = self.symbols.iter().rev().max_by_key(|symbol| symbol.n_bars());
        longest.expect("there is at least one symbol")
    }
}
