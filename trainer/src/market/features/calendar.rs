//! Places a time on the circles of the day and the week.

use std::f64::consts::TAU;

const MS_PER_DAY: i64 = 86_400_000;
const MS_PER_WEEK: i64 = 7 * MS_PER_DAY;

/// 1970-01-01 was a Thursday; weeks begin on Monday, 00:00 UTC.
const THURSDAY_MS: i64 = 3 * MS_PER_DAY;

/// Returns sine and cosine of the time of day, then of the week.
pub(super) fn circles(time_ms: i64) -> [f64; 4] {
    let day = TAU * (time_ms.rem_euclid(MS_PER_DAY) as f64 / MS_PER_DAY as f64);
    let week_ms = (time_ms.rem_euclid(MS_PER_WEEK) + THURSDAY_MS) % MS_PER_WEEK;
    let week = TAU * (week_ms as f64 / MS_PER_WEEK as f64);
    [day.sin(), day.cos(), week.sin(), week.cos()]
}
