//! The forecaster's settings, their ranges and defaults.

use serde::{Deserialize, Serialize};

use crate::field::{FieldError, check_counts, check_numbers};

/// Which regression to fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RegressorKind {
    /// Ridge regression on standardised features.
    Ridge,
    /// Extremely randomised trees, each on a part of the rows.
    ExtraTrees,
    /// A random forest: bootstraps, a third of the features a split.
    RandomForest,
    /// Boosted trees: the mean of one ensemble for each part of the rows.
    Xgboost,
}

/// How to forecast. Missing keys take their defaults; the exposures to
/// choose from are those of `agent`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ForecastConfig {
    /// The regression: `ridge`, `extra_trees`, `random_forest` or
    /// `xgboost`. Default: `ridge`.
    pub learner: RegressorKind,
    /// Penalty on the squares of ridge regression's weights, of
    /// standardised features: above 0, at most 1e9. Default: 1.
    #[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1e9)))]
    pub ridge_alpha: f64,
    /// The number of trees; with `xgboost`, for each part of the memory.
    /// From 1 to 1000, and not fewer than `memory_shares`. Default: 40.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1000)))]
    pub n_trees: usize,
    /// Parts into which the memory is split at random: each tree grows on
    /// one of them. From 1 to 64. Default: 10.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 64)))]
    pub memory_shares: usize,
    /// Fewest bars of the memory that a leaf averages over, in bars:
    /// from 1 to 1,000,000. Default: 500.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub min_samples_leaf: usize,
    /// Greatest depth of a tree in splits, from 1 to 60; null: as deep
    /// as the leaves allow, and 6 for `xgboost`. Default: null.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60)))]
    pub max_depth: Option<u16>,
    /// The learning rate of `xgboost`: from 0.001 to 1. Default: 0.1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.001, max = 1.0)))]
    pub learning_rate: f64,
    /// Most recent bars that are remembered and learned from, in bars:
    /// from 400 to 10,000,000. Default: 30000.
    #[cfg_attr(feature = "schema", schemars(range(min = 400, max = 10_000_000)))]
    pub memory_bars: usize,
    /// The part of the memory that is held out at a time, to choose the
    /// threshold by out-of-fold forecasts: from 0.1 to 0.5 of its bars.
    /// There are 1 / `inner_share` parts, rounded. Default: 0.25.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.1, max = 0.5)))]
    pub inner_share: f64,
    /// The least t statistic (mean over standard error) of the net returns
    /// on the held-out parts, compared with never trading and with constant
    /// exposures; below it nothing is traded. From 0 to 10. Default: 3.5.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 10.0)))]
    pub min_t_statistic: f64,
    /// New bars that a fit waits for, in bars: from 0 to 10,000,000. An
    /// episode ends with a fit in any case. Default: 5000.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 10_000_000)))]
    pub refit_bars: usize,
}

impl Default for ForecastConfig {
    fn default() -> Self {
        Self {
            learner: RegressorKind::Ridge,
            ridge_alpha: 1.0,
            n_trees: 40,
            memory_shares: 10,
            min_samples_leaf: 500,
            max_depth: None,
            learning_rate: 0.1,
            memory_bars: 30_000,
            inner_share: 0.25,
            min_t_statistic: 3.5,
            refit_bars: 5000,
        }
    }
}

impl ForecastConfig {
    /// Checks every setting against its range; the fields are named
    /// `models.forecast.…`, as in the training config.
    pub fn validate(&self) -> Result<(), FieldError> {
        let counts = [
            ("n_trees", self.n_trees as u64, 1..=1000),
            ("memory_shares", self.memory_shares as u64, 1..=64.min(self.n_trees as u64)),
            ("min_samples_leaf", self.min_samples_leaf as u64, 1..=1_000_000),
            ("max_depth", self.max_depth.unwrap_or(1).into(), 1..=60),
            ("memory_bars", self.memory_bars as u64, 400..=10_000_000),
            ("refit_bars", self.refit_bars as u64, 0..=10_000_000),
        ];
        check_counts("models.forecast.", &counts)?;
        let numbers = [
            ("ridge_alpha", self.ridge_alpha, f64::MIN_POSITIVE..=1e9, "above 0, at most 1e9"),
            ("learning_rate", self.learning_rate, 0.001..=1.0, "from 0.001 to 1"),
            ("inner_share", self.inner_share, 0.1..=0.5, "from 0.1 to 0.5"),
            ("min_t_statistic", self.min_t_statistic, 0.0..=10.0, "from 0 to 10"),
        ];
        check_numbers("models.forecast.", &numbers)
    }
}
