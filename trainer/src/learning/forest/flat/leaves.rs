//! Says which leaf each row falls into, and gives leaves new values.
//!
//! So a forest learns new targets without growing anew, and several
//! forests share their splits: one walk serves them all.

use anyhow::{Result, ensure};
use rayon::prelude::*;

use super::{BLOCK_ROWS, Forest, ROW_LANES, TREE_LANES, Tree};

/// The leaf of each row in each tree of a forest: `n_rows` numbers of
/// 4 bytes a tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaves {
    /// For each tree one a row: nodes, counted from the tree's root.
    of_trees: Vec<Vec<u32>>,
}

impl Leaves {
    /// Returns the leaves of [`Forest::replace_oldest`]: without those of the
    /// first `n` trees, with those of `newer` after the others.
    #[must_use]
    pub fn replace_oldest(mut self, n: usize, newer: Self) -> Self {
        self.of_trees.drain(..n.min(self.of_trees.len()));
        self.of_trees.extend(newer.of_trees);
        self
    }
}

impl Forest {
    /// Returns the leaves of the rows of `pieces` (row by row,
    /// `n_features` values each), one piece after the other; spread
    /// over the threads of the current rayon pool.
    pub fn leaves(&self, pieces: [&[f64]; 2]) -> Leaves {
        let n_values: usize = pieces.iter().map(|piece| piece.len()).sum();
        let of_tree = |tree: &Tree| {
            let mut leaves = Vec::with_capacity(n_values / self.n_features);
            for piece in pieces {
                self.push_leaves(*tree, piece, &mut leaves);
            }
            leaves
        };
        Leaves { of_trees: self.trees.par_iter().map(of_tree).collect() }
    }

    fn push_leaves(&self, tree: Tree, rows: &[f64], leaves: &mut Vec<u32>) {
        let n_features = self.n_features;
        let lanes = rows.chunks_exact(ROW_LANES * n_features);
        let rest = lanes.remainder();
        for rows in lanes {
            let value = |lane: usize, feature: usize| rows[lane * n_features + feature];
            let at = self.walk([tree.root; ROW_LANES], tree.depth, value);
            leaves.extend(at.map(|at| at - tree.root));
        }
        for row in rest.chunks_exact(n_features) {
            let [at] = self.walk([tree.root], tree.depth, |_, feature| row[feature]);
            leaves.push(at - tree.root);
        }
    }

    /// Predicts the rows that `leaves` tells of, which a forest of the
    /// same splits found, into `predictions`, one a row. The bits are
    /// those of [`Forest::predict_row`].
    pub fn predict_leaves(&self, leaves: &Leaves, predictions: &mut [f64]) {
        let n_trees = self.trees.len() as f64;
        let blocks = predictions.par_chunks_mut(BLOCK_ROWS).enumerate();
        blocks.for_each(|(block, sums)| {
            sums.fill(0.0);
            for (tree, of_tree) in self.trees.iter().zip(&leaves.of_trees) {
                let outputs = &self.outputs[tree.root as usize..];
                for (sum, &leaf) in sums.iter_mut().zip(&of_tree[block * BLOCK_ROWS..]) {
                    *sum += outputs[leaf as usize];
                }
            }
            for sum in sums {
                *sum /= n_trees;
            }
        });
    }

    /// Returns for each list of `targets` the forest of the same splits
    /// whose leaves hold the mean of those that fall into them: a list
    /// has one target for each of `rows`, which are numbers of rows of
    /// `leaves`. A leaf that none falls into keeps its value.
    pub fn with_leaf_means(
        &self,
        leaves: &Leaves,
        rows: &[usize],
        targets: &[Vec<f64>],
    ) -> Vec<Self> {
        let n_lists = targets.len();
        // Side by side, so that one look at a row's leaf serves all lists.
        let mut of_rows = vec![0.0; rows.len() * n_lists];
        for (list, targets) in targets.iter().enumerate() {
            for (cells, target) in of_rows.chunks_exact_mut(n_lists).zip(targets) {
                cells[list] = *target;
            }
        }
        let sums_of = |(tree, of_tree): (usize, &Vec<u32>)| {
            let n_nodes = self.node_range(tree).len();
            let (mut sums, mut n_of) = (vec![0.0; n_nodes * n_lists], vec![0_u32; n_nodes]);
            for (&row, targets) in rows.iter().zip(of_rows.chunks_exact(n_lists)) {
                let leaf = of_tree[row] as usize;
                n_of[leaf] += 1;
                for (sum, target) in sums[leaf * n_lists..][..n_lists].iter_mut().zip(targets) {
                    *sum += target;
                }
            }
            (sums, n_of)
        };
        let sums = leaves.of_trees.par_iter().enumerate().map(sums_of);
        let sums: Vec<(Vec<f64>, Vec<u32>)> = sums.collect();
        let with_means = |list: usize| {
            let mut forest = self.clone();
            let nodes = sums.iter().flat_map(|(sums, n_of)| sums.chunks_exact(n_lists).zip(n_of));
            for (output, (sums, &n)) in forest.outputs.iter_mut().zip(nodes) {
                if n > 0 {
                    *output = sums[list] / f64::from(n);
                }
            }
            forest
        };
        (0..n_lists).map(with_means).collect()
    }

    /// Returns the forest without its first `n` trees and with those
    /// of `newer` after the others.
    ///
    /// Fails where they take other features.
    pub fn replace_oldest(&self, n: usize, newer: &Self) -> Result<Self> {
        let [own, others] = [self, newer].map(|forest| forest.n_features);
        ensure!(own == others, "trees of {others} features cannot join those of {own}");
        let mut forest = Self::empty(own)?;
        for parts in self.tree_parts().skip(n).chain(newer.tree_parts()) {
            forest.push_tree(&parts)?;
        }
        forest.complete()
    }

    /// Returns whether all of `forests` have the same splits, so that
    /// every row falls into the same leaves in all of them.
    pub fn share_splits(forests: &[Self]) -> bool {
        forests.iter().all(|it| it.trees == forests[0].trees && it.nodes == forests[0].nodes)
    }

    /// Predicts one row by each of `forests`, which share their splits,
    /// in one walk, without allocating. The bits are those of
    /// [`Forest::predict_row`].
    ///
    /// # Panics
    ///
    /// Panics when the row is shorter than [`Forest::n_features`].
    pub fn predict_row_by_all(forests: &[Self], row: &[f64], predictions: &mut [f64]) {
        let Some(first) = forests.first() else { return };
        predictions.fill(0.0);
        for trees in first.trees.chunks(TREE_LANES) {
            let at = first.walk_row(trees, row);
            for (forest, sum) in forests.iter().zip(&mut *predictions) {
                for at in &at[..trees.len()] {
                    *sum += forest.outputs[*at as usize];
                }
            }
        }
        for sum in predictions {
            *sum /= first.trees.len() as f64;
        }
    }
}
