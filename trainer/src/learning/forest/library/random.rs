//! Random forests: each tree grows on a bootstrap sample of the rows, with
//! the best split among some of the features.

use anyhow::Result;
use rayon::prelude::*;
use smartcore::ensemble::random_forest_regressor::{
    RandomForestRegressor, RandomForestRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::{Samples, SubsamplePlan};
use crate::learning::forest::ForestOptions;

/// The library's random forest.
pub(super) type Random = RandomForestRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// Grows a part of the trees on each subsample. A split considers a third
/// of the features, as Breiman (Random forests, Machine Learning 45, 2001)
/// advises for regression.
pub(super) fn fit(
    samples: &Samples,
    targets: &[f64],
    options: &ForestOptions,
) -> Result<Vec<Random>> {
    let plan = SubsamplePlan::new(samples.subsamples.len(), targets, options);
    let fit = |subsample: usize| {
        let size = plan.size(subsample);
        let parameters = RandomForestRegressorParameters {
            max_depth: size.max_depth,
            min_samples_leaf: size.min_samples_leaf,
            min_samples_split: size.min_samples_split,
            n_trees: size.n_trees,
            m: Some((samples.n_features / 3).max(1)),
            keep_samples: false,
            seed: size.seed,
        };
        Random::fit(
            &samples.subsamples[subsample].columns,
            &plan.targets(samples, subsample),
            parameters,
        )
        .map_err(|error| anyhow::anyhow!("failed to fit a random forest: {error}"))
    };
    (0..samples.subsamples.len()).into_par_iter().map(fit).collect()
}
