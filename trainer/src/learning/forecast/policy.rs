//! Chooses the exposure by a forecast and a threshold.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::learning::Shape;
use crate::learning::forest::Regressor;
use crate::learning::policy::choose_exposure;

/// The result of a fit: the regression and its threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastRule {
    /// Forecasts the next bar's open-to-open return, as a fraction.
    pub regressor: Regressor,
    /// How far beyond 0 a forecast must be to change the position, as
    /// a fraction; at least the cost of a unit of exposure. `None`
    /// where no threshold had an edge: then the position is always 0.
    pub threshold: Option<f64>,
}

/// Chooses the exposure `argmax_a a · f(x) - h · |a - position|` from
/// the forecast `f(x)` and the threshold `h`: the greatest exposure
/// where `f(x) > h`, the least where `f(x) < -h`, otherwise the position
/// it has.
///
/// Without a rule or a threshold the exposure is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct ForecastPolicy {
    pub(in crate::learning) shape: Shape,
    rule: Option<ForecastRule>,
}

impl ForecastPolicy {
    /// Returns the policy without a rule.
    pub fn untrained(shape: Shape) -> Self {
        Self { shape, rule: None }
    }

    /// Returns the policy that applies `rule`.
    ///
    /// Fails where the regression takes another number of features, and
    /// where the threshold is below the cost.
    pub fn with_rule(mut self, rule: ForecastRule) -> Result<Self> {
        rule.regressor.check(self.shape.n_features).context("the forecast does not fit")?;
        if let Some(threshold) = rule.threshold {
            let (cost, covers) =
                (self.shape.cost, threshold.is_finite() && threshold >= self.shape.cost);
            ensure!(covers, "the threshold {threshold} does not cover the cost {cost}");
        }
        self.rule = Some(rule);
        Ok(self)
    }

    /// Returns the result of the last fit; none before the first.
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
            decide(
                &self.shape.exposures,
                Signal { forecast: self.forecast(row), threshold },
                position,
            )
        })
    }
}

/// A forecast return and the size beyond which it changes the position,
/// both as fractions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signal {
    pub(super) forecast: f64,
    pub(super) threshold: f64,
}

/// Returns the exposure to hold; see [`ForecastPolicy`].
pub(super) fn decide(exposures: &[f64], signal: Signal, position: f64) -> f64 {
    // Adding 0 turns -0.0 into 0.0: `choose_exposure` orders by
    // `total_cmp`, which would count -0.0 as less.
    let values = exposures.iter().map(|&exposure| (exposure, exposure * signal.forecast + 0.0));
    choose_exposure(values, signal.threshold, position)
}
