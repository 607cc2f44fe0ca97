//! Fitted Q iteration: the one core, for trading and anything else.
//!
//! After Ernst, Geurts and Wehenkel, Tree-based batch mode
//! reinforcement learning, JMLR 6 (2005): each iteration fits one
//! ensemble an action to what its value should be by the values
//! before. What that is, the [`Backup`] says.

mod ensembles;
mod groups;
mod linear;
mod options;
mod shared;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use super::backup::{Backup, NextValues, Outcome};
use super::experience::{Experience, Transition};
use crate::learning::forest::{Forest, Samples, TreeSeed};
use ensembles::Ensembles;
use groups::{Grouping, Groups};
use options::{ACTIONS_MAX, Target};
pub use options::{IterationOptions, LinearStart};
use shared::SharedInput;

/// What an iteration learns from, and how.
#[derive(Debug, Clone, Copy)]
pub struct IterationInput<'a, E, B> {
    /// The transitions.
    pub experience: &'a E,
    /// What the values should be.
    pub backup: &'a B,
}

/// The values so far.
#[derive(Debug, Clone, Copy)]
pub struct PreviousValues<'a> {
    /// One ensemble an action, twice as many in double estimation, or
    /// none: then the iterations start from linear values, or from 0.
    pub forests: &'a [Forest],
    /// Iterations done before: they give the trees their seeds.
    pub n_done: u64,
}

/// What an iteration made.
#[derive(Debug, Clone)]
pub struct IterationResult {
    /// One ensemble an action; in double estimation those of the first
    /// half, then those of the second.
    pub forests: Vec<Forest>,
    /// What each of them says of all rows of the experience.
    pub values: Vec<Vec<f64>>,
    /// Transitions learned from.
    pub n_transitions: usize,
    /// Greatest change of a value at a state of the transitions.
    pub max_abs_delta_q: f64,
    /// Mean change of the same values.
    pub mean_abs_delta_q: f64,
}

/// The core: options, and no state of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedIteration {
    options: IterationOptions,
}

impl FittedIteration {
    /// Returns the core for `options`. Fails on a number of actions
    /// out of range, fewer trees than shares, or none to renew.
    pub fn new(options: IterationOptions) -> Result<Self> {
        let IterationOptions { n_actions, n_trees, n_subsamples, .. } = options;
        let is_number = (1..=ACTIONS_MAX).contains(&n_actions);
        ensure!(is_number, "{n_actions} actions; it takes 1 to {ACTIONS_MAX}");
        ensure!(n_trees >= n_subsamples, "{n_trees} trees cannot serve {n_subsamples} shares");
        ensure!(options.n_renewed > 0, "an iteration must renew a tree");
        Ok(Self { options })
    }

    /// Does one iteration: see [`FittedIteration::steps`].
    pub fn step<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        previous: PreviousValues<'_>,
    ) -> Result<IterationResult> {
        Ok(self.steps(input, previous, 1)?.remove(0))
    }

    /// Does `n_steps` iterations, on from each other, and returns what
    /// each made. Spread over the current rayon pool; the same bits for
    /// any number of threads.
    ///
    /// Fails without transitions, on an action that none of them
    /// teaches, and on a target that is not finite.
    pub fn steps<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        previous: PreviousValues<'_>,
        n_steps: usize,
    ) -> Result<Vec<IterationResult>> {
        let experience = input.experience;
        let PreviousValues { forests, n_done } = previous;
        let n_actions = self.options.n_actions;
        let n_forests = n_actions * self.options.n_halves();
        let is_number = [0, n_forests].contains(&forests.len());
        ensure!(is_number, "{} ensembles so far; there are {n_forests}", forests.len());
        let mut halves: Vec<Ensembles> =
            forests.chunks(n_actions).map(|half| Ensembles::of(half, experience)).collect();
        halves.resize_with(self.options.n_halves(), Ensembles::default);
        let values_of = |halves: &[Ensembles]| -> Vec<Vec<f64>> {
            halves.iter().flat_map(|half| half.values(n_actions, experience)).collect()
        };
        let mut values = match self.options.linear_start {
            Some(start) if forests.is_empty() => self.linear_values(input, start)?,
            _ => values_of(&halves),
        };
        let (mut results, n_transitions) = (Vec::new(), experience.n_transitions());
        for n_done in (n_done..).take(n_steps) {
            let fit = |(half, old)| self.fit(input, (&values, old), (half, n_done));
            halves = halves.into_iter().enumerate().map(fit).collect::<Result<_>>()?;
            let before = std::mem::replace(&mut values, values_of(&halves));
            let (max_abs_delta_q, mean_abs_delta_q) = changes([&before, &values], experience);
            let forests = halves.iter().flat_map(|half| half.forests.iter().cloned()).collect();
            results.push(IterationResult {
                forests,
                values: values.clone(),
                n_transitions,
                max_abs_delta_q,
                mean_abs_delta_q,
            });
        }
        Ok(results)
    }

    /// Fits the ensembles of one half to the targets by the values
    /// `before`.
    fn fit<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        (before, old): (&[Vec<f64>], Ensembles),
        (half, n_done): (usize, u64),
    ) -> Result<Ensembles> {
        let experience = input.experience;
        let n_actions = self.options.n_actions;
        let actions = (0..n_actions).into_par_iter();
        let targets = |transitions: &[usize], action: usize| {
            self.targets(input, (before, transitions), Target { half, action })
        };
        let of_half = self.options.is_double.then_some(half);
        let transitions = match (Grouping { n_actions, half: of_half }).groups(experience)? {
            Groups::Shared(transitions) => transitions,
            Groups::Apart(groups) => {
                let fits = actions.map(|action| {
                    let (group, target) = (&groups[action], Target { half, action });
                    let samples = self.samples(experience, group, n_done);
                    let samples =
                        samples.with_context(|| format!("nothing teaches the action {action}"))?;
                    let options = self.options.forest_options(target, n_done);
                    Forest::fit(&samples, &targets(group, action), &options)
                        .context("failed to fit the values")
                });
                // Of several failures the first action's is told, each time.
                let fits: Vec<Result<Forest>> = fits.collect();
                let forests = fits.into_iter().collect::<Result<_>>()?;
                return Ok(Ensembles { forests, leaves: None });
            }
        };
        let targets: Vec<_> = actions.map(|action| targets(&transitions, action)).collect();
        let input = SharedInput {
            options: self.options,
            experience,
            transitions: &transitions,
            targets: &targets,
            half,
            n_done,
        };
        input.fit(old).context("failed to fit the values")
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

    /// Returns what the values should be, one for each of the listed
    /// transitions.
    fn targets<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        (values, transitions): (&[Vec<f64>], &[usize]),
        Target { half, action }: Target,
    ) -> Vec<f64> {
        let n_actions = self.options.n_actions;
        let own = &values[half * n_actions..][..n_actions];
        let other = &values[(self.options.n_halves() - 1 - half) * n_actions..][..n_actions];
        let (mut choosing, mut judging) = (vec![0.0; n_actions], vec![0.0; n_actions]);
        let mut target = |&index: &usize| {
            let Transition { reward, next, .. } = input.experience.transition(index);
            if let Some(row) = next {
                for (to, from) in choosing.iter_mut().zip(own) {
                    *to = from[row];
                }
                for (to, from) in judging.iter_mut().zip(other) {
                    *to = from[row];
                }
            }
            let next = next.map(|_| NextValues { choosing: &choosing, judging: &judging });
            input.backup.target(&Outcome { action, reward, next })
        };
        transitions.iter().map(&mut target).collect()
    }
}

/// Returns the greatest and the mean change of the values at the
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
