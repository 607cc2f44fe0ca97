//! Nights, weekends and holidays are no gaps; one missing day is one.

use std::fmt::Write as _;

use chrono::{DateTime, Datelike as _, NaiveDate, Weekday};
use trainer::market::bars::DataSummary;

use super::summarize;

/// Days on which New York was closed.
const CLOSED: [(i32, u32, u32); 38] = [
    (2018, 1, 1),
    (2018, 1, 15),
    (2018, 2, 19),
    (2018, 3, 30),
    (2018, 5, 28),
    (2018, 7, 4),
    (2018, 9, 3),
    (2018, 11, 22),
    (2018, 12, 5),
    (2018, 12, 25),
    (2019, 1, 1),
    (2019, 1, 21),
    (2019, 2, 18),
    (2019, 4, 19),
    (2019, 5, 27),
    (2019, 7, 4),
    (2019, 9, 2),
    (2019, 11, 28),
    (2019, 12, 25),
    (2020, 1, 1),
    (2020, 1, 20),
    (2020, 2, 17),
    (2020, 4, 10),
    (2020, 5, 25),
    (2020, 7, 3),
    (2020, 9, 7),
    (2020, 11, 26),
    (2020, 12, 25),
    (2021, 1, 1),
    (2021, 1, 18),
    (2021, 2, 15),
    (2021, 4, 2),
    (2021, 5, 31),
    (2021, 7, 5),
    (2021, 9, 6),
    (2021, 11, 25),
    (2021, 12, 24),
    (2022, 1, 17),
];

/// Days on which it closed at one in the afternoon.
const EARLY: [(i32, u32, u32); 9] = [
    (2018, 7, 3),
    (2018, 11, 23),
    (2018, 12, 24),
    (2019, 7, 3),
    (2019, 11, 29),
    (2019, 12, 24),
    (2020, 11, 27),
    (2020, 12, 24),
    (2021, 11, 26),
];

fn is_in(days: &[(i32, u32, u32)], date: NaiveDate) -> bool {
    days.contains(&(date.year(), date.month(), date.day()))
}

/// Returns the opens of bars of 30 minutes in New York, or of days.
fn new_york(is_daily: bool) -> Vec<i64> {
    let begin = NaiveDate::from_ymd_opt(2018, 1, 1).unwrap();
    let end = NaiveDate::from_ymd_opt(2022, 1, 31).unwrap();
    let mut times = Vec::new();
    for date in begin.iter_days().take_while(|date| *date < end) {
        if date.weekday().number_from_monday() > 5 || is_in(&CLOSED, date) {
            continue;
        }
        let midnight_ms = date.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_millis();
        if is_daily {
            times.push(midnight_ms);
            continue;
        }
        let n_bars = if is_in(&EARLY, date) { 7 } else { 13 };
        let open_ms = midnight_ms + (9 * 60 + 30 + offset_hours(date) * 60) * 60_000;
        times.extend((0..n_bars).map(|idx| open_ms + idx * 30 * 60_000));
    }
    times
}

fn date_of(time_ms: i64) -> NaiveDate {
    DateTime::from_timestamp_millis(time_ms).unwrap().date_naive()
}

/// What New York is behind UTC: an hour less from the second Sunday of
/// March to the first of November.
fn offset_hours(date: NaiveDate) -> i64 {
    let sunday = |month, nth| {
        NaiveDate::from_weekday_of_month_opt(date.year(), month, Weekday::Sun, nth).unwrap()
    };
    if (sunday(3, 2)..sunday(11, 1)).contains(&date) { 4 } else { 5 }
}

/// Bars of an hour from Sunday 17:00 to Friday 17:00 in New York, but
/// for Christmas and New Year.
fn currencies() -> Vec<i64> {
    let begin = 1_514_764_800_000_i64 / 3_600_000;
    (begin..begin + 4 * 365 * 24)
        .map(|hour| hour * 3_600_000)
        .filter(|time_ms| {
            let local_ms = time_ms - offset_hours(date_of(*time_ms)) * 3_600_000;
            let local = DateTime::from_timestamp_millis(local_ms).unwrap().naive_utc();
            let hour = local.format("%H").to_string().parse::<u32>().unwrap();
            let is_open = match local.weekday() {
                Weekday::Sat => false,
                Weekday::Sun => hour >= 17,
                Weekday::Fri => hour < 17,
                _ => true,
            };
            is_open && !matches!((local.month(), local.day()), (12, 25) | (1, 1))
        })
        .collect()
}

fn summary(times: &[i64]) -> DataSummary {
    let mut content = "time,open,high,low,close\n".to_owned();
    for time_ms in times {
        writeln!(content, "{time_ms},1,1,1,1").unwrap();
    }
    summarize(content)
}

#[track_caller]
fn check_no_gaps(times: &[i64]) {
    let summary = summary(times);
    assert_eq!((summary.n_gaps, summary.n_missing_bars), (0, 0), "{summary}");
}

#[track_caller]
fn check_a_missing_day(mut times: Vec<i64>, n_bars: u64) {
    let day = NaiveDate::from_ymd_opt(2019, 6, 12).unwrap();
    times.retain(|time_ms| date_of(*time_ms) != day);
    let summary = summary(&times);
    assert_eq!((summary.n_gaps, summary.n_missing_bars), (1, n_bars), "{summary}");
}

#[test]
fn a_perfect_calendar_of_new_york_has_no_gaps_and_a_missing_day_is_one() {
    check_no_gaps(&new_york(true));
    check_a_missing_day(new_york(true), 1);
    check_no_gaps(&new_york(false));
    check_a_missing_day(new_york(false), 13);
}

const HALF_DAY: NaiveDate = NaiveDate::from_ymd_opt(2018, 11, 23).unwrap();

#[test]
fn so_has_one_in_the_local_time_of_another_zone_or_stamped_at_the_close() {
    let local = |hours: i64| -> Vec<i64> {
        let to_local =
            |time_ms: &i64| time_ms - (offset_hours(date_of(*time_ms)) + hours) * 3_600_000;
        new_york(false).iter().map(to_local).collect()
    };
    for hours in 0..4 {
        check_no_gaps(&local(hours));
        check_a_missing_day(local(hours), 13);
        let mut times = local(hours);
        times.retain(|time_ms| date_of(*time_ms) != HALF_DAY);
        assert_eq!(summary(&times).n_missing_bars, 7, "{hours} hours");
    }
    for hours in [16, 21] {
        let times: Vec<i64> =
            new_york(true).iter().map(|time_ms| time_ms + hours * 3_600_000).collect();
        check_no_gaps(&times);
        check_a_missing_day(times, 1);
    }
}

#[test]
fn no_zone_hides_bars_that_are_missing_on_half_days() {
    let dates = [NaiveDate::from_ymd_opt(2018, 7, 3).unwrap(), HALF_DAY];
    for n_days in [1, 2] {
        for n_dropped in [5, 7] {
            let (mut times, mut n_missing) = (new_york(false), [0; 2]);
            times.retain(|time_ms| {
                let date = date_of(*time_ms);
                let Some(idx) = dates[..n_days].iter().position(|other| *other == date) else {
                    return true;
                };
                n_missing[idx] += 1;
                n_missing[idx] > n_dropped
            });
            let n_missing = (n_days * n_dropped) as u64;
            let summary = summary(&times);
            assert_eq!(summary.n_missing_bars, n_missing, "{n_days} {n_dropped}: {summary}");
        }
    }
}

#[test]
fn a_week_of_new_york_has_no_gaps() {
    let times = new_york(false);
    check_no_gaps(&times[..13 * 4]);
    let begin = times.iter().position(|time_ms| *time_ms > 1_520_000_000_000).unwrap();
    check_no_gaps(&times[begin..begin + 13 * 9]);
}

#[test]
fn a_few_days_have_no_gaps_at_their_weekend() {
    check_no_gaps(&new_york(true)[4..12]);
    let times = currencies();
    let begin = times.iter().position(|time_ms| *time_ms > 1_520_000_000_000).unwrap();
    check_no_gaps(&times[begin..begin + 24 * 7]);
    check_no_gaps(&times[begin..begin + 24 * 12]);
}

#[test]
fn a_perfect_week_of_currencies_has_no_gaps_and_a_missing_day_is_one() {
    check_no_gaps(&currencies());
    check_a_missing_day(currencies(), 24);
}

#[test]
fn round_the_clock_every_missing_bar_counts() {
    let mut times: Vec<i64> =
        (0..24 * 365).map(|hour| super::START_MS + hour * 3_600_000).collect();
    check_no_gaps(&times);
    times.drain(5000..5024);
    let summary = summary(&times);
    assert_eq!((summary.n_gaps, summary.n_missing_bars), (1, 24));
}
