//! Fits the ensembles of all exposures with the same splits.
//!
//! A policy needs only the differences between the values of exposures.
//! Their common part, the value of the state, is far larger and noisy;
//! in leaves that all exposures share it cancels. So each tree is grown on
//! the difference between two neighbouring exposures (advantages: Baird,
//! Advantage updating, 1993), on a subsample of the bars. Then the value
//! of a leaf is, for each exposure, the mean of that exposure's targets
//! over all bars in the leaf.
//!
//! Trees are kept across iterations: some are regrown, and all leaf
//! values are refitted to the new targets (Ernst, Geurts and Wehenkel
//! 2005, on freezing the trees).

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::{FittedIteration, SharedSplitsFit};
use crate::config::AgentConfig;
use crate::learning::forest::{
    Forest, ForestOptions, Leaves, Samples, Subsampling, TreeSeed, subsample_rows,
};

/// Trees grown by one call of the library: it first sorts the rows, which
/// takes longer than growing one tree.
const TREES_PER_SUBSAMPLE: usize = 2;
/// Tasks whose tree seeds are those of one half.
const TASKS_MAX: usize = 1 << 7;

impl SharedSplitsFit<'_> {
    /// Replaces the oldest trees of the `previous` ensemble, or grows all
    /// trees where there is none, and refits the values of all leaves.
    /// Returns one ensemble for each exposure, and the leaves that all
    /// rows have in them.
    pub(super) fn fit(&self, previous: Option<(&Forest, Leaves)>) -> Result<(Vec<Forest>, Leaves)> {
        let AgentConfig { n_trees, renewed_trees, .. } = *self.iteration.config;
        let row_slices = self.iteration.memory.row_slices();
        let (trees, leaves) = if let Some((forest, leaves)) = previous {
            let grown = self.grow(renewed_trees.min(n_trees))?;
            // The previous settings may have had more trees, or fewer.
            let n_dropped = (forest.n_trees() + grown.n_trees()).saturating_sub(n_trees);
            let leaves = leaves.replace_oldest(n_dropped, grown.leaves(row_slices));
            (forest.replace_oldest(n_dropped, &grown)?, leaves)
        } else {
            let grown = self.grow(n_trees)?;
            let leaves = grown.leaves(row_slices);
            (grown, leaves)
        };
        Ok((trees.with_leaf_means(&leaves, self.bars, self.targets), leaves))
    }

    /// Grows `n_trees` trees in parallel tasks, each on a subsample of the
    /// bars and for one pair of neighbouring exposures.
    fn grow(&self, n_trees: usize) -> Result<Forest> {
        let FittedIteration { config, setup, .. } = *self.iteration;
        let refit = self.n_done;
        let seed = TreeSeed { run: setup.seed, refit, action: 0 }.subsampling();
        let n_subsamples = config.memory_shares;
        let subsamples = subsample_rows(self.bars.len(), Subsampling { n_subsamples, seed })?;
        let n_pairs = self.targets.len() - 1;
        let n_tasks = n_trees.div_ceil(TREES_PER_SUBSAMPLE).min(subsamples.len());
        let n_tasks = n_tasks.max(n_pairs.min(n_trees));
        // With more pairs than tasks, each iteration goes on where the
        // last one stopped.
        let first_pair = usize::try_from(refit % n_pairs as u64)? * n_tasks;
        // Each of two halves has half of the bars, and each task a
        // subsample of them.
        let min_samples_leaf = self.iteration.min_samples_leaf.div_ceil(self.iteration.n_halves());
        let min_samples_leaf = min_samples_leaf.div_ceil(subsamples.len());
        let grow = |task: usize| {
            debug_assert!(task < TASKS_MAX, "its tree seeds would be those of the other half");
            let action = (self.half * TASKS_MAX + task) as u64;
            let options = ForestOptions {
                n_trees: n_trees / n_tasks + usize::from(task < n_trees % n_tasks),
                min_samples_leaf,
                max_depth: config.max_depth,
                seed: TreeSeed { run: setup.seed, refit, action },
            };
            let pair = (first_pair + task) % n_pairs;
            self.grow_for_pair(&subsamples[task % subsamples.len()], pair, &options)
        };
        let parts: Vec<Forest> = (0..n_tasks).into_par_iter().map(grow).collect::<Result<_>>()?;
        let (first, rest) = parts.split_at(1);
        rest.iter().try_fold(first[0].clone(), |all, part| all.replace_oldest(0, part))
    }

    /// Grows trees on the bars of `subsample` whose target is the
    /// difference between the exposures `pair + 1` and `pair`.
    fn grow_for_pair(
        &self,
        subsample: &[u32],
        pair: usize,
        options: &ForestOptions,
    ) -> Result<Forest> {
        let row = |&idx: &u32| self.iteration.memory.row(self.bars[idx as usize]);
        let rows: Vec<&[f64]> = subsample.iter().map(row).collect();
        let [lower, upper] = [&self.targets[pair], &self.targets[pair + 1]];
        let difference = |&idx: &u32| upper[idx as usize] - lower[idx as usize];
        let targets: Vec<f64> = subsample.iter().map(difference).collect();
        Forest::fit(&Samples::whole(&rows)?, &targets, options).context("failed to fit the values")
    }
}
