//! The steps between the times of consecutive rows, and the intervals
//! that bars have.

use std::collections::HashMap;

use super::column_errors::TimeText;
use super::digits::{MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND};

/// The fewest equal steps that make an interval.
const N_EQUAL_STEPS_MIN: usize = 3;

/// The fewest rows in one direction for each row in the other.
const N_PER_RETURN: usize = 10;

/// The most different steps that are counted.
const N_STEPS_MAX: usize = 1 << 10;

/// The longest interval but for years: a quarter, in days.
const N_DAYS_MAX: i64 = 92;
/// The lengths of a year; only years of four digits have this interval.
pub(super) const YEARS: [i64; 2] = [365 * MS_PER_DAY, 366 * MS_PER_DAY];

/// The intervals below a minute, in seconds.
const SECONDS: [i64; 10] = [1, 2, 3, 4, 5, 6, 10, 15, 20, 30];

/// Whether bars of some market have this interval.
pub(super) fn is_market_interval(ms: i64) -> bool {
    let is_of_seconds = ms % MS_PER_SECOND == 0 && SECONDS.contains(&(ms / MS_PER_SECOND));
    let is_of_minutes = ms % MS_PER_MINUTE == 0 && MS_PER_DAY % ms.max(1) == 0;
    let is_of_days = ms % MS_PER_DAY == 0 && ms <= N_DAYS_MAX * MS_PER_DAY;
    is_of_seconds || is_of_minutes || is_of_days
}

/// The directions and lengths of the steps between consecutive rows.
#[derive(Debug, Default)]
pub(super) struct TimeSteps {
    /// The time of the last row of each symbol.
    last_ms: HashMap<Vec<u8>, i64>,
    pub(super) n_up: usize,
    pub(super) n_down: usize,
    /// The number of steps of each length, in milliseconds.
    steps: HashMap<i64, usize>,
    /// A hash of all times: it differs if any time differs.
    pub(super) hash: i64,
    pub(super) latest_ms: i64,
}

impl TimeSteps {
    /// Adds a row and its time, if it has one.
    pub(super) fn push(&mut self, row: &TimeText, time_ms: Option<i64>) {
        let Some(time_ms) = time_ms else {
            return;
        };
        self.hash = self.hash.wrapping_mul(31).wrapping_add(time_ms);
        self.latest_ms = self.latest_ms.max(time_ms);
        let Some(last_ms) = self.last_ms.insert(row.symbol.clone(), time_ms) else {
            return;
        };
        self.n_up += usize::from(time_ms > last_ms);
        self.n_down += usize::from(time_ms < last_ms);
        if self.steps.len() < N_STEPS_MAX {
            *self.steps.entry((time_ms - last_ms).abs()).or_default() += 1;
        }
    }

    /// Whether the times only increase, or only decrease.
    pub(super) fn is_strict(&self) -> bool {
        self.n_up == 0 || self.n_down == 0
    }

    /// Whether they do but for a few rows, such as an hour that is repeated
    /// at the end of daylight saving time.
    pub(super) fn is_ordered(&self) -> bool {
        N_PER_RETURN * self.n_up.min(self.n_down) <= self.n_up.max(self.n_down)
    }

    /// Whether they are ordered, at an interval of some market or at none.
    pub(super) fn is_likely(&self) -> bool {
        let is_interval = self.interval_ms().is_none_or(is_market_interval);
        self.is_ordered() && is_interval && !self.is_of_days_a_month_apart()
    }

    /// Whether bars shorter than a day are all of days at least a month
    /// apart, as they are if days are taken for months.
    fn is_of_days_a_month_apart(&self) -> bool {
        let is_intraday = self.interval_ms().is_some_and(|ms| ms < MS_PER_DAY);
        let n_longer = |days: i64| -> usize {
            let longer = self.steps.iter().filter(|(ms, _)| **ms >= days * MS_PER_DAY);
            longer.map(|(_, n_times)| n_times).sum()
        };
        is_intraday && n_longer(1) > 1 && n_longer(1) == n_longer(28)
    }

    /// Returns the length of more than half of the steps, if they are equal.
    pub(super) fn interval_ms(&self) -> Option<i64> {
        let n_steps: usize = self.steps.values().sum();
        let (step_ms, n_times) = self.steps.iter().max_by_key(|&(_, &n_times)| n_times)?;
        (*n_times >= N_EQUAL_STEPS_MIN && 2 * n_times > n_steps).then_some(*step_ms)
    }

    /// Returns the number of steps of the commonest length.
    pub(super) fn n_equal(&self) -> usize {
        self.steps.values().copied().max().unwrap_or_default()
    }
}
