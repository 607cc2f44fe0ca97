//! Fitted Q iteration on the bounded memory, one backup at a time; at
//! an episode's end the judgement of what it is worth.

mod conclude;
mod conclusion;
mod state;

use std::time::Instant;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::backup::TradingBackup;
use super::experience::Experience;
use super::iteration::{
    FittedIteration, IterationInput, IterationOptions, IterationResult, LinearStart, PreviousValues,
};
use super::memory::Memory;
use super::policy::FittedPolicy;
use crate::config::AgentConfig;
use crate::learning::forest::Forest;
use crate::market::features::{check_open, check_row, ratio};
use conclusion::Conclusion;

/// Random cuts that a split tries at least. With few features one a
/// feature is not enough: where it leaves too few bars on a side, the
/// split fails, and the tree stays a stump.
const CUTS_MIN: usize = 8;
/// Random cuts that a split tries on each feature. Three earn more than
/// one, as the method has it, from bars that are nearly all noise; six
/// do not earn more than three.
const CUTS_PER_FEATURE: usize = 3;

/// Where the iterations start. On an Ornstein-Uhlenbeck price 10 and 30
/// linear steps earn the same, one step a tenth less; a penalty of 0.01
/// earns less from few bars, one of 1 the same.
const LINEAR_START: LinearStart = LinearStart { n_steps: 10, penalty: 0.1 };

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
pub struct RefitStats {
    /// Backups done since the learner began.
    pub n_backups: u64,
    /// Remembered bars that the last backup learned from.
    pub n_rows: usize,
    /// Greatest change of a value by the last backup, over the bars
    /// remembered and all exposures, in fractions of equity. A value
    /// is the mean over all trees, the renewed and the kept ones.
    pub max_abs_delta_q: f64,
    /// Mean change of the same values.
    pub mean_abs_delta_q: f64,
    /// The number of backups that the refit chose, where it chooses.
    pub n_chosen: Option<usize>,
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
    /// Rows that the last refit of a batch learned from.
    n_rows_refitted: usize,
    /// What the first episode ended with, where it was judged.
    conclusion: Option<Conclusion>,
    /// Whether the memory is of an episode that is over.
    is_over: bool,
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
        Ok(Self {
            config,
            setup,
            policy,
            memory,
            n_backups: 0,
            previous_open: None,
            has_rows: [false; 2],
            n_rows_refitted: 0,
            conclusion: None,
            is_over: false,
        })
    }

    /// Records the next bar of one symbol alone, whose time does not
    /// matter; else as [`FittedQ::observe_at`].
    pub fn observe(&mut self, open: f64, row: Option<&[f64]>) -> Result<()> {
        self.observe_at((self.memory.next_ms(), open), row)
    }

    /// Records one bar: when it opened, its open (a price above 0) and,
    /// unless it is a warm-up bar, its features as known at its close.
    ///
    /// The return of a decision at the close of bar t is `open[t+2] /
    /// open[t+1] - 1`, so the learner pairs rows with returns itself.
    /// A bar without a row cuts the chain of successors. Fails on a
    /// row of another length or a value that is not finite.
    pub fn observe_at(&mut self, (time_ms, open): (i64, f64), row: Option<&[f64]>) -> Result<()> {
        check_open(open)?;
        if std::mem::take(&mut self.is_over) {
            self.memory.clear();
        }
        if let (true, Some(previous)) = (self.has_rows[0], self.previous_open) {
            self.memory.push_return(ratio(open, previous) - 1.0);
        }
        self.previous_open = Some(open);
        self.has_rows = [self.has_rows[1], row.is_some()];
        let Some(row) = row else {
            self.memory.cut(time_ms);
            return Ok(());
        };
        check_row(row, self.setup.n_features)?;
        self.memory.push_row(time_ms, row);
        Ok(())
    }

    /// Ends the bars of one symbol, or of an episode: the last bars, whose
    /// returns are still to come, are forgotten, and nothing is learned
    /// across the seam.
    pub fn end_episode(&mut self) {
        self.memory.end();
        self.previous_open = None;
        self.has_rows = [false; 2];
    }

    /// Refits as the settings say: adds `backups_per_batch` backups; with
    /// `backups_max` only before the first judgement, and only when the
    /// memory has grown by half since the last ones. The report holds the
    /// last one's changes and the time of all. Nothing happens, and there
    /// is no report, while no remembered bar has its return.
    pub fn refit(&mut self) -> Result<Option<RefitStats>> {
        let n_rows = self.n_rows();
        if self.config.backups_max.is_some() {
            if self.conclusion.is_some() || 2 * n_rows < 3 * self.n_rows_refitted {
                return Ok(None);
            }
            self.n_rows_refitted = n_rows;
        }
        self.backups(self.config.backups_per_batch)
    }

    fn backups(&mut self, n_backups: usize) -> Result<Option<RefitStats>> {
        if self.n_rows() == 0 {
            return Ok(None);
        }
        let (fitted, report) = self.iterate(&self.core()?, self.policy.forests(), n_backups)?;
        self.policy = self.policy.clone().with_forests(fitted)?;
        self.n_backups = report.n_backups;
        Ok(Some(report))
    }

    /// Does one fitted Q iteration over the memory: fits to
    /// `u(a · r) + discount · max_b [g_b(x') - c · |b - a|]`, where a
    /// bar at a seam has no x' and teaches its own return only; see
    /// [`TradingBackup`].
    ///
    /// Spread over the current rayon pool; the same bits for any
    /// number of threads.
    pub fn backup(&mut self) -> Result<Option<RefitStats>> {
        self.backups(1)
    }

    /// Does some iterations of `core` over the memory, on from `forests`.
    fn iterate(
        &self,
        core: &FittedIteration,
        forests: &[Forest],
        n_steps: usize,
    ) -> Result<(Vec<Forest>, RefitStats)> {
        let start = Instant::now();
        let input =
            IterationInput { experience: &self.memory, backup: &self.backup_rule(&self.config) };
        let previous = PreviousValues { forests, n_done: self.n_backups };
        let mut results = core.steps(&input, previous, n_steps)?;
        for (n_backups, result) in (self.n_backups + 1..).zip(&results) {
            let IterationResult { max_abs_delta_q, n_transitions, .. } = result;
            debug!("backup {n_backups}: max |dQ| {max_abs_delta_q:.3e} over {n_transitions} bars");
        }
        let last = results.pop().context("a refit takes at least one backup")?;
        let report = RefitStats {
            n_backups: self.n_backups + n_steps as u64,
            n_rows: last.n_transitions,
            max_abs_delta_q: last.max_abs_delta_q,
            mean_abs_delta_q: last.mean_abs_delta_q,
            n_chosen: None,
            fit_seconds: start.elapsed().as_secs_f64(),
        };
        Ok((last.forests, report))
    }

    fn core(&self) -> Result<FittedIteration> {
        self.core_of(self.config.min_samples_leaf)
    }

    fn core_of(&self, min_samples_leaf: usize) -> Result<FittedIteration> {
        let AgentConfig { n_trees, max_depth, .. } = self.config;
        FittedIteration::new(IterationOptions {
            n_actions: self.config.exposures.len(),
            is_double: self.config.double_q,
            n_subsamples: self.config.memory_shares,
            n_trees,
            n_renewed: self.config.renewed_trees,
            min_samples_leaf,
            min_samples_split: 0,
            max_depth,
            linear_start: Some(LINEAR_START),
            cuts_per_feature: CUTS_MIN.div_ceil(self.setup.n_features).max(CUTS_PER_FEATURE),
            seed: self.setup.seed,
        })
    }

    fn backup_rule<'a>(&self, config: &'a AgentConfig) -> TradingBackup<'a> {
        TradingBackup {
            exposures: &config.exposures,
            cost: self.setup.cost_per_exposure,
            discount: config.discount,
            risk_aversion: config.risk_aversion,
        }
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
        self.memory.n_transitions()
    }

    /// Returns up to `n_rows` remembered feature rows, evenly spaced:
    /// what a stored model proves its predictions on.
    pub fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>> {
        let n_held = self.n_rows();
        let step = n_held.div_ceil(n_rows.max(1)).max(1);
        (0..n_held).step_by(step).map(|row| self.memory.row(row).to_vec()).collect()
    }
}
