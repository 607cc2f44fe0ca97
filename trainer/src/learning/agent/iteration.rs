//! Fitted Q iteration for any decision process, trading among them.
//!
//! After Ernst, Geurts and Wehenkel, Tree-based batch mode
//! reinforcement learning, JMLR 6 (2005): each iteration fits one
//! ensemble per action to targets that a [`Backup`] computes from the
//! values of the previous iteration.

mod ensembles;
mod groups;
mod linear;
mod options;
mod shared_splits;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use super::backup::{Backup, NextValues, Outcome};
use super::experience::{Experience, Transition};
use crate::learning::forest::{Forest, Leaves, Samples, TreeSeed};
use ensembles::Ensembles;
use groups::{Grouping, TransitionGroups};
use options::{ACTIONS_MAX, EnsembleId};
pub use options::{IterationOptions, LinearStart};
use shared_splits::SharedSplitsFit;

/// The experience to learn from, and the backup that computes the targets.
#[derive(Debug, Clone, Copy)]
pub struct IterationInput<'a, E, B> {
    /// The rows and transitions.
    pub experience: &'a E,
    /// The backup.
    pub backup: &'a B,
}

/// The values that an iteration starts from.
#[derive(Debug, Clone, Copy)]
pub struct PreviousValues<'a> {
    /// One ensemble per action, two with double estimation; or none: then
    /// the iterations start from linear values, or from 0.
    pub forests: &'a [Forest],
    /// Iterations done before; the seeds of the trees depend on it.
    pub n_done: u64,
}

/// The result of an iteration.
#[derive(Debug, Clone)]
pub struct IterationResult {
    /// One ensemble per action; with double estimation those of the first
    /// half, then those of the second.
    pub forests: Vec<Forest>,
    /// For each ensemble its values, one for each row of the experience.
    pub values: Vec<Vec<f64>>,
    /// Number of transitions learned from.
    pub n_transitions: usize,
    /// Greatest absolute change of a value, over the transitions' states
    /// and all ensembles.
    pub max_abs_delta_q: f64,
    /// Mean absolute change of the same values.
    pub mean_abs_delta_q: f64,
}

/// What the ensembles of one half are fitted from.
struct HalfInput<'a> {
    /// Index of the half; 0 without double estimation.
    half: usize,
    /// Iterations done before.
    n_done: u64,
    /// For each ensemble its previous value of each row.
    values: &'a [Vec<f64>],
    /// The previous ensemble of the first action, and the leaves of its
    /// trees, where all actions have the same splits.
    previous: Option<(&'a Forest, Leaves)>,
}

/// Fitted Q iteration with fixed options; it holds no other state.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedIteration {
    options: IterationOptions,
}

impl FittedIteration {
    /// Returns the iteration for `options`. Fails on a number of actions
    /// out of range, on fewer trees than subsamples, and where no tree
    /// would be renewed.
    pub fn new(options: IterationOptions) -> Result<Self> {
        let IterationOptions { n_actions, n_trees, n_subsamples, .. } = options;
        let is_in_range = (1..=ACTIONS_MAX).contains(&n_actions);
        ensure!(is_in_range, "{n_actions} actions; it takes 1 to {ACTIONS_MAX}");
        ensure!(
            n_trees >= n_subsamples,
            "{n_trees} trees for {n_subsamples} subsamples; each subsample needs a tree"
        );
        ensure!(options.n_renewed > 0, "an iteration must renew a tree");
        Ok(Self { options })
    }

    /// Does one iteration: see [`FittedIteration::run`].
    pub fn step<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        previous: PreviousValues<'_>,
    ) -> Result<IterationResult> {
        self.run(input, previous, 1, |_, _| {})
    }

    /// Does `n_iterations` iterations and returns the last result.
    /// `on_result` is called after each one with the number of iterations
    /// done, those before included, and its result.
    ///
    /// The work is spread over the current rayon pool, with the same bits
    /// for any number of threads. Fails without transitions, on an action
    /// without transitions, and on a target that is not finite.
    pub fn run<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        previous: PreviousValues<'_>,
        n_iterations: usize,
        mut on_result: impl FnMut(u64, &IterationResult),
    ) -> Result<IterationResult> {
        let experience = input.experience;
        let PreviousValues { forests, n_done } = previous;
        let IterationOptions { n_actions, linear_start, .. } = self.options;
        let n_forests = n_actions * self.options.n_halves();
        let is_complete = [0, n_forests].contains(&forests.len());
        ensure!(is_complete, "{} ensembles so far; there are {n_forests}", forests.len());
        let mut halves: Vec<Ensembles> =
            forests.chunks(n_actions).map(|half| Ensembles::of(half, experience)).collect();
        halves.resize_with(self.options.n_halves(), Ensembles::default);
        let values = match linear_start {
            Some(start) if forests.is_empty() => self.linear_values(input, start)?,
            _ => halves.iter().flat_map(|half| half.values(n_actions, experience)).collect(),
        };
        let (forests, mut leaves) = Ensembles::unzip(halves);
        let n_transitions = experience.n_transitions();
        let mut result = IterationResult {
            forests,
            values,
            n_transitions,
            max_abs_delta_q: 0.0,
            mean_abs_delta_q: 0.0,
        };
        for n_done in (n_done..).take(n_iterations) {
            let fit = |(half, leaves): (usize, Option<Leaves>)| {
                let previous = result.forests.get(half * n_actions).zip(leaves);
                let values = &result.values;
                self.fit(input, HalfInput { half, n_done, values, previous })
            };
            let halves: Vec<Ensembles> =
                leaves.into_iter().enumerate().map(fit).collect::<Result<_>>()?;
            let values: Vec<Vec<f64>> =
                halves.iter().flat_map(|half| half.values(n_actions, experience)).collect();
            let (max_abs_delta_q, mean_abs_delta_q) =
                changes([&result.values, &values], experience);
            let forests;
            (forests, leaves) = Ensembles::unzip(halves);
            result = IterationResult {
                forests,
                values,
                n_transitions,
                max_abs_delta_q,
                mean_abs_delta_q,
            };
            on_result(n_done + 1, &result);
        }
        Ok(result)
    }

    /// Fits the ensembles of one half.
    fn fit<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        HalfInput { half, n_done, values, previous }: HalfInput<'_>,
    ) -> Result<Ensembles> {
        let experience = input.experience;
        let n_actions = self.options.n_actions;
        let actions = (0..n_actions).into_par_iter();
        let targets = |transitions: &[usize], action: usize| {
            self.targets(input, values, transitions, EnsembleId { half, action })
        };
        let half_to_take = self.options.is_double.then_some(half);
        let transitions = match (Grouping { n_actions, half: half_to_take }).groups(experience)? {
            TransitionGroups::AllActions(transitions) => transitions,
            TransitionGroups::ByAction(groups) => {
                let fits = actions.map(|action| {
                    let group = &groups[action];
                    let samples = self.samples(experience, group, n_done);
                    let samples = samples
                        .with_context(|| format!("no transition has the action {action}"))?;
                    let options = self.options.forest_options(EnsembleId { half, action }, n_done);
                    Forest::fit(&samples, &targets(group, action), &options)
                        .context("failed to fit the values")
                });
                // Of several errors always the first action's is returned.
                let fits: Vec<Result<Forest>> = fits.collect();
                let forests = fits.into_iter().collect::<Result<_>>()?;
                return Ok(Ensembles { forests, leaves: None });
            }
        };
        let targets: Vec<_> = actions.map(|action| targets(&transitions, action)).collect();
        let input = SharedSplitsFit {
            options: self.options,
            experience,
            transitions: &transitions,
            targets: &targets,
            half,
            n_done,
        };
        input.fit(previous).context("failed to fit the values")
    }

    fn samples(
        &self,
        experience: &impl Experience,
        transitions: &[usize],
        refit: u64,
    ) -> Result<Samples> {
        let IterationOptions { n_subsamples, seed, .. } = self.options;
        let row = |&index: &usize| experience.row(experience.transition(index).row);
        let rows: Vec<&[f64]> = transitions.iter().map(row).collect();
        Samples::subsampled(
            &rows,
            n_subsamples,
            TreeSeed { run: seed, refit, action: 0 }.subsampling(),
        )
    }

    /// Returns the targets of one ensemble, one for each of `transitions`.
    /// `values` holds for each ensemble its previous value of each row.
    fn targets<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        values: &[Vec<f64>],
        transitions: &[usize],
        EnsembleId { half, action }: EnsembleId,
    ) -> Vec<f64> {
        let n_actions = self.options.n_actions;
        // Double estimation evaluates by the values of the other half.
        let own = &values[half * n_actions..][..n_actions];
        let other = &values[(self.options.n_halves() - 1 - half) * n_actions..][..n_actions];
        let (mut selecting, mut evaluating) = (vec![0.0; n_actions], vec![0.0; n_actions]);
        let mut target = |&index: &usize| {
            let Transition { reward, next, .. } = input.experience.transition(index);
            if let Some(row) = next {
                for (to, from) in selecting.iter_mut().zip(own) {
                    *to = from[row];
                }
                for (to, from) in evaluating.iter_mut().zip(other) {
                    *to = from[row];
                }
            }
            let next = next.map(|_| NextValues { selecting: &selecting, evaluating: &evaluating });
            input.backup.target(&Outcome { action, reward, next })
        };
        transitions.iter().map(&mut target).collect()
    }
}

/// Returns the greatest and the mean absolute change of the values at the
/// states of all transitions.
fn changes([before, after]: [&[Vec<f64>]; 2], experience: &impl Experience) -> (f64, f64) {
    let n_transitions = experience.n_transitions();
    let (mut max, mut sum) = (0.0_f64, 0.0);
    for (before, after) in before.iter().zip(after) {
        for index in 0..n_transitions {
            let row = experience.transition(index).row;
            let change = (after[row] - before[row]).abs();
            max = max.max(change);
            sum += change;
        }
    }
    (max, sum / (n_transitions * before.len()) as f64)
}
