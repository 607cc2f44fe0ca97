//! Columns that are read beside the bars.

use std::fs;

use tempfile::TempDir;
use trainer::market::bars::{BarReader, BarSource, Reading};

use super::{gzip, wrapped};

const HEADER: &str = "time,open,high,low,close,volume,sentiment,alpha_1,alpha_2,note";

/// A file of two bars, with `cells` beside them.
fn file(cells: [&str; 2]) -> String {
    let row = |day: usize| format!("2020-01-0{day},10,12.5,9,11,3.25,{}", cells[day - 1]);
    format!("{HEADER}\n{}\n{}\n", row(1), row(2))
}

/// Returns the numbers in the columns that `patterns` name, or the error.
fn read(content: impl AsRef<[u8]>, patterns: &[&str]) -> Result<Vec<Vec<f64>>, String> {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("bars.csv"), content).unwrap();
    let read = || -> anyhow::Result<Vec<Vec<f64>>> {
        let source = BarSource::open("bars.csv", folder.path())?;
        let patterns: Vec<String> = patterns.iter().map(|&name| name.to_owned()).collect();
        let mut bars = source.clone().with_columns(&source.find_columns(&patterns)?).read()?;
        let mut rows = Vec::new();
        while let Some(bar) = bars.next() {
            bar?;
            rows.push(bars.columns().to_vec());
        }
        Ok(rows)
    };
    read().map_err(|error| wrapped(format!("{error:#}")))
}

#[test]
fn columns_come_in_the_order_in_which_they_are_named() {
    let bars = file(["0.5,1,-2,x", "0.25,3,4e-1,y"]);
    let expected = Ok(vec![vec![-2.0, 0.5], vec![0.4, 0.25]]);
    assert_eq!(read(&bars, &["alpha_2", "sentiment"]), expected);
    assert_eq!(read(gzip(bars.as_bytes()), &["alpha_2", "sentiment"]), expected);
    assert_eq!(read(&bars, &[]), Ok(vec![vec![], vec![]]));
}

#[test]
fn a_star_stands_for_any_text_and_names_no_part_of_a_bar() {
    let bars = file(["0.5,1,-2,7", "0.25,3,4e-1,8"]);
    assert_eq!(read(&bars, &["alpha_*"]).unwrap()[0], [1.0, -2.0]);
    assert_eq!(read(&bars, &["*"]).unwrap()[1], [0.25, 3.0, 0.4, 8.0]);
    assert_eq!(read(&bars, &["alpha_2", "*a*_*", "*"]).unwrap()[0], [-2.0, 1.0, 0.5, 7.0]);
    insta::assert_snapshot!(read(&bars, &["beta_*"]).unwrap_err(), @r"
    `bars.csv` has no further column that fits `beta_*`, as
    `features.columns` has it; beside the bars it has `sentiment`,
    `alpha_1`, `alpha_2`, `note`
    ");
}

#[test]
fn a_column_that_is_not_there_is_told_with_those_that_are() {
    insta::assert_snapshot!(read(file(["1,1,1,1", "1,1,1,1"]), &["sentimnt"]).unwrap_err(), @r"
    `bars.csv` has no column `sentimnt`, which is to be a feature (did you
    mean `sentiment`?); found `time`, `open`, `high`, `low`, `close`,
    `volume`, `sentiment`, `alpha_1`, `alpha_2`, `note`; add it to the
    bars, or take it out of `features.columns`
    ");
    let twice = file(["1,1,1,1", "1,1,1,1"]).replace("alpha_2", "alpha_1");
    insta::assert_snapshot!(read(twice, &["alpha_1"]).unwrap_err(), @r"
    `bars.csv` has 2 columns `alpha_1`, which is to be a feature; rename
    all but one of them
    ");
}

#[test]
fn a_cell_without_a_finite_number_is_told_with_its_place() {
    let error = |cell: &str| {
        let second = format!("0.25,{cell},0,y");
        read(file(["0.5,1,-2,x", &second]), &["alpha_1"]).unwrap_err()
    };
    insta::assert_snapshot!(error(""), @r"
    `bars.csv` line 3, column `alpha_1`: `` is empty, and a feature must be
    known at each bar's close: delete the rows before its first value, and
    fill later ones with the last known value
    ");
    let lines = |cell: &str| error(cell).replace('\n', " ");
    assert!(lines("inf").contains("line 3, column `alpha_1`: `inf` is not a finite number, as"));
    assert!(lines("NaN").contains("`NaN` is not a finite number, as a feature must be"));
    assert!(lines("n/a").contains("`n/a` is not a number; write digits and a decimal point"));
}

#[test]
fn a_stream_gives_its_columns_too() {
    let bars = file(["0.5,1,-2,x", "0.25,3,4e-1,y"]);
    let stream = std::io::Cursor::new(bars.into_bytes());
    let names = ["sentiment".to_owned()];
    let mut bars =
        BarReader::of_stream(stream, &Reading::default()).unwrap().with_columns(&names).unwrap();
    bars.next().unwrap().unwrap();
    assert_eq!(bars.columns(), [0.5]);
}
