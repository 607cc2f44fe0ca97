//! Computes a distinct seed for each tree of a run.
//!
//! The library seeds the tree `i` of an ensemble with `seed + i`. So each
//! combination of refit, action and subsample has a block of [`BLOCK`]
//! consecutive seeds; the first block starts at a hash of the run's seed.

use crate::random::splitmix64;

/// Seeds of one ensemble: the greatest number of trees.
const BLOCK: u64 = 1 << 12;
/// Greatest number of subsamples.
const SUBSAMPLES: u64 = 1 << 8;
/// Greatest number of actions.
const ACTIONS: u64 = 1 << 8;

/// Identifies a forest of a run; the seeds of its trees follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeSeed {
    /// The run's seed, from the config.
    pub run: u64,
    /// Refits done before this one, below 2^36.
    pub refit: u64,
    /// Index of the action, below 2^8.
    pub action: u64,
}

impl TreeSeed {
    /// Returns the seed of the tree `tree` on the subsample `subsample`:
    /// `splitmix64(run) + ((refit · 2^8 + action) · 2^8 + subsample) ·
    /// 2^12 + tree`, modulo 2^64.
    pub fn tree(&self, subsample: u64, tree: u64) -> u64 {
        let forest = self.refit.wrapping_mul(ACTIONS).wrapping_add(self.action);
        let block = forest.wrapping_mul(SUBSAMPLES).wrapping_add(subsample);
        splitmix64(self.run).wrapping_add(block.wrapping_mul(BLOCK)).wrapping_add(tree)
    }

    /// Returns the seed that splits the rows into subsamples, the same for
    /// all actions of a refit.
    pub fn subsampling(&self) -> u64 {
        splitmix64(splitmix64(self.run) ^ splitmix64(!self.refit))
    }
}
