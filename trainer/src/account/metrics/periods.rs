//! How many bars a year has, which turns bar figures into annual ones.
//!
//! It is inferred from the times of the measured bars: the days traded
//! and the length of a session. A sample that spans no weekend, or only
//! a few weeks, is too short to know; its number has a range.

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
/// The share of the weekdays that may be without a session on business
/// days: holidays and outages.
const CLOSED_SHARE: f64 = 0.1;
/// The same in a short sample: a number of weekdays, and their share.
const N_CLOSED: f64 = 8.0;
const CLOSED_SHARE_MAX: f64 = 0.4;
/// A longer break of a market that closes overnight is an outage.
const OUTAGE_MS: i64 = 12 * DAY_MS;
/// Shorter samples do not show the holidays of a year.
const FEW_WEEKS_MS: i64 = 5 * WEEK_MS;
/// By how much the days traded in a year differ from those by convention
/// before they are counted.
const DAYS_TOLERANCE: f64 = 0.01;
/// How few and how many days, of 252, markets are open that close at
/// weekends.
const OPEN_DAYS: [f64; 2] = [240.0, 261.0];

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
    /// A session on each weekday: 252 times the bars of a session; times
    /// the days traded in a year if two years show another number.
    BusinessDays,
    /// Bars a whole number of months apart: 12 / months.
    CalendarMonths,
    /// Anything else, such as a market that closes from Friday to Sunday:
    /// the bars of the whole weeks seen, per 365 days.
    Observed,
    /// The sample spans no weekend: sessions on weekdays count as
    /// business days, anything else as continuous.
    Guess,
    /// Five weeks at most, which show weekends but not the holidays of a
    /// year.
    FewWeeks,
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
        let by_session = days_per_year(calendar) * calendar.bars_per_session();
        let idle_weeks = calendar.idle_weeks(WEEK_MS);
        let shown_ms = span_ms as f64 - idle_weeks * WEEK_MS as f64;
        let n_grid_points = shown_ms / interval_ms as f64 + 1.0;
        let is_continuous = calendar.n_bars as f64 >= CONTINUOUS_COVERAGE * n_grid_points;
        let shows_weekend = span_ms + interval_ms >= WEEK_MS && calendar.n_bars > 2;
        let is_few_weeks = span_ms + interval_ms <= FEW_WEEKS_MS;
        let covers_weekdays = interval_ms <= DAY_MS && covers_weekdays(calendar);
        let unless_short = |basis| match () {
            () if !shows_weekend => PeriodsBasis::Guess,
            () if is_few_weeks => PeriodsBasis::FewWeeks,
            () => basis,
        };
        let (value, basis) = if let Some(months) = calendar.months() {
            let is_short = calendar.n_bars < 3;
            let basis = if is_short { PeriodsBasis::Guess } else { PeriodsBasis::CalendarMonths };
            (12.0 / months, basis)
        } else if shows_weekend && is_continuous {
            (by_interval, PeriodsBasis::Continuous)
        } else if shows_weekend && covers_weekdays {
            (by_session, unless_short(PeriodsBasis::BusinessDays))
        } else if calendar.n_weeks > 0 {
            let n_weeks = calendar.n_weeks as f64 - idle_weeks;
            let mean = calendar.n_bars_in_weeks as f64 / n_weeks.max(1.0);
            // The fullest of a few weeks has no holiday.
            let fullest = calendar.n_bars_of_fullest_week as f64;
            let per_week = if is_few_weeks { fullest } else { mean };
            (per_week * DAYS_PER_YEAR / 7.0, unless_short(PeriodsBasis::Observed))
        } else {
            let is_round_the_clock =
                is_continuous && interval_ms < DAY_MS && span_ms + interval_ms >= DAY_MS;
            let is_by_session = !is_round_the_clock && interval_ms <= DAY_MS;
            let n_sessions = calendar.n_sessions() as f64;
            let is_by_session = is_by_session && n_sessions <= n_weekdays(calendar).max(1.0);
            (if is_by_session { by_session } else { by_interval }, PeriodsBasis::Guess)
        };
        Ok(Self { value, basis })
    }

    /// Returns between which numbers the true one is if the sample is too
    /// short to know.
    pub fn range(self) -> Option<[f64; 2]> {
        let [fewest, most] = match self.basis {
            // Whether the market trades at weekends is unknown.
            PeriodsBasis::Guess => {
                let weekends = DAYS_PER_YEAR / BUSINESS_DAYS_PER_YEAR;
                [1.0 / weekends, weekends]
            }
            PeriodsBasis::FewWeeks => OPEN_DAYS.map(|n_days| n_days / BUSINESS_DAYS_PER_YEAR),
            _ => return None,
        };
        Some([self.value * fewest, self.value * most])
    }

    /// Returns the sentence about that range.
    pub fn range_warning(self) -> Option<String> {
        let [fewest, most] = self.range()?;
        let sharpe = |most: f64| (most / self.value).sqrt();
        Some(format!(
            "The sample is too short to know the bars per year: {fewest:.0} to {most:.0}, so that \
             a Sharpe ratio is {:.2} to {:.2} times the one shown.",
            sharpe(fewest),
            sharpe(most)
        ))
    }
}

/// Whether sessions cover the weekdays but for holidays and outages.
fn covers_weekdays(calendar: &BarCalendar) -> bool {
    let n_weekdays = n_weekdays(calendar) - 5.0 * calendar.idle_weeks(OUTAGE_MS);
    let n_closed = n_weekdays - calendar.n_sessions() as f64;
    let n_closed_max = (CLOSED_SHARE * n_weekdays).max(N_CLOSED.min(CLOSED_SHARE_MAX * n_weekdays));
    // A time zone can move either end to a weekend.
    (-1.0..=n_closed_max).contains(&n_closed)
}

/// Returns the days traded in a year: 252, unless the sample is long and
/// shows another number.
fn days_per_year(calendar: &BarCalendar) -> f64 {
    let span_ms = (calendar.last_ms - calendar.first_ms + DAY_MS) as f64;
    let shown_ms = span_ms - calendar.idle_weeks(OUTAGE_MS) * WEEK_MS as f64;
    let n_years = shown_ms / (DAYS_PER_YEAR * DAY_MS as f64);
    let seen = calendar.n_sessions() as f64 / n_years;
    // Outages lower the number only.
    let n_years_min = if seen > BUSINESS_DAYS_PER_YEAR { 0.99 } else { 1.9 };
    let is_other = (seen / BUSINESS_DAYS_PER_YEAR - 1.0).abs() > DAYS_TOLERANCE;
    if n_years > n_years_min && is_other { seen } else { BUSINESS_DAYS_PER_YEAR }
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
