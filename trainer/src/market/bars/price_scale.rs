//! The price level of a training, and how far other prices are from it:
//! they may be in another unit, such as cents instead of dollars.

use serde::{Deserialize, Serialize};

/// Prices that differ by a greater factor are likely in another unit.
const RATIO_MAX: f64 = 5.0;
/// No price is known to have changed by a greater factor.
const FATAL_RATIO_MAX: f64 = 1000.0;
/// Bars at most this many steps apart have about the same price.
const N_STEPS_NEAR: i64 = 10;

/// The level of the closes of bars.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PriceScale {
    /// The lowest close.
    pub lowest: f64,
    /// The highest close.
    pub highest: f64,
    /// The first and last close; `None` for several symbols.
    pub ends: Option<[Close; 2]>,
}

/// A close, and the time of its bar.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Close {
    /// The open time of the bar, in milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// The close.
    pub price: f64,
}

/// How far prices are from those of the training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distance {
    /// The factor between the prices; above 1 if they are higher.
    pub(super) ratio: f64,
    /// Whether no market moves so far.
    pub(super) is_fatal: bool,
}

impl PriceScale {
    /// Returns the level of the bars of two symbols together.
    pub fn and(self, other: Self) -> Self {
        Self {
            lowest: self.lowest.min(other.lowest),
            highest: self.highest.max(other.highest),
            ends: None,
        }
    }

    /// Returns how far `self` is from the prices that a model was
    /// `trained_on`; `None` if that is not far. Closes at about the same
    /// time are compared if there are any, else the ranges.
    pub(super) fn distance(&self, trained_on: &Self, step_ms: i64) -> Option<Distance> {
        let first = self.ends.map(|[first, _]| first);
        let near = first.zip(trained_on.ends).and_then(|(first, ends)| {
            let is_near = |end: &&Close| {
                end.time_ms.abs_diff(first.time_ms) <= (N_STEPS_NEAR * step_ms).unsigned_abs()
            };
            ends.iter().find(is_near).map(|end| first.price / end.price)
        });
        let ratio = near.unwrap_or_else(|| {
            (self.lowest / trained_on.highest).max(1.0)
                * (self.highest / trained_on.lowest).min(1.0)
        });
        let apart = ratio.max(1.0 / ratio);
        (apart > RATIO_MAX).then_some(Distance { ratio, is_fatal: apart > FATAL_RATIO_MAX })
    }
}
