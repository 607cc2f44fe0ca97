//! The kind `forecast`: one part with the regression and its threshold.

use std::io::{BufRead, Write};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::learning::agent::{RefitStats, LearnerSetup};
use crate::market::bars::Bar;
use crate::config::TrainingConfig;
use crate::learning::forecast::{ForecastLearner, ForecastPolicy, ForecastRule, ForecastSetup};
use crate::learning::judgement::Judgement;
use crate::learning::model::container::Parts;
use crate::learning::model::learner::{KindEntry, Learner, Policy, Shape};
use crate::learning::model::Part;

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
    let LearnerSetup { n_features, cost_per_exposure, seed } = setup;
    let exposures = config.agent.exposures.clone();
    let setup = ForecastSetup { exposures, cost_per_exposure, n_features, seed };
    Ok(Box::new(ForecastLearner::new(config.models.forecast.clone(), &setup)?))
}

impl Learner for ForecastLearner {
    fn observe(&mut self, bar: &Bar, row: Option<&[f64]>) -> Result<()> {
        self.observe(bar.time_ms, bar.open, row)
    }

    fn refit(&mut self) -> Result<Option<RefitStats>> {
        self.refit()
    }

    fn end_series(&mut self) -> Result<()> {
        self.end_series();
        Ok(())
    }

    fn end_episode(&mut self) -> Result<Option<RefitStats>> {
        self.end_episode()
    }

    fn judgement(&self) -> Option<&Judgement> {
        self.judgement()
    }

    fn is_settled(&self) -> bool {
        self.is_settled()
    }

    fn is_trained(&self) -> bool {
        self.policy().rule().is_some()
    }

    fn policy(&self) -> &dyn Policy {
        self.policy()
    }

    fn boxed_policy(&self) -> Box<dyn Policy> {
        Box::new(self.policy().clone())
    }

    fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>> {
        self.sample_rows(n_rows)
    }

    fn write_state(&self, out: &mut dyn Write) -> Result<()> {
        self.write_state(out)
    }

    fn read_state(&mut self, input: &mut dyn BufRead) -> Result<()> {
        self.read_state(input)
    }
}

impl Policy for ForecastPolicy {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn shape(&self) -> Shape<'_> {
        let (exposures, cost) = (self.exposures(), self.cost());
        Shape { exposures, cost, n_features: self.n_features() }
    }

    /// The value of an exposure is the exposure times the forecast return.
    fn values(&self, row: &[f64], values: &mut [f64]) {
        let forecast = self.forecast(row);
        for (value, exposure) in values.iter_mut().zip(self.exposures()) {
            *value = exposure * forecast;
        }
    }

    fn act(&self, row: &[f64], position: f64) -> f64 {
        self.act(row, position)
    }

    fn parts(&self) -> Result<Vec<Part>> {
        let Some(rule) = self.rule() else { return Ok(Vec::new()) };
        let stored = Stored { format: FORMAT, rule: rule.clone() };
        let bytes = serde_json::to_vec(&stored).context("failed to write the forecast")?;
        Ok(vec![Part { name: PART.to_owned(), bytes }])
    }
}

/// Reads the rule. A model without a rule had no fit yet.
fn read(shape: Shape<'_>, parts: &Parts) -> Result<Box<dyn Policy>> {
    let Shape { exposures, cost, n_features } = shape;
    let policy = ForecastPolicy::untrained(exposures, cost, n_features)?;
    if !parts.0.contains_key(PART) {
        return Ok(Box::new(policy));
    }
    let Stored { format, rule } = parts.json(PART)?;
    ensure!(format == FORMAT, "`{PART}` has format {format}; this program reads {FORMAT}");
    let policy = policy.with_rule(rule).with_context(|| format!("the part `{PART}` is damaged"))?;
    Ok(Box::new(policy))
}
