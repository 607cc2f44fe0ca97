//! Turns the bytes of a file into CSV text: unpacked, in UTF-8 without a
//! byte order mark, with a known delimiter.
//!
//! The type of a file is decided by its first bytes, never by its name.

mod beside;
mod box_table;
mod encoding;
mod errors;
mod json;
mod lines;
mod place;
mod readers;
mod sample;
mod sniff;
mod whitespace;
mod zipped;
mod zstd;

use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};
use std::path::Path;

use bzip2::read::MultiBzDecoder;
use lzma_rust2::XzReader;

use super::letters::without_mark;
use super::parquet;
pub(super) use beside::{TABLES, flat_names, is_beside, may_have_bars};
pub(super) use box_table::is_type;
pub(super) use errors::{input_error, with_name};
pub use place::Place;
pub(super) use place::{Packing, container};
use readers::{DamageReader, GzipReader, SwapReader};
pub(super) use sample::{Sample, SampleRow, next_cells};
use sniff::{BZIP2, GZIP, XZ};
pub(super) use zipped::{Unpacked, unpack_several};
pub(crate) use zstd::ZstdReader;

/// The longest first line.
const FIRST_LINE_BYTES_MAX: usize = 1 << 16;
/// The longest one of very many columns.
const WIDE_LINE_BYTES_MAX: usize = 1 << 22;

/// CSV text, and what its first line says about it.
pub(super) struct Text {
    pub(super) reader: TextReader,
    /// As [`sniff::delimiter`] finds it, or a tab.
    pub(super) delimiter: u8,
    /// The number of lines before the header that were skipped.
    pub(super) n_lines_skipped: u64,
    /// Warnings about the file, such as that it is one page of several.
    pub(super) warnings: Vec<String>,
}

/// Reads the text.
pub(super) struct TextReader {
    inner: Box<dyn Read + Send>,
    packing: Packing,
    /// An error that occurred after the sample, returned when the reader
    /// gets there.
    failure: Option<io::Error>,
}

impl TextReader {
    /// Returns what the text was extracted from.
    pub(super) fn packing(&self) -> Packing {
        self.packing
    }
}

/// Opens the file at `path`, in any supported format.
pub(super) fn open_file(path: &Path) -> io::Result<Text> {
    let mut file = File::open(path)?;
    match container(&mut file)? {
        Some(Packing::Parquet) => text_of(parquet::open(file)?, Packing::Parquet),
        Some(_) => {
            let (table, warnings) = zipped::open(file)?;
            let mut text = open_zipped(table)?;
            text.warnings.extend(warnings);
            Ok(text)
        }
        None => open(Box::new(file)),
    }
}

/// Opens a file that was extracted from a zip file.
fn open_zipped(mut table: File) -> io::Result<Text> {
    match container(&mut table)? {
        Some(Packing::Parquet) => text_of(parquet::open(table)?, Packing::Parquet),
        Some(_) => Err(io::Error::new(
            ErrorKind::InvalidData,
            "is a zip file in a zip file; unpack it by `unzip 'NAME' -d bars`, and name the file in \
             that folder",
        )),
        None => {
            let mut text = open(Box::new(table))?;
            if text.reader.packing == Packing::Plain {
                text.reader.packing = Packing::Zip;
            }
            Ok(text)
        }
    }
}

/// Opens the bytes of a file, packed or not.
pub(super) fn open(raw: Box<dyn Read + Send>) -> io::Result<Text> {
    let (start, raw) = peek(raw, XZ.len() as u64)?;
    if start.starts_with(GZIP) {
        text_of(Box::new(GzipReader::new(raw)), Packing::Gzip)
    } else if zstd::is_frame(&start) {
        text_of(Box::new(ZstdReader::new(raw)), Packing::Zstd)
    } else if start.starts_with(BZIP2) {
        text_of(Box::new(MultiBzDecoder::new(raw)), Packing::Bzip2)
    } else if start.starts_with(XZ) {
        let inner = XzReader::new(BufReader::new(raw), true);
        text_of(Box::new(DamageReader { inner }), Packing::Xz)
    } else {
        text_of(raw, Packing::Plain)
    }
}

fn text_of(mut text: Box<dyn Read + Send>, packing: Packing) -> io::Result<Text> {
    let mut first_line = Vec::new();
    read_line(&mut *text, &mut first_line)?;
    if let Some(encoding) = encoding::encoding_of(&first_line) {
        let inner = Box::new(Cursor::new(first_line).chain(text));
        return text_of(Box::new(encoding::DecodingReader::new(inner, encoding)), packing);
    }
    if let (Some(program), Some(inner)) = (packing.program(), sniff::packed(&first_line)) {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            format!("is packed twice; unpack it once by `{program} -dc 'NAME' > bars.{inner}`"),
        ));
    }
    if let Some(remedy) = sniff::unsupported(&first_line) {
        return Err(io::Error::new(ErrorKind::InvalidData, remedy));
    }
    let n_mark_bytes = first_line.len() - without_mark(&first_line).len();
    first_line.drain(..n_mark_bytes);
    let script = json::script_start(&first_line);
    if script > 0 || json::is_json(&first_line) {
        first_line.drain(..script);
        let json = Cursor::new(first_line).chain(text);
        let json::CandleCsv { rows, warnings } = json::open(json, script > 0)?;
        let reader = TextReader { inner: Box::new(rows), packing: Packing::Json, failure: None };
        return Ok(Text { reader, delimiter: b',', n_lines_skipped: 0, warnings });
    }
    let swapped = match () {
        () if ends_in_cr(&first_line) => Some([b'\r', b'\n']),
        () if sniff::has_single_quotes(&first_line) => Some([b'\'', b'"']),
        () => None,
    };
    if let Some(bytes) = swapped {
        let inner = Box::new(Cursor::new(first_line).chain(text));
        return text_of(Box::new(SwapReader { inner, bytes }), packing);
    }
    if box_table::is_box_table(&first_line) {
        let inner = Box::new(Cursor::new(first_line).chain(text));
        return text_of(Box::new(box_table::open(inner)), packing);
    }
    if first_line.len() > FIRST_LINE_BYTES_MAX && !first_line.contains(&b'\n') {
        return Err(io::Error::new(
            ErrorKind::InvalidData,
            "has a first line of more than 64 KiB; it must be CSV text",
        ));
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
    // The header may be written as a comment.
    if first_line.starts_with(b"#") && has_names(&first_line) {
        first_line.remove(0);
    }
    let whitespace_layout = whitespace::layout(&first_line);
    let delimiter = sniff::delimiter(&first_line);
    let inner = Box::new(Cursor::new(first_line).chain(text));
    if let Some(layout) = whitespace_layout {
        let inner = Box::new(whitespace::open(inner, layout));
        let reader = TextReader { inner, packing, failure: None };
        return Ok(Text { reader, delimiter: b'\t', n_lines_skipped, warnings: Vec::new() });
    }
    let reader = TextReader { inner, packing, failure: None };
    Ok(Text { reader, delimiter, n_lines_skipped, warnings: Vec::new() })
}

/// Whether the first line is a header of bars.
fn has_names(text: &[u8]) -> bool {
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default().to_ascii_lowercase();
    let has = |word: &[u8]| line.windows(word.len()).any(|window| window == word);
    has(b"open") && has(b"high") && has(b"low") && has(b"close")
}

/// Whether lines end in a carriage return without a newline, as on the
/// classic Mac OS.
fn ends_in_cr(text: &[u8]) -> bool {
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default().trim_ascii();
    let mut is_quoted = false;
    line.iter().any(|&byte| {
        is_quoted ^= byte == b'"';
        byte == b'\r' && !is_quoted
    })
}

/// Returns at most the first `n_bytes`, and a reader of all bytes.
fn peek(
    mut raw: Box<dyn Read + Send>,
    n_bytes: u64,
) -> io::Result<(Vec<u8>, Box<dyn Read + Send>)> {
    let mut start = Vec::new();
    raw.by_ref().take(n_bytes).read_to_end(&mut start)?;
    Ok((start.clone(), Box::new(Cursor::new(start).chain(raw))))
}

/// Reads until `text` has a newline, and does not end as the begin of
/// indented JSON or of a script may, or is longer than the longest first
/// line.
fn read_line(reader: &mut dyn Read, text: &mut Vec<u8>) -> io::Result<()> {
    let mut block = [0; 4096];
    let is_begin = |text: &[u8]| {
        let text = without_mark(text).trim_ascii();
        text.is_empty()
            || [&b"["[..], b"{", b"(", b"=", b")]}'", b")]}',"]
                .iter()
                .any(|end| text.ends_with(end))
    };
    while !text.contains(&b'\n') || is_begin(text) {
        if text.len() > FIRST_LINE_BYTES_MAX {
            let is_wide = !json::is_json(text) && sniff::has_cells(text);
            if !is_wide || text.len() > WIDE_LINE_BYTES_MAX {
                break;
            }
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

/// Whether the line is the address of the source, as one exchange archive
/// writes above the header, or names the delimiter for a spreadsheet.
fn is_preamble(text: &[u8]) -> bool {
    let starts_with =
        |start: &[u8]| text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start));
    starts_with(b"http") || starts_with(b"www.") || starts_with(b"sep=")
}

impl Read for TextReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        match self.failure.take_if(|_| n_bytes == 0 && !buffer.is_empty()) {
            Some(failure) => Err(failure),
            None => Ok(n_bytes),
        }
    }
}
