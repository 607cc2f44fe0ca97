//! Chooses the exposure by a forecast and a threshold.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::learning::agent::{FittedPolicy, choose};
use crate::learning::forest::Regressor;

/// What a fit found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastRule {
    /// Forecasts the next bar's open-to-open return, as a fraction.
    pub regressor: Regressor,
    /// How far beyond 0 a forecast must be to change the position, as
    /// a fraction; at least the cost of a unit of exposure. `None`
    /// where nothing earned its cost: then the position is 0.
    pub threshold: Option<f64>,
}

/// The forecast `f(x)`, the threshold `h`, and the choice
/// `argmax_a a · f(x) - h · |a - position|`: to the greatest exposure
/// where `f(x) > h`, to the least where `f(x) < -h`, else it stays.
///
/// Without a rule or a threshold it holds nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastPolicy {
    exposures: Vec<f64>,
    cost: f64,
    n_features: usize,
    rule: Option<ForecastRule>,
}

impl ForecastPolicy {
    /// Returns the policy that knows nothing yet: `exposures` in
    /// increasing order, `cost` as a fraction of equity per unit of
    /// exposure traded.
    ///
    /// Fails on exposures that are not increasing finite numbers, or
    /// a cost that is negative or not finite.
    pub fn untrained(exposures: &[f64], cost: f64, n_features: usize) -> Result<Self> {
        FittedPolicy::untrained(exposures, cost, n_features)?;
        Ok(Self { exposures: exposures.to_vec(), cost, n_features, rule: None })
    }

    /// Returns the policy that goes by `rule`.
    ///
    /// Fails on a regression of other rows, and on a threshold that
    /// does not cover the cost.
    pub fn with_rule(mut self, rule: ForecastRule) -> Result<Self> {
        rule.regressor.check(self.n_features).context("the forecast does not fit")?;
        if let Some(threshold) = rule.threshold {
            let (cost, covers) = (self.cost, threshold.is_finite() && threshold >= self.cost);
            ensure!(covers, "the threshold {threshold} does not cover the cost {cost}");
        }
        self.rule = Some(rule);
        Ok(self)
    }

    /// Returns the exposures to choose from, increasing.
    pub fn exposures(&self) -> &[f64] {
        &self.exposures
    }

    /// Returns the cost per unit of exposure traded, as a fraction of
    /// equity.
    pub fn cost(&self) -> f64 {
        self.cost
    }

    /// Returns the number of features of a row.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns what the last fit found; none before the first.
    pub fn rule(&self) -> Option<&ForecastRule> {
        self.rule.as_ref()
    }

    /// Returns the forecast for the bar of `row`; 0 before the first
    /// fit. Allocates nothing.
    pub fn forecast(&self, row: &[f64]) -> f64 {
        self.rule.as_ref().map_or(0.0, |rule| rule.regressor.predict_row(row))
    }

    /// Returns the exposure to hold after the bar of `row`, when the
    /// exposure held is `position`. Allocates nothing.
    pub fn act(&self, row: &[f64], position: f64) -> f64 {
        let threshold = self.rule.as_ref().and_then(|rule| rule.threshold);
        threshold.map_or(0.0, |threshold| {
            decide(&self.exposures, Signal { forecast: self.forecast(row), threshold }, position)
        })
    }
}

/// What a decision goes by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signal {
    pub(super) forecast: f64,
    pub(super) threshold: f64,
}

/// Returns the exposure to hold; see [`ForecastPolicy`].
pub(super) fn decide(exposures: &[f64], signal: Signal, position: f64) -> f64 {
    // No -0.0, which would count as less than 0 where two are equal.
    let values = exposures.iter().map(|&exposure| (exposure, exposure * signal.forecast + 0.0));
    choose(values, signal.threshold, position)
}
