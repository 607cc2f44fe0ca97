//! Converts a Parquet file to CSV text.
//!
//! All rules for bars then hold for both formats. Numbers keep their
//! exact values: doubles are written with as many digits as needed.
//! Row groups are streamed: one page of each column and a few rows of
//! text are in memory. The parts of a struct are columns; lists are left
//! out.

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

/// The first and last bytes of a Parquet file.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// Opens `file` as CSV text.
#[cfg(feature = "full")]
pub(super) fn open(file: File) -> io::Result<Box<dyn Read + Send>> {
    Ok(Box::new(text::ParquetText::open(file)?))
}

/// Returns the error that this build does not read Parquet.
#[cfg(not(feature = "full"))]
pub(super) fn open(_: File) -> io::Result<Box<dyn Read + Send>> {
    let missing =
        crate::missing_feature::MissingFeature { reason: "it is a Parquet file".to_owned() };
    Err(io::Error::new(io::ErrorKind::Unsupported, missing))
}
