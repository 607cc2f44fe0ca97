//! Regression: fits with a library, predicts by itself.
//!
//! `library` alone knows the library, smartcore. What it grows becomes a
//! [`Forest`], a flat form that predicts the same bits several times
//! faster, is stored in models, and is checked when it is read. The
//! result never depends on the number of threads.

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
pub use library::{
    LIBRARY, LibraryForest, LibraryPredictor, LibraryRegressor, RidgeSystem, Samples,
};
pub use regressor::{Boosted, Linear, Regressor, RegressorOptions};
pub use seed::TreeSeed;
pub(crate) use subsample::{Subsampling, subsample_rows};

/// How to grow a forest.
#[derive(Debug, Clone, PartialEq)]
pub struct ForestOptions {
    /// Number of trees, at least one; the shares of the samples grow
    /// an equal number each, the first ones one more where it must.
    pub n_trees: usize,
    /// Fewest rows in a leaf, counted in rows of all shares together:
    /// a tree that sees a quarter of the rows uses a quarter of it.
    pub min_samples_leaf: usize,
    /// Fewest rows in a node that is split, counted in the same way;
    /// below twice `min_samples_leaf` it makes no difference.
    pub min_samples_split: usize,
    /// Random cuts that each split tries on every feature; at least
    /// one, which is the method as published.
    pub cuts_per_feature: usize,
    /// Greatest depth of a tree, in splits; none: as the leaves allow.
    pub max_depth: Option<u16>,
    /// Where the seeds of this forest's trees begin.
    pub seed: TreeSeed,
}
