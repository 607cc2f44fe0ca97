//! Predicts with a fitted forest: sixteen bytes a node, no branches.
//!
//! A step is `child + (inner & !(x <= threshold))`: a leaf's child is
//! itself, so that eight rows can walk one tree side by side for its
//! full depth. Sums run in the order of the trees, as the library's.

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::stored::{NodeParts, StoredForest};

/// Rows that walk a tree together: enough to hide the latency of the
/// loads, few enough to stay in registers.
const LANES: usize = 8;
/// Rows that one task predicts: small enough for the cache.
const BLOCK_ROWS: usize = 512;
/// The most nodes a tree may have.
const NODES_MAX: usize = 1 << 24;

/// A fitted Extra-Trees ensemble in the form that predicts and that
/// models store (format 1, JSON through serde; reading validates it).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(into = "StoredForest", try_from = "StoredForest")]
pub struct Forest {
    n_features: usize,
    trees: Vec<Tree>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    depth: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    /// The threshold of a split, the prediction of a leaf.
    value: f64,
    /// The child for `x <= threshold`, the other one being the next
    /// node; in a leaf, the node itself.
    child: u32,
    feature: u16,
    /// 1 in a split, 0 in a leaf.
    inner: u16,
}

impl Node {
    #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN goes to the false side")]
    #[inline]
    fn step(self, feature: f64) -> u32 {
        let is_false = !(feature <= self.value);
        self.child + u32::from(self.inner & u16::from(is_false))
    }
}

impl Tree {
    /// Checks `nodes` and takes them over. Children must come after
    /// their parent and have no other: so a walk always ends.
    pub(super) fn from_nodes(nodes: &[NodeParts]) -> Result<Self> {
        ensure!(!nodes.is_empty(), "a tree has no nodes");
        ensure!(nodes.len() <= NODES_MAX, "a tree has more than {NODES_MAX} nodes");
        let mut depths: Vec<Option<usize>> = vec![None; nodes.len()];
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
        let depth = depths.into_iter().flatten().max().unwrap_or_default();
        let nodes = nodes.iter().zip(0_u32..).map(|(node, index)| node.compile(index)).collect();
        Ok(Self { nodes, depth })
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = NodeParts> {
        self.nodes.iter().map(|node| NodeParts {
            feature: node.feature,
            child: if node.inner == 1 { node.child } else { 0 },
            value: node.value,
        })
    }

    #[inline]
    fn predict_row(&self, row: &[f64]) -> f64 {
        let mut node = self.nodes[0];
        while node.inner == 1 {
            node = self.nodes[node.step(row[usize::from(node.feature)]) as usize];
        }
        node.value
    }

    /// Adds this tree's prediction of each row to its sum.
    fn add_rows(&self, rows: &[f64], sums: &mut [f64]) {
        let n_features = rows.len() / sums.len();
        let n_full = sums.len() / LANES * LANES;
        let (full_rows, rest_rows) = rows.split_at(n_full * n_features);
        let (full_sums, rest_sums) = sums.split_at_mut(n_full);
        let lanes = full_rows.chunks_exact(LANES * n_features);
        for (rows, sums) in lanes.zip(full_sums.as_chunks_mut::<LANES>().0) {
            self.add_lanes(rows, sums);
        }
        for (row, sum) in rest_rows.chunks_exact(n_features).zip(rest_sums) {
            *sum += self.predict_row(row);
        }
    }

    #[inline]
    fn add_lanes(&self, rows: &[f64], sums: &mut [f64; LANES]) {
        let n_features = rows.len() / LANES;
        let mut at = [0_u32; LANES];
        for _ in 0..self.depth {
            let before = at;
            for (lane, at) in at.iter_mut().enumerate() {
                let node = self.nodes[*at as usize];
                *at = node.step(rows[lane * n_features + usize::from(node.feature)]);
            }
            if at == before {
                break;
            }
        }
        for (sum, at) in sums.iter_mut().zip(at) {
            *sum += self.nodes[at as usize].value;
        }
    }
}

impl NodeParts {
    fn compile(self, index: u32) -> Node {
        let is_inner = self.child != 0;
        Node {
            value: self.value,
            child: if is_inner { self.child } else { index },
            feature: self.feature,
            inner: u16::from(is_inner),
        }
    }
}

impl Forest {
    pub(super) fn from_trees(n_features: usize, trees: Vec<Tree>) -> Result<Self> {
        ensure!(!trees.is_empty(), "a forest has no trees");
        ensure!((1..=1 << 16).contains(&n_features), "a forest has {n_features} features");
        let features = trees.iter().flat_map(|tree| &tree.nodes).map(|node| node.feature);
        let highest = usize::from(features.max().unwrap_or_default());
        ensure!(highest < n_features, "a split uses feature {highest} of {n_features}");
        Ok(Self { n_features, trees })
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
        let nodes = self.trees.iter().flat_map(|tree| &tree.nodes);
        nodes.filter(|node| node.inner == 1).map(|node| usize::from(node.feature))
    }

    pub(super) fn trees(&self) -> &[Tree] {
        &self.trees
    }

    /// Predicts one row of `n_features` values without allocating.
    ///
    /// # Panics
    ///
    /// Panics when the row is shorter than [`Forest::n_features`].
    pub fn predict_row(&self, row: &[f64]) -> f64 {
        let mut sum = 0.0;
        for tree in &self.trees {
            sum += tree.predict_row(row);
        }
        sum / self.trees.len() as f64
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
            for tree in &self.trees {
                tree.add_rows(rows, sums);
            }
            for sum in sums {
                *sum /= self.trees.len() as f64;
            }
        });
    }
}
