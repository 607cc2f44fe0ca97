//! What is checked: features, computed from given bars.

use crate::market::bars::Bar;
use crate::market::features::{FeatureEngine, FeatureSet};

/// Features as the checks see them: computed from given bars.
pub trait Features: Sync {
    /// Returns the names, in the order of a row's numbers.
    fn names(&self) -> Vec<String>;

    /// Returns the row of each of `bars`, as known at its close; none
    /// while there were too few bars before it.
    fn rows(&self, bars: &[Bar]) -> Vec<Option<Vec<f64>>>;

    /// Returns the same features, where what they know besides the bars
    /// is another for bars after the one of `last_ms`; none where they
    /// know nothing else.
    fn changed_after(&self, last_ms: i64) -> Option<Box<dyn Features + '_>> {
        let _ = last_ms;
        None
    }
}

/// Of a set without further columns, which are no part of the bars: see
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
