//! Predicts with a fitted forest: sixteen bytes a node, no branches.
//!
//! A step is `child + !(x <= threshold)`. A leaf's threshold is NaN
//! and its child the node before it, so a step from a leaf stays there,
//! and several rows can walk one tree side by side, or one row several
//! trees, without asking at each step who has arrived. Sums run in the
//! order of the trees, as the library's.

mod convert;
mod leaves;

use std::ops::Range;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::stored::{StoredForest, StoredNode};

pub use leaves::Leaves;

/// Rows that walk a tree together: enough to hide the latency of the
/// loads, few enough for the registers.
const ROW_LANES: usize = 16;
/// Trees that one row walks together.
const TREE_LANES: usize = 8;
/// Steps between two looks at who has arrived: a look costs a branch
/// that is hard to predict, a step too many costs little.
const STEPS_PER_CHECK: u32 = 6;
/// Rows that one task predicts: small enough for the cache.
const BLOCK_ROWS: usize = 512;
/// The most nodes that a forest may have.
const NODES_MAX: usize = 1 << 28;

/// A fitted ensemble of trees in the form that predicts and that
/// models store (format 1, JSON through serde; reading validates it).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "StoredForest", try_from = "StoredForest")]
pub struct Forest {
    n_features: usize,
    /// The nodes of all trees, one tree after the other.
    nodes: Vec<Node>,
    /// For each node its prediction, or 0 where it is a split.
    outputs: Vec<f64>,
    trees: Vec<Tree>,
}

/// Where a tree lies among the nodes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tree {
    root: u32,
    /// Steps from the root to the farthest leaf.
    depth: u32,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// Of a split; NaN in a leaf.
    threshold: f64,
    /// The child for `x <= threshold`, the other one being the next
    /// node; in a leaf, the node before the leaf itself.
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
    fn leaf(index: u32) -> Self {
        // The root's is the last number, from which a step leads to 0.
        Self { threshold: f64::NAN, child: index.wrapping_sub(1), feature: 0 }
    }

    fn is_leaf(self) -> bool {
        self.threshold.is_nan()
    }

    #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN goes to the false side")]
    #[inline]
    fn step(self, feature: f64) -> u32 {
        self.child.wrapping_add(u32::from(!(feature <= self.threshold)))
    }
}

/// Checks the nodes of one tree and returns its depth. Children must
/// come after their parent and have no other: so a walk always ends.
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
    /// Returns the forest without a tree yet.
    pub(super) fn empty(n_features: usize) -> Result<Self> {
        ensure!((1..=1 << 16).contains(&n_features), "a forest has {n_features} features");
        Ok(Self { n_features, nodes: Vec::new(), outputs: Vec::new(), trees: Vec::new() })
    }

    /// Returns the same forest, if it may predict.
    pub(super) fn complete(self) -> Result<Self> {
        ensure!(!self.trees.is_empty(), "a forest has no trees");
        let highest = self.nodes.iter().map(|node| node.feature).max().unwrap_or_default() as usize;
        let n_features = self.n_features;
        ensure!(highest < n_features, "a split uses feature {highest} of {n_features}");
        Ok(self)
    }

    /// Checks the nodes of a tree and appends it.
    pub(super) fn push_tree(&mut self, parts: &[StoredNode]) -> Result<()> {
        let depth = check_tree(parts)?;
        let n_nodes = self.nodes.len() + parts.len();
        ensure!(n_nodes <= NODES_MAX, "a forest has more than {NODES_MAX} nodes");
        let root = u32::try_from(self.nodes.len()).context("a forest has too many nodes")?;
        for (part, index) in parts.iter().zip(root..) {
            let &StoredNode { feature, child, value } = part;
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

    /// Returns each tree as a list of its nodes, as it was pushed.
    pub(super) fn tree_parts(&self) -> impl Iterator<Item = Vec<StoredNode>> {
        self.trees.iter().enumerate().map(|(index, tree)| {
            let range = self.node_range(index);
            let nodes = self.nodes[range.clone()].iter().zip(&self.outputs[range]);
            nodes.map(|(node, &output)| node.parts(output, tree.root)).collect()
        })
    }

    /// Returns where the nodes of the tree `index` lie.
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

    /// Returns each tree's prediction of one row, in their order.
    ///
    /// # Panics
    ///
    /// Panics when the row is shorter than [`Forest::n_features`].
    pub fn predict_row_by_trees(&self, row: &[f64]) -> impl Iterator<Item = f64> {
        let lanes = self.trees.chunks(TREE_LANES);
        lanes.flat_map(move |trees| {
            let at = self.walk_row(trees, row).into_iter().take(trees.len());
            at.map(|at| self.outputs[at as usize])
        })
    }

    /// Adds the trees' predictions of `row` to `start`, in their order.
    pub(super) fn sum_row(&self, start: f64, row: &[f64]) -> f64 {
        let mut sum = start;
        for trees in self.trees.chunks(TREE_LANES) {
            let at = self.walk_row(trees, row);
            for at in &at[..trees.len()] {
                sum += self.outputs[*at as usize];
            }
        }
        sum
    }

    /// Returns the leaves of `row` in `trees`, at most `TREE_LANES`.
    #[inline]
    fn walk_row(&self, trees: &[Tree], row: &[f64]) -> [u32; TREE_LANES] {
        let mut at = [trees[0].root; TREE_LANES];
        for (at, tree) in at.iter_mut().zip(trees) {
            *at = tree.root;
        }
        let depth = trees.iter().map(|tree| tree.depth).max().unwrap_or_default();
        self.walk(at, depth, |_, feature| row[feature])
    }

    /// Predicts `rows` (row by row, `n_features` values each) into
    /// `predictions`, one a row, spread over the threads of the current
    /// rayon pool. The bits are those of [`Forest::predict_row`].
    ///
    /// # Panics
    ///
    /// Panics when `rows` is not `n_features` times as long as
    /// `predictions`.
    pub fn predict_rows(&self, rows: &[f64], predictions: &mut [f64]) {
        let n_values = predictions.len() * self.n_features;
        assert_eq!(rows.len(), n_values, "the rows must match the predictions");
        let blocks = rows.par_chunks(BLOCK_ROWS * self.n_features);
        blocks.zip(predictions.par_chunks_mut(BLOCK_ROWS)).for_each(|(rows, sums)| {
            sums.fill(0.0);
            self.sum_rows(rows, sums);
            for sum in sums {
                *sum /= self.trees.len() as f64;
            }
        });
    }

    /// Adds the trees' predictions of each row to its sum.
    fn sum_rows(&self, rows: &[f64], sums: &mut [f64]) {
        let n_features = self.n_features;
        let (full_sums, rest_sums) = sums.as_chunks_mut::<ROW_LANES>();
        let (full_rows, rest_rows) = rows.split_at(full_sums.len() * ROW_LANES * n_features);
        for tree in &self.trees {
            let lanes = full_rows.chunks_exact(ROW_LANES * n_features);
            for (rows, sums) in lanes.zip(full_sums.iter_mut()) {
                let value = |lane: usize, feature: usize| rows[lane * n_features + feature];
                let at = self.walk([tree.root; ROW_LANES], tree.depth, value);
                for (sum, at) in sums.iter_mut().zip(at) {
                    *sum += self.outputs[at as usize];
                }
            }
        }
        for (row, sum) in rest_rows.chunks_exact(n_features).zip(rest_sums) {
            *sum = self.sum_row(*sum, row);
        }
    }

    /// Walks from the nodes `at` down to their leaves, at most `depth`
    /// steps away; `value` gives a lane's feature.
    #[inline]
    fn walk<const N: usize>(
        &self,
        mut at: [u32; N],
        depth: u32,
        value: impl Fn(usize, usize) -> f64,
    ) -> [u32; N] {
        let nodes = self.nodes.as_slice();
        let mut n_left = depth;
        while n_left > 0 {
            let before = at;
            for _ in 0..STEPS_PER_CHECK {
                for lane in 0..N {
                    let node = nodes[at[lane] as usize];
                    at[lane] = node.step(value(lane, node.feature as usize));
                }
            }
            n_left = n_left.saturating_sub(STEPS_PER_CHECK);
            if at == before {
                break;
            }
        }
        at
    }
}
