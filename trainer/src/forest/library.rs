//! Grows the trees: the one file that names smartcore.
//!
//! Its forests are single-threaded, so the rows are dealt into shares
//! and every share grows a part of the trees in a task of its own.
//! Targets need no scaling: its split criterion compares candidates
//! with each other only, never with a fixed number.

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use smartcore::ensemble::extra_trees_regressor::{
    ExtraTreesRegressor, ExtraTreesRegressorParameters,
};
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::ForestOptions;
use super::deal::{Deal, deal_rows};
use super::flat::Forest;
use super::mirror::read_trees;

/// The library and version that grew the trees, as models record it.
pub const LIBRARY: &str = "smartcore 0.7.0";

type Regressor = ExtraTreesRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// Feature rows made ready for fitting: built once, fitted often.
///
/// Shape: `n_rows` × `n_features`, dealt at random into shares of
/// equal size. The forests of all actions borrow the same one.
#[derive(Debug)]
pub struct Samples {
    n_rows: usize,
    n_features: usize,
    shares: Vec<Share>,
}

#[derive(Debug)]
struct Share {
    rows: Vec<u32>,
    columns: DenseMatrix<f64>,
}

impl Samples {
    /// Copies `rows` (each of the same length) into one share, so that
    /// every tree sees every row.
    ///
    /// Fails on no rows, no features, unequal lengths, or a value that
    /// is not finite.
    pub fn whole(rows: &[&[f64]]) -> Result<Self> {
        Self::build(rows, Deal { n_shares: 1, seed: 0 })
    }

    /// Copies `rows` into `n_shares` shares (fewer when there are not
    /// that many rows), dealt at random from `seed`.
    ///
    /// Fails as [`Samples::whole`] does.
    pub fn dealt(rows: &[&[f64]], n_shares: usize, seed: u64) -> Result<Self> {
        Self::build(rows, Deal { n_shares, seed })
    }

    fn build(rows: &[&[f64]], deal: Deal) -> Result<Self> {
        let n_features = rows.first().context("a forest needs at least one row")?.len();
        ensure!(n_features > 0, "a forest needs at least one feature");
        let indices = deal_rows(rows.len(), deal)?;
        let shares = indices
            .into_par_iter()
            .map(|indices| Share::gather(rows, indices, n_features))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { n_rows: rows.len(), n_features, shares })
    }

    /// Returns the number of rows, over all shares.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Returns the number of features of a row.
    pub fn n_features(&self) -> usize {
        self.n_features
    }
}

impl Share {
    fn gather(rows: &[&[f64]], indices: Vec<u32>, n_features: usize) -> Result<Self> {
        let n_rows = indices.len();
        let mut values = vec![0.0; n_rows * n_features];
        for (at, &index) in indices.iter().enumerate() {
            let row = rows[index as usize];
            ensure!(
                row.len() == n_features,
                "row {index} has {} features, not {n_features}",
                row.len()
            );
            for (feature, &value) in row.iter().enumerate() {
                ensure!(value.is_finite(), "feature {feature} of row {index} is {value}");
                values[feature * n_rows + at] = value;
            }
        }
        let columns = DenseMatrix::new(n_rows, n_features, values, true)
            .map_err(|error| anyhow::anyhow!("failed to build the feature matrix: {error}"))?;
        Ok(Self { rows: indices, columns })
    }
}

/// A forest as the library holds it: the reference for [`Forest`].
#[derive(Debug)]
pub struct LibraryForest {
    n_features: usize,
    cuts_per_feature: usize,
    parts: Vec<Regressor>,
}

impl LibraryForest {
    /// Grows the trees of `options` on `samples` and `targets` (one a
    /// row, in the order of the rows), spread over the threads of the
    /// current rayon pool. Every split may use any feature.
    ///
    /// Fails when the lengths differ, a target is not finite, or there
    /// are more shares than trees.
    pub fn fit(samples: &Samples, targets: &[f64], options: &ForestOptions) -> Result<Self> {
        let (n_rows, n_shares) = (samples.n_rows, samples.shares.len());
        ensure!(targets.len() == n_rows, "{} targets for {n_rows} rows", targets.len());
        if let Some(row) = targets.iter().position(|target| !target.is_finite()) {
            anyhow::bail!("the target of row {row} is {}", targets[row]);
        }
        ensure!(
            options.n_trees >= n_shares,
            "{} trees cannot serve {n_shares} shares",
            options.n_trees
        );
        let parts = (0..n_shares)
            .into_par_iter()
            .map(|share| fit_share(samples, share, &SharePlan::new(n_shares, targets, options)))
            .collect::<Result<Vec<_>>>()?;
        let (n_features, cuts_per_feature) = (samples.n_features, options.n_cuts());
        Ok(Self { n_features, cuts_per_feature, parts })
    }

    /// Predicts `rows` with the library's own code.
    pub fn predict(&self, rows: &[&[f64]]) -> Result<Vec<f64>> {
        self.predictor(rows)?.predict()
    }

    /// Makes all ready for the library's own code to predict `rows`:
    /// slow, one thread, the judge of [`Forest::predict_rows`].
    pub fn predictor(&self, rows: &[&[f64]]) -> Result<LibraryPredictor> {
        let rows = rows.iter().map(|row| row.repeat(self.cuts_per_feature)).collect::<Vec<_>>();
        let rows = DenseMatrix::from_2d_vec(&rows).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(LibraryPredictor { forest: self.merged()?, rows })
    }

    /// Compiles the trees into the flat form, in the same order.
    pub fn compile(&self) -> Result<Forest> {
        let mut forest = Forest::empty(self.n_features)?;
        for part in &self.parts {
            let stored = serde_json::to_value(part).context("failed to read a fitted forest")?;
            read_trees(stored, &mut forest)?;
        }
        forest.complete()
    }

    /// Joins the parts into one of the library's forests.
    fn merged(&self) -> Result<Regressor> {
        let mut parts = self.parts.iter().map(serde_json::to_value);
        let mut merged = parts.next().context("a forest has at least one part")??;
        let trees =
            merged["forest_regressor"]["trees"].as_array_mut().context("it has no trees")?;
        for part in parts {
            trees
                .extend(part?["forest_regressor"]["trees"].as_array().cloned().unwrap_or_default());
        }
        serde_json::from_value(merged).context("failed to join the parts of a forest")
    }
}

/// The library's forest and the rows to predict, in its own forms.
#[derive(Debug)]
pub struct LibraryPredictor {
    forest: Regressor,
    rows: DenseMatrix<f64>,
}

impl LibraryPredictor {
    /// Returns the prediction of each row: nothing but the library's
    /// own call.
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

/// What the fits of all shares of one forest have in common.
struct SharePlan<'a> {
    n_shares: usize,
    targets: &'a [f64],
    options: &'a ForestOptions,
}

impl<'a> SharePlan<'a> {
    fn new(n_shares: usize, targets: &'a [f64], options: &'a ForestOptions) -> Self {
        Self { n_shares, targets, options }
    }

    fn parameters(&self, share: usize) -> ExtraTreesRegressorParameters {
        let options = self.options;
        let n_extra = usize::from(share < options.n_trees % self.n_shares);
        let leaf = options.min_samples_leaf.div_ceil(self.n_shares).max(1);
        let split = options.min_samples_split.div_ceil(self.n_shares);
        let mut parameters = ExtraTreesRegressorParameters::default()
            .with_n_trees(options.n_trees / self.n_shares + n_extra)
            .with_min_samples_leaf(leaf)
            // Fewer rows than two leaves hold no allowed split: this
            // spares the search and changes no prediction.
            .with_min_samples_split(leaf.saturating_mul(2).max(split))
            .with_seed(options.seed.tree(share as u64, 0));
        parameters.max_depth = options.max_depth.map(|depth| depth.saturating_add(1));
        parameters
    }
}

fn fit_share(samples: &Samples, share: usize, plan: &SharePlan<'_>) -> Result<Regressor> {
    let Share { rows, columns } = &samples.shares[share];
    let targets: Vec<f64> = rows.iter().map(|&row| plan.targets[row as usize]).collect();
    let n_cuts = plan.options.n_cuts();
    // The library's default, the square root, loses most of the value
    // function when one feature carries it.
    let parameters = plan.parameters(share).with_m(samples.n_features * n_cuts);
    let fit = match n_cuts {
        1 => ExtraTreesRegressor::fit(columns, &targets, parameters),
        _ => ExtraTreesRegressor::fit(&repeated(columns, n_cuts)?, &targets, parameters),
    };
    fit.map_err(|error| anyhow::anyhow!("failed to fit a forest: {error}"))
}

/// Returns all columns `n_times` over: the library cuts each once, so
/// that a feature is cut as often as its column occurs.
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
