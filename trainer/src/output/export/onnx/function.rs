//! Reads the function that a model computes from its stored parts.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::learning::ModelPart;
use crate::learning::model::TradingModel;

/// The parts of a model that hold its forests, format 1.
const FORESTS: &str = "forests/";
const FOREST_FORMAT: u32 = 1;
/// The part of a forecaster, format 1.
const FORECAST: &str = "forecast.json";
const FORECAST_FORMAT: u32 = 1;

/// The part with the margin of `fitted_q`, format 1.
const RULE: &str = "rule.json";
const RULE_FORMAT: u32 = 1;

/// The function from features to the values of the exposures.
pub(super) enum ModelFunction {
    /// Sums over the leaves that a row reaches.
    Trees {
        forests: Vec<WeightedForest>,
        /// The summand of each exposure besides the trees.
        base_values: Vec<f64>,
    },
    /// A linear function, times each exposure.
    Linear(StoredLinear),
}

/// How the values decide the exposure.
pub(super) enum DecisionRule {
    /// A change's gain in value must cover its cost.
    BeyondCost,
    /// A forecast must be beyond this threshold; null: always flat.
    BeyondThreshold(Value),
    /// Always flat: no edge was found.
    Flat,
}

/// A forest and the weights of its leaves.
pub(super) struct WeightedForest {
    pub(super) forest: StoredForest,
    pub(super) leaf_weights: Vec<LeafWeight>,
}

/// A leaf adds `factor * value / n_averaged` to the exposure `target`.
#[derive(Debug, Clone, Copy)]
pub(super) struct LeafWeight {
    pub(super) target: usize,
    pub(super) factor: f64,
    pub(super) n_averaged: f64,
}

/// A forest as models store it.
#[derive(Deserialize)]
pub(super) struct StoredForest {
    format: u32,
    pub(super) trees: Vec<StoredTree>,
}

/// Columns of a tree's nodes: a split goes to `children[i]` where its
/// feature is not above `values[i]`, else to the node after that; a
/// leaf has the child 0, and its value is the prediction.
#[derive(Deserialize)]
pub(super) struct StoredTree {
    pub(super) features: Vec<i64>,
    pub(super) children: Vec<i64>,
    pub(super) values: Vec<f64>,
}

/// A linear function as models store it.
#[derive(Deserialize)]
pub(super) struct StoredLinear {
    pub(super) intercept: f64,
    pub(super) weights: Vec<f64>,
}

#[derive(Deserialize)]
struct StoredMargin {
    format: u32,
    /// `None`: flat.
    margin: Option<f64>,
}

#[derive(Deserialize)]
struct StoredForecast {
    format: u32,
    rule: StoredRule,
}

#[derive(Deserialize)]
struct StoredRule {
    regressor: StoredRegressor,
    threshold: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredRegressor {
    Ridge(StoredLinear),
    ExtraTrees(StoredForest),
    RandomForest(StoredForest),
    Xgboost(Vec<StoredBoosted>),
}

#[derive(Deserialize)]
struct StoredBoosted {
    start: f64,
    forest: StoredForest,
}

impl ModelFunction {
    /// Returns the function of `model`, and how its values decide.
    ///
    /// # Errors
    ///
    /// Fails for a model that was never fitted, and for an unknown kind.
    pub(super) fn of(model: &TradingModel) -> Result<(Self, DecisionRule)> {
        let parts = model.policy().parts()?;
        let kind = model.kind();
        ensure!(
            !parts.is_empty(),
            "a `{kind}` model that was never fitted cannot be ONNX; train first"
        );
        if let Some(part) = parts.iter().find(|part| part.name == FORECAST) {
            let StoredForecast { format, rule } = serde_json::from_slice(&part.bytes)?;
            ensure!(format == FORECAST_FORMAT, "a forecast of format {format}");
            let function = Self::of_regressor(rule.regressor, model.exposures());
            return Ok((function, DecisionRule::BeyondThreshold(json!(rule.threshold))));
        }
        Self::of_forests(&parts, model)
    }

    /// Returns the values of one or several forests per exposure, which
    /// are averaged.
    fn of_forests(parts: &[ModelPart], model: &TradingModel) -> Result<(Self, DecisionRule)> {
        let (mut numbered, mut margin) = (BTreeMap::new(), Some(0.0));
        for part in parts {
            if part.name == RULE {
                let StoredMargin { format, margin: stored } = serde_json::from_slice(&part.bytes)?;
                ensure!(format == RULE_FORMAT, "a rule of format {format}");
                margin = stored;
                continue;
            }
            let number = part.name.strip_prefix(FORESTS);
            let number = number.and_then(|name| name.strip_suffix(".json")?.parse::<usize>().ok());
            let Some(number) = number else {
                bail!("a `{}` model cannot be ONNX: its `{}` is not known", model.kind(), part.name)
            };
            let forest: StoredForest = serde_json::from_slice(&part.bytes)?;
            ensure!(forest.format == FOREST_FORMAT, "a forest of format {}", forest.format);
            numbered.insert(number, forest);
        }
        let (n_forests, n_exposures) = (numbered.len(), model.exposures().len());
        ensure!(
            n_forests.is_multiple_of(n_exposures),
            "the model has {n_forests} forests for {n_exposures} exposures"
        );
        let n_per_exposure = (n_forests / n_exposures) as f64;
        let forests = numbered.into_values().zip((0..n_exposures).cycle());
        let forests = forests.map(|(forest, target)| {
            let n_averaged = forest.trees.len() as f64 * n_per_exposure;
            WeightedForest {
                forest,
                leaf_weights: vec![LeafWeight { target, factor: 1.0, n_averaged }],
            }
        });
        let margin_or_0 = margin.unwrap_or_default();
        // `0.0 -` avoids -0.0, which has other bytes in the file.
        let exposures = model.exposures().iter();
        let base_values = exposures.map(|exposure| 0.0 - margin_or_0 * exposure.abs()).collect();
        let function = Self::Trees { forests: forests.collect(), base_values };
        Ok((function, if margin.is_some() { DecisionRule::BeyondCost } else { DecisionRule::Flat }))
    }

    /// Returns the forecast times each exposure.
    fn of_regressor(regressor: StoredRegressor, exposures: &[f64]) -> Self {
        let leaf_weights = |n_averaged: f64| {
            let targets = exposures.iter().enumerate();
            targets.map(|(target, &factor)| LeafWeight { target, factor, n_averaged }).collect()
        };
        match regressor {
            StoredRegressor::Ridge(linear) => Self::Linear(linear),
            StoredRegressor::ExtraTrees(forest) | StoredRegressor::RandomForest(forest) => {
                let leaf_weights = leaf_weights(forest.trees.len() as f64);
                let base_values = vec![0.0; exposures.len()];
                Self::Trees { forests: vec![WeightedForest { forest, leaf_weights }], base_values }
            }
            StoredRegressor::Xgboost(parts) => {
                let n_parts = parts.len() as f64;
                let start = parts.iter().map(|part| part.start).sum::<f64>() / n_parts;
                let forests = parts.into_iter().map(|part| WeightedForest {
                    forest: part.forest,
                    leaf_weights: leaf_weights(n_parts),
                });
                Self::Trees {
                    forests: forests.collect(),
                    base_values: exposures.iter().map(|exposure| exposure * start).collect(),
                }
            }
        }
    }

    pub(super) fn n_trees(&self) -> usize {
        match self {
            Self::Trees { forests, .. } => {
                forests.iter().map(|weighted| weighted.forest.trees.len()).sum()
            }
            Self::Linear(_) => 0,
        }
    }
}
