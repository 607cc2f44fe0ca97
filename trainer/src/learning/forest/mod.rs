//! Regressions: fitted with smartcore, evaluated with code of our own.
//!
//! Only `library` uses smartcore. Its trees are compiled into a
//! [`Forest`], a flat form that predicts the same bits several times
//! faster, is stored in models, and is checked when it is read. No result
//! depends on the number of threads.

mod flat;
mod library;
mod mirror;
mod regressor;
mod seed;
mod stored;
mod subsample;

pub use crate::config::RegressorKind;
pub use crate::random::splitmix64;
pub use flat::{Forest, Leaves};
pub use library::{LIBRARY, RidgeSystem, Samples};
pub use regressor::{Boosted, Linear, Regressor, RegressorOptions};
pub use seed::TreeSeed;
pub(crate) use subsample::{Subsampling, subsample_rows};

/// How to grow a forest.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestOptions {
    /// Number of trees, at least one per subsample. They are divided
    /// equally among the subsamples; the first ones grow one more where
    /// there is a remainder.
    pub n_trees: usize,
    /// Fewest rows in a leaf, as if a tree grew on the rows of all
    /// subsamples: a tree on a quarter of the rows uses a quarter of it.
    pub min_samples_leaf: usize,
    /// Greatest depth of a tree, in splits; none: unlimited.
    pub max_depth: Option<u16>,
    /// The seed of this forest.
    pub seed: TreeSeed,
}
