//! How an iteration fits its ensembles.

use crate::learning::forest::{ForestOptions, TreeSeed};

/// The most actions there may be.
pub(super) const ACTIONS_MAX: usize = 1 << 7;

/// How an iteration fits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IterationOptions {
    /// Actions to choose from: 1 to 128.
    pub n_actions: usize,
    /// Whether values are estimated twice, each from one half of the
    /// transitions, and each half's choices judged by the other's.
    pub is_double: bool,
    /// Shares into which the transitions are dealt for fitting.
    pub n_subsamples: usize,
    /// Trees of an ensemble; not fewer than the shares.
    pub n_trees: usize,
    /// Trees of an ensemble that an iteration grows anew, in the place
    /// of the oldest, where every transition teaches every action: the
    /// others keep their splits, and all leaves learn the new values.
    /// At least one. Elsewhere all trees grow anew.
    pub n_renewed: usize,
    /// Fewest transitions in a leaf.
    pub min_samples_leaf: usize,
    /// Fewest transitions in a node that is split.
    pub min_samples_split: usize,
    /// Greatest depth of a tree, in splits; none: as leaves allow.
    pub max_depth: Option<u16>,
    /// The linear values to start from; none: 0.
    pub linear_start: Option<LinearStart>,
    /// Random cuts that a split tries on each feature.
    pub cuts_per_feature: usize,
    /// The run's seed: all randomness comes from it.
    pub seed: u64,
}

/// Linear values to start from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinearStart {
    /// Iterations that lead to them.
    pub n_steps: usize,
    /// What a squared weight of a ridge regression costs, in units of a
    /// feature's variance; above 0.
    pub penalty: f64,
}

/// Which ensemble of which action.
#[derive(Clone, Copy)]
pub(super) struct Target {
    pub(super) half: usize,
    pub(super) action: usize,
}

impl IterationOptions {
    /// Returns how many ensembles each action has.
    pub(super) fn n_halves(&self) -> usize {
        if self.is_double { 2 } else { 1 }
    }

    /// Returns how to fit the ensemble `target`, in iteration `refit`.
    pub(super) fn forest_options(
        &self,
        Target { half, action }: Target,
        refit: u64,
    ) -> ForestOptions {
        // An ensemble of half the transitions averages over half as
        // many: the two together over as many as one would.
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
