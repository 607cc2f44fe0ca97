//! Boosted trees: each tree is fitted to the residuals of the sum before it.

use anyhow::{Context, Result, bail};
use rayon::prelude::*;
use serde::Deserialize;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::xgboost::{XGRegressor, XGRegressorParameters};

use super::{Samples, SubsamplePlan};
use crate::learning::forest::flat::Forest;
use crate::learning::forest::stored::StoredNode;
use crate::learning::forest::{Boosted, RegressorOptions};

/// Depth of a tree where the settings give none.
const DEPTH_DEFAULT: u16 = 6;

/// The library's boosted trees.
type Boosting = XGRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// The part of the library's serialised form that is read.
#[derive(Deserialize)]
struct Mirror {
    regressors: Vec<NodeMirror>,
    parameters: ParametersMirror,
}

#[derive(Deserialize)]
struct ParametersMirror {
    learning_rate: f64,
    base_score: f64,
}

#[derive(Deserialize)]
struct NodeMirror {
    left: Option<Box<NodeMirror>>,
    right: Option<Box<NodeMirror>>,
    value: f64,
    threshold: f64,
    split_feature_idx: u64,
}

/// Fits one ensemble per subsample; the prediction is their mean. The base
/// score is the mean of the subsample's targets. Each row has the weight
/// 1, so that `min_child_weight` is the fewest rows of a leaf.
pub(super) fn fit(
    samples: &Samples,
    targets: &[f64],
    options: &RegressorOptions,
) -> Result<Vec<Boosted>> {
    let plan = SubsamplePlan { samples, targets, options: &options.forest };
    let fit = |subsample: usize| {
        let (columns, targets) = plan.rows(subsample);
        let size = plan.size(subsample);
        let parameters = XGRegressorParameters::default()
            .with_n_estimators(options.forest.n_trees)
            .with_max_depth(options.forest.max_depth.unwrap_or(DEPTH_DEFAULT))
            .with_learning_rate(options.learning_rate)
            .with_min_child_weight(size.min_samples_leaf)
            .with_base_score(targets.iter().sum::<f64>() / targets.len() as f64)
            .with_seed(size.seed);
        let fitted = Boosting::fit(columns, &targets, parameters)
            .map_err(|error| anyhow::anyhow!("failed to fit boosted trees: {error}"))?;
        compile(&fitted, samples.n_features)
    };
    (0..samples.subsamples.len()).into_par_iter().map(fit).collect()
}

/// Returns the flat form of `boosting`, which predicts the same bits.
fn compile(boosting: &Boosting, n_features: usize) -> Result<Boosted> {
    let stored = serde_json::to_value(boosting).context("failed to read boosted trees")?;
    let mirror: Mirror =
        serde_json::from_value(stored).context("the library's trees have an unknown form")?;
    let ParametersMirror { learning_rate, base_score } = mirror.parameters;
    let mut forest = Forest::empty(n_features)?;
    for root in &mirror.regressors {
        forest.push_tree(&flatten(root, learning_rate)?)?;
    }
    Ok(Boosted { base_score, forest: forest.complete()? })
}

/// Lists the nodes level by level, so that the two children of a node are
/// neighbours and come after it.
fn flatten(root: &NodeMirror, learning_rate: f64) -> Result<Vec<StoredNode>> {
    let (mut nodes, mut parts) = (vec![root], Vec::new());
    while let Some(&node) = nodes.get(parts.len()) {
        parts.push(match (&node.left, &node.right) {
            (Some(left), Some(right)) => {
                let child = u32::try_from(nodes.len())?;
                nodes.extend([&**left, &**right]);
                let feature = u16::try_from(node.split_feature_idx)?;
                StoredNode { feature, child, value: node.threshold }
            }
            (None, None) => StoredNode { feature: 0, child: 0, value: learning_rate * node.value },
            _ => bail!("a node has one child"),
        });
    }
    Ok(parts)
}
