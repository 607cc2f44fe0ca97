//! Whole files: packed, broken, missing.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use trainer::market::bars::{Bar, BarSource};

use super::{BAR, HOUR_MS, START_MS, gzip, read, read_file, test_data, with_row, wrapped};

#[test]
fn a_byte_order_mark_crlf_blank_lines_and_a_missing_newline_do_no_harm() {
    let bars = read(
        "\u{feff}Date,open,high,low,close,volume\r\n\r\n2020-01-01,10,12.5,9,11,3.25\r\n\r\n\
         2020-01-02,10,12.5,9,11,3.25",
    );
    let second = Bar { time_ms: START_MS + 24 * HOUR_MS, ..BAR };
    assert_eq!(bars, Ok(vec![BAR, second]));
}

#[test]
fn files_without_bars_are_refused() {
    assert_eq!(read("").unwrap_err(), "`bars.csv` is empty; it must hold bars as CSV");
    assert_eq!(read("\n\r\n").unwrap_err(), "`bars.csv` is empty; it must hold bars as CSV");
    assert_eq!(
        read("Date,open,high,low,close\n").unwrap_err(),
        "`bars.csv` has a header but no bars below it"
    );
}

#[test]
fn what_is_not_csv_is_refused_with_the_remedy() {
    let refused = |content: &[u8]| read(content).unwrap_err();
    assert!(refused(b"PK\x03\x04....").contains("is damaged after 0 bars"));
    assert!(refused(b"\xff\xfe\0\0D\0\0\0").contains("is UTF-32 text; save it as UTF-8"));
    assert!(refused(&vec![b'x'; 200_000]).contains("has a first line of more than 64 KiB"));
}

#[test]
fn a_lost_quote_cannot_fill_the_memory() {
    let mut content = with_row("2020-01-02,\"1,1,1,1,1");
    content.push_str(&"2020-01-03,1,1,1,1,1\n".repeat(100_000));
    let error = read(content).unwrap_err();
    assert!(error.contains("has a row of more than 1 MiB; look for a quote"), "{error}");
}

#[test]
fn gzip_is_known_by_its_bytes_not_its_name() {
    let content = "Date,open,high,low,close,volume\n2020-01-01,10,12.5,9,11,3.25\n";
    assert_eq!(read_file("bars.csv", gzip(content.as_bytes())), Ok(vec![BAR]));
    assert_eq!(read_file("bars.csv.gz", content), Ok(vec![BAR]));
    let (names, rows) = content.split_at(20);
    let members = [gzip(names.as_bytes()), gzip(rows.as_bytes())].concat();
    assert_eq!(read_file("bars.csv.gz", members), Ok(vec![BAR]));
}

#[test]
fn a_gzip_file_cut_short_is_refused() {
    let mut content = "Date,open,high,low,close\n".to_owned();
    for idx in 0..20_000 {
        let price = 100 + idx * 7919 % 1000;
        let time = 1_577_836_800 + idx * 60;
        writeln!(content, "{time},{price},{price},{price},{price}").unwrap();
    }
    let packed = gzip(content.as_bytes());
    let error = read_file("bars.csv.gz", &packed[..packed.len() - 9]).unwrap_err();
    assert!(
        error.ends_with("bars: its packed stream has no end; copy or download it again"),
        "{error}"
    );
    let error = read_file("bars.csv.gz", &packed[..5]).unwrap_err();
    insta::assert_snapshot!(wrapped(error), @r"
    `bars.csv.gz` is cut short after 0 bars: its packed stream has no end;
    copy or download it again
    ");
}

#[test]
fn a_damaged_gzip_file_is_refused_after_its_last_bar() {
    let mut packed = gzip(b"Date,open,high,low,close\n2020-01-01,1,1,1,1\n");
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    insta::assert_snapshot!(wrapped(read_file("bars.csv.gz", packed).unwrap_err()), @r"
    `bars.csv.gz` is damaged after 1 bar: corrupt gzip stream does not have
    a matching checksum; copy or download it again
    ");
}

#[test]
fn a_missing_file_is_named_with_the_remedy() {
    let error = BarSource::open("data/none.csv", Path::new("/root-of-all")).unwrap_err();
    insta::assert_snapshot!(wrapped(error), @r"
    there is no file `/root-of-all/data/none.csv`; name a CSV file of bars,
    or `builtin:btcusd_30m` for the built-in data
    ");
}

#[test]
fn an_unknown_built_in_name_is_refused() {
    let error = BarSource::open("builtin:gold", Path::new("/")).unwrap_err();
    insta::assert_snapshot!(
        wrapped(error),
        @"no built-in data `builtin:gold`; there is `builtin:btcusd_30m`"
    );
}

#[test]
fn a_folder_is_no_file() {
    let folder = TempDir::new().unwrap();
    let source = || BarSource::open(".", folder.path()).unwrap();
    let error = source().symbols().unwrap_err().to_string();
    assert!(error.ends_with("for each symbol, or name a folder in it"), "{error}");
    for name in ["A.csv", "B.csv"] {
        fs::write(folder.path().join(name), with_row("2020-01-02,1,1,1,1,1")).unwrap();
    }
    let error = source().read().err().unwrap().to_string();
    insta::assert_snapshot!(wrapped(error), @r"
    `.` holds several symbols, which only `train` and `predict` take;
    choose one by `--symbol NAME`, or name one file
    ");
}

#[test]
fn each_pass_begins_anew() {
    let source = test_data("eurusd_1h.csv.gz");
    let first: Vec<Bar> = source.read().unwrap().take(10).map(Result::unwrap).collect();
    let second: Vec<Bar> = source.read().unwrap().take(10).map(Result::unwrap).collect();
    assert_eq!(first, second);
}
