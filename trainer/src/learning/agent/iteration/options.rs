//! The options of an iteration.

use crate::learning::forest::{ForestOptions, TreeSeed};

/// The greatest number of actions.
pub(super) const ACTIONS_MAX: usize = 1 << 7;

/// How an iteration fits its ensembles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationOptions {
    /// Actions to choose from: 1 to 128.
    pub n_actions: usize,
    /// Whether to use double estimation: each half of the transitions has
    /// its own ensembles, which select the next action, while those of
    /// the other half evaluate it.
    pub is_double: bool,
    /// Number of random subsamples into which the transitions are split;
    /// each tree grows on one of them.
    pub n_subsamples: usize,
    /// Trees of an ensemble; at least one per subsample.
    pub n_trees: usize,
    /// Trees of an ensemble that each iteration replaces by new ones, the
    /// oldest first; at least one. The others keep their splits, and the
    /// values of all leaves are refitted. Where a transition gives the
    /// outcome of one action only, all trees are replaced.
    pub n_renewed: usize,
    /// Fewest transitions in a leaf.
    pub min_samples_leaf: usize,
    /// Fewest transitions in a node that is split.
    pub min_samples_split: usize,
    /// Greatest depth of a tree, in splits; none: unlimited.
    pub max_depth: Option<u16>,
    /// How to compute the linear values that the first iteration starts
    /// from; none: it starts from 0.
    pub linear_start: Option<LinearStart>,
    /// Random cuts that are tried on each feature at each split.
    pub cuts_per_feature: usize,
    /// The run's seed: all randomness comes from it.
    pub seed: u64,
}

/// How to compute the linear start values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearStart {
    /// Number of linear iterations.
    pub n_iterations: usize,
    /// The ridge penalty on the squared weights of standardised features;
    /// above 0.
    pub penalty: f64,
}

/// Identifies an ensemble.
#[derive(Clone, Copy)]
pub(super) struct EnsembleId {
    /// Index of its half; 0 without double estimation.
    pub(super) half: usize,
    /// Index of its action.
    pub(super) action: usize,
}

impl IterationOptions {
    /// Returns the number of ensembles of each action.
    pub(super) fn n_halves(&self) -> usize {
        if self.is_double { 2 } else { 1 }
    }

    /// Returns how to fit an ensemble in the iteration `refit`.
    pub(super) fn forest_options(
        &self,
        EnsembleId { half, action }: EnsembleId,
        refit: u64,
    ) -> ForestOptions {
        // Each of two ensembles is fitted to half the transitions, so the
        // limits are halved too.
        let of_half = |n_rows: usize| n_rows.div_ceil(self.n_halves());
        let action = (half * ACTIONS_MAX + action) as u64;
        ForestOptions {
            n_trees: self.n_trees,
            min_samples_leaf: of_half(self.min_samples_leaf),
            min_samples_split: of_half(self.min_samples_split),
            max_depth: self.max_depth,
            cuts_per_feature: self.cuts_per_feature,
            seed: TreeSeed { run: self.seed, refit, action },
        }
    }
}
