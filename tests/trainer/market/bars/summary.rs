//! What a summary tells.

use std::fmt::Write;
use std::path::Path;

use trainer::market::bars::{BUILTIN_BTCUSD_30M, Bar, BarSource};

use super::{HOUR_MS, START_MS, summarize, test_data, wrapped};

#[test]
fn the_built_in_data_is_what_its_readme_says() {
    let source = BarSource::open(BUILTIN_BTCUSD_30M, Path::new("nowhere")).unwrap();
    insta::assert_snapshot!(wrapped(source.summarize().unwrap()), @r"
    builtin:btcusd_30m: 35019 bars of 30 min, 2017-10-01 00:00:00 to
    2019-10-01 00:00:00 UTC, 22 bars missing in 9 gaps, the longest 3 h
    ");
    let first = source.read().unwrap().next().unwrap().unwrap();
    let expected = Bar {
        time_ms: 1_506_816_000_000,
        open: 4367.1,
        high: 4387.5,
        low: 4365.0,
        close: 4386.3,
        volume: 755.521_758_7,
        funding: 0.0,
        dividend: 0.0,
    };
    assert_eq!(first, expected);
}

#[test]
fn weekends_are_no_gaps_and_nothing_fills_them() {
    let source = test_data("eurusd_1h.csv.gz");
    insta::assert_snapshot!(wrapped(source.summarize().unwrap()), @r"
    eurusd_1h.csv.gz: 6225 bars of 1 h, 2017-01-01 22:00:00 to 2017-12-29
    21:00:00 UTC, no gaps
    ");
    assert_eq!(source.read().unwrap().count(), 6225);
}

#[test]
fn the_checksum_is_that_of_the_file() {
    let summary = summarize("Date,open,high,low,close,volume\n2020-01-01,10,12.5,9,11,3.25\n");
    insta::assert_json_snapshot!(summary, @r#"
    {
      "source": "bars.csv",
      "sha256": "9cd9b65f31d79ff6638c32a3441d5d9a6683baf314dd1ec0b030795f4342db03",
      "n_bars": 1,
      "first_ms": 1577836800000,
      "last_ms": 1577836800000,
      "interval_ms": 0,
      "n_gaps": 0,
      "n_missing_bars": 0,
      "longest_gap_ms": 0,
      "understood": {
        "lines": [
          "times: `Date`, dates as written, UTC where they name no zone, oldest first",
          "open, high, low, close: `open`, `high`, `low`, `close`",
          "volume: `volume`",
          "names: in the file"
        ],
        "warnings": [],
        "repairs": {
          "n_dropped": 0,
          "n_widened": 0,
          "kinds": []
        },
        "bars": [
          "2020-01-01 00:00:00  10 12.5 9 11  3.25"
        ]
      }
    }
    "#);
}

#[test]
fn a_summary_counts_gaps_by_the_most_common_step() {
    let mut content = "time,open,high,low,close\n".to_owned();
    // Hours 0 1 2, 5, 6, then 24.4 hours on: 2 and 23 bars are missing.
    for seconds in [0, 3600, 7200, 18000, 21600, 21600 + 87_840, 113_040] {
        writeln!(content, "{},1,1,1,1", 1_577_836_800 + seconds).unwrap();
    }
    let summary = summarize(content);
    assert_eq!(summary.interval_ms, HOUR_MS);
    assert_eq!((summary.n_gaps, summary.n_missing_bars), (2, 25));
    assert_eq!(summary.longest_gap_ms, 87_840_000);
}

#[test]
fn irregular_steps_are_summarized_in_bounded_memory() {
    let mut content = "time,open,high,low,close\n".to_owned();
    let mut time_ms = START_MS;
    for step_ms in (0..1000).map(|_| 1000).chain(1001..90_000) {
        time_ms += step_ms;
        writeln!(content, "{time_ms},1,1,1,1").unwrap();
    }
    let summary = summarize(content);
    assert_eq!((summary.n_bars, summary.interval_ms), (89_999, 1000));
    let skipped = |step_ms: u64| (step_ms + 500) / 1000 - 1;
    assert_eq!(summary.n_missing_bars, (1001..90_000).map(skipped).sum::<u64>());
    assert_eq!(summary.n_gaps, 90_000 - 1500);
    assert_eq!(summary.longest_gap_ms, 89_999);
}

#[test]
fn the_checksum_of_packed_data_is_that_of_the_packed_file() {
    let source = BarSource::open(BUILTIN_BTCUSD_30M, Path::new("nowhere")).unwrap();
    // As `sha256sum trainer/data/btcusd_30m.csv.gz` prints.
    let expected = "dfd63c89b85fbd13ef955ef06af52130f06af42c082bc618a738d6727cfd114d";
    assert_eq!(source.summarize().unwrap().sha256, expected);
}

#[test]
fn a_change_of_the_interval_is_told() {
    let rows = |steps: &[(i64, i64)]| {
        let (mut time_ms, mut content) = (super::START_MS, "time,open,high,low,close\n".to_owned());
        for (n_bars, step_ms) in steps {
            for _ in 0..*n_bars {
                content += &format!("{time_ms},1,1,1,1\n");
                time_ms += step_ms;
            }
        }
        super::summarize(content).read_report.unwrap().warnings
    };
    let hour = super::HOUR_MS;
    let warnings = rows(&[(600, hour), (600, hour / 4)]);
    assert!(warnings[0].contains("bars of 1 h from") && warnings[0].contains("of 15 min from"));
    assert_eq!(rows(&[(1_200, hour)]), [""; 0]);
    // Nights and months are no other interval.
    let sessions = [(6, hour), (1, 18 * hour)].repeat(200);
    assert_eq!(rows(&sessions), [""; 0]);
    let months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31].map(|days| (1, days * 24 * hour));
    assert_eq!(rows(&months.repeat(40)), [""; 0]);
}
