//! The distribution of returns: histogram, quantiles, and comparison with
//! a normal distribution.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use crate::account::metrics::{normal_quantile, sample_quantile};

use super::periods::PeriodValues;

/// Fewest and most bins of a histogram.
const N_BINS: RangeInclusive<usize> = 8..=40;
/// Points of the comparison with a normal distribution.
const N_QUANTILES: usize = 200;

/// Returns the counts of the agent's and buy-and-hold's `returns` in
/// bins of equal width from `low` on, or null for fewer than two. The
/// first and the last bin include everything beyond.
pub(super) fn histogram(returns: &[PeriodValues]) -> Value {
    let pooled = sorted(returns.iter().flat_map(|level| level.values));
    if returns.len() < 2 || pooled.is_empty() {
        return Value::Null;
    }
    let (low, high) = (sample_quantile(&pooled, 0.005), sample_quantile(&pooled, 0.995));
    let n_bins = (returns.len().isqrt() * 2).clamp(*N_BINS.start(), *N_BINS.end());
    // Equal returns: one bin in the middle.
    let width = if high > low { (high - low) / n_bins as f64 } else { 0.001 };
    let low = if high > low { low } else { low - width * n_bins as f64 / 2.0 };
    let count = |idx: usize| {
        let mut counts = vec![0_u64; n_bins];
        for value in returns.iter().map(|level| level.values[idx]).filter(|r| r.is_finite()) {
            counts[bin((value - low) / width, n_bins)] += 1;
        }
        counts
    };
    json!({ "low": low, "width": width, "agent": count(0), "hold": count(1), "n": returns.len() })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the bins before"
)]
fn bin(position: f64, n_bins: usize) -> usize {
    position.clamp(0.0, n_bins as f64 - 1.0) as usize
}

/// Returns quantiles of the agent's returns and of a normal distribution
/// with their mean and deviation; null for fewer than ten returns or
/// returns that do not vary.
pub(super) fn against_normal(returns: &[PeriodValues]) -> Value {
    let values = sorted(returns.iter().map(|level| level.values[0]));
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if values.len() < 10 || variance <= 1e-30 {
        return Value::Null;
    }
    let n_points = values.len().min(N_QUANTILES);
    let (mut normal, mut seen) = (Vec::new(), Vec::new());
    for point in 0..n_points {
        let probability = (point as f64 + 0.5) / n_points as f64;
        normal.push(mean + variance.sqrt() * normal_quantile(probability));
        seen.push(sample_quantile(&values, probability));
    }
    json!({ "normal": normal, "seen": seen })
}

/// Returns the five numbers of a box plot, or none without returns:
/// lowest, lower quartile, median, upper quartile, highest.
pub(super) fn quantiles(values: impl Iterator<Item = f64>) -> Option<[f64; 5]> {
    let values = sorted(values);
    (!values.is_empty()).then(|| [0.0, 0.25, 0.5, 0.75, 1.0].map(|p| sample_quantile(&values, p)))
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}
