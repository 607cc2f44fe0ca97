//! Turns a file's bytes into plain CSV text: unpacked, without a byte
//! order mark, with its separator known.
//!
//! What a file is comes from its first bytes, never from its name.

mod zstd;

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, ErrorKind, Read, Seek as _};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::parquet::{self, ParquetText};
pub(crate) use zstd::ZstdReader;

/// The longest first line, in bytes.
const FIRST_LINE_BYTES_MAX: usize = 1 << 16;

const GZIP: &[u8] = &[0x1f, 0x8b];

/// First bytes of what is not CSV, and what to do about it.
const FOREIGN_FORMATS: [(&[u8], &str); 9] = [
    (b"PK\x03\x04", "is a zip file or a spreadsheet; unpack it, or save it as CSV"),
    (parquet::MAGIC, "is a Parquet file, which cannot come as a stream; name the file itself"),
    (b"PARE", "is an encrypted Parquet file; write it without encryption"),
    (b"BZh", "is packed with bzip2; unpack it with `bunzip2`, or pack it with `gzip`"),
    (b"\xfd7zXZ", "is packed with xz; unpack it with `unxz`, or pack it with `gzip`"),
    (b"\xff\xfe", "is UTF-16 text; save it as UTF-8"),
    (b"\xfe\xff", "is UTF-16 text; save it as UTF-8"),
    (b"<!", "is a web page, not CSV; download the data itself"),
    (b"<html", "is a web page, not CSV; download the data itself"),
];

/// What a file's text was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Zstd,
    Parquet,
}

/// A row, as its file counts them: a line of CSV, a row of Parquet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Lines of text above the row, and one.
    pub(super) line: u64,
    pub(super) packing: Packing,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.packing {
            // The first line of its text holds the names.
            Packing::Parquet => write!(f, "row {}", self.line - 1),
            _ => write!(f, "line {}", self.line),
        }
    }
}

/// CSV text, and what its first line tells.
pub(super) struct Text {
    pub(super) reader: TextReader,
    /// `,`, `;` or a tab.
    pub(super) delimiter: u8,
    /// How many lines stand before the first that counts.
    pub(super) n_lines_skipped: u64,
}

/// The text itself.
pub(super) struct TextReader {
    inner: Box<dyn Read + Send>,
    packing: Packing,
}

impl TextReader {
    /// Returns what the text was taken from.
    pub(super) fn packing(&self) -> Packing {
        self.packing
    }
}

/// Opens the file at `path`, of any form that is understood.
pub(super) fn open_file(path: &Path) -> io::Result<Text> {
    let mut file = File::open(path)?;
    if is_parquet(&mut file)? {
        return text_of(Box::new(ParquetText::open(file)?), Packing::Parquet);
    }
    open(Box::new(file))
}

/// Returns whether `file` is Parquet, and stands at its start. A pipe
/// is not: there is no way back in it.
pub(super) fn is_parquet(file: &mut File) -> io::Result<bool> {
    if !file.metadata()?.is_file() {
        return Ok(false);
    }
    let mut start = Vec::new();
    file.take(parquet::MAGIC.len() as u64).read_to_end(&mut start)?;
    file.rewind()?;
    Ok(start == parquet::MAGIC)
}

/// Opens the `raw` bytes of a file, packed or not.
pub(super) fn open(raw: Box<dyn Read + Send>) -> io::Result<Text> {
    let (start, raw) = peek(raw, zstd::MAGIC.len() as u64)?;
    if start.starts_with(GZIP) {
        text_of(Box::new(MultiGzDecoder::new(raw)), Packing::Gzip)
    } else if start == zstd::MAGIC {
        text_of(Box::new(ZstdReader::new(raw)), Packing::Zstd)
    } else {
        text_of(raw, Packing::Plain)
    }
}

fn text_of(mut text: Box<dyn Read + Send>, packing: Packing) -> io::Result<Text> {
    let mut first_line = Vec::new();
    read_line(&mut *text, &mut first_line)?;
    let foreign = FOREIGN_FORMATS.iter().find(|(magic, _)| first_line.starts_with(magic));
    if let Some((_, remedy)) = foreign {
        return Err(io::Error::new(ErrorKind::InvalidData, *remedy));
    }
    if first_line.starts_with(b"\xef\xbb\xbf") {
        first_line.drain(..3);
    }
    let mut n_lines_skipped = 0;
    while is_preamble(&first_line) {
        let end = first_line
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(first_line.len(), |idx| idx + 1);
        first_line.drain(..end);
        n_lines_skipped += 1;
        read_line(&mut *text, &mut first_line)?;
    }
    let delimiter = detect_delimiter(&first_line);
    let inner = Box::new(Cursor::new(first_line).chain(text));
    Ok(Text { reader: TextReader { inner, packing }, delimiter, n_lines_skipped })
}

/// Returns the first `n_bytes`, if there are as many, and all of `raw`.
fn peek(
    mut raw: Box<dyn Read + Send>,
    n_bytes: u64,
) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut start = Vec::new();
    raw.by_ref().take(n_bytes).read_to_end(&mut start)?;
    Ok((start.clone(), Box::new(Cursor::new(start).chain(raw))))
}

/// Reads on until `text` holds a newline, if one comes.
fn read_line(reader: &mut dyn Read, text: &mut Vec<u8>) -> io::Result<()> {
    let mut block = [0; 4096];
    while !text.contains(&b'\n') {
        if text.len() > FIRST_LINE_BYTES_MAX {
            return Err(io::Error::new(
                ErrorKind::InvalidData,
                "has a first line of more than 64 KiB; it must be CSV text",
            ));
        }
        match reader.read(&mut block) {
            Ok(0) => break,
            Ok(n_bytes) => text.extend_from_slice(&block[..n_bytes]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A source's address, as one exchange archive puts it above the names,
/// or the separator, as spreadsheets do.
fn is_preamble(text: &[u8]) -> bool {
    let starts_with =
        |start: &[u8]| text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start));
    starts_with(b"http") || starts_with(b"www.") || starts_with(b"sep=")
}

fn detect_delimiter(text: &[u8]) -> u8 {
    let line = text.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut is_quoted = false;
    for &byte in line.unwrap_or_default() {
        is_quoted ^= byte == b'"';
        for (delimiter, count) in &mut counts {
            *count += usize::from(byte == *delimiter && !is_quoted);
        }
    }
    let mut best = counts[0];
    for candidate in &counts[1..] {
        if candidate.1 > best.1 {
            best = *candidate;
        }
    }
    best.0
}

impl Read for TextReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}
