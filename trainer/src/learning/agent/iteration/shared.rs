//! Fits all actions at once, where each transition teaches them all.
//!
//! The ensembles of the actions share their splits. A choice needs the
//! differences between actions only, and what they have in common, the
//! worth of the state, is by far the greater part of a value: in a
//! shared leaf it cancels, and so does its noise. So a tree grows for
//! the difference between two neighbouring actions (their advantage,
//! Baird, Advantage updating, 1993), on a share of the transitions;
//! then its leaves average every action's targets over all of them.
//!
//! Trees outlive an iteration: some grow anew, and all leaves learn
//! the new targets. As far as the splits stay, values change by the
//! targets only (Ernst, Geurts and Wehenkel 2005, on freezing trees).

use anyhow::Result;
use rayon::prelude::*;

use super::ensembles::Ensembles;
use super::options::{ACTIONS_MAX, IterationOptions, Target};
use crate::learning::agent::experience::Experience;
use crate::learning::forest::{
    Forest, ForestOptions, Samples, Subsampling, TreeSeed, subsample_rows,
};

/// Trees that grow on the same rows: the library sorts them first,
/// which takes longer than one tree.
const TREES_PER_SUBSAMPLE: usize = 2;

/// What all actions learn from the same transitions.
pub(super) struct SharedInput<'a, E> {
    pub(super) options: IterationOptions,
    pub(super) experience: &'a E,
    pub(super) transitions: &'a [usize],
    /// For each action the targets, one a transition.
    pub(super) targets: &'a [Vec<f64>],
    /// Which ensembles they are.
    pub(super) half: usize,
    /// Iterations done before.
    pub(super) n_done: u64,
}

impl<E: Experience> SharedInput<'_, E> {
    /// Renews some trees of `old`, or grows all where it has none that
    /// share their splits, and gives all leaves their new values.
    pub(super) fn fit(&self, old: Ensembles) -> Result<Ensembles> {
        let IterationOptions { n_trees, n_renewed, .. } = self.options;
        let pieces = self.experience.pieces();
        let (trees, leaves) =
            if let (Some(old), Some(old_leaves)) = (old.forests.first(), old.leaves) {
                let grown = self.grow(n_renewed.min(n_trees))?;
                // Those of other settings may be more, or fewer.
                let n_old = (old.n_trees() + grown.n_trees()).saturating_sub(n_trees);
                let leaves = old_leaves.renewed(n_old, grown.leaves(pieces));
                (old.renewed(n_old, &grown)?, leaves)
            } else {
                let grown = self.grow(n_trees)?;
                let leaves = grown.leaves(pieces);
                (grown, leaves)
            };
        let row = |&index: &usize| self.experience.transition(index).row;
        let rows: Vec<usize> = self.transitions.iter().map(row).collect();
        let forests = trees.with_leaf_means(&leaves, &rows, self.targets);
        Ok(Ensembles { forests, leaves: Some(leaves) })
    }

    /// Grows `n_trees` trees in several tasks: each takes a share of
    /// the transitions, and a pair of neighbouring actions.
    fn grow(&self, n_trees: usize) -> Result<Forest> {
        let IterationOptions { n_subsamples, seed, .. } = self.options;
        let refit = self.n_done;
        let seed = TreeSeed { run: seed, refit, action: 0 }.subsampling();
        let subsamples =
            subsample_rows(self.transitions.len(), Subsampling { n_subsamples, seed })?;
        let n_steps = self.targets.len().saturating_sub(1).max(1);
        let n_tasks = n_trees.div_ceil(TREES_PER_SUBSAMPLE).min(subsamples.len());
        let n_tasks = n_tasks.max(n_steps.min(n_trees));
        // The pairs take turns, where they are more than the tasks.
        let turn = usize::try_from(refit % n_steps as u64)? * n_tasks;
        let grow = |task: usize| {
            let step = (turn + task) % n_steps;
            let n_trees = n_trees / n_tasks + usize::from(task < n_trees % n_tasks);
            debug_assert!(task < ACTIONS_MAX, "its seeds are another half's");
            let options =
                self.options.forest_options(Target { half: self.half, action: task }, refit);
            let options = ForestOptions {
                n_trees,
                min_samples_leaf: options.min_samples_leaf.div_ceil(subsamples.len()),
                min_samples_split: options.min_samples_split.div_ceil(subsamples.len()),
                ..options
            };
            self.grow_for_step(&subsamples[task % subsamples.len()], step, &options)
        };
        let parts: Vec<Forest> = (0..n_tasks).into_par_iter().map(grow).collect::<Result<_>>()?;
        let (first, rest) = parts.split_at(1);
        rest.iter().try_fold(first[0].clone(), |all, part| all.renewed(0, part))
    }

    /// Grows trees on the transitions of `subsample` for the difference that
    /// the step from the action `step` to the next one makes.
    fn grow_for_step(
        &self,
        subsample: &[u32],
        step: usize,
        options: &ForestOptions,
    ) -> Result<Forest> {
        let experience = self.experience;
        let row =
            |&at: &u32| experience.row(experience.transition(self.transitions[at as usize]).row);
        let rows: Vec<&[f64]> = subsample.iter().map(row).collect();
        let difference = |&at: &u32| {
            let target =
                |action: usize| self.targets.get(action).map(|targets| targets[at as usize]);
            let lower = target(step).unwrap_or_default();
            // A single action has no difference: its values count.
            target(step + 1).map_or(lower, |upper| upper - lower)
        };
        let targets: Vec<f64> = subsample.iter().map(difference).collect();
        Forest::fit(&Samples::whole(&rows)?, &targets, options)
    }
}
