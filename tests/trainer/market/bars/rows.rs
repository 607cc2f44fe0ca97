//! Invalid rows, and how they are reported.

use std::fmt::Write;
use std::fs;

use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};
use tempfile::TempDir;
use trainer::market::bars::{Bar, BarSource};

use super::{START_MS, gzip, read, with_row, wrapped};

#[track_caller]
fn check_row(row: &str, problem: &str) {
    let error = read(with_row(row)).unwrap_err();
    let expected = format!("`bars.csv` line 3, {problem}");
    assert!(error.starts_with(&expected), "{error}\nis not\n{expected}");
}

#[test]
fn a_row_that_cannot_be_is_refused_with_its_place() {
    check_row("2020-01-02,1,1,1,abc,1", "column `close`: `abc` is not a number; write digits");
    check_row("2020-01-02,1,1,1,,1", "column `close`: `` is not a price: delete the row");
    check_row(
        "2020-01-02,\"1,5\",1,1,1,1",
        "column `open`: `1,5` is not a number; write it with a",
    );
    check_row("2020-01-02,1,NaN,1,1,1", "column `high`: `NaN` is not a price");
    check_row("2020-01-02,1,1,1,inf,1", "column `close`: `inf` is not a finite number");
    check_row("2020-01-02,1,1e999,1,1,1", "column `high`: `1e999` is not a finite number");
    check_row("2020-01-02,0,1,0,1,1", "column `open`: `0` is not above 0, as a price must be");
    check_row("2020-01-02,1,1,-1,1,1", "column `low`: `-1` is not above 0");
    check_row("2020-01-02,1,1,1,1,-1", "column `volume`: `-1` is below 0");
    check_row("2020-01-02,3,2,1,1,1", "column `high`: `2` is below the open `3`");
    check_row("2020-01-02,2,2,1,3,1", "column `high`: `2` is below the close `3`");
    check_row("2020-01-02,1,3,2,2,1", "column `low`: `2` is above the open `1`");
    check_row("2020-01-02,2,2,2,1,1", "column `low`: `2` is above the close `1`");
    check_row("2020-01-01,1,1,1,1,1", "column `Date`: `2020-01-01` is a duplicate");
}

#[test]
fn a_bad_number_is_reported_in_one_line() {
    insta::assert_snapshot!(wrapped(read(with_row("2020-01-02,1,1,1,abc,1")).unwrap_err()), @r"
    `bars.csv` line 3, column `close`: `abc` is not a number; write digits
    and a decimal point, such as `4367.1`, or leave the row out with
    `--bad-rows drop`
    ");
}

#[test]
fn a_duplicate_is_called_one() {
    insta::assert_snapshot!(wrapped(read(with_row("2020-01-01 00:00,1,1,1,1,1")).unwrap_err()), @r"
    `bars.csv` line 3, column `Date`: `2020-01-01 00:00` is a duplicate:
    the bar before has the same time (a local time repeats an hour each
    autumn: name its zone in `bars.time_zone`); if both are of one bar,
    delete one or leave it out with `--bad-rows drop`
    ");
}

#[test]
fn a_file_with_the_newest_bar_first_is_turned_round() {
    let bars = read(with_row("2019-12-31,1,1,1,1,1")).unwrap();
    let days: Vec<i64> = bars.iter().map(|bar| (bar.time_ms - START_MS) / 86_400_000).collect();
    assert_eq!(days, [-1, 0]);
}

#[test]
fn a_bar_out_of_order_is_refused() {
    let content = with_row("2020-01-05,1,1,1,1,1\n2020-01-03,1,1,1,1,1");
    insta::assert_snapshot!(wrapped(read(content).unwrap_err()), @r"
    `bars.csv` line 4, column `Date`: `2020-01-03` is older than the bar
    before, `2020-01-05 00:00:00`; sort the rows by time, oldest first
    ");
}

#[test]
fn a_row_cut_short_is_refused() {
    insta::assert_snapshot!(wrapped(read(with_row("2020-01-02,1,1")).unwrap_err()), @r"
    `bars.csv` line 3 has 3 columns where the first line has 6; the file
    may be cut short: copy or download it again
    ");
}

#[test]
fn a_short_row_before_others_is_refused() {
    let content = with_row("2020-01-02,1,1\n2020-01-03,1,1,1,1,1");
    insta::assert_snapshot!(wrapped(read(content).unwrap_err()), @r"
    `bars.csv` line 3 has 3 columns where the first line has 6; correct or
    delete the row, or leave it out with `--bad-rows drop`
    ");
}

#[test]
fn line_numbers_are_right_after_quoted_newlines_and_blank_lines() {
    let content = "Date,note,open,high,low,close\n2020-01-01,\"a\nb\nc\",1,1,1,1\n\n\r\n\
                   2020-01-02,\"d\r\ne\",1,1,1,1\r\n2020-01-03,f,1,1,1,x\r\n\
                   2020-01-04,g,1,1,1,1\r\n";
    let error = read(content).unwrap_err();
    assert!(error.starts_with("`bars.csv` line 9, column `close`: `x` "), "{error}");
    let error = read(content.replace(",1\n\n", ",?\n\n")).unwrap_err();
    assert!(error.starts_with("`bars.csv` line 2, column `close`: `?` "), "{error}");
}

#[test]
fn the_reader_ends_after_an_error() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("bars.csv"), with_row("x,1,1,1,1,1")).unwrap();
    let mut reader = BarSource::open("bars.csv", folder.path()).unwrap().read().unwrap();
    assert!(reader.next().unwrap().is_ok());
    assert!(reader.next().unwrap().is_err());
    assert!(reader.next().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn written_bars_are_read_back_bit_for_bit(
        rows in prop::collection::vec((1_i64..10_000_000, any::<[u64; 4]>(), 0..400_u32), 1..30),
        is_packed: bool,
    ) {
        let mut time_ms = START_MS;
        let mut content = "time,open,high,low,close,volume\n".to_owned();
        let mut bars = Vec::new();
        for (step_ms, numbers, shift) in rows {
            time_ms += step_ms;
            // Any digits, any size: short ones and long ones.
            let power = 10_f64.powi((shift / 20).cast_signed());
            let number = |number: u64| (number >> (shift % 60)).max(1) as f64 / power;
            let mut prices = numbers.map(number);
            prices.sort_by(f64::total_cmp);
            let [low, open, close, high] = prices;
            bars.push(Bar { time_ms, open, high, low, close, volume: low, funding: 0.0, dividend: 0.0 });
            writeln!(content, "{time_ms},{open},{high:e},{low},{close},{low}").unwrap();
        }
        let content = if is_packed { gzip(content.as_bytes()) } else { content.into_bytes() };
        prop_assert_eq!(read(content), Ok(bars));
    }

    #[test]
    fn any_content_gives_true_bars_or_an_error_that_names_the_file(
        content in prop::collection::vec(any::<u8>(), 0..300),
        has_header: bool,
    ) {
        let start = "time,open,high,low,close\n1577836800,1,1,1,1\n";
        let mut bytes = if has_header { start.as_bytes().to_vec() } else { Vec::new() };
        bytes.extend(content);
        match read(&bytes) {
            Ok(bars) => prop_assert!(bars.iter().all(|bar| bar.low > 0.0 && bar.high < f64::MAX)),
            Err(error) => prop_assert!(error.contains("`bars.csv`"), "{}", error),
        }
    }
}
