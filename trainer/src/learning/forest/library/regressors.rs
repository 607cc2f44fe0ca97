//! A regression of any kind in the library's own form.

use anyhow::{Result, ensure};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::boosting::{self, Boosting};
use super::random::{self, Random};
use super::ridge::LibraryRidge;
use super::{LibraryForest, Samples, check_targets, compile_trees, join_forests, matrix_of};
use crate::config::RegressorKind;
use crate::learning::forest::{Regressor, RegressorOptions};

/// A regression that the library fitted: the reference for
/// [`Regressor`].
#[derive(Debug)]
pub struct LibraryRegressor {
    n_features: usize,
    fitted: Fitted,
}

#[derive(Debug)]
enum Fitted {
    Ridge(LibraryRidge),
    ExtraTrees(LibraryForest),
    RandomForest(Vec<Random>),
    Xgboost(Vec<Boosting>),
}

impl Regressor {
    /// Fits a regression and compiles it: see [`LibraryRegressor::fit`].
    pub fn fit(samples: &Samples, targets: &[f64], options: &RegressorOptions) -> Result<Self> {
        LibraryRegressor::fit(samples, targets, options)?.compile()
    }
}

impl LibraryRegressor {
    /// Fits a regression to `samples` and `targets` (one per row, in the
    /// order of the rows). The work is spread over the current rayon pool,
    /// with the same bits for any number of threads.
    ///
    /// Fails when the lengths differ, a target is not finite, there are
    /// more subsamples than trees, or, for ridge regression, there is more
    /// than one subsample or there are not more rows than features.
    pub fn fit(samples: &Samples, targets: &[f64], options: &RegressorOptions) -> Result<Self> {
        check_targets(samples, targets)?;
        let fitted = match options.kind {
            RegressorKind::Ridge => {
                Fitted::Ridge(LibraryRidge::fit(samples, targets, options.ridge_alpha)?)
            }
            RegressorKind::ExtraTrees => {
                Fitted::ExtraTrees(LibraryForest::fit(samples, targets, &options.forest)?)
            }
            RegressorKind::RandomForest => {
                let (n_trees, n_subsamples) = (options.forest.n_trees, samples.subsamples.len());
                ensure!(
                    n_trees >= n_subsamples,
                    "{n_trees} trees for {n_subsamples} subsamples; each subsample needs a tree"
                );
                Fitted::RandomForest(random::fit(samples, targets, &options.forest)?)
            }
            RegressorKind::Xgboost => Fitted::Xgboost(boosting::fit(samples, targets, options)?),
        };
        Ok(Self { n_features: samples.n_features, fitted })
    }

    /// Predicts `rows` with the library's own code; for boosted trees the
    /// mean over the subsamples.
    pub fn predict(&self, rows: &[&[f64]]) -> Result<Vec<f64>> {
        let matrix = matrix_of(rows)?;
        match &self.fitted {
            Fitted::Ridge(ridge) => ridge.predict(&matrix),
            Fitted::ExtraTrees(forest) => forest.predict(rows),
            Fitted::RandomForest(parts) => {
                let forest: Random = join_forests(parts)?;
                forest.predict(&matrix).map_err(|error| anyhow::anyhow!("{error}"))
            }
            Fitted::Xgboost(parts) => mean_of(parts, &matrix),
        }
    }

    /// Compiles the regression into the form that predicts and is stored.
    pub fn compile(&self) -> Result<Regressor> {
        let n_features = self.n_features;
        Ok(match &self.fitted {
            Fitted::Ridge(ridge) => Regressor::Ridge(ridge.compile()?),
            Fitted::ExtraTrees(forest) => Regressor::ExtraTrees(forest.compile()?),
            Fitted::RandomForest(parts) => {
                Regressor::RandomForest(compile_trees(parts, n_features)?)
            }
            Fitted::Xgboost(parts) => {
                let parts = parts.iter().map(|part| boosting::compile(part, n_features));
                Regressor::Xgboost(parts.collect::<Result<_>>()?)
            }
        })
    }
}

/// Returns for each row the mean of the predictions by `parts`.
fn mean_of(parts: &[Boosting], rows: &DenseMatrix<f64>) -> Result<Vec<f64>> {
    let predict = |part: &Boosting| part.predict(rows).map_err(|error| anyhow::anyhow!("{error}"));
    let predictions = parts.iter().map(predict).collect::<Result<Vec<_>>>()?;
    let n_rows = predictions.first().map_or(0, Vec::len);
    let mean = |row: usize| {
        let mut sum = 0.0;
        for part in &predictions {
            sum += part[row];
        }
        sum / predictions.len() as f64
    };
    Ok((0..n_rows).map(mean).collect())
}
