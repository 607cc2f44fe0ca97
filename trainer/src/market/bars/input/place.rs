//! How a file is packed, and the place of a row in it.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use crate::market::bars::parquet;

pub(super) const ZIP: &[u8] = b"PK\x03\x04";

/// The first bytes of the end of central directory record of a zip file,
/// and its length without a comment.
const ZIP_END: &[u8] = b"PK\x05\x06";
const END_BYTES: u64 = 22;

/// What the text of a file is extracted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::market::bars) enum Packing {
    Plain,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Zip,
    Json,
    Parquet,
}

impl Packing {
    /// Returns the program that unpacks a stream to its standard output.
    pub(super) fn program(self) -> Option<&'static str> {
        match self {
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
            Self::Bzip2 => Some("bzip2"),
            Self::Xz => Some("xz"),
            Self::Plain | Self::Zip | Self::Json | Self::Parquet => None,
        }
    }
}

/// The place of a row in its file: a line of CSV, a row of Parquet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line of the text, from 1.
    pub(in crate::market::bars) line: u64,
    pub(in crate::market::bars) packing: Packing,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.packing {
            // The first line of the converted text is the header.
            Packing::Parquet => write!(f, "row {}", self.line - 1),
            Packing::Json => write!(f, "candle {}", self.line),
            _ => write!(f, "line {}", self.line),
        }
    }
}

/// Returns the type of `file` if it must be read from its end (Parquet,
/// zip), and leaves it at its start. A pipe cannot be, and is `None`.
pub(in crate::market::bars) fn container(file: &mut File) -> io::Result<Option<Packing>> {
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let mut start = Vec::new();
    file.take(parquet::MAGIC.len() as u64).read_to_end(&mut start)?;
    // A part of a split zip file, or one that unpacks itself, is known by
    // its end.
    let n_end_bytes = file.metadata()?.len().min(END_BYTES);
    let mut end = Vec::new();
    file.seek(SeekFrom::End(-n_end_bytes.cast_signed()))?;
    file.read_to_end(&mut end)?;
    file.rewind()?;
    Ok(match start.as_slice() {
        parquet::MAGIC => Some(Packing::Parquet),
        ZIP => Some(Packing::Zip),
        _ if end.starts_with(ZIP_END) => Some(Packing::Zip),
        _ => None,
    })
}
