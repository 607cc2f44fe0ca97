//! The bars of a run, split into those that train and those that test.

use std::sync::Arc;

use crate::market::bars::{BarKind, BarSource, DataSummary};
use crate::market::features::FeatureSet;
use crate::session::SplitRecord;

use super::split::{N_TEST_MIN, Split};

/// The bars of one symbol.
#[derive(Clone)]
pub(crate) struct SymbolData {
    /// None of the only series there is.
    pub(crate) name: Option<String>,
    pub(crate) source: BarSource,
    /// One or, walking forward, one a window and that of the last fit.
    pub(crate) splits: Vec<Split>,
    pub(super) records: Vec<SplitRecord>,
}

impl SymbolData {
    /// Returns how many of its bars test, over all windows.
    pub(super) fn n_test_bars(&self) -> u64 {
        self.splits.iter().map(|split| split.n_test).sum()
    }

    /// Returns how many of its bars there are.
    pub(crate) fn n_bars(&self) -> u64 {
        self.splits.last().map_or(0, Split::test_end)
    }
}

/// Bars that were read once and are fit to train on.
#[derive(Clone)]
pub(crate) struct TrainingData {
    /// The bars of all symbols.
    pub(crate) source: BarSource,
    pub(crate) features: FeatureSet,
    pub(crate) summary: DataSummary,
    /// What a model of these bars is made for.
    pub(crate) kind: BarKind,
    /// The bars of all symbols: one split or, walking forward, one a
    /// window and that of the last fit.
    pub(crate) splits: Vec<Split>,
    pub(crate) records: Vec<SplitRecord>,
    /// Windows of the walk forward; 0: a single split.
    pub(crate) n_windows: usize,
    /// The bars of each symbol; at least one.
    pub(crate) symbols: Arc<[SymbolData]>,
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
        let splits = self.symbols.iter().flat_map(|symbol| &symbol.splits);
        splits.map(|split| split.n_train).sum()
    }

    /// Returns the symbols that have enough bars to be tested.
    pub(crate) fn tested(&self) -> Vec<&SymbolData> {
        self.symbols.iter().filter(|symbol| symbol.n_test_bars() >= N_TEST_MIN).collect()
    }

    /// Returns the symbol with the most bars.
    pub(crate) fn longest(&self) -> &SymbolData {
        // The first of equals, so that the order of names decides.
        let longest = self.symbols.iter().rev().max_by_key(|symbol| symbol.n_bars());
        longest.expect("there is one at least")
    }
}
