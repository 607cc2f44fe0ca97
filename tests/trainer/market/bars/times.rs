//! The spellings of time.

use super::{HOUR_MS, START_MS, read};

#[track_caller]
fn check_time(text: &str, time_ms: i64) {
    let bars = read(format!("time,open,high,low,close\n\"{text}\",1,1,1,1\n"));
    assert_eq!(bars.map(|bars| bars[0].time_ms), Ok(time_ms), "{text}");
}

#[test]
fn times_are_read_in_the_usual_forms() {
    let noon = START_MS + 12 * HOUR_MS;
    for text in [
        "2020-01-01 12:00:00",
        "2020-01-01T12:00:00",
        "2020-01-01T12:00:00Z",
        "2020-01-01 12:00:00.000",
        "2020-01-01 12:00:00+00:00",
        "2020-01-01T14:30:00+02:30",
        "2020-01-01T07:00-0500",
        "2020-01-01 12:00",
        "2020-01-01 12:00:00 UTC",
        "2020/01/01 12:00",
        "2020.01.01 12:00",
        "01.01.2020 12:00:00.000",
        "01.01.2020 13:00:00.000 GMT+0100",
        "20200101 120000",
        "20200101120000",
        "1577880000",
        "1577880000.0",
        "1577880000000",
        "1577880000000000",
        "1577880000000000000",
    ] {
        check_time(text, noon);
    }
    check_time("2020-01-01", START_MS);
    check_time("20200101", START_MS);
    check_time("2020-01-01 00:00:00.1234567", START_MS + 123);
    check_time("1577836800.5", START_MS + 500);
    check_time("2020-02-29 00:00:00", START_MS + 59 * 24 * HOUR_MS);
    check_time("1969-12-31 23:59:59", -1000);
    check_time("2020-01-01 12:00:00 EST", START_MS + 17 * HOUR_MS);
}

#[track_caller]
fn check_no_time(text: &str, remedy: &str) {
    let error = read(format!("time,open,high,low,close\n{text},1,1,1,1\n")).unwrap_err();
    let start = format!("`bars.csv` line 2, column `time`: `{text}` {remedy}");
    assert!(error.starts_with(&start), "{error}");
}

#[test]
fn what_is_no_time_is_refused() {
    for text in [
        "2020-02-30 00:00:00",
        "2019-02-29",
        "2020-13-01 00:00:00",
        "2020-01-01 24:00:00",
        "2020-01-01 12:00:60",
        "yesterday",
        "1.5e9",
    ] {
        check_no_time(text, "is not a time; write it as `YYYY-MM-DD HH:MM:SS`");
    }
    check_no_time("03/04/2020", "is a date whose day and month could be either");
    check_no_time("", "is empty");
}

#[test]
fn forms_of_time_may_change_within_a_file() {
    let bars = read(
        "time,open,high,low,close\n2020-01-01 00:00:00,1,1,1,1\n2020-01-01 00:00:00.5,1,1,1,1\n\
         2020-01-01T00:00:01,1,1,1,1\n",
    );
    let times: Vec<i64> = bars.unwrap().iter().map(|bar| bar.time_ms - START_MS).collect();
    assert_eq!(times, [0, 500, 1000]);
}
