//! Trains and evaluates on bars in memory, recording every decision.

use anyhow::{Result, ensure};

use crate::account::environment::StepStatus;
use crate::account::metrics::{Performance, Simulation};
use crate::config::TrainingConfig;
use crate::learning::{Learner, LearnerSetup, Policy};
use crate::market::bars::Bar;
use crate::random::splitmix64;
use crate::training::train::Split;

use super::features::Features;

/// Most episodes of a check: a leak shows early.
const N_EPISODES_MAX: usize = 2;

/// The settings that all trainings of a check share.
pub(super) struct CheckTraining<'a> {
    training: &'a TrainingConfig,
    features: &'a dyn Features,
    split: Split,
}

/// The decisions of a training and their performance.
pub(super) struct CheckTrainingResult {
    /// A hash of each decision and its action values, on the training
    /// bars of the first episode; 0 during the warm-up.
    pub(super) train_decisions: Vec<u64>,
    /// The same on the test bars, after the last episode.
    pub(super) test_decisions: Vec<u64>,
    /// The performance on the test bars.
    pub(super) performance: Performance,
}

impl<'a> CheckTraining<'a> {
    pub(super) fn new(
        training: &'a TrainingConfig,
        split: Split,
        features: &'a dyn Features,
    ) -> Self {
        Self { training, features, split }
    }

    pub(super) fn split(&self) -> Split {
        self.split
    }

    pub(super) fn training(&self) -> &TrainingConfig {
        self.training
    }

    /// Trains on the first of `bars` and evaluates on the last, as a
    /// training run does.
    pub(super) fn run(&self, bars: &[Bar]) -> Result<CheckTrainingResult> {
        self.run_with(bars, self.features)
    }

    /// Does the same on `bars` that were changed after the one opening
    /// at `last_ms`; other inputs of the features change there, too.
    pub(super) fn run_changed(&self, bars: &[Bar], last_ms: i64) -> Result<CheckTrainingResult> {
        match self.features.changed_after(last_ms) {
            Some(changed) => self.run_with(bars, changed.as_ref()),
            None => self.run(bars),
        }
    }

    fn run_with(&self, bars: &[Bar], features: &dyn Features) -> Result<CheckTrainingResult> {
        let rows = features.rows(bars);
        ensure!(rows.len() == bars.len(), "{} rows for {} bars", rows.len(), bars.len());
        let n_train = usize::try_from(self.split.n_train)?;
        let test_begin = usize::try_from(self.split.test_begin())?;
        let setup = LearnerSetup {
            n_features: self.features.names().len(),
            cost_per_exposure: self.training.environment.cost_per_exposure(),
            seed: self.training.seed,
        };
        let mut learner = self.training.model.learner(self.training, setup)?;
        let train = FeaturedBars { bars: &bars[..n_train], rows: &rows[..n_train] };
        let train_decisions = self.train_episode(learner.as_mut(), train)?;
        for _ in 1..n_episodes(self.training) {
            self.train_episode(learner.as_mut(), train)?;
        }
        let test = FeaturedBars { bars: &bars[test_begin..], rows: &rows[test_begin..] };
        let (test_decisions, performance) = self.evaluate(learner.policy(), test)?;
        Ok(CheckTrainingResult { train_decisions, test_decisions, performance })
    }

    fn train_episode(
        &self,
        learner: &mut dyn Learner,
        FeaturedBars { bars, rows }: FeaturedBars<'_>,
    ) -> Result<Vec<u64>> {
        let environment = &self.training.environment;
        let mut simulation = Simulation::new(environment, None)?;
        let mut fingerprints = Vec::with_capacity(bars.len());
        let batch = self.training.steps_per_batch;
        for (bars, rows) in bars.chunks(batch).zip(rows.chunks(batch)) {
            let mut is_over = false;
            for (bar, row) in bars.iter().zip(rows) {
                let policy = learner.policy();
                let status = step(&mut simulation, policy, bar, row.as_deref(), &mut fingerprints);
                learner.observe(bar.time_ms, bar.open, row.as_deref())?;
                is_over = status != StepStatus::Running;
                if is_over {
                    break;
                }
            }
            learner.refit()?;
            if is_over {
                break;
            }
        }
        learner.end_episode()?;
        Ok(fingerprints)
    }

    fn evaluate(
        &self,
        policy: &dyn Policy,
        FeaturedBars { bars, rows }: FeaturedBars<'_>,
    ) -> Result<(Vec<u64>, Performance)> {
        let simulation = Simulation::new(&self.training.environment, None)?;
        let mut simulation = simulation.with_risk(self.training.seed);
        let mut fingerprints = Vec::with_capacity(bars.len());
        for (bar, row) in bars.iter().zip(rows) {
            step(&mut simulation, policy, bar, row.as_deref(), &mut fingerprints);
        }
        Ok((fingerprints, simulation.finish(&mut |_| {})))
    }
}

/// Bars with the features of each; `None` during the warm-up.
#[derive(Clone, Copy)]
struct FeaturedBars<'a> {
    bars: &'a [Bar],
    rows: &'a [Option<Vec<f64>>],
}

/// Steps through one bar and records the hash of the decision at its
/// close.
fn step(
    simulation: &mut Simulation,
    policy: &dyn Policy,
    bar: &Bar,
    row: Option<&[f64]>,
    fingerprints: &mut Vec<u64>,
) -> StepStatus {
    let mut values = vec![0.0; policy.shape().exposures.len()];
    let outcome = simulation.step(
        bar,
        &mut |_, environment| {
            let held = environment.target();
            let Some(row) = row else {
                fingerprints.push(0);
                return held;
            };
            policy.values(row, &mut values);
            let target = policy.act(row, held);
            let fingerprint =
                values.iter().fold(splitmix64(target.to_bits()), |fingerprint, value| {
                    splitmix64(fingerprint ^ value.to_bits())
                });
            fingerprints.push(fingerprint);
            target
        },
        &mut |_| {},
    );
    outcome.status
}

/// Returns how many episodes a training of the checks runs.
pub(super) fn n_episodes(training: &TrainingConfig) -> usize {
    training.total_episodes.min(N_EPISODES_MAX)
}
