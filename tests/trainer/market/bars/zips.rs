//! Zip files of several tables are what the folder of them would be.

use std::fs::File;
use std::io::Write as _;

use tempfile::TempDir;
use trainer::market::bars::{Bar, BarSource, BarsConfig};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const NAMES: &str = "date,open,high,low,close,volume\n";
const FIRST: &str = "2020-01-06,1,3,1,2,5\n2020-01-07,2,4,2,3,6\n2020-01-08,3,5,2,4,7\n";
const SECOND: &str = "2020-01-09,4,5,3,4,8\n2020-01-10,4,6,4,5,9\n2020-01-13,5,7,4,6,5\n";

fn zipped(tables: &[(&str, String)]) -> (TempDir, BarSource) {
    let folder = TempDir::new().unwrap();
    let mut zip = ZipWriter::new(File::create(folder.path().join("bars.zip")).unwrap());
    for (name, content) in tables {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let source = BarSource::open("bars.zip", folder.path()).unwrap();
    (folder, source)
}

fn bars(source: &BarSource) -> Vec<Bar> {
    source.read().unwrap().map(Result::unwrap).collect()
}

#[track_caller]
fn check_parts(first: (&str, String), second: (&str, String)) {
    let (_folder, source) = zipped(&[second, first]);
    let read = bars(&source);
    let closes: Vec<f64> = read.iter().map(|bar| bar.close).collect();
    assert_eq!(closes, [2.0, 3.0, 4.0, 4.0, 5.0, 6.0]);
    assert_eq!(source.summarize().unwrap().n_bars, 6);
    assert!(source.symbols().unwrap().is_empty());
}

#[test]
fn parts_follow_each_other_by_their_times() {
    let (first, second) = (format!("{NAMES}{FIRST}"), format!("{NAMES}{SECOND}"));
    let turned = |rows: &str| {
        let lines: Vec<&str> = rows.lines().rev().collect();
        format!("{NAMES}{}\n", lines.join("\n"))
    };
    check_parts(("BTC-2020-01.csv", first.clone()), ("BTC-2020-02.csv", second.clone()));
    check_parts(("BTC-part9.csv", first.clone()), ("BTC-part10.csv", second.clone()));
    check_parts(("BTC_Jan_2020.csv", first.clone()), ("BTC_Feb_2020.csv", second.clone()));
    check_parts(("BTC-2020-01.csv", turned(FIRST)), ("BTC-2020-02.csv", turned(SECOND)));
    // Each part has its own order of columns.
    let other = "date,close,high,low,open,volume\n2020-01-09,4,5,3,4,8\n2020-01-10,5,6,4,4,9\n\
                 2020-01-13,6,7,4,5,5\n";
    check_parts(("BTC-2020-01.csv", first.clone()), ("BTC-2020-02.csv", other.to_owned()));
    check_parts(("BTC-2020-01.csv", FIRST.to_owned()), ("BTC-2020-02.csv", SECOND.to_owned()));
}

#[test]
fn symbols_are_those_of_the_files() {
    let table = format!("{NAMES}{FIRST}");
    let (_folder, source) =
        zipped(&[("a/600000.csv", table.clone()), ("a/600001.csv", table.clone())]);
    let names: Vec<String> =
        source.symbols().unwrap().into_iter().map(|symbol| symbol.symbol).collect();
    assert_eq!(names, ["600000", "600001"]);
    let one = BarsConfig { symbol: Some("600001".to_owned()), ..BarsConfig::default() };
    assert_eq!(bars(&source.with_config(&one)).len(), 3);
    // They are there as long as one is read.
    let (_folder, source) = zipped(&[("A.csv", table.clone()), ("B.csv", table)]);
    let symbols = source.symbols().unwrap();
    drop(source);
    assert_eq!(bars(&symbols[1].source).len(), 3);
}

#[test]
fn what_is_no_portfolio_is_refused() {
    let table = format!("{NAMES}{FIRST}");
    let tables = [("BTC-1d.csv", table.clone()), ("BTC-4h.csv", table.clone())];
    let (_folder, source) = zipped(&tables);
    let error = format!("{:#}", source.symbols().unwrap_err());
    assert!(error.contains("`--symbol 'BTC-4h'`"), "{error}");
    let one = BarsConfig { symbol: Some("BTC-4h".to_owned()), ..BarsConfig::default() };
    assert_eq!(bars(&source.with_config(&one)).len(), 3);
    let (_folder, source) =
        zipped(&[("ESH0.csv", table), ("ESM0.csv", format!("{NAMES}{SECOND}"))]);
    let error = format!("{:#}", source.summarize_all().unwrap_err());
    assert!(error.contains("follow each other in time"), "{error}");
}

#[test]
fn a_table_in_a_zip_may_be_packed_itself() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("bars.zip");
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    zip.start_file("bars.csv.gz", SimpleFileOptions::default()).unwrap();
    zip.write_all(&super::gzip(format!("{NAMES}{FIRST}").as_bytes())).unwrap();
    zip.finish().unwrap();
    let read = || BarSource::open("bars.zip", folder.path()).unwrap().read();
    assert_eq!(read().unwrap().count(), 3);
    let inner = std::fs::read(&path).unwrap();
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    zip.start_file("inner", SimpleFileOptions::default()).unwrap();
    zip.write_all(&inner).unwrap();
    zip.finish().unwrap();
    let error = read().err().unwrap().to_string();
    assert!(error.contains("is a zip file in a zip file"), "{error}");
}

#[test]
fn no_table_of_a_zip_is_lost() {
    let rows = |rows: &str| format!("{NAMES}{rows}");
    let (_folder, source) = zipped(&[("a.csv", rows(FIRST)), ("a.txt", rows(SECOND))]);
    let error = source.summarize().unwrap_err().to_string();
    assert!(error.contains("are both of the symbol `a`"), "{error}");
    let (folder, _) = zipped(&[("a.csv", rows(FIRST))]);
    let path = folder.path().join("bars.zip");
    let zip = std::fs::read(&path).unwrap();
    std::fs::write(&path, [&zip[..], &zip[..]].concat()).unwrap();
    let error = BarSource::open("bars.zip", folder.path()).unwrap().summarize().unwrap_err();
    assert!(error.to_string().contains("is several zip files, one behind the other"), "{error}");
}
