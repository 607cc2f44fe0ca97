//! Feature rows in the library's own form, split into subsamples.

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use smartcore::linalg::basic::matrix::DenseMatrix;

use crate::learning::forest::subsample::{Subsampling, subsample_rows};

/// The feature matrix of a fit, `n_rows` × `n_features`, split at random
/// into subsamples of equal size. It is built once and can be fitted to
/// several lists of targets.
#[derive(Debug)]
pub struct Samples {
    pub(super) n_rows: usize,
    pub(super) n_features: usize,
    pub(super) subsamples: Vec<Subsample>,
}

#[derive(Debug)]
pub(super) struct Subsample {
    /// Indices of its rows, increasing.
    pub(super) rows: Vec<u32>,
    /// The features of these rows, column by column.
    pub(super) columns: DenseMatrix<f64>,
}

impl Samples {
    /// Copies `rows` (each of the same length) into one subsample, so that
    /// every tree grows on every row.
    ///
    /// Fails on no rows, no features, unequal lengths, or a value that
    /// is not finite.
    pub fn whole(rows: &[&[f64]]) -> Result<Self> {
        Self::build(rows, Subsampling { n_subsamples: 1, seed: 0 })
    }

    /// Copies `rows` into `n_subsamples` random subsamples (fewer when
    /// there are fewer rows), which depend on `seed`.
    ///
    /// Fails as [`Samples::whole`] does.
    pub fn subsampled(rows: &[&[f64]], n_subsamples: usize, seed: u64) -> Result<Self> {
        Self::build(rows, Subsampling { n_subsamples, seed })
    }

    fn build(rows: &[&[f64]], subsampling: Subsampling) -> Result<Self> {
        let n_features = rows.first().context("a forest needs at least one row")?.len();
        ensure!(n_features > 0, "a forest needs at least one feature");
        let indices = subsample_rows(rows.len(), subsampling)?;
        let subsamples = indices
            .into_par_iter()
            .map(|indices| Subsample::gather(rows, indices, n_features))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { n_rows: rows.len(), n_features, subsamples })
    }
}

impl Subsample {
    fn gather(rows: &[&[f64]], indices: Vec<u32>, n_features: usize) -> Result<Self> {
        let n_rows = indices.len();
        let mut values = vec![0.0; n_rows * n_features];
        for (position, &index) in indices.iter().enumerate() {
            let row = rows[index as usize];
            ensure!(
                row.len() == n_features,
                "row {index} has {} features, not {n_features}",
                row.len()
            );
            for (feature, &value) in row.iter().enumerate() {
                ensure!(value.is_finite(), "feature {feature} of row {index} is {value}");
                values[feature * n_rows + position] = value;
            }
        }
        let columns = DenseMatrix::new(n_rows, n_features, values, true)
            .map_err(|error| anyhow::anyhow!("failed to build the feature matrix: {error}"))?;
        Ok(Self { rows: indices, columns })
    }
}
