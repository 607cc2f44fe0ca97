//! The features under test, as a function of bars.

use crate::market::bars::Bar;
use crate::market::features::{FeatureEngine, FeatureSet};

use super::bars::LatestBars;

/// Features that can be computed from any given bars.
pub trait Features: Sync {
    /// Returns the names, in the order of a row's values.
    fn names(&self) -> Vec<String>;

    /// Returns the row of each of `bars`, as known at its close; `None`
    /// during the warm-up.
    fn rows(&self, bars: &[Bar]) -> Vec<Option<Vec<f64>>>;

    /// Returns the same features with all inputs other than the bars
    /// changed after the time `last_ms`; `None` where bars are the only
    /// input.
    fn changed_after(&self, last_ms: i64) -> Option<Box<dyn Features + '_>> {
        let _ = last_ms;
        None
    }
}

/// Supports only sets without further columns; those are checked by
/// [`check_configured_leaks`](super::check_configured_leaks).
impl Features for FeatureSet {
    fn names(&self) -> Vec<String> {
        self.names().to_vec()
    }

    fn rows(&self, bars: &[Bar]) -> Vec<Option<Vec<f64>>> {
        let mut engine = FeatureEngine::new(self);
        let mut row = vec![0.0; self.n_features()];
        bars.iter().map(|bar| engine.push(bar, &mut row).then(|| row.clone())).collect()
    }
}

/// A set of features, and the values of its further columns by time.
#[derive(Debug, Clone)]
pub(super) struct ConfiguredFeatures<'a> {
    set: &'a FeatureSet,
    times_ms: Vec<i64>,
    /// Row-major: one row for each time.
    values: Vec<f64>,
}

impl<'a> ConfiguredFeatures<'a> {
    /// Returns `set` with the further columns of the `latest` bars.
    pub(super) fn new(set: &'a FeatureSet, latest: &LatestBars) -> Self {
        let times_ms = latest.bars.iter().map(|bar| bar.time_ms).collect();
        Self { set, times_ms, values: latest.values.clone() }
    }

    fn values_at(&self, time_ms: i64) -> &[f64] {
        let n_columns = self.set.columns().len();
        // The checks change prices and volumes of bars, never times.
        let at = self.times_ms.binary_search(&time_ms).unwrap_or_default();
        &self.values[at * n_columns..(at + 1) * n_columns]
    }
}

impl Features for ConfiguredFeatures<'_> {
    fn names(&self) -> Vec<String> {
        self.set.names().to_vec()
    }

    fn rows(&self, bars: &[Bar]) -> Vec<Option<Vec<f64>>> {
        let mut engine = FeatureEngine::new(self.set);
        let mut row = vec![0.0; self.set.n_features()];
        let rows = bars.iter().map(|bar| {
            let values = self.values_at(bar.time_ms);
            engine.push_with(bar, values, &mut row).then(|| row.clone())
        });
        rows.collect()
    }

    /// Maps every value `x` of later rows to `1 - 2x`.
    fn changed_after(&self, last_ms: i64) -> Option<Box<dyn Features + '_>> {
        let n_columns = self.set.columns().len();
        let n_kept = self.times_ms.partition_point(|&time_ms| time_ms <= last_ms) * n_columns;
        let mut changed = self.clone();
        for value in &mut changed.values[n_kept..] {
            *value = 1.0 - 2.0 * *value;
        }
        Some(Box::new(changed))
    }
}
