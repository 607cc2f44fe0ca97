//! A sample of the first rows of a file, split into cells.

use std::io::Read;

use crate::market::bars::input::Place;
use crate::market::bars::rows::Rows;

/// The first rows of a file.
#[derive(Debug)]
pub(in crate::market::bars) struct Sample {
    pub(in crate::market::bars) rows: Vec<SampleRow>,
    /// The cells of the comment right above the first row.
    pub(in crate::market::bars) comment: Option<Vec<String>>,
    /// Whether a cell was no UTF-8, and was taken for Latin-1.
    pub(in crate::market::bars) is_latin: bool,
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
    next_cells_and_comment(rows).map(|(cells, _)| cells)
}

/// Returns the cells of the next row that is not blank, and of the
/// comment before it.
pub(in crate::market::bars) fn next_cells_and_comment<R: Read>(
    rows: &mut Rows<R>,
) -> Option<(Vec<String>, Option<Vec<String>>)> {
    let mut comment = None;
    loop {
        match rows.advance() {
            Ok(true) if rows.row().is_blank() => {}
            Ok(true) if rows.row().is_blank_or_comment() => comment = Some(cells_of(rows)),
            Ok(true) => return Some((cells_of(rows), comment)),
            Ok(false) | Err(_) => return None,
        }
    }
}

fn cells_of<R: Read>(rows: &Rows<R>) -> Vec<String> {
    rows.row().iter().map(|cell| text_of(cell.trim_ascii())).collect()
}

/// Returns text that is UTF-8, or else Latin-1.
fn text_of(cell: &[u8]) -> String {
    match std::str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        Err(_) => cell.iter().map(|&byte| char::from(byte)).collect(),
    }
}
