//! What an episode ends with: the judgement and, where there is an edge,
//! a committee that trades it.
//!
//! The inner judgement chooses the sizes of the leaves, the numbers of
//! backups and the margin by what they earn on bars held out: all that are
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
use crate::learning::agent::policy::choose as choose_exposure;
use crate::learning::forest::Forest;
use crate::learning::judgement::{self, Choice, InnerPart, JudgedBars, Judgement, Trial};

/// Leaves to try, as multiples of `min_samples_leaf`: the larger ones only
/// where the smaller ones reach half of the t statistic that an edge needs.
const LEAF_FACTORS: [usize; 2] = [1, 2];
/// Numbers of backups to try, as far as `backups_max` allows.
const N_BACKUPS: [usize; 4] = [1, 2, 5, 10];
/// Margins to try, in standard errors of the ensemble.
const MARGINS: [f64; 4] = [0.0, 1.0, 2.0, 4.0];
/// Rows of each part that the standard error is measured on.
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
        let Some(conclusion) = &self.conclusion else { return Ok(None) };
        let Conclusion { ways, n_members, .. } = conclusion;
        if n_rows < n_judged || self.is_complete(conclusion) {
            return Ok(None);
        }
        self.add_member(ways[n_members % ways.len()])
    }

    /// Returns what the inner judgement said, if it did.
    pub fn judgement(&self) -> Option<&Judgement> {
        self.conclusion.as_ref().map(|conclusion| &conclusion.judgement)
    }

    /// Returns whether episodes on the same bars no longer change the
    /// policy: nothing is to be traded, or the committee is complete.
    pub fn is_settled(&self) -> bool {
        self.conclusion.as_ref().is_some_and(|it| self.is_complete(it))
    }

    fn is_complete(&self, conclusion: &Conclusion) -> bool {
        conclusion.ways.is_empty() || conclusion.n_members >= self.config.committee
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

    /// Learns with each candidate from all parts of the memory but one,
    /// in turn, and chooses by what they earn on the part left out.
    fn judge(&mut self, n_max: usize) -> Result<Conclusion> {
        let n_rows = self.n_rows();
        let times_ms: Vec<i64> = (0..n_rows).map(|at| self.memory.time_ms(at)).collect();
        let parts = InnerPart::of(&times_ms, self.config.inner_share);
        let bars = self.memory.judged_bars(self.policy.cost(), self.config.exposures[0] < 0.0);
        let n_taught = parts.iter().map(|part| part.training.len()).min().unwrap_or_default();
        let (mut candidates, mut trials) = (Vec::new(), Vec::<Trial>::new());
        let min_t_statistic = self.config.min_t_statistic;
        let is_near = |trial: &Trial| 2.0 * trial.t_statistic() >= min_t_statistic;
        for factor in LEAF_FACTORS {
            let min_samples_leaf = factor * self.config.min_samples_leaf;
            let is_hopeless = 4 * min_samples_leaf > n_taught || !trials.iter().any(is_near);
            if n_taught == 0 || factor > 1 && is_hopeless {
                continue;
            }
            for held_out in self.held_out_values(&parts, min_samples_leaf, n_max)? {
                for (margin, trial) in self.try_margins(&held_out, &bars) {
                    let n_backups = held_out.n_backups;
                    candidates.push((Way { min_samples_leaf, n_backups }, margin));
                    trials.push(trial);
                }
            }
        }
        // Seeds of the judgement are none of the committee's.
        self.n_backups += n_max as u64;
        let Choice { judgement, best, as_good } = judgement::choose(&trials, min_t_statistic);
        debug!("{:?} earned most of {candidates:?}", best.map(|best| candidates[best]));
        let mut ways: Vec<Way> = as_good.iter().map(|&it| candidates[it].0).collect();
        ways.dedup();
        let sum = as_good.iter().map(|&it| candidates[it].1).sum::<f64>();
        let margin = (!as_good.is_empty()).then(|| sum / as_good.len() as f64);
        Ok(Conclusion { judgement, ways, margin, n_rows, n_members: 0 })
    }

    /// Returns what the bars of each part are worth by ensembles that
    /// learned from the others, after some numbers of backups, most of
    /// them first.
    fn held_out_values(
        &self,
        parts: &[InnerPart],
        min_samples_leaf: usize,
        n_max: usize,
    ) -> Result<Vec<HeldOutValues>> {
        let core = self.core_of(min_samples_leaf)?;
        let n_steps = n_max.min(N_BACKUPS[N_BACKUPS.len() - 1]);
        let tried = (1..=n_steps).rev().filter(|n| N_BACKUPS.contains(n) || *n == n_max);
        let n_exposures = self.config.exposures.len();
        let nothing = vec![vec![0.0; self.n_rows()]; n_exposures];
        let of = |n_backups| HeldOutValues { n_backups, values: nothing.clone(), error: 0.0 };
        let mut found: Vec<HeldOutValues> = tried.map(of).collect();
        for InnerPart { training, held_out } in parts {
            let experience = InnerTraining { memory: &self.memory, transitions: training.clone() };
            let backup = &self.backup_rule(&self.config);
            let input = IterationInput { experience: &experience, backup };
            let previous = PreviousValues { forests: &[], n_done: self.n_backups };
            let fitted = core.steps(&input, previous, n_steps)?;
            for found in &mut found {
                let fitted = &fitted[found.n_backups - 1];
                // In double estimation the mean of both halves.
                let n_halves = (fitted.values.len() / n_exposures) as f64;
                for (values, all) in fitted.values.iter().zip((0..n_exposures).cycle()) {
                    let all = &mut found.values[all];
                    for &at in held_out {
                        all[at] += values[at] / n_halves;
                    }
                }
                let error = self.square_error(&fitted.forests, held_out);
                found.error += error / parts.len() as f64;
            }
        }
        for found in &mut found {
            found.error = found.error.sqrt();
        }
        Ok(found)
    }

    /// Trades the `bars` by their values with each margin.
    fn try_margins(&self, held_out: &HeldOutValues, bars: &JudgedBars) -> Vec<(f64, Trial)> {
        let (exposures, cost) = (&self.config.exposures, self.policy.cost());
        let trials = MARGINS.into_par_iter().map(|factor| {
            let margin = factor * held_out.error;
            let trial = bars.trade(|at, position| {
                let net = exposures
                    .iter()
                    .zip(&held_out.values)
                    .map(|(exposure, values)| (*exposure, values[at] - margin * exposure.abs()));
                choose_exposure(net, cost, position)
            });
            (margin, trial)
        });
        trials.collect()
    }

    /// Returns the square of the standard error, by the trees'
    /// disagreement, of what a unit of exposure is worth beyond none: its
    /// mean over some of the bars `held_out` and all exposures.
    fn square_error(&self, forests: &[Forest], held_out: &[usize]) -> f64 {
        let exposures = &self.config.exposures;
        let Some(none) = exposures.iter().position(|exposure| *exposure == 0.0) else { return 0.0 };
        let (mut sum, mut n) = (0.0, 0.0);
        for &at in held_out.iter().step_by(held_out.len().div_ceil(N_ERROR_ROWS).max(1)) {
            let row = self.memory.row(at);
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
        if n > 0.0 { sum / n } else { 0.0 }
    }
}

/// What exposures are worth at bars that taught nothing of it.
struct HeldOutValues {
    n_backups: usize,
    /// For each exposure one a remembered bar.
    values: Vec<Vec<f64>>,
    /// The standard error of what a unit of exposure is worth.
    error: f64,
}
