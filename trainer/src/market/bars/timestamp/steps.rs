//! The intervals that bars of markets have.

use super::digits::{MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND};

/// Quarters are the longest interval, in days, but for years, which only
/// numbers of four digits tell.
const N_DAYS_MAX: i64 = 92;
pub(super) const YEARS: [i64; 2] = [365 * MS_PER_DAY, 366 * MS_PER_DAY];

/// Intervals below a minute that markets use, in seconds.
const SECONDS: [i64; 10] = [1, 2, 3, 4, 5, 6, 10, 15, 20, 30];

/// Whether some market has bars of this interval.
pub(super) fn is_market_interval(ms: i64) -> bool {
    let is_of_seconds = ms % MS_PER_SECOND == 0 && SECONDS.contains(&(ms / MS_PER_SECOND));
    let is_of_minutes = ms % MS_PER_MINUTE == 0 && MS_PER_DAY % ms.max(1) == 0;
    let is_of_days = ms % MS_PER_DAY == 0 && ms <= N_DAYS_MAX * MS_PER_DAY;
    is_of_seconds || is_of_minutes || is_of_days
}
