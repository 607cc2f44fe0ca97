//! Reads the library's trees through serde, since their nodes are
//! private.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::stored::StoredNode;

/// The part of the library's serialised form that is read.
#[derive(Deserialize)]
struct RegressorMirror {
    forest_regressor: ForestMirror,
}

#[derive(Deserialize)]
struct ForestMirror {
    trees: Vec<TreeMirror>,
}

#[derive(Deserialize)]
struct TreeMirror {
    nodes: Vec<NodeMirror>,
}

#[derive(Deserialize)]
struct NodeMirror {
    output: f64,
    split_feature: usize,
    split_value: Option<f64>,
    true_child: Option<u32>,
    false_child: Option<u32>,
}

/// Returns the nodes of each tree of a `library` forest. Its columns are
/// the `n_features` features, repeated once or more.
pub(super) fn read_trees(
    library: &impl Serialize,
    n_features: usize,
) -> Result<Vec<Vec<StoredNode>>> {
    let stored = serde_json::to_value(library).context("failed to read a fitted forest")?;
    let mirror: RegressorMirror =
        serde_json::from_value(stored).context("the library's forest has an unknown form")?;
    let nodes = |tree: &TreeMirror| {
        tree.nodes.iter().map(|node| read_node(node, n_features)).collect::<Result<Vec<_>>>()
    };
    mirror.forest_regressor.trees.iter().map(nodes).collect()
}

fn read_node(node: &NodeMirror, n_features: usize) -> Result<StoredNode> {
    let (Some(child), Some(value)) = (node.true_child, node.split_value) else {
        return Ok(StoredNode { feature: 0, child: 0, value: node.output });
    };
    ensure!(node.false_child == child.checked_add(1), "the children of a split are not neighbours");
    let feature = u16::try_from(node.split_feature % n_features)?;
    Ok(StoredNode { feature, child, value })
}
