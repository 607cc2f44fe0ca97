//! Ranks, residuals of ordinary least squares, and values without the
//! seasonality of the week and the day.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::market::bars::Bar;
use crate::wording::DAY_MS;

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

/// A smaller part of the variance counts as rounding.
const UNEXPLAINED_MIN: f64 = 1e-6;

/// Returns the residuals of regressing `target` on `columns` and a
/// constant; `None` where they explain it.
pub(super) fn residuals(target: &[f64], columns: &[&[f64]]) -> Option<Vec<f64>> {
    let centred: Vec<Vec<f64>> = columns.iter().map(|column| without_mean(column)).collect();
    let target = without_mean(target);
    let power = dot(&target, &target);
    let n = centred.len();
    // The normal equations; the last column is the right-hand side.
    let mut system: Vec<Vec<f64>> = (0..n)
        .map(|row| {
            let products = centred.iter().map(|column| dot(&centred[row], column));
            products.chain([dot(&centred[row], &target)]).collect()
        })
        .collect();
    // A ridge, so that collinear columns keep the system solvable.
    for (idx, row) in system.iter_mut().enumerate() {
        row[idx] += 1e-9 * row[idx] + f64::MIN_POSITIVE;
    }
    let weights = solve(system);
    let mut rest = target;
    for (column, weight) in centred.iter().zip(weights) {
        for (rest, value) in rest.iter_mut().zip(column) {
            *rest -= weight * value;
        }
    }
    (dot(&rest, &rest) > UNEXPLAINED_MIN * power).then_some(rest)
}

/// Solves a symmetric system, given as an augmented matrix, by Gaussian
/// elimination; a degenerate row gets the weight 0.
fn solve(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let n = system.len();
    for pivot in 0..n {
        let (above, below) = system.split_at_mut(pivot + 1);
        let pivot_row = &above[pivot];
        for row in below {
            let factor = row[pivot] / pivot_row[pivot];
            if factor.is_finite() {
                for (value, of_pivot) in row.iter_mut().zip(pivot_row).skip(pivot) {
                    *value -= factor * of_pivot;
                }
            }
        }
    }
    let mut weights = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|other| system[row][other] * weights[other]).sum();
        let weight = (system[row][n] - known) / system[row][row];
        weights[row] = if weight.is_finite() { weight } else { 0.0 };
    }
    weights
}

fn without_mean(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    values.iter().map(|value| value - mean).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

/// Fewest values of a time slot for its mean to be used.
const N_SLOT_MIN: usize = 10;

/// Returns `values` less the mean of their time of the week or, where
/// that has too few values, of the day.
pub(super) fn without_season(bars: &[Bar], values: &[f64]) -> Vec<f64> {
    let weekly = slot_sums(bars, values, 7 * DAY_MS);
    let daily = slot_sums(bars, values, DAY_MS);
    let each = bars.iter().zip(values).map(|(bar, value)| {
        let mean = |slots: &BTreeMap<i64, (f64, usize)>, period_ms: i64| {
            let (sum, n) = slots[&bar.time_ms.rem_euclid(period_ms)];
            (n >= N_SLOT_MIN).then_some(sum / n as f64)
        };
        value - mean(&weekly, 7 * DAY_MS).or_else(|| mean(&daily, DAY_MS)).unwrap_or_default()
    });
    each.collect()
}

/// Returns the sum and number of values for each time of the period.
fn slot_sums(bars: &[Bar], values: &[f64], period_ms: i64) -> BTreeMap<i64, (f64, usize)> {
    let mut slots: BTreeMap<i64, (f64, usize)> = BTreeMap::new();
    for (bar, value) in bars.iter().zip(values) {
        let (sum, n) = slots.entry(bar.time_ms.rem_euclid(period_ms)).or_default();
        *sum += value;
        *n += 1;
    }
    slots
}
