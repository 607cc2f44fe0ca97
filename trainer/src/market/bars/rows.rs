//! Splits CSV text into rows, one at a time, without copying.
//!
//! Plain lines are scanned eight bytes at a time. Rows with quotes are
//! parsed by `csv_core` as in RFC 4180; they may have several lines.

mod row;
mod split;

use std::io::{self, ErrorKind, Read};

use csv_core::{ReadRecordResult, ReaderBuilder, Terminator};

pub(crate) use row::Row;
pub(super) use split::{EACH, marks};
use split::{LineScan, split};

/// The size of the buffer at first.
const BUFFER_BYTES: usize = 1 << 16;
/// The longest row, so that a quote without an end cannot fill memory.
const ROW_BYTES_MAX: usize = 1 << 20;
/// The size of the buffer for a row with quotes at first.
const N_UNQUOTED_BYTES: usize = 1 << 10;
/// The number of fields of such a row at first.
const N_FIELDS: usize = 64;

/// Reads the rows of a text. Empty lines are skipped.
pub(crate) struct Rows<R> {
    reader: R,
    delimiter: u8,
    buffer: Vec<u8>,
    /// The begin of the bytes in `buffer` that are not consumed.
    begin: usize,
    /// The end of the bytes in `buffer`.
    end: usize,
    /// The number of newlines before `begin`.
    n_lines: u64,
    row: RowPosition,
    /// The end of each field in the text of the row.
    ends: Vec<usize>,
    unquoter: csv_core::Reader,
    /// The fields of a row with quotes, unquoted and concatenated.
    unquoted: Vec<u8>,
    /// The number of lines of the current row.
    n_row_lines: u64,
    is_at_end: bool,
}

/// The position of the current row.
#[derive(Debug, Clone, Copy)]
struct RowPosition {
    /// The line on which it begins, from 1.
    line: u64,
    text: RowText,
}

/// Where the text of the current row is.
#[derive(Debug, Clone, Copy)]
enum RowText {
    /// In `buffer`, from this index on.
    Buffer(usize),
    /// In `unquoted`.
    Unquoted,
}

impl<R: Read> Rows<R> {
    pub(crate) fn new(reader: R, delimiter: u8) -> Self {
        Self {
            reader,
            delimiter,
            buffer: vec![0; BUFFER_BYTES],
            begin: 0,
            end: 0,
            n_lines: 0,
            row: RowPosition { line: 1, text: RowText::Unquoted },
            ends: Vec::new(),
            unquoter: ReaderBuilder::new()
                .delimiter(delimiter)
                .terminator(Terminator::Any(b'\n'))
                .build(),
            unquoted: vec![0; N_UNQUOTED_BYTES],
            n_row_lines: 1,
            is_at_end: false,
        }
    }

    /// Advances to the next row; returns false at the end. Fails on a row
    /// of more than 1 MiB, and on a quote without an end.
    #[inline]
    pub(crate) fn advance(&mut self) -> io::Result<bool> {
        loop {
            self.ends.clear();
            let found = split(&self.buffer[self.begin..self.end], self.delimiter, &mut self.ends);
            match found {
                LineScan::Line(0) => {
                    self.begin += 1;
                    self.n_lines += 1;
                }
                LineScan::Line(n_bytes) => {
                    let text = RowText::Buffer(self.begin);
                    self.begin += n_bytes + 1;
                    self.n_lines += 1;
                    self.row = RowPosition { line: self.n_lines, text };
                    self.n_row_lines = 1;
                    return Ok(true);
                }
                LineScan::Quote => return self.advance_quoted().map(|()| true),
                LineScan::Incomplete => {
                    if self.fill()? == 0 {
                        return self.advance_last();
                    }
                }
            }
        }
    }

    /// Returns the current row.
    #[inline]
    pub(crate) fn row(&self) -> Row<'_> {
        let (text, gap) = match self.row.text {
            RowText::Buffer(begin) => (&self.buffer[begin..], 1),
            RowText::Unquoted => (self.unquoted.as_slice(), 0),
        };
        Row { text, ends: &self.ends, gap }
    }

    /// Returns the line on which the current row begins, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.row.line
    }

    /// Returns the number of lines of the current row.
    pub(crate) fn n_row_lines(&self) -> u64 {
        self.n_row_lines
    }

    /// Whether the current row is the last; its fields are lost.
    #[cold]
    pub(crate) fn is_last_row(&mut self) -> bool {
        self.ends.clear();
        loop {
            if !self.buffer[self.begin..self.end].trim_ascii().is_empty() {
                return false;
            }
            if !self.fill().is_ok_and(|n_bytes| n_bytes > 0) {
                return true;
            }
        }
    }

    pub(crate) fn get_ref(&self) -> &R {
        &self.reader
    }

    /// Advances to a last row without a newline.
    #[cold]
    fn advance_last(&mut self) -> io::Result<bool> {
        if self.begin == self.end {
            return Ok(false);
        }
        self.make_room();
        self.buffer[self.end] = b'\n';
        self.end += 1;
        self.advance()
    }

    /// Advances to a row with a quote on its first line. Fails if the quote
    /// is never closed.
    #[cold]
    fn advance_quoted(&mut self) -> io::Result<()> {
        let (mut n_read, mut n_written, mut n_ends) = (0, 0, 0);
        self.ends.resize(N_FIELDS, 0);
        loop {
            // An empty input means the end of the text to `csv_core`.
            let input = &self.buffer[self.begin + n_read..self.end];
            let (output, ends) = (&mut self.unquoted[n_written..], &mut self.ends[n_ends..]);
            let (result, read, written, ended) = self.unquoter.read_record(input, output, ends);
            (n_read, n_written, n_ends) = (n_read + read, n_written + written, n_ends + ended);
            match result {
                ReadRecordResult::InputEmpty => {
                    self.fill()?;
                }
                ReadRecordResult::OutputFull => self.unquoted.resize(2 * self.unquoted.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        self.ends.truncate(n_ends);
        self.row = RowPosition { line: self.n_lines + 1, text: RowText::Unquoted };
        let bytes = &self.buffer[self.begin..self.begin + n_read];
        let count = |sign: u8| bytes.split(|&byte| byte == sign).count() as u64 - 1;
        self.n_row_lines = count(b'\n').max(1);
        let is_open = self.n_row_lines > 1 && self.is_at_end && count(b'"') % 2 == 1;
        self.n_lines += count(b'\n');
        self.begin += n_read;
        if is_open {
            let line = self.row.line;
            return Err(invalid(&format!(
                "has a quote in line {line} that is never closed; delete it"
            )));
        }
        Ok(())
    }

    /// Reads more bytes; returns their number, 0 at the end of the text.
    #[cold]
    fn fill(&mut self) -> io::Result<usize> {
        if self.is_at_end {
            return Ok(0);
        }
        if self.end - self.begin >= ROW_BYTES_MAX {
            return Err(invalid(
                "has a row of more than 1 MiB; look for a quote that is not closed",
            ));
        }
        self.make_room();
        loop {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(n_bytes) => {
                    self.end += n_bytes;
                    self.is_at_end = n_bytes == 0;
                    return Ok(n_bytes);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes room for more bytes in the buffer.
    fn make_room(&mut self) {
        self.buffer.copy_within(self.begin..self.end, 0);
        (self.begin, self.end) = (0, self.end - self.begin);
        if self.buffer.len() - self.end < BUFFER_BYTES / 2 {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
    }
}

fn invalid(problem: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, problem)
}
