//! Fitted Q iteration: the one core, for trading and anything else.
//!
//! After Ernst, Geurts and Wehenkel, Tree-based batch mode
//! reinforcement learning, JMLR 6 (2005): each iteration fits one
//! ensemble an action to what its value should be by the values
//! before. What that is, the [`Backup`] says.

mod groups;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

use super::backup::{Backup, NextValues, Outcome};
use super::experience::{Experience, Transition};
use crate::forest::{Forest, ForestOptions, TreeSeed};
use groups::Grouping;

/// The most actions there may be.
const ACTIONS_MAX: usize = 1 << 7;

/// How an iteration fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationOptions {
    /// Actions to choose from: 1 to 128.
    pub n_actions: usize,
    /// Whether values are estimated twice, each from one half of the
    /// transitions, and each half's choices judged by the other's.
    pub is_double: bool,
    /// Shares into which the transitions are dealt for fitting.
    pub n_shares: usize,
    /// Trees of an ensemble; not fewer than the shares.
    pub n_trees: usize,
    /// Fewest transitions in a leaf.
    pub min_samples_leaf: usize,
    /// Fewest transitions in a node that is split.
    pub min_samples_split: usize,
    /// Greatest depth of a tree, in splits; none: as leaves allow.
    pub max_depth: Option<u16>,
    /// Random cuts that a split tries on each feature.
    pub cuts_per_feature: usize,
    /// The run's seed: all randomness comes from it.
    pub seed: u64,
}

/// What an iteration learns from, and how.
#[derive(Debug, Clone, Copy)]
pub struct Lesson<'a, E, B> {
    /// The transitions.
    pub experience: &'a E,
    /// What the values should be.
    pub backup: &'a B,
}

/// The values so far.
#[derive(Debug, Clone, Copy)]
pub struct SoFar<'a> {
    /// One ensemble an action, twice as many in double estimation, or
    /// none, whose values are 0.
    pub forests: &'a [Forest],
    /// Iterations done before: they give the trees their seeds.
    pub n_done: u64,
}

/// What an iteration made.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// One ensemble an action; in double estimation those of the first
    /// half, then those of the second.
    pub forests: Vec<Forest>,
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

/// Which ensemble of which action.
#[derive(Clone, Copy)]
struct Target {
    half: usize,
    action: usize,
}

impl FittedIteration {
    /// Returns the core for `options`. Fails on a number of actions
    /// out of range, or fewer trees than shares.
    pub fn new(options: IterationOptions) -> Result<Self> {
        let IterationOptions { n_actions, n_trees, n_shares, .. } = options;
        let is_number = (1..=ACTIONS_MAX).contains(&n_actions);
        ensure!(is_number, "{n_actions} actions; it takes 1 to {ACTIONS_MAX}");
        ensure!(n_trees >= n_shares, "{n_trees} trees cannot serve {n_shares} shares");
        Ok(Self { options })
    }

    /// Does one iteration. Spread over the current rayon pool; the
    /// same bits for any number of threads.
    ///
    /// Fails without transitions, on an action that none of them
    /// teaches, and on a target that is not finite.
    pub fn step<E: Experience, B: Backup>(
        &self,
        lesson: &Lesson<'_, E, B>,
        so_far: SoFar<'_>,
    ) -> Result<Fitted> {
        let experience = lesson.experience;
        let before = self.values(so_far.forests, experience);
        let n_halves = self.n_halves();
        let mut forests = Vec::new();
        for half in 0..n_halves {
            let groups = self.grouping(half, so_far.n_done).groups(experience)?;
            let fits = (0..self.options.n_actions).into_par_iter().map(|action| {
                let group = groups.get(action).unwrap_or(&groups[0]);
                let target = Target { half, action };
                let targets = self.targets(lesson, (&before, &group.transitions), target);
                Forest::fit(&group.samples, &targets, &self.forest_options(target, so_far.n_done))
            });
            forests.extend(fits.collect::<Result<Vec<_>>>().context("failed to fit the values")?);
        }
        let after = self.values(&forests, experience);
        let (max_abs_delta_q, mean_abs_delta_q) = changes([&before, &after], experience);
        let n_transitions = experience.n_transitions();
        Ok(Fitted { forests, n_transitions, max_abs_delta_q, mean_abs_delta_q })
    }

    fn n_halves(&self) -> usize {
        if self.options.is_double { 2 } else { 1 }
    }

    /// Returns the values of all rows: for each ensemble one a row.
    fn values(&self, forests: &[Forest], experience: &impl Experience) -> Vec<Vec<f64>> {
        let pieces = experience.pieces();
        let [n_first, n_rest] = pieces.map(|piece| piece.len() / experience.n_features());
        let n_ensembles = self.options.n_actions * self.n_halves();
        let mut values = vec![vec![0.0; n_first + n_rest]; n_ensembles];
        for (forest, values) in forests.iter().zip(&mut values) {
            let (of_first, of_rest) = values.split_at_mut(n_first);
            forest.predict_rows(pieces[0], of_first);
            forest.predict_rows(pieces[1], of_rest);
        }
        values
    }

    fn grouping(&self, half: usize, refit: u64) -> Grouping {
        let IterationOptions { n_actions, is_double, n_shares, seed, .. } = self.options;
        let half = is_double.then_some(half);
        let deal_seed = TreeSeed { run: seed, refit, action: 0 }.deal();
        Grouping { n_actions, half, n_shares, deal_seed }
    }

    fn forest_options(&self, Target { half, action }: Target, refit: u64) -> ForestOptions {
        let options = &self.options;
        // An ensemble of half the transitions averages over half as
        // many: the two together over as many as one would.
        let of_half = |n_rows: usize| n_rows.div_ceil(self.n_halves());
        let action = (half * ACTIONS_MAX + action) as u64;
        ForestOptions {
            n_trees: options.n_trees,
            min_samples_leaf: of_half(options.min_samples_leaf),
            min_samples_split: of_half(options.min_samples_split),
            max_depth: options.max_depth,
            cuts_per_feature: options.cuts_per_feature,
            seed: TreeSeed { run: options.seed, refit, action },
        }
    }

    /// Returns what the values should be, one for each of the listed
    /// transitions.
    fn targets<E: Experience, B: Backup>(
        &self,
        lesson: &Lesson<'_, E, B>,
        (values, transitions): (&[Vec<f64>], &[usize]),
        Target { half, action }: Target,
    ) -> Vec<f64> {
        let n_actions = self.options.n_actions;
        let own = &values[half * n_actions..][..n_actions];
        let other = &values[(self.n_halves() - 1 - half) * n_actions..][..n_actions];
        let (mut choosing, mut judging) = (vec![0.0; n_actions], vec![0.0; n_actions]);
        let mut target = |&index: &usize| {
            let Transition { reward, next, .. } = lesson.experience.transition(index);
            if let Some(row) = next {
                for (to, from) in choosing.iter_mut().zip(own) {
                    *to = from[row];
                }
                for (to, from) in judging.iter_mut().zip(other) {
                    *to = from[row];
                }
            }
            let next = next.map(|_| NextValues { choosing: &choosing, judging: &judging });
            lesson.backup.target(&Outcome { action, reward, next })
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
