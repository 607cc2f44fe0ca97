//! The kind `forecast`: one part with the regression and its threshold.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::config::TrainingConfig;
use crate::learning::{Learner, LearnerSetup, ModelPart, Policy, Shape};
use crate::learning::forecast::{ForecastLearner, ForecastPolicy, ForecastRule};
use crate::learning::model::container::ModelParts;
use crate::learning::model::kind_entry::KindEntry;

/// The entry of this kind in the table of kinds.
pub(super) const KIND: KindEntry = KindEntry { name: NAME, memory_bars, learner, read };

const NAME: &str = "forecast";
const PART: &str = "forecast.json";
/// The format version of the part.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: u32,
    rule: ForecastRule,
}

fn memory_bars(config: &TrainingConfig) -> (&'static str, usize) {
    ("models.forecast.memory_bars", config.models.forecast.memory_bars)
}

fn learner(config: &TrainingConfig, setup: LearnerSetup) -> Result<Box<dyn Learner>> {
    let (config, exposures) = (config.models.forecast.clone(), &config.agent.exposures);
    Ok(Box::new(ForecastLearner::new(config, exposures, setup)?))
}

impl Policy for ForecastPolicy {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The value of an exposure is the exposure times the forecast return.
    fn values(&self, row: &[f64], values: &mut [f64]) {
        let forecast = self.forecast(row);
        for (value, exposure) in values.iter_mut().zip(&self.shape.exposures) {
            *value = exposure * forecast;
        }
    }

    fn act(&self, row: &[f64], position: f64) -> f64 {
        self.act(row, position)
    }

    fn parts(&self) -> Result<Vec<ModelPart>> {
        let Some(rule) = self.rule() else { return Ok(Vec::new()) };
        let stored = Stored { format: FORMAT, rule: rule.clone() };
        let bytes = serde_json::to_vec(&stored).context("failed to write the forecast")?;
        Ok(vec![ModelPart { name: PART.to_owned(), bytes }])
    }
}

/// Reads the rule. A model without a rule had no fit yet.
fn read(shape: Shape, parts: &ModelParts) -> Result<Box<dyn Policy>> {
    let policy = ForecastPolicy::untrained(shape);
    if !parts.0.contains_key(PART) {
        return Ok(Box::new(policy));
    }
    let Stored { format, rule } = parts.json(PART)?;
    ensure!(format == FORMAT, "`{PART}` has format {format}; this program reads {FORMAT}");
    let policy = policy.with_rule(rule).with_context(|| format!("the part `{PART}` is damaged"))?;
    Ok(Box::new(policy))
}
