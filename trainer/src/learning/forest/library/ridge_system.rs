//! Ridge regressions of several targets on the same rows; the parts that
//! depend on the rows alone are computed once.

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linalg::traits::cholesky::CholeskyDecomposable;

use super::ridge::RANGE_MIN;
use crate::learning::forest::Linear;

/// Rows that one task sums up. The sums are added in the order of the
/// rows, so that the number of threads changes no bit.
const BLOCK_ROWS: usize = 4096;

/// The normal equations of ridge regression (Hoerl and Kennard,
/// Technometrics 12, 1970) on standardised features, per row.
#[derive(Debug)]
pub struct RidgeSystem {
    /// The mean of each feature.
    means: Vec<f64>,
    /// One over each feature's standard deviation; 0 for a constant, which
    /// gets the weight 0.
    scales: Vec<f64>,
    /// The correlation matrix of the features plus the penalty on its
    /// diagonal: `n_features` × `n_features`.
    matrix: DenseMatrix<f64>,
}

impl RidgeSystem {
    /// Returns the system of `rows`, all of one length, with `penalty` on
    /// the squared weights of the standardised features.
    ///
    /// Fails without rows or features, and on a penalty that is not
    /// above 0.
    pub fn new(rows: &[&[f64]], penalty: f64) -> Result<Self> {
        let n_features = rows.first().context("a regression needs at least one row")?.len();
        ensure!(n_features > 0, "a regression needs at least one feature");
        ensure!(penalty.is_finite() && penalty > 0.0, "the penalty is {penalty}");
        let n_rows = rows.len() as f64;
        let means = sums(rows, n_features, |row, sums| add(sums, row, 1.0));
        let means: Vec<f64> = means.iter().map(|sum| sum / n_rows).collect();
        let squares = sums(rows, n_features, |row, sums| {
            for ((sum, value), mean) in sums.iter_mut().zip(row).zip(&means) {
                *sum += (value - mean).powi(2);
            }
        });
        let scale = |(square, mean): (&f64, &f64)| {
            let deviation = (square / n_rows).sqrt();
            if deviation > RANGE_MIN * mean.abs() { deviation.recip() } else { 0.0 }
        };
        let scales: Vec<f64> = squares.iter().zip(&means).map(scale).collect();
        let mut system = Self { means, scales, matrix: DenseMatrix::new(0, 0, Vec::new(), true)? };
        let products = sums(rows, n_features * n_features, |row, sums| {
            let row: Vec<f64> = system.standardised(row).collect();
            for (feature, sums) in sums.chunks_exact_mut(n_features).enumerate() {
                add(&mut sums[feature..], &row[feature..], row[feature]);
            }
        });
        let mut matrix = vec![0.0; n_features * n_features];
        for (feature, other) in
            (0..n_features).flat_map(|it| (it..n_features).map(move |o| (it, o)))
        {
            let product = products[feature * n_features + other] / n_rows;
            matrix[feature * n_features + other] = product;
            matrix[other * n_features + feature] = product;
        }
        for feature in 0..n_features {
            matrix[feature * n_features + feature] += penalty;
        }
        system.matrix = DenseMatrix::new(n_features, n_features, matrix, true)?;
        Ok(system)
    }

    /// Returns the features of `row` with mean 0 and variance 1.
    fn standardised(&self, row: &[f64]) -> impl Iterator<Item = f64> {
        let row = row.iter().zip(&self.means).zip(&self.scales);
        row.map(|((value, mean), scale)| (value - mean) * scale)
    }

    /// Returns the regression of each list of `targets`, which has one
    /// target per row.
    ///
    /// Fails on numbers that are not finite.
    pub fn fit(&self, rows: &[&[f64]], targets: &[Vec<f64>]) -> Result<Vec<Linear>> {
        let fit = |targets: &Vec<f64>| self.fit_one(rows, targets);
        targets.par_iter().map(fit).collect::<Vec<_>>().into_iter().collect()
    }

    fn fit_one(&self, rows: &[&[f64]], targets: &[f64]) -> Result<Linear> {
        let (n_rows, n_features) = (rows.len() as f64, self.means.len());
        let mean = targets.iter().sum::<f64>() / n_rows;
        let mut products = vec![0.0; n_features];
        for (row, target) in rows.iter().zip(targets) {
            add(&mut products, row, target - mean);
        }
        // The targets are centred, so the features need not be.
        let right = products.iter().zip(&self.scales).map(|(sum, scale)| sum * scale / n_rows);
        let right = DenseMatrix::new(n_features, 1, right.collect(), true)?;
        let weights = self.matrix.clone().cholesky_solve_mut(right);
        let weights = weights.map_err(|error| anyhow::anyhow!("failed to solve: {error}"))?;
        let weights: Vec<f64> = self
            .scales
            .iter()
            .enumerate()
            .map(|(feature, scale)| weights.get((feature, 0)) * scale)
            .collect();
        let mean_product: f64 = weights.iter().zip(&self.means).map(|(it, mean)| it * mean).sum();
        Linear::new(mean - mean_product, weights).context("a regression failed")
    }
}

/// Adds `factor` times each value to its sum.
fn add(sums: &mut [f64], values: &[f64], factor: f64) {
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += factor * value;
    }
}

/// Returns `n_sums` sums over all rows; `add_row` adds one row to them.
fn sums(rows: &[&[f64]], n_sums: usize, add_row: impl Fn(&[f64], &mut [f64]) + Sync) -> Vec<f64> {
    let of_block = |block: &[&[f64]]| {
        let mut sums = vec![0.0; n_sums];
        for row in block {
            add_row(row, &mut sums);
        }
        sums
    };
    let blocks: Vec<Vec<f64>> = rows.par_chunks(BLOCK_ROWS).map(of_block).collect();
    let mut all = vec![0.0; n_sums];
    for sums in &blocks {
        add(&mut all, sums, 1.0);
    }
    all
}
