//! The form in which a forest is stored, and its checks on reading.
//!
//! A hostile file gives an error, never a panic or an endless walk.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::flat::Forest;

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

impl From<Forest> for StoredForest {
    fn from(forest: Forest) -> Self {
        let trees = forest.tree_parts().map(|nodes| StoredTree::of(&nodes)).collect();
        Self { format: FORMAT, n_features: forest.n_features(), trees }
    }
}

impl TryFrom<StoredForest> for Forest {
    /// The whole chain of reasons: serde keeps only what it displays.
    type Error = String;

    fn try_from(stored: StoredForest) -> Result<Self, String> {
        stored.checked().map_err(|error| format!("{error:#}"))
    }
}

impl StoredForest {
    fn checked(&self) -> Result<Forest> {
        let format = self.format;
        ensure!(format == FORMAT, "the forest has format {format}; this program reads {FORMAT}");
        let mut forest = Forest::empty(self.n_features)?;
        for (index, tree) in self.trees.iter().enumerate() {
            let pushed = tree.nodes().and_then(|nodes| forest.push_tree(&nodes));
            pushed.with_context(|| format!("tree {index} is damaged"))?;
        }
        forest.complete()
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
