//! The form in which a forest is stored.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// The version of the stored form.
const FORMAT: u32 = 1;

/// A node as it is stored. A split sends a row with `row[feature] <=
/// value` to the node `child` of the tree, other rows to `child + 1`. A
/// leaf has `child` 0 and predicts `value`.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoredNode {
    pub(super) feature: u16,
    pub(super) child: u32,
    pub(super) value: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredForest {
    format: u32,
    n_features: usize,
    trees: Vec<StoredTree>,
}

/// The nodes of a tree, one column for each of their fields.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredTree {
    features: Vec<u16>,
    children: Vec<u32>,
    values: Vec<f64>,
}

impl StoredForest {
    /// Returns the stored form of `trees`.
    pub(super) fn of(n_features: usize, trees: impl Iterator<Item = Vec<StoredNode>>) -> Self {
        let trees = trees.map(|nodes| StoredTree::of(&nodes)).collect();
        Self { format: FORMAT, n_features, trees }
    }

    pub(super) fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns the nodes of each tree. Fails on another format; an item
    /// fails where the columns of its tree differ in length.
    pub(super) fn trees(&self) -> Result<impl Iterator<Item = Result<Vec<StoredNode>>>> {
        let format = self.format;
        ensure!(format == FORMAT, "the forest has format {format}; this program reads {FORMAT}");
        Ok(self.trees.iter().map(StoredTree::nodes))
    }
}

impl StoredTree {
    fn of(nodes: &[StoredNode]) -> Self {
        Self {
            features: nodes.iter().map(|node| node.feature).collect(),
            children: nodes.iter().map(|node| node.child).collect(),
            values: nodes.iter().map(|node| node.value).collect(),
        }
    }

    fn nodes(&self) -> Result<Vec<StoredNode>> {
        let Self { features, children, values } = self;
        let is_even = features.len() == children.len() && children.len() == values.len();
        ensure!(is_even, "its columns have different lengths");
        let columns = features.iter().zip(children).zip(values);
        let nodes =
            columns.map(|((&feature, &child), &value)| StoredNode { feature, child, value });
        Ok(nodes.collect())
    }
}
