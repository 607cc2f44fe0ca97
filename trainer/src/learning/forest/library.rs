//! Fits regressions with smartcore; no code outside this file and
//! `library/` uses it.
//!
//! The forests of smartcore are single-threaded. So the rows are split
//! into subsamples, and a task per subsample grows a part of the trees.
//! Targets need no scaling: the split criterion compares candidates with
//! each other only, never with a fixed number.

mod boosting;
mod random;
mod ranks;
mod regressors;
mod ridge;
mod ridge_system;
mod samples;

use anyhow::{Result, ensure};
use rayon::prelude::*;
use smartcore::ensemble::extra_trees_regressor::{
    ExtraTreesRegressor, ExtraTreesRegressorParameters,
};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::ForestOptions;
use super::flat::Forest;
use super::mirror::read_trees;
use super::stored::StoredNode;

use ranks::Ranks;
pub use ridge_system::RidgeSystem;
pub use samples::Samples;
use samples::Subsample;

/// The library and version that grew the trees, as models record it.
pub const LIBRARY: &str = "smartcore 0.7.0";

/// Fewest random cuts, over all features, that a split tries. With few
/// features one cut on each, as in the published method, is not enough: a
/// cut that leaves too few rows on one side is no valid split, and the
/// tree would stop growing.
const CUTS_MIN: usize = 8;

/// The library's extremely randomised trees.
type ExtraTrees = ExtraTreesRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

impl Forest {
    /// Grows the trees of `options` on `samples` and `targets` (one per
    /// row, in the order of the rows), spread over the current rayon pool.
    /// Every split may use any feature.
    ///
    /// Fails when the lengths differ, a target is not finite, or there
    /// are more subsamples than trees.
    pub fn fit(samples: &Samples, targets: &[f64], options: &ForestOptions) -> Result<Self> {
        check_targets(samples, targets)?;
        SubsamplePlan::new(samples, targets, options)?.fit(fit_extra_trees)
    }
}

fn check_targets(samples: &Samples, targets: &[f64]) -> Result<()> {
    let n_rows = samples.n_rows;
    ensure!(targets.len() == n_rows, "{} targets for {n_rows} rows", targets.len());
    if let Some(row) = targets.iter().position(|target| !target.is_finite()) {
        anyhow::bail!("the target of row {row} is {}", targets[row]);
    }
    Ok(())
}

/// The input that the fits of all subsamples of a forest have in common.
struct SubsamplePlan<'a> {
    samples: &'a Samples,
    targets: &'a [f64],
    options: &'a ForestOptions,
}

impl<'a> SubsamplePlan<'a> {
    /// Fails when there are more subsamples than trees.
    fn new(samples: &'a Samples, targets: &'a [f64], options: &'a ForestOptions) -> Result<Self> {
        let (n_trees, n_subsamples) = (options.n_trees, samples.subsamples.len());
        ensure!(
            n_trees >= n_subsamples,
            "{n_trees} trees for {n_subsamples} subsamples; each subsample needs a tree"
        );
        Ok(Self { samples, targets, options })
    }

    /// Grows a part of the trees on each subsample by `fit_part`, and
    /// returns the forest with the trees of all parts, in their order.
    fn fit(
        &self,
        fit_part: impl Fn(&Self, usize) -> Result<Vec<Vec<StoredNode>>> + Sync,
    ) -> Result<Forest> {
        let fit = |subsample: usize| fit_part(self, subsample);
        let parts = (0..self.samples.subsamples.len()).into_par_iter().map(fit);
        let mut forest = Forest::empty(self.samples.n_features)?;
        for nodes in parts.collect::<Result<Vec<_>>>()?.iter().flatten() {
            forest.push_tree(nodes)?;
        }
        forest.complete()
    }

    /// Returns the parameters for the trees of `subsample`.
    fn size(&self, subsample: usize) -> TreeSize {
        let (options, n_subsamples) = (self.options, self.samples.subsamples.len());
        let n_extra = usize::from(subsample < options.n_trees % n_subsamples);
        let min_samples_leaf = options.min_samples_leaf.div_ceil(n_subsamples).max(1);
        TreeSize {
            n_trees: options.n_trees / n_subsamples + n_extra,
            min_samples_leaf,
            // A node with fewer rows than two leaves cannot be split: this
            // saves the search and changes no prediction.
            min_samples_split: min_samples_leaf.saturating_mul(2),
            max_depth: options.max_depth.map(|depth| depth.saturating_add(1)),
            seed: options.seed.tree(subsample as u64, 0),
        }
    }

    /// Returns the features of `subsample`, and the targets of its rows.
    fn rows(&self, subsample: usize) -> (&DenseMatrix<f64>, Vec<f64>) {
        let Subsample { rows, columns } = &self.samples.subsamples[subsample];
        (columns, rows.iter().map(|&row| self.targets[row as usize]).collect())
    }
}

/// The tree parameters that all kinds of forests have.
struct TreeSize {
    n_trees: usize,
    min_samples_leaf: usize,
    min_samples_split: usize,
    /// One more than the depth in splits: the library counts the root.
    max_depth: Option<u16>,
    seed: u64,
}

/// Grows the trees of one subsample on the ranks of its values.
fn fit_extra_trees(plan: &SubsamplePlan<'_>, subsample: usize) -> Result<Vec<Vec<StoredNode>>> {
    let size = plan.size(subsample);
    let (n_features, n_cuts) =
        (plan.samples.n_features, CUTS_MIN.div_ceil(plan.samples.n_features));
    let mut parameters = ExtraTreesRegressorParameters::default()
        .with_n_trees(size.n_trees)
        .with_min_samples_leaf(size.min_samples_leaf)
        .with_min_samples_split(size.min_samples_split)
        .with_seed(size.seed)
        // All features: the library's default, the square root of their
        // number, fits badly where the values depend on one feature.
        .with_m(n_features * n_cuts);
    parameters.max_depth = size.max_depth;
    let (columns, targets) = plan.rows(subsample);
    let ranks = Ranks::of(columns);
    let fit = match n_cuts {
        1 => ExtraTrees::fit(&ranks.columns, &targets, parameters),
        _ => ExtraTrees::fit(&repeated(&ranks.columns, n_cuts)?, &targets, parameters),
    };
    let fitted = fit.map_err(|error| anyhow::anyhow!("failed to fit a forest: {error}"))?;
    let mut trees = read_trees(&fitted, n_features)?;
    for split in trees.iter_mut().flatten().filter(|node| node.child > 0) {
        split.value = ranks.threshold(usize::from(split.feature), split.value);
    }
    Ok(trees)
}

/// Returns all columns `n_times` over: the library tries one random cut
/// on each column, so it tries `n_times` on each feature.
fn repeated(columns: &DenseMatrix<f64>, n_times: usize) -> Result<DenseMatrix<f64>> {
    let (n_rows, n_columns) = columns.shape();
    let once: Vec<f64> = columns.iterator(1).copied().collect();
    DenseMatrix::new(n_rows, n_columns * n_times, once.repeat(n_times), true)
        .map_err(|error| anyhow::anyhow!("failed to repeat the features: {error}"))
}
