//! The features under test, as a function of bars.

use crate::market::bars::Bar;
use crate::market::features::{FeatureEngine, FeatureSet};

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
