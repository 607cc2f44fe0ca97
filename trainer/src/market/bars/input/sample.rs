//! Reads a sample of the first rows of a text, and puts them back.

use std::io::{self, Cursor, ErrorKind, Read};

use super::{Place, Text, sniff};
use crate::market::bars::columns::is_data;
use crate::market::bars::letters::decoded;
use crate::market::bars::rows::Rows;

/// The size of a sample.
const SAMPLE_BYTES: usize = 1 << 16;
/// Its maximum size, if it takes more to find a bar.
const SAMPLE_BYTES_MAX: usize = 1 << 22;
/// The number of bytes that are read at once.
const BLOCK_BYTES: usize = 1 << 12;
/// The most rows of a stream to wait for.
const N_STREAM_ROWS_MAX: usize = 12;

/// The first rows of a file.
#[derive(Debug)]
pub(in crate::market::bars) struct Sample {
    pub(in crate::market::bars) rows: Vec<SampleRow>,
    /// The cells of the comment directly above the first row.
    pub(in crate::market::bars) comment: Option<Vec<String>>,
    /// Whether a cell was not UTF-8, and was read as Latin-1.
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

impl Text {
    /// Returns the first rows, of a stream only up to the first bar. The
    /// reader then still starts at the first row.
    pub(in crate::market::bars) fn sample(&mut self, is_stream: bool) -> io::Result<Sample> {
        let mut bytes = Vec::new();
        let mut n_wanted = if is_stream { 1 } else { SAMPLE_BYTES };
        let sample = loop {
            let is_all = !self.read_more(&mut bytes, n_wanted)?;
            self.delimiter = sniff::delimiter(&bytes);
            let sample = self.rows_in(&bytes, is_all);
            let has_bar = sample.rows.iter().any(|row| is_data(&row.cells));
            let is_enough = if is_stream {
                has_bar || sample.rows.len() >= N_STREAM_ROWS_MAX || has_time(&sample)
            } else {
                sample.rows.len() > 1
            };
            if !is_all && !is_enough && bytes.len() > SAMPLE_BYTES_MAX && sample.rows.is_empty() {
                return Err(io::Error::new(
                    ErrorKind::InvalidData,
                    "has a line of more than 4 MiB, and so is no table of bars",
                ));
            }
            if is_all || is_enough || bytes.len() > SAMPLE_BYTES_MAX {
                // Without a bar, the error is the reason.
                if !has_bar && let Some(error) = self.reader.failure() {
                    return Err(error);
                }
                break sample;
            }
            n_wanted = if is_stream { bytes.len() + 1 } else { 2 * bytes.len() };
        };
        self.reader.put_back(bytes);
        Ok(sample)
    }

    /// Reads until there are `n_wanted` bytes; returns false at the end.
    fn read_more(&mut self, bytes: &mut Vec<u8>, n_wanted: usize) -> io::Result<bool> {
        let mut block = [0; BLOCK_BYTES];
        while bytes.len() < n_wanted {
            match self.reader.read(&mut block) {
                Ok(0) => return Ok(false),
                Ok(n_bytes) => bytes.extend_from_slice(&block[..n_bytes]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The rows before the error are read first.
                Err(error) if bytes.is_empty() => return Err(error),
                Err(error) => {
                    self.reader.fail_later(error);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn rows_in(&self, bytes: &[u8], is_all: bool) -> Sample {
        let mut rows = Rows::new(bytes, self.delimiter);
        let is_latin = std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some());
        let mut sample = Sample { rows: Vec::new(), comment: None, is_latin, is_all };
        loop {
            let is_first = sample.rows.is_empty();
            let comment = &mut sample.comment;
            let on_comment = |rows: &Rows<&[u8]>| {
                if is_first {
                    *comment = Some(cells_of(rows));
                }
            };
            let Some(cells) = next_cells_after(&mut rows, on_comment) else { break };
            let line = rows.line() + self.n_lines_skipped;
            let place = Place { line, packing: self.reader.packing() };
            sample.rows.push(SampleRow { place, cells });
        }
        // The last row may be incomplete.
        if !is_all && bytes.last() != Some(&b'\n') {
            sample.rows.pop();
        }
        sample
    }
}

/// Whether some row begins with a time: an error in it need not wait for
/// more rows.
fn has_time(sample: &Sample) -> bool {
    let is_time = |row: &SampleRow| {
        let first = row.cells[0].as_bytes();
        row.cells.len() > 4 && first.first().is_some_and(u8::is_ascii_digit)
    };
    sample.rows.iter().any(is_time)
}

impl super::TextReader {
    fn put_back(&mut self, bytes: Vec<u8>) {
        let inner = std::mem::replace(&mut self.inner, Box::new(io::empty()));
        self.inner = Box::new(Cursor::new(bytes).chain(inner));
    }

    /// Returns `error` to the reader after what was put back.
    fn fail_later(&mut self, error: io::Error) {
        self.failure = Some(error);
    }

    fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }
}

/// Returns the cells of the next row that is neither blank nor a comment;
/// `None` at the end or after an error.
pub(in crate::market::bars) fn next_cells<R: Read>(rows: &mut Rows<R>) -> Option<Vec<String>> {
    next_cells_after(rows, |_| {})
}

/// Does the same, and calls `on_comment` at each comment before that row.
fn next_cells_after<R: Read>(
    rows: &mut Rows<R>,
    mut on_comment: impl FnMut(&Rows<R>),
) -> Option<Vec<String>> {
    loop {
        match rows.advance() {
            Ok(true) if !rows.row().is_blank_or_comment() => return Some(cells_of(rows)),
            Ok(true) if rows.row().is_comment() => on_comment(rows),
            Ok(true) => {}
            Ok(false) | Err(_) => return None,
        }
    }
}

fn cells_of<R: Read>(rows: &Rows<R>) -> Vec<String> {
    rows.row().iter().map(|cell| decoded(cell.trim_ascii()).into_owned()).collect()
}
