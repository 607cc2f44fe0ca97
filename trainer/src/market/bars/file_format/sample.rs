//! A sample of the first rows of a file, split into cells.

use std::io::Read;

use crate::market::bars::input::Place;
use crate::market::bars::rows::Rows;

/// The first rows of a file.
#[derive(Debug)]
pub(in crate::market::bars) struct Sample {
    pub(in crate::market::bars) rows: Vec<SampleRow>,
    /// Whether these are all rows of the file.
    pub(in crate::market::bars) is_all: bool,
}

/// A row of the sample, and its place in the file.
#[derive(Debug)]
pub(in crate::market::bars) struct SampleRow {
    pub(in crate::market::bars) place: Place,
    pub(in crate::market::bars) cells: Vec<String>,
}

/// Returns the cells of the next row that is neither blank nor a comment;
/// `None` at the end or after an error.
pub(in crate::market::bars) fn next_cells<R: Read>(rows: &mut Rows<R>) -> Option<Vec<String>> {
    loop {
        match rows.advance() {
            Ok(true) if rows.row().is_blank_or_comment() => {}
            Ok(true) => break,
            Ok(false) | Err(_) => return None,
        }
    }
    let text = |cell: &[u8]| String::from_utf8_lossy(cell.trim_ascii()).into_owned();
    Some(rows.row().iter().map(text).collect())
}
