//! Counts values in TensorFlow's buckets, in constant memory.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::message;

/// The lowest positive limit, the factor between limits, and the highest
/// (`tensorflow/core/lib/histogram/histogram.cc`).
const FIRST_LIMIT: f64 = 1e-12;
const LIMIT_FACTOR: f64 = 1.1;
const LAST_LIMIT: f64 = 1e20;

/// A distribution of numbers.
///
/// The buckets are 10 % wide, so that returns of a millionth and profits
/// of millions both show; sum, extremes and count are exact.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Histogram {
    min: f64,
    max: f64,
    sum: f64,
    sum_squares: f64,
    counts: Vec<u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        let counts = vec![0; limits().len()];
        let (min, max) = (f64::INFINITY, f64::NEG_INFINITY);
        Self { min, max, sum: 0.0, sum_squares: 0.0, counts }
    }
}

impl Histogram {
    /// Counts `value`, if it is finite.
    pub fn push(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        self.min = self.min.min(value);
        self.max = self.max.max(value);
        self.sum += value;
        self.sum_squares += value * value;
        let limits = limits();
        let bucket = limits.partition_point(|limit| *limit <= value);
        self.counts[bucket.min(limits.len() - 1)] += 1;
    }

    /// Returns how many values were counted.
    pub fn n_values(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the message, without the empty buckets at both ends;
    /// `None` when nothing was counted.
    pub(super) fn message(&self) -> Option<message::Histogram> {
        let first = self.counts.iter().position(|count| *count > 0)?;
        let last = self.counts.iter().rposition(|count| *count > 0)?;
        // Keep the empty bucket before: its limit is the first's lower one.
        let range = first.saturating_sub(1)..=last;
        Some(message::Histogram {
            min: self.min,
            max: self.max,
            num: self.n_values() as f64,
            sum: self.sum,
            sum_squares: self.sum_squares,
            bucket_limit: limits()[range.clone()].to_vec(),
            bucket: self.counts[range].iter().map(|count| *count as f64).collect(),
        })
    }
}

/// Returns the upper limits of all buckets, increasing.
fn limits() -> &'static [f64] {
    static LIMITS: OnceLock<Vec<f64>> = OnceLock::new();
    LIMITS.get_or_init(|| {
        let next = |limit: &f64| Some(limit * LIMIT_FACTOR).filter(|limit| *limit < LAST_LIMIT);
        let mut above: Vec<f64> = std::iter::successors(Some(FIRST_LIMIT), next).collect();
        above.push(f64::MAX);
        let below = above.iter().rev().map(|limit| -limit);
        below.chain([0.0]).chain(above.iter().copied()).collect()
    })
}
