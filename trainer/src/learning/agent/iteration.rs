//! Fitted Q iteration over the remembered bars.
//!
//! After Ernst, Geurts and Wehenkel, Tree-based batch mode
//! reinforcement learning, JMLR 6 (2005): each iteration fits one
//! ensemble per exposure to targets that are computed from the values of
//! the previous iteration.

mod linear;
mod shared_splits;

use anyhow::{Result, ensure};
use rayon::prelude::*;

use crate::config::AgentConfig;
use crate::learning::LearnerSetup;
use crate::learning::forest::{Forest, Leaves};
use crate::learning::memory::{Memory, Transition};
use crate::random::splitmix64;

/// The values that an iteration starts from.
#[derive(Debug, Clone, Copy)]
pub(super) struct PreviousValues<'a> {
    /// One ensemble per exposure, two with double estimation; or none:
    /// then the iterations start from linear values.
    pub(super) forests: &'a [Forest],
    /// Fits done before; the seeds of the trees depend on it.
    pub(super) n_done: u64,
}

/// The result of an iteration.
#[derive(Debug, Clone)]
pub(super) struct IterationResult {
    /// One ensemble per exposure; with double estimation those of the
    /// first half, then those of the second.
    pub(super) forests: Vec<Forest>,
    /// For each ensemble its values, one for each row of the memory.
    pub(super) values: Vec<Vec<f64>>,
    /// Fits done, those before the iteration included.
    pub(super) n_done: u64,
    /// Greatest absolute change of a value, over the bars learned from and
    /// all ensembles.
    pub(super) max_abs_delta_q: f64,
    /// Mean absolute change of the same values.
    pub(super) mean_abs_delta_q: f64,
}

/// Fitted Q iteration over some of the remembered bars.
pub(super) struct FittedIteration<'a> {
    pub(super) config: &'a AgentConfig,
    pub(super) setup: LearnerSetup,
    /// Fewest bars in a leaf, in place of that in the settings.
    pub(super) min_samples_leaf: usize,
    pub(super) memory: &'a Memory,
    /// Indices of the bars to learn from, increasing.
    pub(super) bars: Vec<usize>,
}

/// Identifies an ensemble.
#[derive(Clone, Copy)]
struct EnsembleId {
    /// Index of its half; 0 without double estimation.
    half: usize,
    /// Index of its exposure.
    action: usize,
}

/// The input of one fit of the ensembles of a half.
struct SharedSplitsFit<'a> {
    iteration: &'a FittedIteration<'a>,
    /// Indices of the bars to fit to.
    bars: &'a [usize],
    /// For each exposure the targets, one for each of `bars`.
    targets: &'a [Vec<f64>],
    /// Index of the half; 0 without double estimation.
    half: usize,
    /// Fits done before.
    n_done: u64,
}

impl FittedIteration<'_> {
    /// Does `n_iterations` iterations and returns the last result. Without
    /// ensembles to start from, it first fits some to the linear values.
    /// `on_result` is called after each fit with its result.
    ///
    /// The work is spread over the current rayon pool, with the same bits
    /// for any number of threads. Fails without bars, with double
    /// estimation in either half, and on a target that is not finite.
    pub(super) fn run(
        &self,
        PreviousValues { forests, n_done }: PreviousValues<'_>,
        n_iterations: usize,
        mut on_result: impl FnMut(&IterationResult),
    ) -> Result<IterationResult> {
        let n_exposures = self.config.exposures.len();
        let n_forests = n_exposures * self.n_halves();
        let is_complete = [0, n_forests].contains(&forests.len());
        ensure!(is_complete, "{} ensembles so far; there are {n_forests}", forests.len());
        let mut previous = forests.chunks(n_exposures);
        ensure!(previous.all(Forest::share_splits), "the ensembles have different splits");
        let halves: Vec<Vec<usize>> = (0..self.n_halves()).map(|half| self.half(half)).collect();
        ensure!(halves.iter().all(|bars| !bars.is_empty()), "there are too few bars to learn from");
        let row_slices = self.memory.row_slices();
        let leaves = forests.chunks(n_exposures).map(|half| half[0].leaves(row_slices));
        let mut leaves: Vec<Leaves> = leaves.collect();
        let values = if forests.is_empty() {
            self.linear_values(&halves)?
        } else {
            self.values(forests, &leaves)
        };
        let forests = forests.to_vec();
        let (max_abs_delta_q, mean_abs_delta_q) = (0.0, 0.0);
        let mut result =
            IterationResult { forests, values, n_done, max_abs_delta_q, mean_abs_delta_q };
        let n_fits = n_iterations + usize::from(result.forests.is_empty());
        for n_done in (n_done..).take(n_fits) {
            let (mut forests, mut previous) = (Vec::new(), leaves.into_iter());
            leaves = Vec::new();
            for (half, bars) in halves.iter().enumerate() {
                let of_action = |action: usize| {
                    if result.forests.is_empty() {
                        let values = &result.values[half * n_exposures + action];
                        return bars.iter().map(|&bar| values[bar]).collect();
                    }
                    self.targets(&result.values, bars, EnsembleId { half, action })
                };
                let targets: Vec<_> = (0..n_exposures).into_par_iter().map(of_action).collect();
                let fit =
                    SharedSplitsFit { iteration: self, bars, targets: &targets, half, n_done };
                let first = result.forests.get(half * n_exposures);
                let (fitted, leaves_of_half) = fit.fit(first.zip(previous.next()))?;
                forests.extend(fitted);
                leaves.push(leaves_of_half);
            }
            let values = self.values(&forests, &leaves);
            let (max_abs_delta_q, mean_abs_delta_q) = self.changes([&result.values, &values]);
            let n_done = n_done + 1;
            result = IterationResult { forests, values, n_done, max_abs_delta_q, mean_abs_delta_q };
            on_result(&result);
        }
        Ok(result)
    }

    /// Returns the number of ensembles of each exposure. With double
    /// estimation each half of the bars has its own, which select the next
    /// exposure, while those of the other half evaluate it.
    fn n_halves(&self) -> usize {
        if self.config.double_q { 2 } else { 1 }
    }

    /// Returns the bars of a half; a bar is in the same half in every
    /// episode.
    fn half(&self, half: usize) -> Vec<usize> {
        let half_of = |&bar: &usize| splitmix64(self.memory.time_ms(bar).cast_unsigned()) & 1;
        let is_in = |bar: &usize| self.n_halves() == 1 || half_of(bar) == half as u64;
        self.bars.iter().copied().filter(is_in).collect()
    }

    /// Returns for each ensemble its values of all rows, given the
    /// `leaves` of each half.
    fn values(&self, forests: &[Forest], leaves: &[Leaves]) -> Vec<Vec<f64>> {
        let n_exposures = self.config.exposures.len();
        let values = forests.iter().enumerate().map(|(index, forest)| {
            let mut values = vec![0.0; self.memory.n_rows()];
            forest.predict_leaves(&leaves[index / n_exposures], &mut values);
            values
        });
        values.collect()
    }

    /// Returns the targets of one ensemble, one for each of `bars`. That
    /// of the exposure a is, with the return r of an exposure of 1,
    /// `u(a · r) + discount · max_b [g_b(x') - c · |b - a|]`, where `g_b`
    /// is the value of the exposure b, c the cost and
    /// `u(y) = y - λ · y²` the utility. A bar before a gap has no next
    /// state x'.
    ///
    /// Double estimation selects the best exposure by the values of its
    /// own half and takes the value of the other, which removes the
    /// maximisation bias: Van Hasselt, Double Q-learning, NIPS 2010; for
    /// fitted Q iteration D'Eramo et al., AAAI 2017.
    fn targets(
        &self,
        values: &[Vec<f64>],
        bars: &[usize],
        EnsembleId { half, action }: EnsembleId,
    ) -> Vec<f64> {
        let AgentConfig { exposures, discount, risk_aversion, .. } = self.config;
        let selecting = &values[half * exposures.len()..][..exposures.len()];
        let evaluating = &values[(self.n_halves() - 1 - half) * exposures.len()..];
        let exposure = exposures[action];
        let cost =
            |other: usize| self.setup.cost_per_exposure * (exposures[other] - exposure).abs();
        let target = |&bar: &usize| {
            let Transition { next_return, next } = self.memory.transition(bar);
            let gross_return = exposure * next_return;
            let reward = gross_return - risk_aversion * gross_return * gross_return;
            let Some(next) = next else { return reward };
            let net_values = selecting.iter().enumerate();
            let net_values = net_values.map(|(other, values)| (other, values[next] - cost(other)));
            // Of equally good exposures the first one is selected.
            let best = net_values.reduce(|best, other| if other.1 > best.1 { other } else { best });
            let next_value = best.map_or(0.0, |(best, _)| evaluating[best][next] - cost(best));
            reward + discount * next_value
        };
        bars.iter().map(target).collect()
    }

    /// Returns the greatest and the mean absolute change of the values of
    /// all bars learned from.
    fn changes(&self, [before, after]: [&[Vec<f64>]; 2]) -> (f64, f64) {
        let (mut max, mut sum) = (0.0_f64, 0.0);
        for (before, after) in before.iter().zip(after) {
            for &bar in &self.bars {
                let change = (after[bar] - before[bar]).abs();
                max = max.max(change);
                sum += change;
            }
        }
        (max, sum / (self.bars.len() * before.len()) as f64)
    }
}
