//! How many bars a year has, which turns bar figures into annual ones.
//!
//! It is judged from the data's calendar alone; a sample shorter than a
//! week cannot show its weekends and counts as trading around the clock.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::wording::counted;

const DAY_MS: i64 = 86_400_000;
const DAYS_PER_YEAR: f64 = 365.0;
/// Trading days of a year at the stock exchanges, by convention.
const BUSINESS_DAYS_PER_YEAR: f64 = 252.0;
/// The share of the time grid that bars must cover to count as trading
/// without closed hours; the rest allows for outages.
const CONTINUOUS_COVERAGE: f64 = 0.95;
/// The share of the weekdays that daily bars must cover to count as
/// business days; the rest allows for holidays and outages.
const BUSINESS_COVERAGE: f64 = 0.9;

/// When the bars of a data set were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BarCalendar {
    /// UTC epoch milliseconds of the first bar's open.
    pub first_ms: i64,
    /// UTC epoch milliseconds of the last bar's open.
    pub last_ms: i64,
    /// How many bars there are.
    pub n_bars: u64,
    /// The most common step from one bar to the next, in milliseconds.
    pub interval_ms: i64,
}

/// Bars per year, `P` in the annual figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodsPerYear {
    /// How many bars a year has.
    pub value: f64,
    /// Where the value comes from.
    pub basis: PeriodsBasis,
}

/// Where the number of bars per year comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodsBasis {
    /// Bars cover at least 95 % of the grid: 365 days / interval.
    Continuous,
    /// Daily bars on weekdays: 252.
    BusinessDays,
    /// Anything else, such as intraday bars with closed hours: the bars
    /// seen, per 365 days of the time they span.
    Observed,
    /// The user said so.
    Given,
}

impl PeriodsPerYear {
    /// Judges from the calendar of the data how many bars a year has.
    ///
    /// # Errors
    ///
    /// Fails below two bars, and when the last bar or the interval is not
    /// later than the first bar or 0.
    pub fn from_calendar(calendar: &BarCalendar) -> Result<Self> {
        let BarCalendar { first_ms, last_ms, n_bars, interval_ms } = *calendar;
        ensure!(
            n_bars >= 2 && last_ms > first_ms && interval_ms > 0,
            "{} cannot tell how many bars a year has; give at least 2 bars in increasing time",
            counted(n_bars, "bar")
        );
        let span_ms = (last_ms - first_ms) as f64;
        let n_grid_points = span_ms / interval_ms as f64 + 1.0;
        let (value, basis) = if n_bars as f64 >= CONTINUOUS_COVERAGE * n_grid_points {
            (DAYS_PER_YEAR * DAY_MS as f64 / interval_ms as f64, PeriodsBasis::Continuous)
        } else if interval_ms == DAY_MS && covers_weekdays(calendar) {
            (BUSINESS_DAYS_PER_YEAR, PeriodsBasis::BusinessDays)
        } else {
            let n_steps = (n_bars - 1) as f64;
            (n_steps * DAYS_PER_YEAR * DAY_MS as f64 / span_ms, PeriodsBasis::Observed)
        };
        Ok(Self { value, basis })
    }
}

/// Returns whether there are about as many bars as weekdays.
fn covers_weekdays(calendar: &BarCalendar) -> bool {
    let first_day = calendar.first_ms.div_euclid(DAY_MS);
    let last_day = calendar.last_ms.div_euclid(DAY_MS);
    let n_weekdays = (weekdays_before(last_day + 1) - weekdays_before(first_day)) as f64;
    let n_bars = calendar.n_bars as f64;
    // One more: a time zone can move either end to a weekend.
    n_bars >= BUSINESS_COVERAGE * n_weekdays && n_bars <= n_weekdays + 1.0
}

/// Returns how many weekdays lie before `day`, up to a constant.
fn weekdays_before(day: i64) -> i64 {
    // Day 0 of the epoch was a Thursday; day -3 a Monday.
    let since_monday = day + 3;
    5 * since_monday.div_euclid(7) + since_monday.rem_euclid(7).min(5)
}
