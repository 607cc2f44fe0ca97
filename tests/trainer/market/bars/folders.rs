//! Folders of folders, and what lies in them beside bars.

use std::fmt::Write as _;
use std::fs;

use tempfile::TempDir;
use trainer::market::bars::{BarSource, BarsConfig};

use super::{HOUR_MS, START_MS, folder, warnings};

/// Bars whose prices are those of `symbol` alone.
fn table(symbol: u32) -> String {
    let mut content = "time,open,high,low,close,volume\n".to_owned();
    for hour in 0..30 {
        let price = f64::from(symbol) + f64::from(hour % 7) / 8.0;
        let time_ms = START_MS + i64::from(hour) * HOUR_MS;
        writeln!(content, "{time_ms},{price},{price},{price},{price},{hour}").unwrap();
    }
    content
}

/// A folder of tables with prices of their own.
fn tables(names: &[&str]) -> (TempDir, BarSource) {
    let files: Vec<_> = (100..).zip(names).map(|(symbol, name)| (*name, table(symbol))).collect();
    folder(&files)
}

fn symbols(source: &BarSource) -> Vec<String> {
    source.symbols().unwrap().into_iter().map(|symbol| symbol.symbol).collect()
}

fn left_out(source: &BarSource) -> Vec<String> {
    warnings(source).into_iter().filter(|warning| warning.starts_with("left out")).collect()
}

#[track_caller]
fn check(files: &[&str], expected: &[&str]) {
    let (_folder, source) = tables(files);
    assert_eq!(symbols(&source), expected);
    assert_eq!(left_out(&source), [""; 0]);
}

#[test]
fn files_of_all_depths_are_read() {
    check(&["A/a.csv", "B/sub/b.csv"], &["A-a", "B-sub-b"]);
    check(&["A/x.csv", "A/old/x.csv"], &["A-old-x", "A-x"]);
}

#[test]
fn a_folder_is_no_part_of_a_name_that_has_its_letters() {
    check(&["A/AB.csv", "B/AB.csv"], &["A-AB", "B-AB"]);
    check(&["BTC/BTC-USD.csv", "ETH/ETH.csv"], &["BTC-USD", "ETH"]);
    check(&["A/B/A-B.csv", "B/A/A-B.csv"], &["A-B-A-B", "B-A-A-B"]);
}

#[test]
fn days_in_folders_of_months_have_names_of_their_own() {
    let (_folder, source) = tables(&["1/11.csv", "1/12.csv", "11/11.csv", "12/12.csv"]);
    assert_eq!(source.symbols().unwrap().len(), 4);
}

#[cfg(unix)]
#[test]
fn links_to_folders_are_followed_once() {
    use std::os::unix::fs::symlink;

    let elsewhere = TempDir::new().unwrap();
    fs::write(elsewhere.path().join("b.csv"), table(100)).unwrap();
    let (folder, source) = folder(&[("ETH/e.csv", table(200))]);
    symlink(elsewhere.path(), folder.path().join("BTC")).unwrap();
    symlink(folder.path(), folder.path().join("ETH/up")).unwrap();
    assert_eq!(symbols(&source), ["BTC-b", "ETH-e"]);
}

#[cfg(unix)]
#[test]
fn files_of_any_name_are_read_and_links_to_nothing_are_not_passed_over() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;

    let (folder, source) = folder(&[("A.csv", table(100))]);
    fs::write(folder.path().join(OsStr::from_bytes(b"\xe9.csv")), table(200)).unwrap();
    assert_eq!(symbols(&source), ["A", "\u{fffd}"]);
    symlink("nothing", folder.path().join("B.csv")).unwrap();
    let source = BarSource::open("", folder.path()).unwrap();
    let error = source.symbols().unwrap_err().to_string();
    assert!(error.contains("B.csv` is no file, but a pipe or a link to nothing"), "{error}");
}

#[test]
fn partitions_are_parts_of_one_series_or_symbols_by_their_values() {
    let rows = |days: [u32; 2]| {
        let rows =
            days.map(|day| format!("2020-0{}-{:02},1,1,1,1,{day}\n", day / 31 + 1, day % 31));
        format!("time,open,high,low,close,volume\n{}", rows.concat())
    };
    let (_folder, source) = folder(&[
        ("year=2020/month=1/part-00000-ab.c000.csv", rows([6, 7])),
        ("year=2020/month=1/part-00001-cd.c000.csv", rows([8, 9])),
        ("year=2020/month=2/part-00000-ef.c000.csv", rows([34, 35])),
    ]);
    assert_eq!(symbols(&source), [""; 0]);
    assert_eq!(source.summarize().unwrap().n_bars, 6);
    check(&["symbol=A/x-0.csv", "symbol=B/x-0.csv"], &["A", "B"]);
    check(&["part1-AAPL-2020.csv", "part1-MSFT-2020.csv"], &["part1-AAPL-2020", "part1-MSFT-2020"]);
    check(&["CL=F/daily.csv", "GC=F/daily.csv"], &["CL=F-daily", "GC=F-daily"]);
}

#[test]
fn a_second_download_is_no_symbol() {
    for name in ["BTC-2020-01 (1).csv", "BTC-2020-01 - Copy.csv"] {
        let (_folder, source) = tables(&["BTC-2020-01.csv", name]);
        let warnings = warnings(&source).join("\n");
        assert!(warnings.contains("seem to be contracts, or parts, of one series"), "{warnings}");
    }
}

#[test]
fn a_note_hides_no_folders_and_files_do_with_a_warning() {
    let about = ("about.txt", "Bars of two markets\n".to_owned());
    let (_folder, source) = folder(&[about, ("A/a.csv", table(100)), ("B/b.csv", table(200))]);
    assert_eq!(symbols(&source), ["A-a", "B-b"]);
    assert_eq!(left_out(&source), ["left out, since there are no bars in it: `about.txt`"]);
    let (_folder, source) = folder(&[("B.csv", table(100)), ("old/b.csv", table(200))]);
    assert_eq!(
        left_out(&source),
        ["left out, since there are files beside them: the folders `old`"]
    );
}

#[test]
fn what_is_left_out_is_named_with_its_folder_and_is_no_copy() {
    let header = || "time,open,high,low,close\n".to_owned();
    let (_folder, source) =
        folder(&[("A/01.csv", header()), ("B/01.csv", header()), ("B/02.csv", table(100))]);
    let warnings = warnings(&source);
    assert_eq!(
        warnings[..1],
        ["left out, since there are no bars in it: `A-01.csv`, `B-01.csv`".to_owned()]
    );
    assert!(!warnings.iter().any(|warning| warning.contains("the same content")), "{warnings:?}");
}

#[test]
fn tables_are_known_by_their_rows() {
    let plain = || table(200);
    let euro = |text: &str| {
        let row = |line: &str| {
            let (cells, volume) = line.rsplit_once(',').unwrap();
            format!("{},{volume}", cells.replace(',', ",\u{20ac}"))
        };
        let rows: Vec<String> = text.lines().skip(1).map(row).collect();
        format!("time,open,high,low,close,volume\n{}\n", rows.join("\n"))
    };
    let (_folder, source) = folder(&[("A.csv", euro(&table(100))), ("B.csv", plain())]);
    assert_eq!(left_out(&source), [""; 0]);
    let names: String = (0..4000).fold("time".to_owned(), |names, idx| format!("{names},S{idx}"));
    let wide = format!("{names}\n2020-01-01{}\n", ",1".repeat(4000));
    let (_folder, source) = folder(&[("A.csv", wide), ("B.csv", plain())]);
    assert_eq!(symbols(&source), ["A", "B"]);
    let closes = "date,close\n2020-01-01,1\n2020-01-02,2\n".to_owned();
    let (_folder, source) = folder(&[("A.csv", closes), ("B.csv", plain())]);
    let one = BarsConfig { symbol: Some("A".to_owned()), ..BarsConfig::default() };
    assert_eq!(symbols(&source.with_config(&one)), [""; 0]);
    let (_folder, source) =
        folder(&[("BTC.xls", table(100).replace(',', "\t")), ("E.csv", plain())]);
    assert_eq!(symbols(&source), ["BTC", "E"]);
}
