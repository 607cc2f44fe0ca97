//! What an episode ends with: the judgement and, where there is an edge,
//! a committee that trades it.
//!
//! The inner judgement chooses the sizes of the leaves, the numbers of
//! backups and the margin on the later part of the memory: all that are
//! as good as the best. Then every episode adds a member, fitted anew by
//! the next of them with seeds of its own to the whole memory, and the
//! values of all members are averaged: no figure hangs on one seed's
//! trees or on one choice.

use std::time::Instant;

use anyhow::Result;
use rayon::prelude::*;
use tracing::{debug, info};

use super::conclusion::{Conclusion, Way};
use super::{FittedQ, RefitStats};
use crate::learning::agent::experience::Experience;
use crate::learning::agent::inner::InnerTraining;
use crate::learning::agent::iteration::{IterationInput, PreviousValues};
use crate::learning::agent::policy::{FittedPolicy, choose as choose_exposure};
use crate::learning::forest::Forest;
use crate::learning::judgement::{self, Choice, InnerParts, Judgement, LaterBars, Trial};

/// Leaves to try, as multiples of `min_samples_leaf`.
const LEAF_FACTORS: [usize; 2] = [1, 4];
/// Numbers of backups to try, as far as `backups_max` allows.
const N_BACKUPS: [usize; 4] = [1, 2, 5, 10];
/// Margins to try, in standard errors of the ensemble.
const MARGINS: [f64; 4] = [0.0, 1.0, 2.0, 4.0];
/// Rows that the standard error is measured on.
const N_ERROR_ROWS: usize = 256;

impl FittedQ {
    /// Ends an episode: judges, if there are more bars than were judged
    /// before, what was learned, and adds a member to the committee, if
    /// an edge was found and there are fewer than `committee`; else the
    /// policy is flat. Without `backups_max` it does nothing.
    pub fn conclude(&mut self) -> Result<Option<RefitStats>> {
        self.end_episode();
        let (Some(n_max), n_rows) = (self.config.backups_max, self.n_rows()) else {
            return Ok(None);
        };
        self.is_over = true;
        let n_judged = self.conclusion.as_ref().map_or(0, |conclusion| conclusion.n_rows);
        if n_rows > n_judged {
            let conclusion = self.judge(n_max)?;
            info!("{}", conclusion.judgement);
            if self.policy.forests().is_empty() {
                self.backup()?;
            }
            self.policy = self.policy.clone().with_margin(conclusion.margin)?;
            self.conclusion = Some(conclusion);
        }
        let Some(Conclusion { ways, n_members, .. }) = &self.conclusion else { return Ok(None) };
        if ways.is_empty() || n_rows < n_judged || *n_members >= self.config.committee {
            return Ok(None);
        }
        self.add_member(ways[n_members % ways.len()])
    }

    /// Returns what the inner judgement said, if it did.
    pub fn judgement(&self) -> Option<&Judgement> {
        self.conclusion.as_ref().map(|conclusion| &conclusion.judgement)
    }

    /// Fits the next member, and averages it with the others.
    fn add_member(&mut self, way: Way) -> Result<Option<RefitStats>> {
        let start = Instant::now();
        let core = self.core_of(way.min_samples_leaf)?;
        let (mut member, report) = self.iterate(&core, &[], way.n_backups)?;
        self.n_backups = report.n_backups;
        let Some(conclusion) = &mut self.conclusion else { return Ok(None) };
        if conclusion.n_members > 0 {
            let join = |(old, new): (&Forest, &Forest)| old.renewed(0, new);
            let members = self.policy.forests().iter().zip(&member);
            member = members.map(join).collect::<Result<_>>()?;
        }
        conclusion.n_members += 1;
        self.policy = self.policy.clone().with_forests(member)?;
        let (fit_seconds, n_chosen) = (start.elapsed().as_secs_f64(), Some(way.n_backups));
        Ok(Some(RefitStats { n_chosen, fit_seconds, ..report }))
    }

    /// Learns from the earlier part of the memory with each candidate,
    /// and chooses by what they earn on the later one.
    fn judge(&mut self, n_max: usize) -> Result<Conclusion> {
        let n_rows = self.n_rows();
        let times_ms: Vec<i64> = (0..n_rows).map(|at| self.memory.time_ms(at)).collect();
        let (mut candidates, mut trials) = (Vec::new(), Vec::new());
        let rows = |later: &[usize]| -> Vec<&[f64]> {
            later.iter().map(|&at| self.memory.row(at)).collect()
        };
        if let Some(InnerParts { earlier, later }) =
            InnerParts::of(&times_ms, self.config.inner_share)
        {
            let costs = (self.policy.cost(), self.config.exposures[0]);
            let bars = self.memory.later_bars(&later, costs);
            for factor in LEAF_FACTORS {
                let min_samples_leaf = factor * self.config.min_samples_leaf;
                if factor > 1 && 4 * min_samples_leaf > earlier.len() {
                    continue;
                }
                let earlier = InnerTraining { memory: &self.memory, transitions: earlier.clone() };
                for (n_backups, policy) in
                    self.inner_policies(&earlier, (min_samples_leaf, n_max))?
                {
                    for (margin, trial) in try_margins(&policy, &rows(&later), &bars) {
                        candidates.push((Way { min_samples_leaf, n_backups }, margin));
                        trials.push(trial);
                    }
                }
            }
        }
        // Seeds of the judgement are none of the committee's.
        self.n_backups += n_max as u64;
        let Choice { judgement, best, as_good } =
            judgement::choose(&trials, self.config.min_t_statistic);
        debug!("{:?} earned most of {candidates:?}", best.map(|best| candidates[best]));
        let mut ways: Vec<Way> = as_good.iter().map(|&it| candidates[it].0).collect();
        ways.dedup();
        let sum = as_good.iter().map(|&it| candidates[it].1).sum::<f64>();
        let margin = (!as_good.is_empty()).then(|| sum / as_good.len() as f64);
        Ok(Conclusion { judgement, ways, margin, n_rows, n_members: 0 })
    }

    /// Learns from the `earlier` part, and returns the policies after
    /// some numbers of backups, most of them first.
    fn inner_policies(
        &self,
        earlier: &InnerTraining<'_>,
        (min_samples_leaf, n_max): (usize, usize),
    ) -> Result<Vec<(usize, FittedPolicy)>> {
        let core = self.core_of(min_samples_leaf)?;
        let input = IterationInput { experience: earlier, backup: &self.backup_rule(&self.config) };
        let n_steps = n_max.min(N_BACKUPS[N_BACKUPS.len() - 1]);
        let previous = PreviousValues { forests: &[], n_done: self.n_backups };
        let fitted = core.steps(&input, previous, n_steps)?;
        let tried = fitted.into_iter().enumerate().map(|(at, fitted)| (at + 1, fitted)).rev();
        let tried = tried.filter(|(n, _)| N_BACKUPS.contains(n) || *n == n_max);
        let policy = self.policy.clone().with_margin(Some(0.0))?;
        tried.map(|(n, fitted)| Ok((n, policy.clone().with_forests(fitted.forests)?))).collect()
    }
}

/// Trades the later `bars`, whose rows are `rows`, with each margin.
fn try_margins(policy: &FittedPolicy, rows: &[&[f64]], bars: &LaterBars) -> Vec<(f64, Trial)> {
    let exposures = policy.exposures();
    let mut values = vec![0.0; rows.len() * exposures.len()];
    let each = values.par_chunks_mut(exposures.len()).zip(rows);
    each.for_each(|(values, row)| policy.q_values(row, values));
    let error = standard_error(policy, rows);
    let trials = MARGINS.into_par_iter().map(|factor| {
        let margin = factor * error;
        let trial = bars.trade(|at, position| {
            let values = &values[at * exposures.len()..][..exposures.len()];
            let net = exposures.iter().zip(values);
            let net = net.map(|(exposure, value)| (*exposure, value - margin * exposure.abs()));
            choose_exposure(net, policy.cost(), position)
        });
        (margin, trial)
    });
    trials.collect()
}

/// Returns the standard error, by the trees' disagreement, of what a
/// unit of exposure is worth beyond none: its root mean square over
/// some of `rows` and all exposures.
fn standard_error(policy: &FittedPolicy, rows: &[&[f64]]) -> f64 {
    let exposures = policy.exposures();
    let forests = &policy.forests()[..exposures.len()];
    let Some(none) = exposures.iter().position(|exposure| *exposure == 0.0) else { return 0.0 };
    let (mut sum, mut n) = (0.0, 0.0);
    for row in rows.iter().step_by(rows.len().div_ceil(N_ERROR_ROWS).max(1)) {
        for (forest, exposure) in forests.iter().zip(exposures).filter(|(_, it)| **it != 0.0) {
            let pairs =
                forest.predict_row_by_trees(row).zip(forests[none].predict_row_by_trees(row));
            let worth: Vec<f64> = pairs.map(|(it, none)| (it - none) / exposure).collect();
            let n_trees = worth.len() as f64;
            let mean = worth.iter().sum::<f64>() / n_trees;
            let square = worth.iter().map(|it| (it - mean).powi(2)).sum::<f64>();
            sum += square / (n_trees - 1.0).max(1.0) / n_trees;
            n += 1.0;
        }
    }
    if n > 0.0 { f64::sqrt(sum / n) } else { 0.0 }
}
