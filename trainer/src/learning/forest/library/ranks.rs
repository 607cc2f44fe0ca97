//! The ranks of feature values, which the trees are grown on.
//!
//! A random cut is uniform between the extremes of a node. Of values with
//! heavy tails most cuts would separate a few outliers; of ranks, as many
//! rows lie below a cut as above it on average.

use smartcore::linalg::basic::arrays::{Array, Array2, MutArray};
use smartcore::linalg::basic::matrix::DenseMatrix;

/// The ranks of the values of a feature matrix, column by column.
pub(super) struct Ranks {
    /// The rank of each value: the index of the last equal one among the
    /// sorted values of its feature; `n_rows` × `n_features`.
    pub(super) columns: DenseMatrix<f64>,
    /// The values of each feature, sorted.
    sorted: Vec<Vec<f64>>,
}

impl Ranks {
    /// Ranks `values` (`n_rows` × `n_features`, all finite).
    pub(super) fn of(values: &DenseMatrix<f64>) -> Self {
        let (n_rows, n_features) = values.shape();
        let mut columns = values.clone();
        let rank_column = |feature: usize| {
            let column = values.get_col(feature);
            let mut cells: Vec<(f64, usize)> = column.iterator(0).copied().zip(0..).collect();
            cells.sort_unstable_by(|(one, _), (other, _)| one.total_cmp(other));
            let mut rank = n_rows;
            for (idx, (value, row)) in cells.iter().enumerate().rev() {
                if cells.get(idx + 1).is_none_or(|(next, _)| value < next) {
                    rank = idx;
                }
                columns.set((*row, feature), rank as f64);
            }
            cells.into_iter().map(|(value, _)| value).collect()
        };
        let sorted = (0..n_features).map(rank_column).collect();
        Self { columns, sorted }
    }

    /// Returns the value that separates the rows of `feature` as `cut`
    /// separates their ranks: the middle between the two neighbours. The
    /// cut is not below the least rank, and below the greatest.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cut lies between two ranks, which are indices"
    )]
    pub(super) fn threshold(&self, feature: usize, cut: f64) -> f64 {
        let values = &self.sorted[feature];
        // All rows with this value are above the cut.
        let upper = values[cut as usize + 1];
        let lower = values[values.partition_point(|value| *value < upper) - 1];
        let middle = lower + (upper - lower) / 2.0;
        if middle < upper { middle } else { lower }
    }
}
