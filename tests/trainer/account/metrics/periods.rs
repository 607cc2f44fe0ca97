//! How many bars a year has.

use super::*;

const HOUR_MS: i64 = DAY_MS / 24;
/// 2020-01-06, a Monday.
const MONDAY_MS: i64 = 18_267 * DAY_MS;

fn calendar(times: impl IntoIterator<Item = i64>) -> BarCalendar {
    let mut calendar = BarCalendar::default();
    times.into_iter().for_each(|time_ms| calendar.push(time_ms));
    calendar
}

#[track_caller]
fn check_periods(times: impl IntoIterator<Item = i64>, value: f64, basis: PeriodsBasis) {
    let periods = PeriodsPerYear::from_calendar(&calendar(times)).expect("a calendar");
    assert_eq!(periods.basis, basis, "{periods:?}");
    assert!((periods.value - value).abs() < 0.005 * value, "{} is not {value}", periods.value);
}

/// `n_bars` a weekday, from the time of the day `open_ms` on.
fn sessions(n_days: i64, n_bars: i64, (open_ms, interval_ms): (i64, i64)) -> Vec<i64> {
    let is_weekday = |day: &i64| day % 7 < 5;
    let bars = |day: i64| {
        (0..n_bars).map(move |idx| MONDAY_MS + day * DAY_MS + open_ms + idx * interval_ms)
    };
    (0..n_days).filter(is_weekday).flat_map(bars).collect()
}

#[test]
fn bars_around_the_clock_follow_from_the_interval() {
    let daily = (0..100).filter(|day| day % 50 != 7).map(|day| day * DAY_MS);
    check_periods(daily, 365.0, PeriodsBasis::Continuous);
    let hourly = (0..2_400).filter(|hour| hour % 48 != 7).map(|hour| hour * HOUR_MS);
    check_periods(hourly, 8_760.0, PeriodsBasis::Continuous);
    check_periods((0..60).map(|week| week * 7 * DAY_MS), 365.0 / 7.0, PeriodsBasis::Continuous);
}

#[test]
fn daily_bars_without_weekends_have_252_a_year() {
    check_periods(sessions(300, 1, (0, 1)), 252.0, PeriodsBasis::BusinessDays);
    check_periods(sessions(8, 1, (0, 1)), 252.0, PeriodsBasis::FewWeeks);
}

/// Foreign exchange trades on all weekdays, Tokyo on some 245 days.
#[test]
fn two_years_show_other_days_than_252() {
    check_periods(sessions(3 * 365, 1, (0, 1)), 260.9, PeriodsBasis::BusinessDays);
    let tokyo = sessions(3 * 365, 10, (0, HALF_HOUR_MS)).into_iter();
    let tokyo = tokyo.filter(|time_ms| (time_ms - MONDAY_MS) / DAY_MS % 17 != 3);
    check_periods(tokyo, 2_456.0, PeriodsBasis::BusinessDays);
    // A month without bars is an outage.
    let new_york = sessions(3 * 365, 1, (0, 1)).into_iter().filter(|time_ms| {
        let day = (time_ms - MONDAY_MS) / DAY_MS;
        day % 40 != 3 && !(400..430).contains(&day)
    });
    check_periods(new_york, 252.0, PeriodsBasis::BusinessDays);
}

#[test]
fn an_outage_of_a_week_is_not_counted() {
    let hours = (0..60 * 168).filter(|hour| !(1_000..1_200).contains(hour));
    check_periods(hours.map(|hour| hour * HOUR_MS), 8_760.0, PeriodsBasis::Continuous);
    let hours = (0..60 * 168).filter(|hour| hour % 168 < 120 && !(1_000..1_200).contains(hour));
    let per_year = 120.0 * 365.0 / 7.0;
    check_periods(hours.map(|hour| hour * HOUR_MS), per_year, PeriodsBasis::Observed);
}

#[test]
fn a_few_weeks_have_a_range() {
    // A half day and two holidays.
    let mut times = sessions(28, 13, (14 * HOUR_MS, HALF_HOUR_MS));
    times.drain(13 * 3 + 7..13 * 6);
    let periods = PeriodsPerYear::from_calendar(&calendar(times)).unwrap();
    assert_eq!(periods.basis, PeriodsBasis::FewWeeks);
    let text = periods.range_warning().unwrap();
    assert!(text.contains("3120 to 3393"), "{text}");
}

#[test]
fn intraday_bars_are_those_of_a_session_on_252_days() {
    let new_york = (15 * HOUR_MS - HALF_HOUR_MS, HALF_HOUR_MS);
    check_periods(sessions(300, 13, new_york), 13.0 * 252.0, PeriodsBasis::BusinessDays);
    for n_days in [8, 30] {
        check_periods(sessions(n_days, 13, new_york), 13.0 * 252.0, PeriodsBasis::FewWeeks);
    }
    // Sydney's session goes over midnight in UTC.
    let sydney = (-HOUR_MS, HOUR_MS / 4);
    check_periods(sessions(300, 24, sydney), 24.0 * 252.0, PeriodsBasis::BusinessDays);
    // Tokyo has a lunch break of an hour.
    let tokyo = sessions(300, 13, (0, HALF_HOUR_MS));
    let tokyo = tokyo.into_iter().enumerate().filter(|(idx, _)| ![5, 6].contains(&(idx % 13)));
    check_periods(tokyo.map(|(_, time)| time), 11.0 * 252.0, PeriodsBasis::BusinessDays);
}

/// A split can cut the first session and the last.
#[test]
fn cut_sessions_at_the_ends_do_not_count() {
    let mut times = sessions(12, 450, (14 * HOUR_MS, 60_000));
    times.drain(..300);
    times.truncate(times.len() - 300);
    check_periods(times, 450.0 * 252.0, PeriodsBasis::FewWeeks);
}

#[test]
fn a_market_that_closes_at_weekends_only_counts_its_whole_weeks() {
    let weeks = |n_hours: i64| (0..n_hours).filter(|hour| hour % 168 < 120);
    for n_hours in [6 * 168, 6 * 168 + 50, 20 * 168 + 130] {
        let hours = weeks(n_hours).map(|hour| hour * HOUR_MS);
        check_periods(hours, 120.0 * 365.0 / 7.0, PeriodsBasis::Observed);
    }
}

#[test]
fn a_sample_without_a_weekend_is_a_guess() {
    let open = 14 * HOUR_MS;
    for n_days in [1, 2, 5] {
        let minutes = sessions(n_days, 450, (open, 60_000));
        check_periods(minutes, 450.0 * 252.0, PeriodsBasis::Guess);
    }
    check_periods(sessions(5, 1, (0, 1)), 252.0, PeriodsBasis::Guess);
    check_periods((0..100).map(|idx| idx * HALF_HOUR_MS), 17_520.0, PeriodsBasis::Guess);
    check_periods([0, 7 * DAY_MS], 365.0 / 7.0, PeriodsBasis::Guess);
}

/// Ends of months, and the last weekday of each.
#[test]
fn months_and_quarters_are_counted_as_such() {
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].into_iter().cycle().take(60);
    let ends = lengths.scan(MONDAY_MS / DAY_MS - 5, |day, length| {
        *day += length;
        Some(*day)
    });
    let ends: Vec<i64> = ends.collect();
    let last_weekday = |day: i64| day - ((day + 3) % 7 - 4).max(0);
    for (n_months, per_year) in [(1, 12.0), (3, 4.0), (6, 2.0), (12, 1.0)] {
        let days = ends.iter().step_by(n_months);
        let exact = days.clone().map(|day| day * DAY_MS);
        if n_months < 12 {
            check_periods(exact, per_year, PeriodsBasis::CalendarMonths);
        }
        let traded = days.map(|day| last_weekday(*day) * DAY_MS);
        check_periods(traded, per_year, PeriodsBasis::CalendarMonths);
    }
    // A missing month is a gap, not a longer month.
    let gap = ends.iter().filter(|day| **day != ends[7]).map(|day| day * DAY_MS);
    check_periods(gap, 12.0, PeriodsBasis::CalendarMonths);
    check_periods((0..30).map(|idx| idx * 28 * DAY_MS), 365.0 / 28.0, PeriodsBasis::Continuous);
}

#[test]
fn one_bar_does_not_tell_how_many_a_year_has() {
    let error = PeriodsPerYear::from_calendar(&calendar([0])).unwrap_err();
    assert!(error.to_string().starts_with("one bar does not tell"), "{error}");
}
