//! Cyclical features of the time of day and of the week.

use std::f64::consts::TAU;

use crate::wording::DAY_MS;

const WEEK_MS: i64 = 7 * DAY_MS;

/// From Monday 00:00 UTC, when weeks begin, to 1970-01-01, a Thursday.
const EPOCH_IN_WEEK_MS: i64 = 3 * DAY_MS;

/// Returns sine and cosine of the time of day, then those of the week.
pub(super) fn circles(time_ms: i64) -> [f64; 4] {
    let day = TAU * (time_ms.rem_euclid(DAY_MS) as f64 / DAY_MS as f64);
    let week_ms = (time_ms.rem_euclid(WEEK_MS) + EPOCH_IN_WEEK_MS) % WEEK_MS;
    let week = TAU * (week_ms as f64 / WEEK_MS as f64);
    [day.sin(), day.cos(), week.sin(), week.cos()]
}
