//! Files that follow each other in time, and symbols that should not.

use std::fmt::Write as _;

use trainer::market::bars::{Bar, BarSource};

use super::{HOUR_MS, START_MS, folder, warnings, wrapped};

fn rows(hours: std::ops::Range<i64>) -> String {
    let mut content = "time,open,high,low,close,volume\n".to_owned();
    for hour in hours {
        let price = 100 + hour % 7;
        writeln!(content, "{},{price},{price},{price},{price},{hour}", START_MS + hour * HOUR_MS)
            .unwrap();
    }
    content
}

fn bars(source: &BarSource) -> Vec<Bar> {
    source.read().unwrap().map(|bar| bar.unwrap()).collect()
}

#[test]
fn a_folder_of_months_is_one_series() {
    let (_one, whole) = folder(&[("BTC.csv", rows(0..90))]);
    let whole = bars(&whole.symbols().unwrap()[0].source);
    for names in [
        ["BTC-1h-2020-01.csv", "BTC-1h-2020-02.csv", "BTC-1h-2020-03.csv"],
        ["2019.csv", "2020.csv", "2021.csv"],
        ["BTC_20200101.csv", "BTC_20200201.csv", "BTC_20200301.csv"],
        ["BTC.2020-01.csv", "BTC.2020-02.csv", "BTC.2020-03.csv"],
        ["BTC.01.2020.csv", "BTC.02.2020.csv", "BTC.03.2020.csv"],
        ["BRK.B.2019.csv", "BRK.B.2020.csv", "BRK.B.2021.csv"],
        ["2020_01_BTC.csv", "2020_02_BTC.csv", "2020_03_BTC.csv"],
        ["btc_202001_1h.csv", "btc_202002_1h.csv", "btc_202003_1h.csv"],
        ["BTC-2020-Q1.csv", "BTC-2020-Q2.csv", "BTC-2020-Q4.csv"],
        ["Jan2020.csv", "Feb2020.csv", "Mar2020.csv"],
        ["january.csv", "february.csv", "march.csv"],
        [
            "BTC 2020-01-01 to 2020-01-31.csv",
            "BTC 2020-02-01 to 2020-02-29.csv",
            "BTC 2020-03-01 to 2020-03-31.csv",
        ],
        ["BTC_01-12-2020.csv", "BTC_01-13-2020.csv", "BTC_01-14-2020.csv"],
        ["BTC_200112.csv", "BTC_200113.csv", "BTC_200114.csv"],
        ["download.csv", "download (1).csv", "download (2).csv"],
        ["1.csv", "2.csv", "3.csv"],
        ["BTC (1).csv", "BTC (2).csv", "BTC (3).csv"],
        ["part-00000-0f3c.csv", "part-00001-0f3c.csv", "part-00002-0f3c.csv"],
        ["BTC-part9.csv", "BTC-part10.csv", "BTC-part12.csv"],
    ] {
        let parts = [rows(0..30), rows(30..60), rows(60..90)];
        let files: Vec<(&str, String)> = names.into_iter().zip(parts).collect();
        let (_folder, source) = folder(&files);
        assert!(source.symbols().unwrap().is_empty());
        assert!(!source.needs_partition().unwrap());
        assert_eq!(bars(&source), whole);
        let summary = source.summarize().unwrap();
        assert_eq!((summary.n_bars, summary.n_gaps), (90, 0));
        let lines = summary.read_report.unwrap().lines;
        assert!(lines.iter().any(|line| line.starts_with("3 files that follow")), "{lines:?}");
    }
}

#[test]
fn files_of_one_time_are_symbols_whatever_their_names() {
    for [one, other] in [
        ["2002.csv", "2027.csv"],
        ["ES1.csv", "ES2.csv"],
        ["BRK.A.csv", "BRK.B.csv"],
        ["MAR.csv", "DEC.csv"],
        ["EURUSD_M10_2021.csv", "GBPUSD_M10_2021.csv"],
    ] {
        let (_folder, source) = folder(&[(one, rows(0..30)), (other, rows(0..30))]);
        assert_eq!(source.symbols().unwrap().len(), 2, "{one}");
    }
}

#[test]
fn a_part_whose_volume_is_in_another_unit_is_told() {
    let in_thousandths = rows(30..60).replace('\n', "000\n").replacen("volume000", "volume", 1);
    let parts = |last: String| {
        let (first, few) = (rows(9..29), rows(29..30));
        [("BTC-2020-01.csv", first), ("BTC-2020-02.csv", few), ("BTC-2020-03.csv", last)]
    };
    let (_folder, source) = folder(&parts(in_thousandths));
    let told = warnings(&source);
    assert!(told[0].contains("BTC-2020-03.csv` are 2405 times those of"), "{told:?}");
    let (_folder, source) = folder(&parts(rows(30..60)));
    assert_eq!(warnings(&source), [""; 0]);
}

#[test]
fn a_copy_of_a_file_is_told() {
    let (_folder, source) = folder(&[("A.csv", rows(0..30)), ("A copy.csv", rows(0..30))]);
    let told = warnings(&source);
    assert!(told[0].contains("`A copy.csv` and `A.csv` have the same content"), "{told:?}");
    let (_folder, source) = folder(&[("A.csv", rows(0..30)), ("B.csv", rows(1..31))]);
    assert!(warnings(&source).is_empty());
}

#[test]
fn two_files_of_one_symbol_are_read_once_if_their_bars_are_the_same() {
    let packed = |hours| super::gzip(rows(hours).as_bytes());
    let read = |other: Vec<u8>| {
        let (folder, source) = folder(&[("A.csv", rows(0..30)), ("B.csv", rows(9..40))]);
        std::fs::write(folder.path().join("A.csv.gz"), other).unwrap();
        let symbols = source.symbols().map_err(|error| format!("{error:#}"));
        let told = symbols.map(|symbols| (symbols.len(), warnings(&source)));
        (folder, told).1
    };
    let (n_symbols, told) = read(packed(0..30)).unwrap();
    assert_eq!(n_symbols, 2);
    assert!(told[0].ends_with("A.csv.gz` have the same bars, which are read once"), "{told:?}");
    let error = read(packed(0..30)[..60].to_vec()).unwrap_err();
    assert!(error.contains("keep one, or rename it: `"), "{error}");
    assert!(!error.contains("their bars are not the same"), "{error}");
    let error = read(packed(0..29)).unwrap_err();
    assert!(error.contains("keep one, or rename it: their bars are not the same"), "{error}");
}

#[test]
fn intervals_of_one_symbol_are_no_symbols_whatever_follows_them() {
    let files = [("BTC-1h-2020-01.csv", rows(0..30)), ("BTC-4h-2020-01.csv", rows(0..29))];
    let (_folder, source) = folder(&files);
    let error = source.symbols().unwrap_err().to_string();
    assert!(error.contains("are one symbol in several intervals"), "{error}");
}

#[test]
fn rows_that_two_parts_have_in_common_are_read_once_if_they_are_the_same() {
    let files = [("BTC-2020-01.csv", rows(0..31)), ("BTC-2020-02.csv", rows(29..60))];
    let (_one, whole) = folder(&[("BTC.csv", rows(0..60))]);
    let (_folder, source) = folder(&files);
    assert_eq!(bars(&source), bars(&whole.symbols().unwrap()[0].source));
    let summary = source.summarize().unwrap();
    assert_eq!((summary.n_bars, summary.n_gaps), (60, 0));
    let lines = summary.read_report.unwrap().lines;
    assert!(lines.contains(&"2 bars in two files, the same in both".to_owned()), "{lines:?}");
    let other = rows(29..60).replacen(",29\n", ",28\n", 1);
    let (_folder, source) = folder(&[("BTC-2020-01.csv", rows(0..31)), ("BTC-2020-02.csv", other)]);
    let error = source.symbols().unwrap_err().to_string();
    assert!(error.contains("but have different bars at 2020-01-02 05:00:00"), "{error}");
}

#[test]
fn symbols_that_may_be_one_series_are_told() {
    for names in [
        ["CLF20.csv", "CLG20.csv"],
        ["CLF2020.csv", "CLG2020.csv"],
        ["CL_2020-05.csv", "CL_2020-06.csv"],
        ["BTC.csv", "BTC_2020-01.csv"],
        ["rb2401.csv", "rb2405.csv"],
        ["IF2403.csv", "IF2406.csv"],
        ["CF409.csv", "CF411.csv"],
        ["NQ 03-24.csv", "NQ 06-24.csv"],
        ["BTC-29MAR24.csv", "BTC-28JUN24.csv"],
    ] {
        let [one, other] = names;
        let (_folder, source) = folder(&[(one, rows(0..30)), (other, rows(9..40))]);
        let warnings = warnings(&source);
        assert!(warnings[0].contains("contracts, or parts, of one series"), "{warnings:?}");
    }
    for [one, other] in [
        ["2002.csv", "2027.csv"],
        ["BRK.A.csv", "BRK.B.csv"],
        ["HK0700.csv", "HK0939.csv"],
        ["sz301012.csv", "sz301123.csv"],
        ["HK1211.csv", "HK1810.csv"],
        ["DAX30.csv", "DAX40.csv"],
    ] {
        let (_folder, source) = folder(&[(one, rows(0..30)), (other, rows(9..40))]);
        assert_eq!(warnings(&source), [""; 0]);
    }
    // A contract has no bars after the month in which it expires.
    let march = [("CN2001.csv", rows(1440..1480)), ("CN2002.csv", rows(1450..1490))];
    assert_eq!(warnings(&folder(&march).1), [""; 0]);
}

#[test]
fn one_series_under_two_names_and_a_symbol_of_another_time_are_told() {
    let column = |symbols: &[(&str, std::ops::Range<i64>)]| {
        let mut content = "symbol,time,open,high,low,close,volume\n".to_owned();
        for (symbol, hours) in symbols {
            for row in rows(hours.clone()).lines().skip(1) {
                writeln!(content, "{symbol},{row}").unwrap();
            }
        }
        let (folder, _) = folder(&[("bars.csv", content)]);
        warnings(&BarSource::open("bars.csv", folder.path()).unwrap())
    };
    let same = column(&[("BTC-USD", 0..40), ("XBTUSD", 0..40)]);
    assert!(same[0].contains("`BTC-USD` and `XBTUSD` have the same number of bars"), "{same:?}");
    let lone = column(&[("A", 0..40), ("B", 20..60), ("C", 90..120)]);
    assert!(lone[0].contains("`C` has no time in common with another symbol"), "{lone:?}");
    assert_eq!(column(&[("A", 0..40), ("B", 20..60), ("C", 59..120)]), [""; 0]);
}

#[test]
fn other_intervals_are_told_of_symbols_and_refused_in_a_series() {
    let slow = |first: i64| {
        let is_kept = |row: &(usize, &str)| row.0 == 0 || row.0 % 4 == 1;
        let all = rows(first..first + 60);
        all.lines().enumerate().filter(is_kept).map(|row| row.1.to_owned() + "\n").collect()
    };
    let (_folder, source) = folder(&[("A.csv", rows(0..60)), ("B.csv", slow(0))]);
    let told = warnings(&source);
    assert!(told[0].contains("has bars of 1 h and") && told[0].contains("of 4 h"));
    let (_folder, source) = folder(&[("A_2020-01.csv", rows(0..60)), ("A_2020-02.csv", slow(60))]);
    let error = source.symbols().unwrap_err().to_string();
    assert!(error.contains("the first has bars of 1 h and the second of 4 h"), "{error}");
}

#[test]
fn what_lies_beside_the_parts_is_left_out() {
    let (folder, source) = folder(&[
        ("A_2020-01.csv", rows(0..30)),
        ("A_2020-02.csv", rows(30..60).replace(",volume", ",x").replace("time", "Time")),
        ("A_2020-03.csv", String::new()),
        ("A_2020-04.csv", rows(0..0)),
        ("A_2020-01.csv.CHECKSUM", "0a1b A_2020-01.csv\n".to_owned()),
        ("README.md", "hello".to_owned()),
    ]);
    assert_eq!(bars(&source).len(), 60);
    assert_eq!(
        warnings(&source),
        [
            "left out, since there are no bars in it: `A_2020-03.csv`, `A_2020-04.csv`".to_owned(),
            format!(
                "`{}`: no column is the volume, which counts as 0 there",
                folder.path().join("A_2020-02.csv").display()
            ),
        ]
    );
}

#[test]
fn contracts_that_follow_each_other_are_no_portfolio() {
    let (_folder, source) = folder(&[("ESH20.csv", rows(0..30)), ("ESM20.csv", rows(30..60))]);
    let error = source.summarize_all().unwrap_err();
    assert!(error.to_string().contains("follow each other in time"), "{error}");
    let column = "time,symbol,open,high,low,close\n2020-01-01,A,1,1,1,1\n2020-01-02,A,1,1,1,1\n\
                  2020-01-03,B,1,1,1,1\n2020-01-04,B,1,1,1,1\n";
    let (folder, _) = folder(&[("bars.csv", column.to_owned())]);
    let source = BarSource::open("bars.csv", folder.path()).unwrap();
    let error = source.summarize_all().unwrap_err();
    insta::assert_snapshot!(wrapped(error), @r"
    `A` and `B` follow each other in time without overlap: parts of one
    series, or contracts, are not symbols of a portfolio; read one of them
    by `--symbol NAME`, or write them to one file, with the prices of
    contracts adjusted at each change of contract, and read that by
    `--column symbol=`
    ");
}

#[test]
fn files_named_by_the_month_that_their_contract_ends_in_are_never_joined() {
    let month = |first_day: i64| rows(24 * first_day..24 * (first_day + 30));
    // From 2020-01-01 and from 2020-02-01 on.
    let contracts = [("ES_202002.csv", month(0)), ("ES_202003.csv", month(31))];
    let (_folder, source) = folder(&contracts);
    let error = source.summarize_all().unwrap_err().to_string();
    assert!(error.contains("follow each other in time"), "{error}");
    let parts = [("ES_202001.csv", month(0)), ("ES_202002.csv", month(31))];
    let (_folder, source) = folder(&parts);
    assert_eq!(source.summarize_all().unwrap().n_bars, 2 * 30 * 24);
}

#[test]
fn a_zip_of_parts_is_one_series_and_one_of_symbols_is_a_folder() {
    let zip = |files: &[(&str, String)]| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            std::io::Write::write_all(&mut writer, content.as_bytes()).unwrap();
        }
        super::read_file("bars.zip", writer.finish().unwrap().into_inner())
    };
    let note = ("README.txt", "Prices of made-up things, by nobody.\n".to_owned());
    let hidden = ("__MACOSX/._A-2020-01.csv", "\u{1}".to_owned());
    let parts = [("A-2020-01.csv", rows(0..30)), ("A-2020-02.csv", rows(30..60)), note, hidden];
    assert_eq!(zip(&parts).unwrap().len(), 60);
    for names in [["ES_202003.csv", "ES_202006.csv"], ["600000.csv", "600004.csv"]] {
        let error = zip(&[(names[0], rows(0..30)), (names[1], rows(30..60))]).unwrap_err();
        assert!(error.contains("choose one by `--symbol NAME`"), "{error}");
    }
    let error = zip(&[("ESH20.csv", rows(0..30)), ("ESM20.csv", rows(30..60))]).unwrap_err();
    insta::assert_snapshot!(wrapped(error), @r"
    `bars.zip` holds several symbols, which only `train` and `predict`
    take; choose one by `--symbol NAME`, or name one file
    ");
}

#[test]
fn one_symbol_in_two_spellings_is_told() {
    let (_folder, source) = folder(&[("BTC-USDT.csv", rows(0..30)), ("BTCUSDT.csv", rows(0..30))]);
    let error = source.symbols().unwrap_err().to_string();
    assert!(error.contains("`BTC-USDT` and `BTCUSDT` are spelt almost alike"), "{error}");
}
