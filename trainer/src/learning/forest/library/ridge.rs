//! Ridge regression with the library's solver.

use anyhow::{Context, Result, ensure};
use smartcore::linalg::basic::arrays::{Array, Array2};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::ridge_regression::{
    RidgeRegression, RidgeRegressionParameters, RidgeRegressionSolverName,
};

use super::samples::{Samples, Subsample};
use crate::learning::forest::Linear;

/// A feature whose values differ by less than this, relative to the
/// greatest of them, is a constant: it gets the weight 0, and the library
/// would refuse it.
pub(super) const RANGE_MIN: f64 = 1e-9;

type Regression = RidgeRegression<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// Fits standardised features with the penalty `alpha`.
pub(super) fn fit(samples: &Samples, targets: &[f64], alpha: f64) -> Result<Linear> {
    ensure!(samples.subsamples.len() == 1, "ridge regression takes whole samples");
    let Subsample { rows, columns } = &samples.subsamples[0];
    let n_features = samples.n_features;
    let kept: Vec<usize> = (0..n_features).filter(|&feature| varies(columns, feature)).collect();
    ensure!(!kept.is_empty(), "every feature is a constant");
    let targets: Vec<f64> = rows.iter().map(|&row| targets[row as usize]).collect();
    let parameters = RidgeRegressionParameters::default()
        .with_alpha(alpha)
        .with_normalize(true)
        .with_solver(RidgeRegressionSolverName::Cholesky);
    let regression = Regression::fit(&select(columns, &kept)?, &targets, parameters)
        .map_err(|error| anyhow::anyhow!("failed to fit a ridge regression: {error}"))?;
    let mut weights = vec![0.0; n_features];
    for (kept_idx, &feature) in kept.iter().enumerate() {
        weights[feature] = *regression.coefficients().get((kept_idx, 0));
    }
    Linear::new(*regression.intercept(), weights).context("the ridge regression failed")
}

/// Returns whether the feature is not a constant.
fn varies(columns: &DenseMatrix<f64>, feature: usize) -> bool {
    let column = columns.get_col(feature);
    let low = column.iterator(0).copied().fold(f64::INFINITY, f64::min);
    let high = column.iterator(0).copied().fold(f64::NEG_INFINITY, f64::max);
    high - low > RANGE_MIN * high.abs().max(low.abs())
}

/// Returns the columns of the features in `kept`.
fn select(columns: &DenseMatrix<f64>, kept: &[usize]) -> Result<DenseMatrix<f64>> {
    let n_rows = columns.shape().0;
    let values =
        kept.iter().flat_map(|&feature| (0..n_rows).map(move |row| *columns.get((row, feature))));
    DenseMatrix::new(n_rows, kept.len(), values.collect(), true)
        .map_err(|error| anyhow::anyhow!("failed to build the feature matrix: {error}"))
}
