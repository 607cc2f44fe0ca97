//! Takes the checksum of a file while it is read.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::progress::{self, Unit};

/// Passes bytes on and takes their checksum.
pub(super) struct HashingReader {
    pub(super) inner: Box<dyn Read + Send>,
    pub(super) hasher: Arc<Mutex<Sha256>>,
}

impl Read for HashingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n_bytes = self.inner.read(buffer)?;
        progress::advance(Unit::Bytes, n_bytes as u64);
        self.hasher.lock().unwrap_or_else(PoisonError::into_inner).update(&buffer[..n_bytes]);
        Ok(n_bytes)
    }
}
