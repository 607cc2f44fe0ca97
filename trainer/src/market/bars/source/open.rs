//! Opens the file of a source.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, anyhow};
use sha2::{Digest as _, Sha256};

use super::{BarSource, Origin};
use crate::market::bars::BarReader;
use crate::market::bars::input::{self, Text, input_error};
use crate::progress::{self, Unit};

impl BarSource {
    /// Returns a reader of the file from its start.
    pub(super) fn reader(&self, hasher: Option<&Arc<Mutex<Sha256>>>) -> Result<BarReader> {
        let format = match &self.origin {
            Origin::Folder(_) | Origin::Spilled(_) => return Err(self.not_one_file()),
            Origin::File(_) | Origin::Builtin(_) => self.format()?,
        };
        let text = self.open_text(hasher)?;
        BarReader::new(&self.name, text, format, &self.reading)?.with_columns(&self.columns)
    }

    /// Returns the error that the source has several symbols.
    pub(super) fn not_one_file(&self) -> anyhow::Error {
        anyhow!(
            "`{}` holds several symbols, which only `train` and `predict` take; choose one by \
             `--symbol NAME`, or name one file",
            self.name
        )
    }

    /// Opens the text; all bytes of the file pass through `hasher`.
    pub(super) fn open_text(&self, hasher: Option<&Arc<Mutex<Sha256>>>) -> Result<Text> {
        let through = |inner: Box<dyn Read + Send>| match hasher {
            Some(hasher) => Box::new(HashingReader { inner, hasher: Arc::clone(hasher) }),
            None => inner,
        };
        let open = || match &self.origin {
            Origin::Builtin(bytes) => input::open(through(Box::new(*bytes))),
            Origin::Folder(_) | Origin::Spilled(_) => Err(io::Error::new(
                ErrorKind::InvalidData,
                "holds several symbols, which only `train` and `predict` take; choose one by \
                 `--symbol NAME`, or name one file",
            )),
            Origin::File(path) => {
                let mut file = File::open(path)?;
                if input::container(&mut file)?.is_none() {
                    return input::open(through(Box::new(file)));
                }
                // Such files are not read in the order of their bytes.
                if hasher.is_some() {
                    io::copy(&mut through(Box::new(file)), &mut io::sink())?;
                }
                input::open_file(path)
            }
        };
        open().map_err(|error| input_error(&self.name, 0, &error))
    }
}

/// Passes bytes on, and computes their checksum.
struct HashingReader {
    inner: Box<dyn Read + Send>,
    hasher: Arc<Mutex<Sha256>>,
}

impl Read for HashingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        progress::advance(Unit::Bytes, n_bytes as u64);
        self.hasher.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..n_bytes]);
        Ok(n_bytes)
    }
}
