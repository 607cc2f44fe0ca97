//! Fits regressions with smartcore; no code outside this file and
//! `library/` uses it.
//!
//! The forests of smartcore are single-threaded. So the rows are split
//! into subsamples, and a task per subsample grows a part of the trees.
//! Targets need no scaling: the split criterion compares candidates with
//! each other only, never with a fixed number.

mod boosting;
mod random;
mod regressors;
mod ridge;
mod ridge_system;
mod samples;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use smartcore::ensemble::extra_trees_regressor::{
    ExtraTreesRegressor, ExtraTreesRegressorParameters,
};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::ForestOptions;
use super::flat::Forest;
use super::mirror::read_trees;

pub use regressors::LibraryRegressor;
pub use ridge_system::RidgeSystem;
pub use samples::Samples;

/// The library and version that grew the trees, as models record it.
pub const LIBRARY: &str = "smartcore 0.7.0";

type Regressor = ExtraTreesRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// A forest as the library holds it: the reference for [`Forest`].
#[derive(Debug)]
pub struct LibraryForest {
    n_features: usize,
    cuts_per_feature: usize,
    /// The trees of each subsample.
    parts: Vec<Regressor>,
}

impl LibraryForest {
    /// Grows the trees of `options` on `samples` and `targets` (one per
    /// row, in the order of the rows), spread over the current rayon pool.
    /// Every split may use any feature.
    ///
    /// Fails when the lengths differ, a target is not finite, or there
    /// are more subsamples than trees.
    pub fn fit(samples: &Samples, targets: &[f64], options: &ForestOptions) -> Result<Self> {
        check_targets(samples, targets)?;
        let n_subsamples = samples.subsamples.len();
        ensure!(
            options.n_trees >= n_subsamples,
            "{} trees for {n_subsamples} subsamples; each subsample needs a tree",
            options.n_trees
        );
        let parts = (0..n_subsamples)
            .into_par_iter()
            .map(|subsample| {
                fit_subsample(
                    samples,
                    subsample,
                    &SubsamplePlan::new(n_subsamples, targets, options),
                )
            })
            .collect::<Result<Vec<_>>>()?;
        let (n_features, cuts_per_feature) = (samples.n_features, options.n_cuts());
        Ok(Self { n_features, cuts_per_feature, parts })
    }

    /// Predicts `rows` with the library's own code.
    pub fn predict(&self, rows: &[&[f64]]) -> Result<Vec<f64>> {
        self.predictor(rows)?.predict()
    }

    /// Prepares a prediction of `rows` with the library's own code, which
    /// is slow and single-threaded: the reference for
    /// [`Forest::predict_rows`].
    pub fn predictor(&self, rows: &[&[f64]]) -> Result<LibraryPredictor> {
        let rows: Vec<Vec<f64>> =
            rows.iter().map(|row| row.repeat(self.cuts_per_feature)).collect();
        let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
        Ok(LibraryPredictor { forest: join_forests(&self.parts)?, rows: matrix_of(&rows)? })
    }

    /// Compiles the trees into the flat form, in the same order.
    pub fn compile(&self) -> Result<Forest> {
        compile_trees(&self.parts, self.n_features)
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

fn matrix_of(rows: &[&[f64]]) -> Result<DenseMatrix<f64>> {
    let rows = rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    DenseMatrix::from_2d_vec(&rows).map_err(|error| anyhow::anyhow!("{error}"))
}

/// Returns a forest with the trees of all parts, in their order.
fn compile_trees(parts: &[impl Serialize], n_features: usize) -> Result<Forest> {
    let mut forest = Forest::empty(n_features)?;
    for part in parts {
        let stored = serde_json::to_value(part).context("failed to read a fitted forest")?;
        read_trees(stored, &mut forest)?;
    }
    forest.complete()
}

/// Joins the parts into one forest of the library.
fn join_forests<T: Serialize + DeserializeOwned>(parts: &[T]) -> Result<T> {
    let mut parts = parts.iter().map(serde_json::to_value);
    let mut merged = parts.next().context("a forest has at least one part")??;
    let trees = merged["forest_regressor"]["trees"].as_array_mut().context("it has no trees")?;
    for part in parts {
        trees.extend(part?["forest_regressor"]["trees"].as_array().cloned().unwrap_or_default());
    }
    serde_json::from_value(merged).context("failed to join the parts of a forest")
}

/// A forest and the rows to predict, both in the library's own form.
#[derive(Debug)]
pub struct LibraryPredictor {
    forest: Regressor,
    rows: DenseMatrix<f64>,
}

impl LibraryPredictor {
    /// Returns the prediction of each row, by the library's call alone.
    pub fn predict(&self) -> Result<Vec<f64>> {
        self.forest.predict(&self.rows).map_err(|error| anyhow::anyhow!("{error}"))
    }
}

impl Forest {
    /// Grows a forest and compiles it: see [`LibraryForest::fit`].
    pub fn fit(samples: &Samples, targets: &[f64], options: &ForestOptions) -> Result<Self> {
        LibraryForest::fit(samples, targets, options)?.compile()
    }
}

/// The input that the fits of all subsamples of a forest have in common.
struct SubsamplePlan<'a> {
    n_subsamples: usize,
    targets: &'a [f64],
    options: &'a ForestOptions,
}

impl<'a> SubsamplePlan<'a> {
    fn new(n_subsamples: usize, targets: &'a [f64], options: &'a ForestOptions) -> Self {
        Self { n_subsamples, targets, options }
    }

    /// Returns the parameters for the trees of `subsample`.
    fn size(&self, subsample: usize) -> TreeSize {
        let options = self.options;
        let n_extra = usize::from(subsample < options.n_trees % self.n_subsamples);
        let min_samples_leaf = options.min_samples_leaf.div_ceil(self.n_subsamples).max(1);
        let min_samples_split = options.min_samples_split.div_ceil(self.n_subsamples);
        TreeSize {
            n_trees: options.n_trees / self.n_subsamples + n_extra,
            min_samples_leaf,
            // A node with fewer rows than two leaves cannot be split: this
            // saves the search and changes no prediction.
            min_samples_split: min_samples_leaf.saturating_mul(2).max(min_samples_split),
            max_depth: options.max_depth.map(|depth| depth.saturating_add(1)),
            seed: options.seed.tree(subsample as u64, 0),
        }
    }

    /// Returns the targets of the rows of `subsample`.
    fn targets(&self, samples: &Samples, subsample: usize) -> Vec<f64> {
        samples.subsamples[subsample].rows.iter().map(|&row| self.targets[row as usize]).collect()
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

fn fit_subsample(
    samples: &Samples,
    subsample: usize,
    plan: &SubsamplePlan<'_>,
) -> Result<Regressor> {
    let size = plan.size(subsample);
    let n_cuts = plan.options.n_cuts();
    let mut parameters = ExtraTreesRegressorParameters::default()
        .with_n_trees(size.n_trees)
        .with_min_samples_leaf(size.min_samples_leaf)
        .with_min_samples_split(size.min_samples_split)
        .with_seed(size.seed)
        // All features: the library's default, the square root of their
        // number, fits badly where the values depend on one feature.
        .with_m(samples.n_features * n_cuts);
    parameters.max_depth = size.max_depth;
    let columns = &samples.subsamples[subsample].columns;
    let targets = plan.targets(samples, subsample);
    let fit = match n_cuts {
        1 => ExtraTreesRegressor::fit(columns, &targets, parameters),
        _ => ExtraTreesRegressor::fit(&repeated(columns, n_cuts)?, &targets, parameters),
    };
    fit.map_err(|error| anyhow::anyhow!("failed to fit a forest: {error}"))
}

/// Returns all columns `n_times` over: the library tries one random cut
/// on each column, so it tries `n_times` on each feature.
fn repeated(columns: &DenseMatrix<f64>, n_times: usize) -> Result<DenseMatrix<f64>> {
    let (n_rows, n_columns) = columns.shape();
    let once: Vec<f64> = columns.iterator(1).copied().collect();
    DenseMatrix::new(n_rows, n_columns * n_times, once.repeat(n_times), true)
        .map_err(|error| anyhow::anyhow!("failed to repeat the features: {error}"))
}

impl ForestOptions {
    fn n_cuts(&self) -> usize {
        self.cuts_per_feature.max(1)
    }
}
