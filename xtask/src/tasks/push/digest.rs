//! A digest of what a repository gives, taken on the way.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use crate::workspace::digest::hex;
use crate::workspace::progress;

/// Counts and digests what is written to it.
#[derive(Default)]
pub struct DigestWriter(Sha256);

impl DigestWriter {
    /// Returns the digest of all, in hexadecimal.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

impl Write for DigestWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        progress::add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
