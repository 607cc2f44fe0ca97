//! The end of an episode: tests on held-out bars whether there is an
//! edge and, if so, adds a member to the committee that trades it.
//!
//! The judgement selects leaf sizes, numbers of backups and margins by
//! what they earn on held-out bars: the best candidate and all that are
//! within one standard error of it. Then every episode fits one more
//! member to the whole memory, with the next of these settings and with
//! seeds of its own. The policy averages the values of all members, so
//! that it depends neither on one seed nor on one candidate.

use std::time::Instant;

use anyhow::Result;
use rayon::prelude::*;
use tracing::{debug, info};

use super::FittedQ;
use super::committee::{CandidateSettings, Committee};
use crate::learning::RefitStats;
use crate::learning::agent::iteration::PreviousValues;
use crate::learning::forest::Forest;
use crate::learning::judgement::{
    CandidateReturns, CandidateSelection, Fold, ValidationBars, select_candidates,
};
use crate::learning::policy::choose_exposure;

/// Leaf sizes to try, as multiples of `min_samples_leaf`. The larger one
/// is tried only where the smaller one leaves it open whether there is an
/// edge: where its highest t statistic is between half of and up to
/// [`CLEAR_FACTOR`] times what an edge needs.
const LEAF_FACTORS: [usize; 2] = [1, 2];
/// A t statistic this many times what an edge needs is clear.
const CLEAR_FACTOR: f64 = 2.0;
/// Numbers of backups to try, up to `backups_max`; 0 are the linear
/// values that the backups start from. These are not tried where the
/// backups leave no doubt: with the fewer bars of a fold they earn as much
/// as the backups do, with all bars less.
const N_BACKUPS: [usize; 5] = [0, 1, 2, 5, 10];
/// Margins to try, in standard errors of the ensemble.
const MARGINS: [f64; 4] = [0.0, 1.0, 2.0, 4.0];
/// Held-out rows of each fold that the standard error is measured on.
const N_ERROR_ROWS: usize = 256;

impl FittedQ {
    /// Judges with up to `n_max` backups, unless that was done with as many
    /// bars, and fits the next member.
    pub(super) fn judge_and_fit(&mut self, n_max: usize) -> Result<Option<RefitStats>> {
        let n_rows = self.n_rows();
        self.memory.end_episode();
        let n_judged = self.progress.committee.as_ref().map_or(0, |committee| committee.n_rows);
        if n_rows > n_judged {
            let committee = self.judge(n_max)?;
            info!("{}", committee.judgement);
            if self.policy.forests().is_empty() {
                self.backup()?;
            }
            self.policy = self.policy.clone().with_margin(committee.margin)?;
            self.progress.committee = Some(committee);
        }
        let Some(committee) = &self.progress.committee else { return Ok(None) };
        let Committee { settings, n_members, .. } = committee;
        if n_rows < n_judged || self.is_complete(committee) {
            return Ok(None);
        }
        self.add_member(settings[n_members % settings.len()])
    }

    pub(super) fn is_complete(&self, committee: &Committee) -> bool {
        committee.settings.is_empty() || committee.n_members >= self.config.committee
    }

    /// Fits the next member, and appends its trees to those of the others:
    /// the mean over all trees is the mean over all members.
    fn add_member(&mut self, settings: CandidateSettings) -> Result<Option<RefitStats>> {
        let start = Instant::now();
        let CandidateSettings { min_samples_leaf, n_backups } = settings;
        let iteration = self.iteration(min_samples_leaf, (0..self.n_rows()).collect());
        let (mut forests, report) = self.iterate(&iteration, &[], n_backups)?;
        self.progress.n_backups = report.n_backups;
        let Some(committee) = &mut self.progress.committee else { return Ok(None) };
        if committee.n_members > 0 {
            let append = |(old, new): (&Forest, &Forest)| old.replace_oldest(0, new);
            let pairs = self.policy.forests().iter().zip(&forests);
            forests = pairs.map(append).collect::<Result<_>>()?;
        }
        committee.n_members += 1;
        self.policy = self.policy.clone().with_forests(forests)?;
        let (fit_seconds, n_chosen) = (start.elapsed().as_secs_f64(), Some(n_backups));
        Ok(Some(RefitStats { n_chosen, fit_seconds, ..report }))
    }

    /// Cross-validates all candidates on the memory, and selects those
    /// that have an edge.
    fn judge(&mut self, n_max: usize) -> Result<Committee> {
        let n_rows = self.n_rows();
        let folds = Fold::split(&self.memory.times_ms(), self.config.inner_share);
        let bars =
            self.memory.validation_bars(self.policy.shape.cost, self.config.exposures[0] < 0.0);
        let n_training_min = folds.iter().map(|fold| fold.training.len()).min().unwrap_or_default();
        let (mut candidates, mut returns) = (Vec::new(), Vec::<CandidateReturns>::new());
        let mut max_t_statistic = f64::NEG_INFINITY;
        let min_t_statistic = self.config.min_t_statistic;
        let clear_t_statistic = CLEAR_FACTOR * min_t_statistic;
        let open_range = 0.5 * min_t_statistic..=clear_t_statistic;
        for factor in LEAF_FACTORS {
            let min_samples_leaf = factor * self.config.min_samples_leaf;
            let is_tried = factor == 1
                || 4 * min_samples_leaf <= n_training_min && open_range.contains(&max_t_statistic);
            if n_training_min == 0 || !is_tried {
                continue;
            }
            for held_out in self.held_out_values(&folds, min_samples_leaf, n_max)? {
                if held_out.n_backups == 0 && max_t_statistic > clear_t_statistic {
                    continue;
                }
                for (margin, candidate_returns) in self.trade_with_margins(&held_out, &bars) {
                    let n_backups = held_out.n_backups;
                    candidates.push((CandidateSettings { min_samples_leaf, n_backups }, margin));
                    max_t_statistic = max_t_statistic.max(candidate_returns.t_statistic());
                    returns.push(candidate_returns);
                }
            }
        }
        // The committee must not use the tree seeds of the judgement.
        self.progress.n_backups += n_max as u64 + 1;
        let CandidateSelection { judgement, best, near_best } =
            select_candidates(&returns, min_t_statistic);
        debug!("{:?} earned most of {candidates:?}", best.map(|best| candidates[best]));
        let mut settings: Vec<CandidateSettings> =
            near_best.iter().map(|&it| candidates[it].0).collect();
        settings.dedup();
        let sum = near_best.iter().map(|&it| candidates[it].1).sum::<f64>();
        let margin = (!near_best.is_empty()).then(|| sum / near_best.len() as f64);
        Ok(Committee { judgement, settings, margin, n_rows, n_members: 0 })
    }

    /// Returns the out-of-fold values of all bars after each number of
    /// backups to try, the greatest number first.
    fn held_out_values(
        &self,
        folds: &[Fold],
        min_samples_leaf: usize,
        n_max: usize,
    ) -> Result<Vec<HeldOutValues>> {
        let n_iterations = n_max.min(N_BACKUPS[N_BACKUPS.len() - 1]);
        let numbers = (0..=n_iterations).rev().filter(|n| N_BACKUPS.contains(n) || *n == n_max);
        let n_exposures = self.config.exposures.len();
        let zeros = vec![vec![0.0; self.n_rows()]; n_exposures];
        let of = |n_backups| HeldOutValues { n_backups, values: zeros.clone(), error: 0.0 };
        let mut found: Vec<HeldOutValues> = numbers.map(of).collect();
        for Fold { training, held_out } in folds {
            let iteration = self.iteration(min_samples_leaf, training.clone());
            let previous = PreviousValues { forests: &[], n_done: self.progress.n_backups };
            // The first fit is to the linear values.
            let n_first = self.progress.n_backups + 1;
            iteration.run(previous, n_iterations, |result| {
                let is_tried =
                    |it: &&mut HeldOutValues| n_first + it.n_backups as u64 == result.n_done;
                let Some(found) = found.iter_mut().find(is_tried) else { return };
                // With double estimation the mean of both halves.
                let n_halves = (result.values.len() / n_exposures) as f64;
                for (values, exposure_idx) in result.values.iter().zip((0..n_exposures).cycle()) {
                    let sums = &mut found.values[exposure_idx];
                    for &row_idx in held_out {
                        sums[row_idx] += values[row_idx] / n_halves;
                    }
                }
                let square_error = self.square_error(&result.forests, held_out);
                found.error += square_error / folds.len() as f64;
            })?;
        }
        for found in &mut found {
            found.error = found.error.sqrt();
        }
        Ok(found)
    }

    /// Trades `bars` by the values with each margin to try, and returns
    /// each margin with its returns.
    fn trade_with_margins(
        &self,
        held_out: &HeldOutValues,
        bars: &ValidationBars,
    ) -> Vec<(f64, CandidateReturns)> {
        let (exposures, cost) = (&self.config.exposures, self.policy.shape.cost);
        let returns = MARGINS.into_par_iter().map(|factor| {
            let margin = factor * held_out.error;
            let returns = bars.trade(|row_idx, position| {
                let net_values =
                    exposures.iter().zip(&held_out.values).map(|(exposure, values)| {
                        (*exposure, values[row_idx] - margin * exposure.abs())
                    });
                choose_exposure(net_values, cost, position)
            });
            (margin, returns)
        });
        returns.collect()
    }

    /// Returns the squared standard error, over the trees, of the value
    /// per unit of exposure beyond that of no exposure: its mean over a
    /// sample of the rows `held_out` and over all exposures.
    fn square_error(&self, forests: &[Forest], held_out: &[usize]) -> f64 {
        let exposures = &self.config.exposures;
        let Some(zero_idx) = exposures.iter().position(|exposure| *exposure == 0.0) else {
            return 0.0;
        };
        let (mut sum, mut n) = (0.0, 0.0);
        for &row_idx in held_out.iter().step_by(held_out.len().div_ceil(N_ERROR_ROWS).max(1)) {
            let row = self.memory.row(row_idx);
            for (forest, exposure) in forests.iter().zip(exposures).filter(|(_, it)| **it != 0.0) {
                let pairs = forest
                    .predict_row_by_trees(row)
                    .zip(forests[zero_idx].predict_row_by_trees(row));
                let unit_values: Vec<f64> =
                    pairs.map(|(value, zero_value)| (value - zero_value) / exposure).collect();
                let n_trees = unit_values.len() as f64;
                let mean = unit_values.iter().sum::<f64>() / n_trees;
                let squares = unit_values.iter().map(|it| (it - mean).powi(2)).sum::<f64>();
                sum += squares / (n_trees - 1.0).max(1.0) / n_trees;
                n += 1.0;
            }
        }
        if n > 0.0 { sum / n } else { 0.0 }
    }
}

/// Out-of-fold values after a number of backups.
struct HeldOutValues {
    n_backups: usize,
    /// For each exposure the values of all remembered bars, as fractions
    /// of equity.
    values: Vec<Vec<f64>>,
    /// The standard error of the value per unit of exposure.
    error: f64,
}
