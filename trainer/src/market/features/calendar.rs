//! Cyclical features of the time of day and of the week.

use std::f64::consts::TAU;

const MS_PER_DAY: i64 = 86_400_000;
const MS_PER_WEEK: i64 = 7 * MS_PER_DAY;

/// From Monday 00:00 UTC, when weeks begin, to 1970-01-01, a Thursday.
const EPOCH_IN_WEEK_MS: i64 = 3 * MS_PER_DAY;

/// Returns sine and cosine of the time of day, then those of the week.
pub(super) fn circles(time_ms: i64) -> [f64; 4] {
    let day = TAU * (time_ms.rem_euclid(MS_PER_DAY) as f64 / MS_PER_DAY as f64);
    let week_ms = (time_ms.rem_euclid(MS_PER_WEEK) + EPOCH_IN_WEEK_MS) % MS_PER_WEEK;
    let week = TAU * (week_ms as f64 / MS_PER_WEEK as f64);
    [day.sin(), day.cos(), week.sin(), week.cos()]
}
