//! The kind `fitted_q`: one part for each forest, and the margin where it
//! is not 0.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use crate::config::TrainingConfig;
use crate::learning::agent::{FittedPolicy, FittedQ};
use crate::learning::{Learner, LearnerSetup, ModelPart, Policy, Shape};
use crate::learning::forest::Forest;
use crate::learning::model::container::ModelParts;
use crate::learning::model::kind_entry::KindEntry;

/// The entry of this kind in the table of kinds.
pub(super) const KIND: KindEntry = KindEntry { name: NAME, memory_bars, learner, read };

const NAME: &str = "fitted_q";
const FOLDER: &str = "forests/";
/// The part that holds the margin.
const RULE: &str = "rule.json";
/// The format version of that part.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredRule {
    format: u32,
    /// See [`FittedPolicy::margin`].
    margin: Option<f64>,
}

fn memory_bars(config: &TrainingConfig) -> (&'static str, usize) {
    ("agent.memory_bars", config.agent.memory_bars)
}

fn learner(config: &TrainingConfig, setup: LearnerSetup) -> Result<Box<dyn Learner>> {
    Ok(Box::new(FittedQ::new(config.agent.clone(), setup)?))
}

impl Policy for FittedPolicy {
    fn kind(&self) -> &'static str {
        NAME
    }

    fn shape(&self) -> &Shape {
        &self.shape
    }

    fn values(&self, row: &[f64], values: &mut [f64]) {
        self.q_values(row, values);
    }

    fn act(&self, row: &[f64], position: f64) -> f64 {
        self.act(row, position)
    }

    fn decide(&self, row: &[f64], position: f64, values: &mut [f64]) -> f64 {
        self.decide(row, position, values)
    }

    fn parts(&self) -> Result<Vec<ModelPart>> {
        let forests = self.forests().iter().enumerate();
        let parts = forests.map(|(index, forest)| {
            let bytes = serde_json::to_vec(forest).context("failed to write a forest")?;
            Ok(ModelPart { name: part_name(index), bytes })
        });
        let mut parts: Vec<ModelPart> = parts.collect::<Result<_>>()?;
        // A margin of 0 is not stored: models of older versions have none.
        if self.margin() != Some(0.0) {
            let bytes = serde_json::to_vec(&StoredRule { format: FORMAT, margin: self.margin() })?;
            parts.push(ModelPart { name: RULE.to_owned(), bytes });
        }
        Ok(parts)
    }

    fn split_counts(&self) -> Option<Vec<u64>> {
        let mut counts = vec![0; self.shape.n_features];
        for feature in self.forests().iter().flat_map(Forest::split_features) {
            counts[feature] += 1;
        }
        Some(counts)
    }
}

/// Reads the margin and one forest per exposure, two with double
/// estimation. A model without forests had no backup yet.
fn read(shape: Shape, parts: &ModelParts) -> Result<Box<dyn Policy>> {
    let policy = FittedPolicy::untrained(shape);
    let policy = if parts.0.contains_key(RULE) {
        let StoredRule { format, margin } = parts.json(RULE)?;
        ensure!(format == FORMAT, "`{RULE}` has format {format}; this program reads {FORMAT}");
        policy.with_margin(margin).with_context(|| format!("the part `{RULE}` is damaged"))?
    } else {
        policy
    };
    let n_forests = parts.0.keys().filter(|name| name.starts_with(FOLDER)).count();
    if n_forests == 0 {
        return Ok(Box::new(policy));
    }
    let forests = (0..n_forests).map(|index| parts.json::<Forest>(&part_name(index)));
    Ok(Box::new(policy.with_forests(forests.collect::<Result<Vec<_>>>()?)?))
}

fn part_name(index: usize) -> String {
    format!("{FOLDER}{index}.json")
}
