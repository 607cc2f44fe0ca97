//! The learner: fitted Q iteration on the bounded memory, and at the end
//! of an episode the selection of settings on held-out bars.

mod committee;
mod end_episode;
mod state;

use std::time::Instant;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::iteration::{FittedIteration, IterationResult, LearnerSetup, PreviousValues};
use super::memory::Memory;
use super::policy::FittedPolicy;
use crate::config::AgentConfig;
use crate::learning::forest::Forest;
use crate::market::features::{check_open, check_row, ratio};
use committee::Committee;

/// The statistics of one refit, which does one or more backups.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RefitStats {
    /// Fits done by the learner in total: backups, and fits to the linear
    /// values that they start from.
    pub n_backups: u64,
    /// Remembered bars that the last backup was fitted to.
    pub n_rows: usize,
    /// Greatest absolute change of a value by the last backup, over the
    /// remembered bars and all exposures, as a fraction of equity. A
    /// value is the mean over all trees, renewed and kept.
    pub max_abs_delta_q: f64,
    /// Mean absolute change of the same values.
    pub mean_abs_delta_q: f64,
    /// The selected number of backups, where it is selected on held-out
    /// bars.
    pub n_chosen: Option<usize>,
    /// Wall-clock time of the backups, in seconds.
    pub fit_seconds: f64,
}

/// Records bars, and fits a [`FittedPolicy`] on them.
#[derive(Debug, Clone)]
pub struct FittedQ {
    config: AgentConfig,
    setup: LearnerSetup,
    policy: FittedPolicy,
    memory: Memory,
    n_backups: u64,
    previous_open: Option<f64>,
    /// Whether each of the last two bars had features.
    has_rows: [bool; 2],
    /// Remembered bars at the last refit.
    n_rows_refitted: usize,
    /// The judgement on held-out bars and the committee that it led to;
    /// none before the first.
    committee: Option<Committee>,
    /// Whether the episode is over: the next bar clears the memory.
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
            committee: None,
            is_over: false,
        })
    }

    /// Records one bar: when it opened, its open (a price above 0) and,
    /// except for a warm-up bar, its features as known at its close.
    ///
    /// The return of a decision at the close of bar t is `open[t+2] /
    /// open[t+1] - 1`, so the learner pairs rows with returns itself. A
    /// bar without features is a gap: the bar before it has no next
    /// state. Fails on a row of another length or a value that is not
    /// finite.
    pub fn observe(&mut self, time_ms: i64, open: f64, row: Option<&[f64]>) -> Result<()> {
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
            self.memory.push_gap();
            return Ok(());
        };
        check_row(row, self.setup.n_features)?;
        self.memory.push_row(time_ms, row);
        Ok(())
    }

    /// Ends the bars of one symbol: drops the last bars, whose returns are
    /// not known, and leaves a gap before the next bar.
    pub fn end_series(&mut self) {
        self.memory.end_series();
        self.previous_open = None;
        self.has_rows = [false; 2];
    }

    /// Does `backups_per_batch` backups. With `backups_max` it does so
    /// only before the first judgement, and only when the memory has grown
    /// by half since the last refit. The report holds the changes of the
    /// last backup and the time of all; it is none where nothing was done
    /// or no return is known yet.
    pub fn refit(&mut self) -> Result<Option<RefitStats>> {
        let n_rows = self.n_rows();
        if self.config.backups_max.is_some() {
            if self.committee.is_some() || 2 * n_rows < 3 * self.n_rows_refitted {
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
        let iteration = self.iteration(self.config.min_samples_leaf, (0..self.n_rows()).collect());
        let (fitted, report) = self.iterate(&iteration, self.policy.forests(), n_backups)?;
        self.policy = self.policy.clone().with_forests(fitted)?;
        self.n_backups = report.n_backups;
        Ok(Some(report))
    }

    /// Does one fitted Q iteration over the memory; a bar before a gap has
    /// no next state.
    ///
    /// The work is spread over the current rayon pool, with the same bits
    /// for any number of threads.
    pub fn backup(&mut self) -> Result<Option<RefitStats>> {
        self.backups(1)
    }

    /// Does `n_iterations` of `iteration`, starting from the values of
    /// `forests`.
    fn iterate(
        &self,
        iteration: &FittedIteration<'_>,
        forests: &[Forest],
        n_iterations: usize,
    ) -> Result<(Vec<Forest>, RefitStats)> {
        let start = Instant::now();
        let (previous, n_rows) =
            (PreviousValues { forests, n_done: self.n_backups }, iteration.bars.len());
        let log = |result: &IterationResult| {
            let IterationResult { n_done, max_abs_delta_q, .. } = result;
            debug!("fit {n_done}: max |dQ| {max_abs_delta_q:.3e} over {n_rows} bars");
        };
        let last = iteration.run(previous, n_iterations, log)?;
        let report = RefitStats {
            n_backups: last.n_done,
            n_rows,
            max_abs_delta_q: last.max_abs_delta_q,
            mean_abs_delta_q: last.mean_abs_delta_q,
            n_chosen: None,
            fit_seconds: start.elapsed().as_secs_f64(),
        };
        Ok((last.forests, report))
    }

    /// Returns the iteration over the remembered `bars`.
    fn iteration(&self, min_samples_leaf: usize, bars: Vec<usize>) -> FittedIteration<'_> {
        let Self { config, setup, memory, .. } = self;
        FittedIteration { config, setup: *setup, min_samples_leaf, memory, bars }
    }

    /// Returns the policy as it is now.
    pub fn policy(&self) -> &FittedPolicy {
        &self.policy
    }

    /// Returns the number of remembered bars whose return is known.
    pub fn n_rows(&self) -> usize {
        self.memory.n_transitions()
    }

    /// Returns up to `n_rows` remembered feature rows, evenly spaced; a
    /// stored model checks its predictions on them.
    pub fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>> {
        let n_held = self.n_rows();
        let step = n_held.div_ceil(n_rows.max(1)).max(1);
        (0..n_held).step_by(step).map(|row| self.memory.row(row).to_vec()).collect()
    }
}
