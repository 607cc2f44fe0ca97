//! How many bars a year has.

use super::*;

#[track_caller]
fn check_periods(calendar: BarCalendar, value: f64, basis: PeriodsBasis) {
    let periods = PeriodsPerYear::from_calendar(&calendar).expect("a calendar");
    assert_eq!(periods.basis, basis);
    assert!((periods.value - value).abs() < 0.5, "{} is not {value}", periods.value);
}

#[test]
fn bars_around_the_clock_follow_from_the_interval() {
    let daily = BarCalendar { first_ms: 0, last_ms: 99 * DAY_MS, n_bars: 98, interval_ms: DAY_MS };
    check_periods(daily, 365.0, PeriodsBasis::Continuous);
    let hourly = BarCalendar { n_bars: 2_350, interval_ms: DAY_MS / 24, ..daily };
    check_periods(hourly, 8_760.0, PeriodsBasis::Continuous);
}

#[test]
fn daily_bars_without_weekends_have_252_a_year() {
    // AAPL of 2000-03-01 to 2013-03-01, as in tests/data.
    let first_ms = 951_868_800_000;
    let last_ms = 1_362_096_000_000;
    let stocks = BarCalendar { first_ms, last_ms, n_bars: 3_270, interval_ms: DAY_MS };
    check_periods(stocks, 252.0, PeriodsBasis::BusinessDays);
}

#[test]
fn intraday_bars_with_closed_hours_are_counted() {
    // The EUR/USD file in tests/data: 6,225 hours of 2017.
    let first_ms = 1_483_308_000_000;
    let last_ms = 1_514_581_200_000;
    let hours = BarCalendar { first_ms, last_ms, n_bars: 6_225, interval_ms: DAY_MS / 24 };
    check_periods(hours, 6_276.3, PeriodsBasis::Observed);
}

#[test]
fn one_bar_does_not_tell_how_many_a_year_has() {
    let one = BarCalendar { first_ms: 0, last_ms: 0, n_bars: 1, interval_ms: DAY_MS };
    let error = PeriodsPerYear::from_calendar(&one).unwrap_err();
    assert!(error.to_string().ends_with("give at least 2 bars in increasing time"), "{error}");
}
