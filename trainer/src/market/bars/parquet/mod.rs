//! Gives a Parquet file as the CSV text that it could have been.
//!
//! So every rule of bars holds for both, and no number changes: a
//! double is written with as many digits as it needs to be read back.
//! Row groups are streamed: a page of each column is in memory, and a
//! few rows of text. Columns inside of others (lists, structs) are
//! left out.

#[cfg(feature = "full")]
mod cells;
#[cfg(feature = "full")]
mod pages;
mod quoted;
#[cfg(feature = "full")]
mod text;

use std::fs::File;
use std::io::{self, Read};

pub(super) use quoted::push_quoted;

/// What a Parquet file begins and ends with.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// Opens `file` as text.
#[cfg(feature = "full")]
pub(super) fn open(file: File) -> io::Result<Box<dyn Read + Send>> {
    Ok(Box::new(text::ParquetText::open(file)?))
}

/// Says that this build reads no Parquet.
#[cfg(not(feature = "full"))]
pub(super) fn open(_: File) -> io::Result<Box<dyn Read + Send>> {
    let missing = crate::missing_part::MissingPart { reason: "it is a Parquet file".to_owned() };
    Err(io::Error::new(io::ErrorKind::Unsupported, missing))
}
