//! How high prices were in a training, and how far others are from that:
//! prices in cents, or whole numbers of 1/10,000, beside those in dollars.

use serde::{Deserialize, Serialize};

/// Further apart than most instruments drift while a model is in use.
const RATIO_MAX: f64 = 5.0;
/// Further apart than a price was ever seen to drift.
const FATAL_RATIO_MAX: f64 = 1000.0;
/// Bars this many steps apart are of about the same price.
const N_STEPS_NEAR: i64 = 10;

/// The closes of bars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PriceScale {
    /// The lowest of all.
    pub lowest: f64,
    /// The highest of all.
    pub highest: f64,
    /// The first and the last; none of several symbols.
    pub ends: Option<[Close; 2]>,
}

/// A close, and when its bar opened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Close {
    /// In milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// The price.
    pub price: f64,
}

/// How far prices are from those of a training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distance {
    /// Above 1 where they are higher.
    pub(super) ratio: f64,
    /// Whether it is beyond what a market does.
    pub(super) is_fatal: bool,
}

impl PriceScale {
    /// Returns that of the bars of two symbols.
    pub fn and(self, other: Self) -> Self {
        Self {
            lowest: self.lowest.min(other.lowest),
            highest: self.highest.max(other.highest),
            ends: None,
        }
    }

    /// Returns how far `self` is from the prices of a training, if it is
    /// far: at the same time if both have a close of it, else beyond the
    /// range of all.
    pub(super) fn distance(&self, made_for: &Self, step_ms: i64) -> Option<Distance> {
        let first = self.ends.map(|[first, _]| first);
        let near = first.zip(made_for.ends).and_then(|(first, ends)| {
            let is_near = |end: &&Close| {
                end.time_ms.abs_diff(first.time_ms) <= (N_STEPS_NEAR * step_ms).unsigned_abs()
            };
            ends.iter().find(is_near).map(|end| first.price / end.price)
        });
        let ratio = near.unwrap_or_else(|| {
            (self.lowest / made_for.highest).max(1.0) * (self.highest / made_for.lowest).min(1.0)
        });
        let apart = ratio.max(1.0 / ratio);
        (apart > RATIO_MAX).then_some(Distance { ratio, is_fatal: apart > FATAL_RATIO_MAX })
    }
}
