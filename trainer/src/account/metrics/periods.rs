//! How many bars a year has, which turns bar figures into annual ones.
//!
//! It is inferred from the times of the measured bars: the days traded
//! and the length of a session. A sample that spans no weekend is too
//! short; its number is marked as a guess.

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::wording::DAY_MS;

use super::calendar::{BarCalendar, WEEK_MS};

const DAYS_PER_YEAR: f64 = 365.0;
/// Trading days of a year at the stock exchanges, by convention.
const BUSINESS_DAYS_PER_YEAR: f64 = 252.0;
/// The share of the time grid that bars must cover to count as trading
/// without closed hours; the rest allows for outages.
const CONTINUOUS_COVERAGE: f64 = 0.95;
/// The share of the weekdays that sessions must cover to count as
/// business days; the rest allows for holidays and outages.
const BUSINESS_COVERAGE: f64 = 0.9;

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
    /// A session on each weekday: 252 times the bars of a session.
    BusinessDays,
    /// Bars a whole number of months apart: 12 / months.
    CalendarMonths,
    /// Anything else, such as a market that closes from Friday to Sunday:
    /// the bars of the whole weeks seen, per 365 days.
    Observed,
    /// The sample spans no weekend: sessions on weekdays count as
    /// business days, anything else as continuous.
    Guess,
    /// Given by the user.
    Given,
}

impl PeriodsPerYear {
    /// Stands where nothing was measured.
    pub(super) const UNKNOWN: Self = Self { value: DAYS_PER_YEAR, basis: PeriodsBasis::Guess };

    /// Returns the number that a user gave; fails unless it is above 0.
    pub fn given(value: f64) -> Result<Self> {
        ensure!(value.is_finite() && value > 0.0, "`{value}` periods per year; give above 0");
        Ok(Self { value, basis: PeriodsBasis::Given })
    }

    /// Returns the bars per year, inferred from the bars' calendar.
    ///
    /// # Errors
    ///
    /// Fails with fewer than two bars.
    pub fn from_calendar(calendar: &BarCalendar) -> Result<Self> {
        ensure!(
            calendar.n_bars >= 2,
            "one bar does not tell how many bars a year has; give at least 2 bars, or the number"
        );
        let span_ms = calendar.last_ms - calendar.first_ms;
        let interval_ms = calendar.interval_ms();
        let by_interval = DAYS_PER_YEAR * DAY_MS as f64 / interval_ms as f64;
        let by_session = BUSINESS_DAYS_PER_YEAR * calendar.bars_per_session();
        let n_grid_points = span_ms as f64 / interval_ms as f64 + 1.0;
        let is_continuous = calendar.n_bars as f64 >= CONTINUOUS_COVERAGE * n_grid_points;
        let shows_weekend = span_ms + interval_ms >= WEEK_MS && calendar.n_bars > 2;
        let n_weekdays = n_weekdays(calendar);
        let n_sessions = calendar.n_sessions() as f64;
        // One more: a time zone can move either end to a weekend.
        let covers_weekdays = interval_ms <= DAY_MS
            && n_sessions >= BUSINESS_COVERAGE * n_weekdays
            && n_sessions <= n_weekdays + 1.0;
        let (value, basis) = if let Some(months) = calendar.months() {
            let is_short = calendar.n_bars < 3;
            let basis = if is_short { PeriodsBasis::Guess } else { PeriodsBasis::CalendarMonths };
            (12.0 / months, basis)
        } else if shows_weekend && is_continuous {
            (by_interval, PeriodsBasis::Continuous)
        } else if shows_weekend && covers_weekdays {
            (by_session, PeriodsBasis::BusinessDays)
        } else if calendar.n_weeks > 0 {
            let per_week = calendar.n_bars_in_weeks as f64 / calendar.n_weeks as f64;
            let basis = if shows_weekend { PeriodsBasis::Observed } else { PeriodsBasis::Guess };
            (per_week * DAYS_PER_YEAR / 7.0, basis)
        } else {
            let is_round_the_clock =
                is_continuous && interval_ms < DAY_MS && span_ms + interval_ms >= DAY_MS;
            let is_by_session = !is_round_the_clock && interval_ms <= DAY_MS;
            let is_by_session = is_by_session && n_sessions <= n_weekdays.max(1.0);
            (if is_by_session { by_session } else { by_interval }, PeriodsBasis::Guess)
        };
        Ok(Self { value, basis })
    }
}

/// Returns the number of weekdays from the first day to the last.
fn n_weekdays(calendar: &BarCalendar) -> f64 {
    let first_day = calendar.first_ms.div_euclid(DAY_MS);
    let last_day = calendar.last_ms.div_euclid(DAY_MS);
    (weekdays_before(last_day + 1) - weekdays_before(first_day)) as f64
}

/// Returns the number of weekdays before `day`, up to a constant.
fn weekdays_before(day: i64) -> i64 {
    // Day 0 of the epoch was a Thursday; day -3 a Monday.
    let since_monday = day + 3;
    5 * since_monday.div_euclid(7) + since_monday.rem_euclid(7).min(5)
}
