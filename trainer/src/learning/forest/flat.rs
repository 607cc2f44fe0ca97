//! Predicts with a fitted forest: 16 bytes per node, no branches.
//!
//! One step down a tree goes to the node `child + !(x <= threshold)`. A
//! leaf has the threshold NaN and as its child the node before it, so that
//! a step from a leaf stays there. So several rows can walk one tree in
//! lockstep, or one row several trees, without a check at each step
//! whether they are at a leaf. Predictions are summed in the order of the
//! trees, as the library does it.

mod convert;
mod leaves;

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::stored::{StoredForest, StoredNode};

pub use leaves::Leaves;

/// Trees that one row walks in lockstep.
const TREE_LANES: usize = 8;
/// Steps between two checks whether all are at a leaf: a check costs a
/// branch that is hard to predict, a needless step costs little.
const STEPS_PER_CHECK: u32 = 6;
/// Greatest number of nodes of a forest.
const NODES_MAX: usize = 1 << 28;

/// A fitted ensemble of regression trees, which predicts the mean of its
/// trees. Models store it as JSON through serde, which validates it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "StoredForest", try_from = "StoredForest")]
pub struct Forest {
    n_features: usize,
    /// The nodes of all trees, one tree after the other.
    nodes: Vec<Node>,
    /// For each node its prediction if it is a leaf, 0 if it is a split.
    outputs: Vec<f64>,
    trees: Vec<Tree>,
}

/// A tree of a forest.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tree {
    /// Index of its first node; the others follow.
    root: u32,
    /// Steps from the root to the farthest leaf.
    depth: u32,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// The threshold of a split; NaN in a leaf.
    threshold: f64,
    /// Index of the child for `x <= threshold`, which the other child
    /// follows; in a leaf, the index of the node before it.
    child: u32,
    feature: u32,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        let parts = |node: &Self| (node.threshold.to_bits(), node.child, node.feature);
        parts(self) == parts(other)
    }
}

impl Node {
    /// Returns the leaf with the index `index`.
    fn leaf(index: u32) -> Self {
        // For index 0 it is `u32::MAX`, from which a step wraps to 0.
        Self { threshold: f64::NAN, child: index.wrapping_sub(1), feature: 0 }
    }

    fn is_leaf(self) -> bool {
        self.threshold.is_nan()
    }

    /// Returns the index of the node after a step with the value `feature`.
    #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN goes to the false side")]
    #[inline]
    fn step(self, feature: f64) -> u32 {
        self.child.wrapping_add(u32::from(!(feature <= self.threshold)))
    }
}

/// Checks the nodes of one tree and returns its depth. Each child must
/// come after its only parent, so that every walk ends.
fn check_tree(nodes: &[StoredNode]) -> Result<u32> {
    ensure!(!nodes.is_empty(), "a tree has no nodes");
    let mut depths: Vec<Option<u32>> = vec![None; nodes.len()];
    depths[0] = Some(0);
    for (index, node) in nodes.iter().enumerate() {
        ensure!(node.value.is_finite(), "the value of node {index} is {}", node.value);
        let depth = depths[index].with_context(|| format!("node {index} has no parent"))?;
        if node.child == 0 {
            ensure!(node.feature == 0, "the leaf {index} names feature {}", node.feature);
            continue;
        }
        let child = node.child as usize;
        let is_later = child > index && child + 1 < nodes.len();
        ensure!(is_later, "node {index} has its children at {child}, out of range");
        for depth_of_child in &mut depths[child..=child + 1] {
            ensure!(depth_of_child.is_none(), "a child of node {index} has two parents");
            *depth_of_child = Some(depth + 1);
        }
    }
    Ok(depths.into_iter().flatten().max().unwrap_or_default())
}

impl Forest {
    /// Returns a forest without trees, for rows of `n_features` values.
    pub(super) fn empty(n_features: usize) -> Result<Self> {
        ensure!((1..=1 << 16).contains(&n_features), "a forest has {n_features} features");
        Ok(Self { n_features, nodes: Vec::new(), outputs: Vec::new(), trees: Vec::new() })
    }

    /// Returns the forest, if it has trees and its splits use features
    /// that it has.
    pub(super) fn complete(self) -> Result<Self> {
        ensure!(!self.trees.is_empty(), "a forest has no trees");
        let highest = self.nodes.iter().map(|node| node.feature).max().unwrap_or_default() as usize;
        let n_features = self.n_features;
        ensure!(highest < n_features, "a split uses feature {highest} of {n_features}");
        Ok(self)
    }

    /// Checks the nodes of a tree and appends it.
    pub(super) fn push_tree(&mut self, nodes: &[StoredNode]) -> Result<()> {
        let depth = check_tree(nodes)?;
        let n_nodes = self.nodes.len() + nodes.len();
        ensure!(n_nodes <= NODES_MAX, "a forest has more than {NODES_MAX} nodes");
        let root = u32::try_from(self.nodes.len()).context("a forest has too many nodes")?;
        for (&StoredNode { feature, child, value }, index) in nodes.iter().zip(root..) {
            let (node, output) = if child == 0 {
                (Node::leaf(index), value)
            } else {
                let (child, feature) = (root + child, u32::from(feature));
                (Node { threshold: value, child, feature }, 0.0)
            };
            self.nodes.push(node);
            self.outputs.push(output);
        }
        self.trees.push(Tree { root, depth });
        Ok(())
    }

    /// Returns for each tree its nodes, as it was pushed.
    pub(super) fn stored_trees(&self) -> impl Iterator<Item = Vec<StoredNode>> {
        self.trees.iter().enumerate().map(|(index, tree)| {
            let range = self.node_range(index);
            let nodes = self.nodes[range.clone()].iter().zip(&self.outputs[range]);
            nodes.map(|(node, &output)| node.stored(output, tree.root)).collect()
        })
    }

    /// Returns the range of the nodes of the tree `index`.
    fn node_range(&self, index: usize) -> Range<usize> {
        let end = self.trees.get(index + 1).map_or(self.nodes.len(), |next| next.root as usize);
        self.trees[index].root as usize..end
    }

    /// Returns the number of features that a row must have.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// Returns the number of trees.
    pub fn n_trees(&self) -> usize {
        self.trees.len()
    }

    /// Returns the feature of each split, tree by tree.
    pub fn split_features(&self) -> impl Iterator<Item = usize> {
        let splits = self.nodes.iter().filter(|node| !node.is_leaf());
        splits.map(|node| node.feature as usize)
    }

    /// Predicts one row of `n_features` values without allocating.
    ///
    /// # Panics
    ///
    /// Panics when the row is shorter than [`Forest::n_features`].
    pub fn predict_row(&self, row: &[f64]) -> f64 {
        self.sum_row(0.0, row) / self.trees.len() as f64
    }

    /// Returns the prediction of one row by each tree, in their order.
    ///
    /// # Panics
    ///
    /// Panics when the row is shorter than [`Forest::n_features`].
    pub fn predict_row_by_trees(&self, row: &[f64]) -> impl Iterator<Item = f64> {
        let lanes = self.trees.chunks(TREE_LANES);
        lanes.flat_map(move |trees| {
            let leaves = self.walk_row(trees, row).into_iter().take(trees.len());
            leaves.map(|leaf| self.outputs[leaf as usize])
        })
    }

    /// Adds the trees' predictions of `row` to `start`, in their order.
    pub(super) fn sum_row(&self, start: f64, row: &[f64]) -> f64 {
        let mut sum = start;
        for trees in self.trees.chunks(TREE_LANES) {
            let leaves = self.walk_row(trees, row);
            for leaf in &leaves[..trees.len()] {
                sum += self.outputs[*leaf as usize];
            }
        }
        sum
    }

    /// Returns the leaf of `row` in each of `trees`, at most `TREE_LANES`.
    #[inline]
    fn walk_row(&self, trees: &[Tree], row: &[f64]) -> [u32; TREE_LANES] {
        let mut roots = [trees[0].root; TREE_LANES];
        for (root, tree) in roots.iter_mut().zip(trees) {
            *root = tree.root;
        }
        let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or_default();
        self.walk(roots, depth, |_, feature| row[feature])
    }

    /// Walks in `N` lanes from the nodes `current`, one per lane, down to
    /// their leaves, at most `depth` steps away. `value(lane, feature)`
    /// returns a feature of the row in that lane.
    #[inline]
    fn walk<const N: usize>(
        &self,
        mut current: [u32; N],
        depth: u32,
        value: impl Fn(usize, usize) -> f64,
    ) -> [u32; N] {
        let nodes = self.nodes.as_slice();
        let mut n_left = depth;
        while n_left > 0 {
            let before = current;
            for _ in 0..STEPS_PER_CHECK {
                for lane in 0..N {
                    let node = nodes[current[lane] as usize];
                    current[lane] = node.step(value(lane, node.feature as usize));
                }
            }
            n_left = n_left.saturating_sub(STEPS_PER_CHECK);
            if current == before {
                break;
            }
        }
        current
    }
}
