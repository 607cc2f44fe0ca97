//! Forests as the attributes of one `TreeEnsembleRegressor`.

use super::function::{LeafWeight, StoredTree, WeightedForest};
use super::message::Attribute;

/// The operator's columns: one row per node, and one per leaf weight.
#[derive(Default)]
pub(super) struct Ensemble {
    trees: Vec<i64>,
    nodes: Vec<i64>,
    features: Vec<i64>,
    modes: Vec<&'static str>,
    thresholds: Vec<f64>,
    below: Vec<i64>,
    above: Vec<i64>,
    leaf_trees: Vec<i64>,
    leaf_nodes: Vec<i64>,
    leaf_targets: Vec<i64>,
    leaf_weights: Vec<f64>,
}

impl Ensemble {
    pub(super) fn of(forests: &[WeightedForest]) -> Self {
        let mut ensemble = Self::default();
        let trees = forests.iter().flat_map(|WeightedForest { forest, leaf_weights }| {
            forest.trees.iter().map(move |tree| (tree, leaf_weights))
        });
        for ((tree, leaf_weights), tree_idx) in trees.zip(0_i64..) {
            ensemble.push(tree, tree_idx, leaf_weights);
        }
        ensemble
    }

    fn push(&mut self, tree: &StoredTree, tree_idx: i64, leaf_weights: &[LeafWeight]) {
        let columns = tree.features.iter().zip(&tree.children).zip(&tree.values);
        for (((&feature, &child), &value), node) in columns.zip(0_i64..) {
            let is_leaf = child == 0;
            self.trees.push(tree_idx);
            self.nodes.push(node);
            self.features.push(feature);
            self.modes.push(if is_leaf { "LEAF" } else { "BRANCH_LEQ" });
            self.thresholds.push(if is_leaf { 0.0 } else { value });
            self.below.push(child);
            self.above.push(if is_leaf { 0 } else { child + 1 });
            let weights = leaf_weights.iter().filter(|_| is_leaf);
            for LeafWeight { target, factor, n_averaged } in weights {
                self.leaf_trees.push(tree_idx);
                self.leaf_nodes.push(node);
                self.leaf_targets.push(i64::try_from(*target).unwrap_or(i64::MAX));
                self.leaf_weights.push(factor * value / n_averaged);
            }
        }
    }

    /// Returns the operator's attributes, with the base value of each
    /// exposure.
    pub(super) fn attributes(self, base_values: &[f64]) -> Vec<Attribute> {
        // NaN goes to the false side, as in the trainer.
        let nan_is_true = vec![0; self.nodes.len()];
        let mut attributes = vec![
            Attribute::of_text("aggregate_function", "SUM"),
            Attribute::of_text("post_transform", "NONE"),
            Attribute::of_int("n_targets", i64::try_from(base_values.len()).unwrap_or(i64::MAX)),
            Attribute::of_ints("nodes_treeids", self.trees),
            Attribute::of_ints("nodes_nodeids", self.nodes),
            Attribute::of_ints("nodes_featureids", self.features),
            Attribute::of_texts("nodes_modes", &self.modes),
            Attribute::of_doubles("nodes_values_as_tensor", &self.thresholds),
            Attribute::of_ints("nodes_truenodeids", self.below),
            Attribute::of_ints("nodes_falsenodeids", self.above),
            Attribute::of_ints("nodes_missing_value_tracks_true", nan_is_true),
            Attribute::of_ints("target_treeids", self.leaf_trees),
            Attribute::of_ints("target_nodeids", self.leaf_nodes),
            Attribute::of_ints("target_ids", self.leaf_targets),
            Attribute::of_doubles("target_weights_as_tensor", &self.leaf_weights),
        ];
        if base_values.iter().any(|value| *value != 0.0) {
            attributes.push(Attribute::of_doubles("base_values_as_tensor", base_values));
        }
        attributes
    }
}
