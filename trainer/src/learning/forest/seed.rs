//! Gives each tree of a run a seed of its own.
//!
//! The library seeds the tree `i` of an ensemble with `seed + i`. So a
//! run starts at a mixed point and every (refit, action, share) owns a
//! block of [`BLOCK`] consecutive seeds: none is used twice in a run.

use crate::random::splitmix64;

/// Seeds that one ensemble may use: the most trees it may have.
const BLOCK: u64 = 1 << 12;
/// Ensembles that one action may fit in a refit.
const SUBSAMPLES: u64 = 1 << 8;
/// Actions that a refit may have.
const ACTIONS: u64 = 1 << 8;

/// Names one forest of a run, and so the seeds of its trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeSeed {
    /// The run's seed, from the config.
    pub run: u64,
    /// Refits done before this one; distinct below 2^36.
    pub refit: u64,
    /// Index of the target exposure; distinct below 2^8.
    pub action: u64,
}

impl TreeSeed {
    /// Returns the seed of the tree `tree` that the share `subsample`
    /// grows: `splitmix64(run) + ((refit · 2^8 + action) · 2^8 +
    /// share) · 2^12 + tree`, modulo 2^64.
    pub fn tree(&self, subsample: u64, tree: u64) -> u64 {
        let forest = self.refit.wrapping_mul(ACTIONS).wrapping_add(self.action);
        let block = forest.wrapping_mul(SUBSAMPLES).wrapping_add(subsample);
        splitmix64(self.run).wrapping_add(block.wrapping_mul(BLOCK)).wrapping_add(tree)
    }

    /// Returns the seed by which the refit deals its rows into shares;
    /// the same for all its actions.
    pub fn subsampling(&self) -> u64 {
        splitmix64(splitmix64(self.run) ^ splitmix64(!self.refit))
    }
}
