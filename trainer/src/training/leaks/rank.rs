//! Ranks and correlation.

use std::cmp::Ordering;

/// Returns the ranks of `values`, from 0; ties get their mean rank.
pub(super) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&one, &other| values[one].total_cmp(&values[other]));
    let mut ranks = vec![0.0; values.len()];
    let mut begin = 0;
    // `-0.0` and `0.0` are adjacent in the order, and tie here.
    let is_equal = |one: &usize, other: &usize| {
        values[*one].partial_cmp(&values[*other]).is_some_and(Ordering::is_eq)
    };
    for equal in order.chunk_by(is_equal) {
        let mean = begin as f64 + (equal.len() - 1) as f64 / 2.0;
        for &at in equal {
            ranks[at] = mean;
        }
        begin += equal.len();
    }
    ranks
}

/// Returns Pearson's correlation; 0 where one side is constant.
pub(super) fn correlation(left: &[f64], right: &[f64]) -> f64 {
    let n = left.len().max(1) as f64;
    let mean = |side: &[f64]| side.iter().sum::<f64>() / n;
    let (left_mean, right_mean) = (mean(left), mean(right));
    let (mut product, mut left_squares, mut right_squares) = (0.0, 0.0, 0.0);
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (left - left_mean, right - right_mean);
        product += left * right;
        left_squares += left * left;
        right_squares += right * right;
    }
    let scale = f64::sqrt(left_squares * right_squares);
    if scale > 0.0 { product / scale } else { 0.0 }
}
