//! Ranks.

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
