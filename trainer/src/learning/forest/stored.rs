//! The form in which a forest is stored.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

/// The number of the stored form.
const FORMAT: u32 = 1;

/// One node: a split on `feature` at `value` with its children at
/// `child` and `child + 1`, or, where `child` is 0, a leaf.
#[derive(Debug, Clone, Copy)]
pub(super) struct NodeParts {
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

/// The three columns of a tree's nodes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredTree {
    features: Vec<u16>,
    children: Vec<u32>,
    values: Vec<f64>,
}

impl StoredForest {
    /// Returns the stored form of `trees`.
    pub(super) fn of(n_features: usize, trees: impl Iterator<Item = Vec<NodeParts>>) -> Self {
        let trees = trees.map(|nodes| StoredTree::of(&nodes)).collect();
        Self { format: FORMAT, n_features, trees }
    }

    pub(super) fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns the nodes of each tree; fails at the first tree that is
    /// none, and for another format.
    pub(super) fn trees(&self) -> Result<impl Iterator<Item = Result<Vec<NodeParts>>>> {
        let format = self.format;
        ensure!(format == FORMAT, "the forest has format {format}; this program reads {FORMAT}");
        Ok(self.trees.iter().map(StoredTree::nodes))
    }
}

impl StoredTree {
    fn of(nodes: &[NodeParts]) -> Self {
        Self {
            features: nodes.iter().map(|node| node.feature).collect(),
            children: nodes.iter().map(|node| node.child).collect(),
            values: nodes.iter().map(|node| node.value).collect(),
        }
    }

    fn nodes(&self) -> Result<Vec<NodeParts>> {
        let Self { features, children, values } = self;
        let is_even = features.len() == children.len() && children.len() == values.len();
        ensure!(is_even, "its columns have different lengths");
        let columns = features.iter().zip(children).zip(values);
        let nodes = columns.map(|((&feature, &child), &value)| NodeParts { feature, child, value });
        Ok(nodes.collect())
    }
}
