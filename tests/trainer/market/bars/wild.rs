//! Files as people have them: each is read right, or is an error that
//! says how to read it.

#![expect(clippy::float_cmp, reason = "prices are read to the last bit")]

use std::path::{Path, PathBuf};

use tempfile::TempDir;
use trainer::market::bars::{BadRows, Bar, BarSource, BarsConfig};

use super::{HOUR_MS, wrapped};

const DAY_MS: i64 = 24 * HOUR_MS;
const MINUTE_MS: i64 = 60_000;

/// 2020-01-06, a Monday.
const MONDAY_MS: i64 = 1_578_268_800_000;

/// Open, high, low, close and volume of the bars in nearly all of them.
const BARS: [[f64; 5]; 8] = [
    [100.0, 101.5, 99.5, 101.0, 500.0],
    [101.0, 102.0, 100.0, 100.5, 600.0],
    [100.5, 103.0, 100.25, 102.5, 550.0],
    [102.5, 104.0, 102.0, 103.0, 700.0],
    [103.0, 103.5, 101.0, 101.5, 650.0],
    [101.5, 102.5, 101.0, 102.0, 400.0],
    [102.0, 105.0, 101.75, 104.5, 800.0],
    [104.5, 106.0, 104.0, 105.0, 900.0],
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/wild")
}

fn read(name: &str, config: &BarsConfig) -> Result<Vec<Bar>, String> {
    read_in(&folder(), name, config)
}

fn read_in(folder: &Path, name: &str, config: &BarsConfig) -> Result<Vec<Bar>, String> {
    let read = || -> anyhow::Result<Vec<Bar>> {
        let source = BarSource::open(name, folder)?.with_config(config);
        let bars: Vec<Bar> = source.read()?.collect::<anyhow::Result<_>>()?;
        // What is read twice is the same.
        let again: Vec<Bar> = source.read()?.collect::<anyhow::Result<_>>()?;
        assert_eq!(bars, again);
        assert_eq!(source.summarize()?.n_bars, bars.len() as u64);
        Ok(bars)
    };
    read().map_err(|error| format!("{error:#}"))
}

fn settings(json: &str) -> BarsConfig {
    let config: BarsConfig = serde_json::from_str(json).unwrap();
    config.validate().unwrap();
    config
}

fn bars_at(times: impl Iterator<Item = i64>) -> Vec<Bar> {
    BARS.iter()
        .zip(times)
        .map(|(&[open, high, low, close, volume], time_ms)| Bar {
            time_ms,
            open,
            high,
            low,
            close,
            volume,
            funding: 0.0,
            dividend: 0.0,
        })
        .collect()
}

fn daily() -> Vec<Bar> {
    bars_at([0, 1, 2, 3, 4, 7, 8, 9].into_iter().map(|day| MONDAY_MS + day * DAY_MS))
}

fn hourly(first_hour: i64) -> Vec<Bar> {
    bars_at((first_hour..).map(|hour| MONDAY_MS + hour * HOUR_MS))
}

fn minutely(hour: i64, minute: i64) -> Vec<Bar> {
    bars_at((minute..).map(move |minute| MONDAY_MS + hour * HOUR_MS + minute * MINUTE_MS))
}

#[track_caller]
fn check(name: &str, bars: &[Bar]) {
    assert_eq!(read(name, &BarsConfig::default()), Ok(bars.to_vec()), "{name}");
}

#[track_caller]
fn check_with(name: &str, json: &str, bars: &[Bar]) {
    assert_eq!(read(name, &settings(json)), Ok(bars.to_vec()), "{name} with {json}");
}

#[track_caller]
fn check_error(name: &str, parts: &[&str]) {
    let error = read(name, &BarsConfig::default()).unwrap_err();
    for part in parts {
        assert!(error.contains(part), "{name}: {error}\nlacks: {part}");
    }
    assert!(!error.chars().any(char::is_control), "{error:?}");
}

#[test]
fn numbers_that_are_dates_are_read_as_dates() {
    check("yyyymmddhhmm.csv", &hourly(9));
    check("yyyymmddhh.csv", &hourly(9));
    let months = ["2019-08", "2019-09", "2019-10", "2019-11", "2019-12", "2020-01", "2020-02"];
    let months = months.into_iter().chain(["2020-03"]);
    let begin = |month| trainer::market::bars::parse_time_ms(&format!("{month}-01")).unwrap();
    check("yyyymm.csv", &bars_at(months.map(begin)));
}

#[test]
fn numbers_that_are_no_times_since_1970_are_told_with_what_they_look_like() {
    for (name, form, bars) in [
        ("excel_serial.csv", "excel", daily()),
        ("excel_serial_fraction.csv", "excel", hourly(9)),
        ("days_since_1970.csv", "days_since_1970", daily()),
        ("julian_day.csv", "julian_day", hourly(9)),
        ("dotnet_ticks.csv", "dotnet_ticks", hourly(9)),
    ] {
        check_error(name, &["line 2, column `Date`: `", "it looks like", &format!("`{form}`")]);
        check_with(name, &format!(r#"{{"time_format": "{form}"}}"#), &bars);
    }
    check_error("row_number_as_time.csv", &["only numbers the rows and is not a time"]);
    check_error(
        "ms_of_day_lean.csv",
        &["looks like milliseconds since midnight", "ms_of_day 2020-01-31"],
    );
}

#[test]
fn a_clock_finds_its_date_in_another_column() {
    check("dtyyyymmdd_time.csv", &minutely(9, 30));
}

#[test]
fn days_and_months_are_told_apart_by_all_rows() {
    check("us_dates.csv", &daily());
    check("month_names.csv", &daily());
    check("month_names_us.csv", &daily());
    check("am_pm.csv", &hourly(9));
}

#[test]
fn a_zone_in_the_name_of_the_column_counts() {
    check("jforex_time_eet.csv", &hourly(7));
    check("timestamp_utc.csv", &hourly(9));
}

#[test]
fn the_volume_is_the_one_in_units_that_is_not_0() {
    check("mt5_tickvol.csv", &hourly(9));
    check("two_volumes_mt5_python.csv", &hourly(9));
    check("volumefrom.csv", &hourly(9));
    check("base_quote_volume.csv", &hourly(9));
}

#[test]
fn files_without_names_are_read_where_they_cannot_be_mistaken() {
    check("headerless_kraken.csv", &daily());
    check("headerless_mt4.csv", &hourly(9));
    check("headerless_semicolon.csv", &minutely(9, 30));
}

#[test]
fn the_newest_bar_may_come_first() {
    check("newest_first_no_final_newline.csv", &daily());
    let mut turned = daily();
    for (bar, other) in turned.iter_mut().zip(daily().into_iter().rev()) {
        *bar = Bar { time_ms: bar.time_ms, ..other };
    }
    check("nasdaq.csv", &turned);
    let bars = read("investing.csv", &BarsConfig::default()).unwrap();
    assert_eq!(bars.len(), 8);
    assert_eq!(bars[7].close, 8080.0);
    assert_eq!((bars[0].time_ms, bars[0].volume), (MONDAY_MS, 9000.0));
}

#[test]
fn names_and_lines_around_them_are_understood() {
    check("yfinance_three_headers.csv", &daily()[..7]);
    check("comment_lines.csv", &daily()[..7]);
    check("cr_only.csv", &daily());
    check_error("escape_in_header.csv", &[r"`Clo\u{1b}[31mse`", "`bars.columns`"]);
}

#[test]
fn containers_are_opened_or_named() {
    check("one_csv.zip", &daily());
    check("bz2.csv.bz2", &daily());
    check("ccxt.json", &daily());
    check_error("one_csv.tar.gz", &["is a tar archive", "tar xf"]);
    check_error("freqtrade.feather", &["is a Feather (Arrow) file", "pandas.read_feather"]);
    check_error("brotli.parquet", &["packed with Brotli", "compression='zstd'"]);
    let bars = read("yfinance_tuple_columns.parquet", &BarsConfig::default()).unwrap();
    assert_eq!(bars.len(), 8);
}

#[test]
fn a_range_that_rounding_made_is_widened_without_a_word() {
    let bars = read("rounding_dust.csv", &BarsConfig::default()).unwrap();
    assert_eq!((bars[0].high, bars[0].close), (0.902_636_051_177_978_5, 0.902_636_051_177_978_5));
}

#[test]
fn rows_that_cannot_be_are_told_with_a_remedy_that_works() {
    check_error("null_rows.csv", &["line 5", "is not a price", "--bad-rows drop"]);
    let rows = read("null_rows.csv", &settings(r#"{"bad_rows": "drop"}"#)).unwrap();
    assert!(rows.len() >= 7);
    check_error("total_line_at_end.csv", &["line 10", "delete the line"]);
    check_with("total_line_at_end.csv", r#"{"bad_rows": "drop"}"#, &daily());
    check_error("bitmex_open_outside.csv", &["line 4", "--bad-rows widen"]);
    let widened = read("bitmex_open_outside.csv", &settings(r#"{"bad_rows": "widen"}"#)).unwrap();
    assert_eq!((widened.len(), widened[2].high), (4, 100.75));
    let dropped = read("bitmex_open_outside.csv", &settings(r#"{"bad_rows": "drop"}"#)).unwrap();
    assert_eq!(dropped.len(), 3);
}

#[test]
fn an_unknown_volume_counts_as_none() {
    let bars = read("volume_nan.csv", &BarsConfig::default()).unwrap();
    assert_eq!(bars.len(), 8);
    assert_eq!(bars[0].volume, 0.0);
}

#[test]
fn a_split_is_told_and_can_be_adjusted() {
    let source = BarSource::open("split_unadjusted.csv", &folder()).unwrap();
    let read_report = source.summarize().unwrap().read_report.unwrap();
    insta::assert_snapshot!(wrapped(&read_report.warnings[0]), @r"
    a bar opens like a split: 2020-01-10 00:00:00 (4:1); the prices are
    used as they are, and such a step counts as a gain or loss: `Adj Close`
    has the adjusted closes, by which `--adjusted` adjusts all four prices
    ");
    let adjusted = read("split_unadjusted.csv", &settings(r#"{"adjusted": true}"#)).unwrap();
    assert_eq!(adjusted[0].close, 100.5);
    assert_eq!(adjusted[0].volume, 4000.0);
    let source = source.with_config(&settings(r#"{"adjusted": true}"#));
    let warnings = source.summarize().unwrap().read_report.unwrap().warnings;
    assert!(!warnings.iter().any(|warning| warning.contains("like a split")), "{warnings:?}");
}

#[test]
fn what_was_done_about_rows_is_counted() {
    let source = BarSource::open("bitmex_open_outside.csv", &folder()).unwrap();
    let config = BarsConfig { bad_rows: BadRows::Drop, ..BarsConfig::default() };
    let read_report = source.with_config(&config).summarize().unwrap().read_report.unwrap();
    assert_eq!(read_report.repairs.n_dropped, 1);
    assert!(read_report.lines.iter().any(|line| line.starts_with("1 row left out: ")));
}

/// Writes a file and reads it.
fn written(content: &str, config: &BarsConfig) -> Result<Vec<Bar>, String> {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("bars.csv"), content).unwrap();
    read_in(folder.path(), "bars.csv", config)
}

#[test]
fn a_day_and_month_that_nothing_decides_are_asked_for() {
    let rows = "date,open,high,low,close\n03/04/2020,1,2,1,2\n04/04/2020,2,3,2,3\n";
    insta::assert_snapshot!(wrapped(written(rows, &BarsConfig::default()).unwrap_err()), @r"
    `bars.csv` line 2, column `date`: `03/04/2020` is a date whose day and
    month are ambiguous, and no row decides: set `bars.time_format`, or
    pass `--time-format`: `day_first` (2020-04-03) or `month_first`
    (2020-03-04)
    ");
    let day = |form: &str| {
        let config = settings(&format!(r#"{{"time_format": "{form}"}}"#));
        written(rows, &config).unwrap()[0].time_ms
    };
    assert_eq!(day("day_first"), trainer::market::bars::parse_time_ms("2020-04-03").unwrap());
    assert_eq!(day("month_first"), trainer::market::bars::parse_time_ms("2020-03-04").unwrap());
}

#[test]
fn a_change_of_unit_within_a_file_is_understood() {
    let rows = "time,open,high,low,close\n1735603200000,1,1,1,1\n1735606800000,1,1,1,1\n\
                1735610400000000,1,1,1,1\n";
    let bars = written(rows, &BarsConfig::default()).unwrap();
    assert_eq!(bars[2].time_ms - bars[1].time_ms, HOUR_MS);
    // A digit that is lost is no other unit.
    let error = written(&rows.replace("1735606800000", "173560680000"), &BarsConfig::default());
    assert!(error.unwrap_err().contains("is not a plausible time"));
}

#[test]
fn short_years_are_told_apart_by_what_bars_can_be_of() {
    let mut rows = "time,open,high,low,close\n".to_owned();
    for day in 6..20 {
        rows += &format!("{day:02}/01/20,1,1,1,1\n");
    }
    let bars = written(&rows, &BarsConfig::default()).unwrap();
    assert_eq!(bars[0].time_ms, MONDAY_MS);
}

#[test]
fn the_hour_that_autumn_repeats_is_two_hours() {
    let rows = "date,open,high,low,close\n2020-11-01 00:30,1,1,1,1\n2020-11-01 01:00,1,1,1,1\n\
                2020-11-01 01:30,1,1,1,1\n2020-11-01 01:00,1,1,1,1\n2020-11-01 01:30,1,1,1,1\n\
                2020-11-01 02:00,1,1,1,1\n";
    let bars = written(rows, &settings(r#"{"time_zone": "America/New_York"}"#)).unwrap();
    let first = trainer::market::bars::parse_time_ms("2020-11-01 04:30").unwrap();
    let times: Vec<i64> = bars.iter().map(|bar| (bar.time_ms - first) / MINUTE_MS).collect();
    assert_eq!(times, [0, 30, 60, 90, 120, 150]);
    // So they are where the newest comes first.
    let halves = (0..24).map(|half| (half / 2, 30 * (half % 2)));
    let day: Vec<(i64, i64)> = halves.clone().take(4).chain(halves.skip(2)).collect();
    let row = |(hour, minute): &(i64, i64)| format!("2020-11-01 {hour:02}:{minute:02},1,1,1,1\n");
    let rows: String = day.iter().rev().map(row).collect();
    let rows = format!("date,open,high,low,close\n{rows}");
    let bars = written(&rows, &settings(r#"{"time_zone": "America/New_York"}"#)).unwrap();
    assert!(bars.windows(2).all(|pair| pair[1].time_ms - pair[0].time_ms == 30 * MINUTE_MS));
    assert_eq!(bars.len(), 26);
}

#[test]
fn decimal_commas_are_seen_or_asked_for() {
    let rows = "date;open;high;low;close\n2020-01-06;1.100,5;1.101,25;1.099;1.100\n";
    let bars = written(rows, &BarsConfig::default()).unwrap();
    assert_eq!((bars[0].open, bars[0].high, bars[0].low), (1100.5, 1101.25, 1099.0));
    let rows = "date;open;high;low;close\n2020-01-06;1,100;1,102;1,100;1,101\n";
    let error = written(rows, &BarsConfig::default()).unwrap_err();
    assert!(error.contains("`1,100` could be 1100 or 1.1: set `bars.decimal`"), "{error}");
    assert_eq!(written(rows, &settings(r#"{"decimal": "comma"}"#)).unwrap()[0].open, 1.1);
    assert_eq!(written(rows, &settings(r#"{"decimal": "point"}"#)).unwrap()[0].open, 1100.0);
}

#[test]
fn the_line_of_names_that_is_advised_works() {
    let rows =
        "AAPL,2020-01-06,100,101,99,100.5,100.2,500\nAAPL,2020-01-07,100,101,99,100.5,100.2,500\n";
    let error = written(rows, &BarsConfig::default()).unwrap_err();
    let line = error.rsplit('`').nth(1).unwrap().to_owned();
    assert_eq!(line, "symbol,date,open,high,low,close,vwap,volume");
    assert_eq!(written(&format!("{line}\n{rows}"), &BarsConfig::default()).unwrap().len(), 2);
}

#[test]
fn dividends_are_read_only_where_they_are_named() {
    let rows = "date,open,high,low,close,Div. paid\n2020-01-02,1,2,1,2,\n2020-01-03,1,2,1,2,0.25\n";
    let dividends = |config: &BarsConfig| {
        written(rows, config).unwrap().iter().map(|bar| bar.dividend).collect::<Vec<_>>()
    };
    assert_eq!(dividends(&BarsConfig::default()), [0.0, 0.0]);
    let named = settings(r#"{"columns": {"dividend": "Div. paid"}}"#);
    assert_eq!(dividends(&named), [0.0, 0.25]);
    insta::assert_snapshot!(
        wrapped(written(&rows.replace("0.25", "-0.25"), &named).unwrap_err()),
        @r"
    `bars.csv` line 3, column `Div. paid`: `-0.25` is not a dividend; write
    the amount per unit, and leave other rows empty
    "
    );
}
