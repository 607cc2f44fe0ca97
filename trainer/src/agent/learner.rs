//! Fitted Q iteration on the bounded memory, one backup at a time.

mod state;

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::AgentConfig;
use super::memory::Memory;
use super::policy::FittedPolicy;
use crate::forest::{Forest, ForestOptions, Samples, TreeSeed};

/// What the learner must know besides its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearnerSetup {
    /// Features of a row.
    pub n_features: usize,
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost_per_exposure: f64,
    /// The run's seed: all randomness comes from it.
    pub seed: u64,
}

/// What one or more backups did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BackupReport {
    /// Backups done since the learner began.
    pub n_backups: u64,
    /// Remembered bars that the last backup learned from.
    pub n_rows: usize,
    /// Greatest change of a value by the last backup, over the bars
    /// remembered and all exposures, in fractions of equity.
    pub max_abs_delta_q: f64,
    /// Mean change of the same values.
    pub mean_abs_delta_q: f64,
    /// Wall-clock time of the backups, in seconds.
    pub fit_seconds: f64,
}

/// The learner: watches bars go by, and improves its policy when told.
#[derive(Debug, Clone)]
pub struct FittedQ {
    config: AgentConfig,
    setup: LearnerSetup,
    policy: FittedPolicy,
    memory: Memory,
    n_backups: u64,
    previous_open: Option<f64>,
    /// Whether the bars two and one before the next one gave a row.
    has_rows: [bool; 2],
}

impl FittedQ {
    /// Returns a learner with an empty memory and an untrained policy.
    ///
    /// Fails when a setting is out of range.
    pub fn new(config: AgentConfig, setup: LearnerSetup) -> Result<Self> {
        config.validate()?;
        let LearnerSetup { n_features, cost_per_exposure, .. } = setup;
        let policy = FittedPolicy::untrained(&config.exposures, cost_per_exposure, n_features)?;
        let memory = Memory::new(n_features, config.memory_bars);
        let (previous_open, has_rows) = (None, [false; 2]);
        Ok(Self { config, setup, policy, memory, n_backups: 0, previous_open, has_rows })
    }

    /// Takes in one bar: its open (a price above 0) and, unless it is
    /// a warm-up bar, its features as known at its close.
    ///
    /// The return of a decision at the close of bar t is `open[t+2] /
    /// open[t+1] - 1`, so the learner pairs rows with returns itself.
    /// A bar without a row cuts the chain of successors. Fails on a
    /// row of another length or a value that is not finite.
    pub fn observe(&mut self, open: f64, row: Option<&[f64]>) -> Result<()> {
        ensure!(open.is_finite() && open > 0.0, "the open of a bar is {open}; it must be above 0");
        if let (true, Some(previous)) = (self.has_rows[0], self.previous_open) {
            self.memory.push_return(open / previous - 1.0);
        }
        self.previous_open = Some(open);
        self.has_rows = [self.has_rows[1], row.is_some()];
        let Some(row) = row else {
            self.memory.cut();
            return Ok(());
        };
        self.push_row(row)
    }

    /// Ends the episode: the last bars, whose returns are still to
    /// come, are forgotten, and nothing is learned across the seam.
    pub fn end_episode(&mut self) {
        self.memory.end();
        self.previous_open = None;
        self.has_rows = [false; 2];
    }

    fn push_row(&mut self, row: &[f64]) -> Result<()> {
        let n_features = self.setup.n_features;
        ensure!(row.len() == n_features, "a row has {} features, not {n_features}", row.len());
        if let Some(feature) = row.iter().position(|value| !value.is_finite()) {
            anyhow::bail!("feature {feature} is {}; it must be a finite number", row[feature]);
        }
        self.memory.push_row(row);
        Ok(())
    }

    /// Runs the `backups_per_batch` of the settings; the report holds
    /// the last one's changes and the time of all. Nothing happens,
    /// and there is no report, while no remembered bar has its return.
    pub fn refit(&mut self) -> Result<Option<BackupReport>> {
        let start = Instant::now();
        let mut last = None;
        for _ in 0..self.config.backups_per_batch {
            last = self.backup()?;
        }
        let fit_seconds = start.elapsed().as_secs_f64();
        Ok(last.map(|report| BackupReport { fit_seconds, ..report }))
    }

    /// Does one fitted Q iteration over the memory: fits to
    /// `a · r + discount · max_b [g_b(x') - c · |b - a|]`, where a bar
    /// at a seam has no x' and teaches its own return only.
    ///
    /// Spread over the current rayon pool; the same bits for any
    /// number of threads.
    pub fn backup(&mut self) -> Result<Option<BackupReport>> {
        let start = Instant::now();
        let complete = self.memory.complete();
        if complete.is_empty() {
            return Ok(None);
        }
        let before = self.values(self.policy.forests());
        let forests = self.fit(&before).context("failed to fit the values of the exposures")?;
        let after = self.values(&forests);
        let (max_abs_delta_q, mean_abs_delta_q) = changes(&before, &after, complete.len());
        self.policy = self.policy.clone().with_forests(forests)?;
        self.n_backups += 1;
        Ok(Some(BackupReport {
            n_backups: self.n_backups,
            n_rows: complete.len(),
            max_abs_delta_q,
            mean_abs_delta_q,
            fit_seconds: start.elapsed().as_secs_f64(),
        }))
    }

    /// Returns the values of all rows held, a vector an exposure.
    fn values(&self, forests: &[Forest]) -> Vec<Vec<f64>> {
        let n_rows = self.memory.held().len();
        let mut values = vec![vec![0.0; n_rows]; self.config.exposures.len()];
        for (forest, values) in forests.iter().zip(&mut values) {
            let [first, rest] = self.memory.pieces();
            let (of_first, of_rest) = values.split_at_mut(first.len() / self.setup.n_features);
            forest.predict_rows(first, of_first);
            forest.predict_rows(rest, of_rest);
        }
        values
    }

    fn fit(&self, values: &[Vec<f64>]) -> Result<Vec<Forest>> {
        let rows: Vec<&[f64]> = self.memory.complete().map(|row| self.memory.row(row)).collect();
        let run = self.setup.seed;
        let seed = TreeSeed { run, refit: self.n_backups, action: 0 };
        let samples = Samples::dealt(&rows, self.config.memory_shares, seed.deal())?;
        let fits = self.config.exposures.par_iter().enumerate().map(|(action, &exposure)| {
            let options = ForestOptions {
                n_trees: self.config.n_trees,
                min_samples_leaf: self.config.min_samples_leaf,
                max_depth: self.config.max_depth,
                seed: TreeSeed { action: action as u64, ..seed },
            };
            Forest::fit(&samples, &self.targets(exposure, values), &options)
        });
        fits.collect()
    }

    /// Returns what the values of `exposure` should be, a number for
    /// each complete row.
    fn targets(&self, exposure: f64, values: &[Vec<f64>]) -> Vec<f64> {
        let complete = self.memory.complete();
        let rows = complete.clone().zip(1..);
        rows.map(|(number, successor)| {
            let transition = self.memory.transition(number);
            let reward = exposure * transition.next_return;
            if !transition.is_linked {
                return reward;
            }
            let reachable = self.config.exposures.iter().zip(values);
            let nets = reachable.map(|(&other, values)| {
                values[successor] - self.setup.cost_per_exposure * (other - exposure).abs()
            });
            reward + self.config.discount * nets.fold(f64::NEG_INFINITY, f64::max)
        })
        .collect()
    }

    /// Returns the policy as it is now.
    pub fn policy(&self) -> &FittedPolicy {
        &self.policy
    }

    /// Returns the settings.
    pub fn config(&self) -> &AgentConfig {
        &self.config
    }

    /// Returns the number of remembered bars that have their return.
    pub fn n_rows(&self) -> usize {
        self.memory.complete().len()
    }

    /// Returns up to `n_rows` remembered feature rows, evenly spaced:
    /// what a stored model proves its predictions on.
    pub fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>> {
        let complete = self.memory.complete();
        let step = complete.len().div_ceil(n_rows.max(1)).max(1);
        complete.step_by(step).map(|row| self.memory.row(row).to_vec()).collect()
    }
}

/// Returns the greatest and the mean change over the first `n_rows`.
fn changes(before: &[Vec<f64>], after: &[Vec<f64>], n_rows: usize) -> (f64, f64) {
    let (mut max, mut sum) = (0.0_f64, 0.0);
    for (before, after) in before.iter().zip(after) {
        for (before, after) in before[..n_rows].iter().zip(after) {
            let change = (after - before).abs();
            max = max.max(change);
            sum += change;
        }
    }
    (max, sum / (n_rows * before.len()) as f64)
}
