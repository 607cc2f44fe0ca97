//! A fitted regression of any kind, in the form that predicts and is stored.
//!
//! Ridge: Hoerl and Kennard, Technometrics 12 (1970). Extra trees:
//! Geurts, Ernst and Wehenkel, Machine Learning 63 (2006). Random
//! forest: Breiman, Machine Learning 45 (2001). Boosted trees: Chen and
//! Guestrin, XGBoost, KDD 2016.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use super::{Forest, ForestOptions};
use crate::config::RegressorKind;

/// How to fit a regression.
#[derive(Debug, Clone, PartialEq)]
pub struct RegressorOptions {
    /// The kind of regression.
    pub kind: RegressorKind,
    /// The penalty of ridge regression, above 0.
    pub ridge_alpha: f64,
    /// The learning rate of boosted trees, above 0.
    pub learning_rate: f64,
    /// How to grow the trees; boosted trees: `n_trees` per subsample.
    pub forest: ForestOptions,
}

/// A fitted regression (JSON through serde; see [`Regressor::check`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regressor {
    /// Ridge regression.
    Ridge(Linear),
    /// Extremely randomised trees.
    ExtraTrees(Forest),
    /// A random forest.
    RandomForest(Forest),
    /// Boosted trees, one ensemble per subsample of the rows; the
    /// prediction is their mean.
    Xgboost(Vec<Boosted>),
}

/// The linear function `intercept + sum(weights[i] * row[i])`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    intercept: f64,
    weights: Vec<f64>,
}

/// A boosted ensemble: it predicts `base_score` plus the sum of the
/// trees, whose leaf values are already multiplied by the learning rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boosted {
    /// The prediction without trees.
    #[serde(rename = "start")]
    pub base_score: f64,
    /// The trees.
    pub forest: Forest,
}

impl Linear {
    /// Returns the function; fails on a number that is not finite.
    pub fn new(intercept: f64, weights: Vec<f64>) -> Result<Self> {
        let linear = Self { intercept, weights };
        linear.check()?;
        Ok(linear)
    }

    fn check(&self) -> Result<()> {
        let is_finite =
            self.intercept.is_finite() && self.weights.iter().all(|weight| weight.is_finite());
        ensure!(is_finite, "a weight is not finite");
        Ok(())
    }

    /// Predicts one row without allocating.
    pub fn predict_row(&self, row: &[f64]) -> f64 {
        let mut sum = 0.0;
        for (weight, value) in self.weights.iter().zip(row) {
            sum += value * weight;
        }
        sum + self.intercept
    }
}

impl Regressor {
    /// Checks a regression that was read from a file: its numbers must be
    /// finite, and it must take rows of `n_features` values.
    pub fn check(&self, n_features: usize) -> Result<()> {
        let found = match self {
            Self::Ridge(linear) => {
                linear.check()?;
                vec![linear.weights.len()]
            }
            Self::ExtraTrees(forest) | Self::RandomForest(forest) => vec![forest.n_features()],
            Self::Xgboost(parts) => {
                let is_finite = parts.iter().all(|part| part.base_score.is_finite());
                ensure!(is_finite, "the base score of a boosted ensemble is not finite");
                parts.iter().map(|part| part.forest.n_features()).collect()
            }
        };
        ensure!(!found.is_empty(), "a regression has no trees");
        let differing = found.into_iter().find(|&found| found != n_features);
        ensure!(
            differing.is_none(),
            "a regression takes {} features, not {n_features}",
            differing.unwrap_or_default()
        );
        Ok(())
    }

    /// Predicts one row without allocating.
    ///
    /// # Panics
    ///
    /// May panic when the row has too few features.
    pub fn predict_row(&self, row: &[f64]) -> f64 {
        match self {
            Self::Ridge(linear) => linear.predict_row(row),
            Self::ExtraTrees(forest) | Self::RandomForest(forest) => forest.predict_row(row),
            Self::Xgboost(parts) => {
                let mut sum = 0.0;
                for part in parts {
                    sum += part.forest.sum_row(part.base_score, row);
                }
                sum / parts.len() as f64
            }
        }
    }
}
