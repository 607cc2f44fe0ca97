//! The spellings of time.

use tempfile::TempDir;
use trainer::market::bars::{BarSource, BarsConfig};

use super::{HOUR_MS, START_MS, read, summarize};

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
        "2020-01-01 24:00:01",
        "2020-01-01 12:00:60",
        "yesterday",
    ] {
        check_no_time(text, "is not a time; write it as `YYYY-MM-DD HH:MM:SS`");
    }
    check_no_time("03/04/2020", "is a date whose day and month are ambiguous");
    check_no_time("", "is empty");
    check_no_time("1.5e9", "is a time whose last digits a spreadsheet may have rounded away");
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

/// 2030-01-01.
const CLOCK_MS: i64 = 1_893_456_000_000;

fn read_at(clock_ms: i64, times: [&str; 2], config: &BarsConfig) -> Result<Vec<i64>, String> {
    let folder = TempDir::new().unwrap();
    let rows = times.map(|time| format!("{time},1,1,1,1\n"));
    let text = format!("time,open,high,low,close\n{}", rows.concat());
    std::fs::write(folder.path().join("bars.csv"), text).unwrap();
    let source = BarSource::open("bars.csv", folder.path()).unwrap();
    let bars = source.with_config(config).until(clock_ms).read();
    let times = bars.and_then(|bars| bars.map(|bar| Ok(bar?.time_ms)).collect());
    times.map_err(|error| format!("{error:#}"))
}

#[test]
fn a_time_after_tomorrow_is_an_error_that_says_what_it_was_read_as() {
    let config = BarsConfig::default();
    for (times, says) in [
        (["2029-12-31", "2031-01-01"], "line 3, column `time`: `2031-01-01` is 2031-01-01"),
        (["2062-12-30", "2062-12-31"], "is 2062-12-30 00:00:00, after tomorrow"),
        (["30.12.2062", "31.12.2062"], "is 2062-12-30 00:00:00, after tomorrow"),
        (["1924992000", "1925078400"], "as seconds since 1970 it would be 2031-01-01 00:00:00"),
    ] {
        let error = read_at(CLOCK_MS, times, &config).unwrap_err();
        assert!(error.contains(says), "{error}");
    }
    // One whose year was wrong is fine later.
    let times = ["2029-12-31", "2031-01-01"];
    assert!(read_at(2 * CLOCK_MS, times, &config).is_ok());
    // The remedies work.
    for (times, format) in [
        (times, "text"),
        (["30.12.2062", "31.12.2062"], "text"),
        (["1924992000", "1925078400"], "unix_s"),
    ] {
        let error = read_at(CLOCK_MS, times, &config).unwrap_err();
        assert!(error.contains("`bars.time_format`"), "{error}");
        let config = BarsConfig { time_format: Some(format.to_owned()), ..config.clone() };
        assert!(read_at(CLOCK_MS, times, &config).is_ok());
    }
}

/// Returns the first time of bars of hours from 14:00 on, in columns with
/// these names and cells, and the warnings.
fn first_time(names: &str, cells: fn(usize) -> String) -> Result<(i64, String), String> {
    let rows = (14..20).map(|hour| format!("{},1,1,1,1\n", cells(hour)));
    let text = format!("{names},open,high,low,close\n{}", rows.collect::<String>());
    let bars = read(&text)?;
    let warnings = summarize(&text).read_report.unwrap().warnings.join("\n");
    Ok(((bars[0].time_ms - START_MS) / HOUR_MS, warnings))
}

/// Two times of 2020-01-01.
fn hours(hour: usize, later: usize) -> String {
    format!("2020-01-01 {:02}:00,2020-01-01 {hour:02}:00", hour + later)
}

#[test]
fn a_time_is_the_start_of_the_bar_only_one_interval_earlier_in_the_same_zone() {
    let found = |names: &str, cells: fn(usize) -> String| first_time(names, cells).unwrap();
    assert_eq!(found("time,start_time", |hour| hours(hour, 1)), (14, String::new()));
    // The time of New York.
    let (hour, warnings) = found("time,start_time", |hour| {
        format!("2020-01-01T{hour}:00Z,2020-01-01 {:02}:00", hour - 5)
    });
    assert_eq!(hour, 14);
    assert!(warnings.contains("not `start_time`, which is earlier"), "{warnings}");
    let (hour, warnings) = found("time,start_time", |hour| hours(hour - 5, 5));
    assert_eq!(hour, 14);
    assert!(warnings.contains("not `start_time`, which is earlier"), "{warnings}");
    // An hour apart, as the bars are.
    let (hour, _) = found("time,start_time", |hour| {
        format!("2020-01-01T{hour}:00Z,2020-01-01 {:02}:00", hour - 1)
    });
    assert_eq!(hour, 14);
    let (hour, _) = found("time_cet,start_time", |hour| hours(hour - 1, 1));
    assert_eq!(hour, 13);
    let names = "timestamp_utc,start_time_et";
    assert_eq!(found(names, |hour| hours(hour - 5, 5)), (14, String::new()));
}

#[test]
fn an_offset_in_the_name_of_the_time_is_read_whole_or_refused() {
    let found = |name| first_time(name, |hour| format!("2020-01-01 {hour}:00")).map(|(h, _)| h);
    for (name, hour) in [
        ("Time UTC+5", 9),
        ("Time (UTC\u{2212}5)", 19),
        ("time_utc+5_open", 9),
        ("Time UTC+0500", 9),
        ("Time GMT5", 9),
        ("Time [utc-05:00]", 19),
        ("time_utc5m", 14),
        ("utc_time", 14),
        ("UTC-Time", 14),
    ] {
        assert_eq!(found(name), Ok(hour), "{name}");
    }
    for name in ["Time UTC+5.5", "Time (UTC+5:75)", "Time UTC+15", "time_utc+5m", "Time GMT5.5"] {
        let error = found(name).unwrap_err();
        assert!(
            error.contains("has times in the zone") && error.contains("--time-zone"),
            "{error}"
        );
    }
}

#[test]
fn numbered_periods_of_a_day_are_refused() {
    let check = |name: &str, period: fn(usize) -> String, n: usize, says: &str| {
        let rows = (1..=3).flat_map(|day| (1..=n).map(move |idx| (day, idx)));
        let rows = rows.map(|(day, idx)| format!("2020-01-{day:02},{},1,1,1,1\n", period(idx)));
        let text = format!("Date,{name},Open,High,Low,Close\n{}", rows.collect::<String>());
        let error = read(&text).unwrap_err();
        assert!(error.contains(says), "{error}");
    };
    let half_hours = "numbers the periods of each day in `Settlement Period`, from `1` to `48`: write \
                      in their place the clock time at which each begins, such as `00:00` for `1` \
                      and `00:30` for `2`; if they are series, such as shares, say so by \
                      `--column 'symbol=Settlement Period'`";
    check("Settlement Period", |idx| idx.to_string(), 48, half_hours);
    check("Slot", |idx| idx.to_string(), 92, "and `00:15` for `2`");
    check(
        "HE",
        |idx| format!("HE{idx:02}"),
        24,
        "such as `00:00` for `HE01` and `01:00` for `HE02`",
    );
    check("Hour", |idx| idx.to_string(), 25, "write in their place the clock time");
    // Of rows of which only one day has 25 hours.
    let hours = [(1, 24), (2, 25)].into_iter().flat_map(|(day, n)| (1..=n).map(move |h| (day, h)));
    let rows = hours.map(|(day, hour)| format!("2020-01-0{day},{hour},1,1,1,1\n"));
    let text = format!("Date,HE,Open,High,Low,Close\n{}", rows.collect::<String>());
    let error = read(&text).unwrap_err();
    assert!(error.contains("is in hour 25 of a day"), "{error}");
}

#[test]
fn numbers_of_shares_and_ranks_are_no_periods_of_a_day() {
    let check = |names: &str, cells: fn(usize) -> String, column: Option<&str>| {
        let rows = (1..=3).flat_map(|day| (1..=25).map(move |n| (day, n)));
        let rows = rows.map(|(day, n)| format!("2020-01-{day:02},{},1,1,1,1\n", cells(n)));
        let text = format!("Date,{names},Open,High,Low,Close\n{}", rows.collect::<String>());
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("bars.csv"), text).unwrap();
        let mut config = BarsConfig {
            symbol: Some(cells(1).split(',').next_back().unwrap_or_default().to_owned()),
            ..BarsConfig::default()
        };
        config.columns.extend(column.map(|name| ("symbol".to_owned(), name.to_owned())));
        let bars = BarSource::open("bars.csv", folder.path()).unwrap().with_config(&config);
        assert!(bars.summarize().is_ok(), "{names}");
    };
    check("ticker", |n| n.to_string(), None);
    check("Symbol", |n| format!("S{n}"), None);
    check("Rank,Symbol", |n| format!("{n},S{n}"), None);
    // By the remedy of the message.
    check("id", |n| n.to_string(), Some("id"));
}

#[test]
fn days_of_bars_decide_the_order_of_day_and_month() {
    let text = |days: &[u32]| {
        let hours = days.iter().flat_map(|day| (9..16).map(move |hour| (day, hour)));
        let rows = hours.map(|(day, hour)| format!("{day:02}/05/2020 {hour:02}:00,1,1,1,1\n"));
        format!("time,open,high,low,close\n{}", rows.collect::<String>())
    };
    let bars = read(text(&[4, 5, 6, 7])).unwrap();
    assert_eq!(bars[0].time_ms, START_MS + (124 * 24 + 9) * HOUR_MS);
    // Of two days, or of bars of a day, nothing does.
    for ambiguous in [&text(&[4, 5]), "time,open,high,low,close\n01/02/03,1,1,1,1\n"] {
        let error = read(ambiguous).unwrap_err();
        assert!(
            error.contains("`day_first` (2020-05-04)")
                || error.contains("`year_first` (2001-02-03)"),
            "{error}"
        );
    }
}

#[test]
fn numbers_that_look_like_several_times_are_told() {
    let check = |rows: &[&str], says: &str| {
        let rows = rows.iter().map(|time| format!("{time},1,1,1,1\n"));
        let text = format!("time,open,high,low,close\n{}", rows.collect::<String>());
        let error = read(&text).unwrap_err();
        assert!(error.contains(says), "{error}");
    };
    // As seconds, they are 15 s apart, of 2020.
    let quarters = ["1603030930", "1603030945", "1603031000", "1603031015"];
    check(&quarters, "it looks like a date and clock, `YYMMDDHHMM` (2016-03-03 09:30:00): if so");
    check(&quarters[..2], "could be seconds since 1970 (2020-10-18 14:22:10) or a date and clock");
    check(&["101209", "111209"], "`yymmdd` or `ddmmyy`");
    check(
        &["16082010", "23082010"],
        "it looks like a date, `DDMMYYYY` (2010-08-16 00:00:00): if so",
    );
    check(&["12052000", "12072000"], "a date, `MMDDYYYY` (2000-12-05 00:00:00)");
    check(&["2002012", "2002019"], "2002-01-12 00:00:00): if so");
    check(&["42205.000", "42206.000"], "`excel` or `excel_1904`");
}
