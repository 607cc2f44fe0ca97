//! Fits the ensembles of all actions with the same splits, where every
//! transition gives the outcome of all actions.
//!
//! A policy needs only the differences between the values of actions.
//! Their common part, the value of the state, is far larger and noisy;
//! in leaves that all actions share it cancels. So each tree is grown on
//! the difference between two neighbouring actions (advantages: Baird,
//! Advantage updating, 1993), on a subsample of the transitions. Then the
//! value of a leaf is, for each action, the mean of that action's targets
//! over all transitions in the leaf.
//!
//! Trees are kept across iterations: some are regrown, and all leaf
//! values are refitted to the new targets (Ernst, Geurts and Wehenkel
//! 2005, on freezing the trees).

use anyhow::Result;
use rayon::prelude::*;

use super::ensembles::Ensembles;
use super::options::{ACTIONS_MAX, EnsembleId, IterationOptions};
use crate::learning::agent::experience::Experience;
use crate::learning::forest::{
    Forest, ForestOptions, Leaves, Samples, Subsampling, TreeSeed, subsample_rows,
};

/// Trees grown by one call of the library: it first sorts the rows, which
/// takes longer than growing one tree.
const TREES_PER_SUBSAMPLE: usize = 2;

/// The input of one fit.
pub(super) struct SharedSplitsFit<'a, E> {
    pub(super) options: IterationOptions,
    pub(super) experience: &'a E,
    /// Indices of the transitions to fit to.
    pub(super) transitions: &'a [usize],
    /// For each action the targets, one for each of `transitions`.
    pub(super) targets: &'a [Vec<f64>],
    /// Index of the half; 0 without double estimation.
    pub(super) half: usize,
    /// Iterations done before.
    pub(super) n_done: u64,
}

impl<E: Experience> SharedSplitsFit<'_, E> {
    /// Replaces the oldest trees of the `previous` ensemble, or grows all
    /// trees where there is none, and refits the values of all leaves.
    pub(super) fn fit(&self, previous: Option<(&Forest, Leaves)>) -> Result<Ensembles> {
        let IterationOptions { n_trees, n_renewed, .. } = self.options;
        let row_slices = self.experience.row_slices();
        let (trees, leaves) = if let Some((forest, leaves)) = previous {
            let grown = self.grow(n_renewed.min(n_trees))?;
            // The previous settings may have had more trees, or fewer.
            let n_dropped = (forest.n_trees() + grown.n_trees()).saturating_sub(n_trees);
            let leaves = leaves.replace_oldest(n_dropped, grown.leaves(row_slices));
            (forest.replace_oldest(n_dropped, &grown)?, leaves)
        } else {
            let grown = self.grow(n_trees)?;
            let leaves = grown.leaves(row_slices);
            (grown, leaves)
        };
        let row = |&index: &usize| self.experience.transition(index).row;
        let rows: Vec<usize> = self.transitions.iter().map(row).collect();
        let forests = trees.with_leaf_means(&leaves, &rows, self.targets);
        Ok(Ensembles { forests, leaves: Some(leaves) })
    }

    /// Grows `n_trees` trees in parallel tasks, each on a subsample of the
    /// transitions and for one pair of neighbouring actions.
    fn grow(&self, n_trees: usize) -> Result<Forest> {
        let IterationOptions { n_subsamples, seed, .. } = self.options;
        let refit = self.n_done;
        let seed = TreeSeed { run: seed, refit, action: 0 }.subsampling();
        let subsamples =
            subsample_rows(self.transitions.len(), Subsampling { n_subsamples, seed })?;
        let n_pairs = self.targets.len().saturating_sub(1).max(1);
        let n_tasks = n_trees.div_ceil(TREES_PER_SUBSAMPLE).min(subsamples.len());
        let n_tasks = n_tasks.max(n_pairs.min(n_trees));
        // With more pairs than tasks, each iteration goes on where the
        // last one stopped.
        let first_pair = usize::try_from(refit % n_pairs as u64)? * n_tasks;
        let grow = |task: usize| {
            let pair = (first_pair + task) % n_pairs;
            let n_trees = n_trees / n_tasks + usize::from(task < n_trees % n_tasks);
            debug_assert!(task < ACTIONS_MAX, "its tree seeds would be those of the other half");
            let options =
                self.options.forest_options(EnsembleId { half: self.half, action: task }, refit);
            let options = ForestOptions {
                n_trees,
                min_samples_leaf: options.min_samples_leaf.div_ceil(subsamples.len()),
                min_samples_split: options.min_samples_split.div_ceil(subsamples.len()),
                ..options
            };
            self.grow_for_pair(&subsamples[task % subsamples.len()], pair, &options)
        };
        let parts: Vec<Forest> = (0..n_tasks).into_par_iter().map(grow).collect::<Result<_>>()?;
        let (first, rest) = parts.split_at(1);
        rest.iter().try_fold(first[0].clone(), |all, part| all.replace_oldest(0, part))
    }

    /// Grows trees on the transitions of `subsample` whose target is the
    /// difference between the actions `pair + 1` and `pair`.
    fn grow_for_pair(
        &self,
        subsample: &[u32],
        pair: usize,
        options: &ForestOptions,
    ) -> Result<Forest> {
        let experience = self.experience;
        let row =
            |&idx: &u32| experience.row(experience.transition(self.transitions[idx as usize]).row);
        let rows: Vec<&[f64]> = subsample.iter().map(row).collect();
        let difference = |&idx: &u32| {
            let target =
                |action: usize| self.targets.get(action).map(|targets| targets[idx as usize]);
            let lower = target(pair).unwrap_or_default();
            // A single action has no difference: use its own target.
            target(pair + 1).map_or(lower, |upper| upper - lower)
        };
        let targets: Vec<f64> = subsample.iter().map(difference).collect();
        Forest::fit(&Samples::whole(&rows)?, &targets, options)
    }
}
