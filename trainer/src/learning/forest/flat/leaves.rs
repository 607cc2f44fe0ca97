//! Finds the leaf of each row, and refits the values of leaves.
//!
//! This fits a forest to new targets without growing trees. Forests that
//! share their splits need only one walk for all of them.

use anyhow::{Result, ensure};
use rayon::prelude::*;

use super::{Forest, TREE_LANES, Tree};

/// Rows that walk one tree in lockstep: enough to hide the latency of
/// loads, few enough for the registers.
const ROW_LANES: usize = 16;
/// Rows that one task predicts: small enough for the cache.
const BLOCK_ROWS: usize = 512;

/// The leaf of each row in each tree of a forest (the result of `apply` in
/// scikit-learn): `n_trees` × `n_rows` numbers of 4 bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaves {
    /// For each tree the node of each row, counted from the tree's root.
    by_tree: Vec<Vec<u32>>,
}

impl Leaves {
    /// Returns the leaves in the forest of [`Forest::replace_oldest`].
    #[must_use]
    pub fn replace_oldest(mut self, n_dropped: usize, newer: Self) -> Self {
        self.by_tree.drain(..n_dropped.min(self.by_tree.len()));
        self.by_tree.extend(newer.by_tree);
        self
    }
}

impl Forest {
    /// Returns the leaves of all rows in two slices (row by row,
    /// `n_features` values each), the rows of the first slice first. The
    /// work is spread over the current rayon pool.
    pub fn leaves(&self, row_slices: [&[f64]; 2]) -> Leaves {
        let n_values: usize = row_slices.iter().map(|rows| rows.len()).sum();
        let leaves_in = |tree: &Tree| {
            let mut leaves = Vec::with_capacity(n_values / self.n_features);
            for rows in row_slices {
                self.push_leaves(*tree, rows, &mut leaves);
            }
            leaves
        };
        Leaves { by_tree: self.trees.par_iter().map(leaves_in).collect() }
    }

    /// Appends the leaf of each of `rows` in `tree` to `leaves`.
    fn push_leaves(&self, tree: Tree, rows: &[f64], leaves: &mut Vec<u32>) {
        let n_features = self.n_features;
        let lanes = rows.chunks_exact(ROW_LANES * n_features);
        let rest = lanes.remainder();
        for rows in lanes {
            let value = |lane: usize, feature: usize| rows[lane * n_features + feature];
            let nodes = self.walk([tree.root; ROW_LANES], tree.depth, value);
            leaves.extend(nodes.map(|node| node - tree.root));
        }
        for row in rest.chunks_exact(n_features) {
            let [node] = self.walk([tree.root], tree.depth, |_, feature| row[feature]);
            leaves.push(node - tree.root);
        }
    }

    /// Writes the prediction of each row into `predictions`, given its
    /// `leaves` in a forest with the same splits. The bits are those of
    /// [`Forest::predict_row`].
    pub fn predict_leaves(&self, leaves: &Leaves, predictions: &mut [f64]) {
        let n_trees = self.trees.len() as f64;
        let blocks = predictions.par_chunks_mut(BLOCK_ROWS).enumerate();
        blocks.for_each(|(block, sums)| {
            sums.fill(0.0);
            for (tree, leaves) in self.trees.iter().zip(&leaves.by_tree) {
                let outputs = &self.outputs[tree.root as usize..];
                for (sum, &leaf) in sums.iter_mut().zip(&leaves[block * BLOCK_ROWS..]) {
                    *sum += outputs[leaf as usize];
                }
            }
            for sum in sums {
                *sum /= n_trees;
            }
        });
    }

    /// Returns for each list of `targets` the forest with the same splits
    /// whose leaf values are the means of the targets in each leaf. A list
    /// has one target for each of `rows`, which are row indices in
    /// `leaves`. A leaf without targets keeps its value.
    pub fn with_leaf_means(
        &self,
        leaves: &Leaves,
        rows: &[usize],
        targets: &[Vec<f64>],
    ) -> Vec<Self> {
        let n_lists = targets.len();
        // All targets of a row are stored together: its leaf is looked up
        // once for all lists.
        let mut targets_by_row = vec![0.0; rows.len() * n_lists];
        for (list, targets) in targets.iter().enumerate() {
            for (cells, target) in targets_by_row.chunks_exact_mut(n_lists).zip(targets) {
                cells[list] = *target;
            }
        }
        let sums_in = |(tree, leaves): (usize, &Vec<u32>)| {
            let n_nodes = self.node_range(tree).len();
            let (mut sums, mut counts) = (vec![0.0; n_nodes * n_lists], vec![0_u32; n_nodes]);
            for (&row, targets) in rows.iter().zip(targets_by_row.chunks_exact(n_lists)) {
                let leaf = leaves[row] as usize;
                counts[leaf] += 1;
                for (sum, target) in sums[leaf * n_lists..][..n_lists].iter_mut().zip(targets) {
                    *sum += target;
                }
            }
            (sums, counts)
        };
        let sums = leaves.by_tree.par_iter().enumerate().map(sums_in);
        let sums: Vec<(Vec<f64>, Vec<u32>)> = sums.collect();
        let with_means = |list: usize| {
            let mut forest = self.clone();
            let nodes =
                sums.iter().flat_map(|(sums, counts)| sums.chunks_exact(n_lists).zip(counts));
            for (output, (sums, &n)) in forest.outputs.iter_mut().zip(nodes) {
                if n > 0 {
                    *output = sums[list] / f64::from(n);
                }
            }
            forest
        };
        (0..n_lists).map(with_means).collect()
    }

    /// Returns the forest without its first `n_dropped` trees and with the
    /// trees of `newer` appended.
    ///
    /// Fails where the two have different numbers of features.
    pub fn replace_oldest(&self, n_dropped: usize, newer: &Self) -> Result<Self> {
        let [own, others] = [self, newer].map(|forest| forest.n_features);
        ensure!(own == others, "trees of {others} features cannot join those of {own}");
        let mut forest = Self::empty(own)?;
        for nodes in self.stored_trees().skip(n_dropped).chain(newer.stored_trees()) {
            forest.push_tree(&nodes)?;
        }
        forest.complete()
    }

    /// Returns whether all of `forests` have the same splits, so that every
    /// row is in the same leaves in all of them.
    pub fn share_splits(forests: &[Self]) -> bool {
        forests.iter().all(|it| it.trees == forests[0].trees && it.nodes == forests[0].nodes)
    }

    /// Writes the prediction of one row by each of `forests`, which share
    /// their splits, into `predictions`, in one walk and without
    /// allocating. The bits are those of [`Forest::predict_row`].
    ///
    /// # Panics
    ///
    /// Panics when the row is shorter than [`Forest::n_features`].
    pub fn predict_row_by_all(forests: &[Self], row: &[f64], predictions: &mut [f64]) {
        let Some(first) = forests.first() else { return };
        predictions.fill(0.0);
        for trees in first.trees.chunks(TREE_LANES) {
            let leaves = first.walk_row(trees, row);
            for (forest, sum) in forests.iter().zip(&mut *predictions) {
                for leaf in &leaves[..trees.len()] {
                    *sum += forest.outputs[*leaf as usize];
                }
            }
        }
        for sum in predictions {
            *sum /= first.trees.len() as f64;
        }
    }
}
