//! The learner: fitted Q iteration on the bounded memory, and at the end
//! of an episode the selection of settings on held-out bars.

mod committee;
mod end_episode;

use std::io::{BufRead, Write};
use std::time::Instant;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tracing::debug;

use super::iteration::{FittedIteration, IterationResult, PreviousValues};
use super::policy::FittedPolicy;
use crate::config::AgentConfig;
use crate::learning::forest::Forest;
use crate::learning::judgement::Judgement;
use crate::learning::memory::Memory;
use crate::learning::{Learner, LearnerSetup, Policy, RefitStats, Shape};
use committee::Committee;

/// Records bars, and fits a [`FittedPolicy`] on them.
#[derive(Debug, Clone)]
pub struct FittedQ {
    config: AgentConfig,
    setup: LearnerSetup,
    policy: FittedPolicy,
    memory: Memory,
    progress: Progress,
}

/// How much has been learned.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Progress {
    n_backups: u64,
    /// Remembered bars at the last refit.
    n_rows_refitted: usize,
    /// The judgement on held-out bars and the committee that it led to;
    /// none before the first.
    committee: Option<Committee>,
}

/// The state of a learner without its memory and its settings.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    forests: Vec<Forest>,
    margin: Option<f64>,
    progress: Progress,
}

impl FittedQ {
    /// Returns a learner with an empty memory and an untrained policy.
    ///
    /// Fails when a setting is out of range.
    pub fn new(config: AgentConfig, setup: LearnerSetup) -> Result<Self> {
        config.validate()?;
        let LearnerSetup { n_features, cost_per_exposure, .. } = setup;
        let shape = Shape::new(&config.exposures, cost_per_exposure, n_features)?;
        let policy = FittedPolicy::untrained(shape);
        let memory = Memory::new(n_features, config.memory_bars);
        Ok(Self { config, setup, policy, memory, progress: Progress::default() })
    }

    fn backups(&mut self, n_backups: usize) -> Result<Option<RefitStats>> {
        if self.n_rows() == 0 {
            return Ok(None);
        }
        let iteration = self.iteration(self.config.min_samples_leaf, (0..self.n_rows()).collect());
        let (fitted, report) = self.iterate(&iteration, self.policy.forests(), n_backups)?;
        self.policy = self.policy.clone().with_forests(fitted)?;
        self.progress.n_backups = report.n_backups;
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
            (PreviousValues { forests, n_done: self.progress.n_backups }, iteration.bars.len());
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
}

impl Learner for FittedQ {
    fn observe(&mut self, time_ms: i64, open: f64, row: Option<&[f64]>) -> Result<()> {
        self.memory.observe(time_ms, open, row).map(drop)
    }

    fn end_series(&mut self) {
        self.memory.end_series();
    }

    /// Does `backups_per_batch` backups. With `backups_max` it does so
    /// only before the first judgement, and only when the memory has grown
    /// by half since the last refit. The report holds the changes of the
    /// last backup and the time of all; it is none where nothing was done
    /// or no return is known yet.
    fn refit(&mut self) -> Result<Option<RefitStats>> {
        let n_rows = self.n_rows();
        if self.config.backups_max.is_some() {
            let is_judged = self.progress.committee.is_some();
            if is_judged || 2 * n_rows < 3 * self.progress.n_rows_refitted {
                return Ok(None);
            }
            self.progress.n_rows_refitted = n_rows;
        }
        self.backups(self.config.backups_per_batch)
    }

    /// Judges whether there is an edge, if there are more bars than at the
    /// last judgement; without an edge the exposure is always 0. With one,
    /// fits the next member, up to `committee` members. Without
    /// `backups_max` it only ends the series.
    fn end_episode(&mut self) -> Result<Option<RefitStats>> {
        self.memory.end_series();
        self.config.backups_max.map_or(Ok(None), |n_max| self.judge_and_fit(n_max))
    }

    fn judgement(&self) -> Option<&Judgement> {
        self.progress.committee.as_ref().map(|committee| &committee.judgement)
    }

    /// It is where nothing is traded, or the committee is complete.
    fn is_settled(&self) -> bool {
        self.progress.committee.as_ref().is_some_and(|committee| self.is_complete(committee))
    }

    fn is_trained(&self) -> bool {
        !self.policy.forests().is_empty()
    }

    fn policy(&self) -> &dyn Policy {
        &self.policy
    }

    fn boxed_policy(&self) -> Box<dyn Policy> {
        Box::new(self.policy.clone())
    }

    fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>> {
        self.memory.sample_rows(n_rows)
    }

    fn write_state(&self, out: &mut dyn Write) -> Result<()> {
        let (forests, margin) = (self.policy.forests().to_vec(), self.policy.margin());
        self.memory.write(&State { forests, margin, progress: self.progress.clone() }, out)
    }

    fn read_state(&mut self, input: &mut dyn BufRead) -> Result<()> {
        let State { forests, margin, progress } = self.memory.read(input)?;
        self.policy = self.policy.clone().with_forests(forests)?.with_margin(margin)?;
        self.progress = progress;
        Ok(())
    }
}
