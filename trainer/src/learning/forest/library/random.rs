//! Random forests: each tree grows on a bootstrap sample of the rows, with
//! the best split among some of the features.

use anyhow::Result;
use smartcore::ensemble::random_forest_regressor::{
    RandomForestRegressor, RandomForestRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::SubsamplePlan;
use crate::learning::forest::mirror::read_trees;
use crate::learning::forest::stored::StoredNode;

/// The library's random forest.
type Random = RandomForestRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// Grows the trees of one subsample. A split considers a third of the
/// features, as Breiman (Random forests, Machine Learning 45, 2001)
/// advises for regression.
pub(super) fn fit(plan: &SubsamplePlan<'_>, subsample: usize) -> Result<Vec<Vec<StoredNode>>> {
    let size = plan.size(subsample);
    let parameters = RandomForestRegressorParameters {
        max_depth: size.max_depth,
        min_samples_leaf: size.min_samples_leaf,
        min_samples_split: size.min_samples_split,
        n_trees: size.n_trees,
        m: Some((plan.samples.n_features / 3).max(1)),
        keep_samples: false,
        seed: size.seed,
    };
    let (columns, targets) = plan.rows(subsample);
    let fitted = Random::fit(columns, &targets, parameters)
        .map_err(|error| anyhow::anyhow!("failed to fit a random forest: {error}"))?;
    read_trees(&fitted, plan.samples.n_features)
}
