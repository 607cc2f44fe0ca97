//! Checksums of files and of bytes.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// How much is read at once, in bytes.
const BUFFER_BYTES: usize = 1 << 16;

/// Hashes what is written through it.
pub(crate) struct DigestWriter<W> {
    out: W,
    pub(crate) digest: Sha256,
}

impl<W> DigestWriter<W> {
    /// Writes to `out`.
    pub(crate) fn new(out: W) -> Self {
        Self { out, digest: Sha256::new() }
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_bytes = self.out.write(bytes)?;
        self.digest.update(&bytes[..n_bytes]);
        Ok(n_bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Returns the SHA-256 of the file at `path` in lower-case hex.
pub fn sha256_of_file(path: &Path) -> Result<String> {
    let read = || -> Result<String> {
        let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
        let mut writer = DigestWriter::new(io::sink());
        io::copy(&mut file, &mut writer)?;
        Ok(hex(&writer.digest.finalize()))
    };
    read().with_context(|| format!("failed to read `{}`", path.display()))
}

/// Returns the SHA-256 of `bytes` in lower-case hex.
pub fn sha256_of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Returns a digest in lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits =
        |byte: &u8| [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[digit as usize]);
    bytes.iter().flat_map(digits).map(char::from).collect()
}
