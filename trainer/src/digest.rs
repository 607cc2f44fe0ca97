//! Checksums of files and of bytes.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result};
use digest_io::IoWrapper;
use sha2::{Digest as _, Sha256};

/// How much is read at once, in bytes.
const BUFFER_BYTES: usize = 1 << 16;

/// Returns the SHA-256 of the file at `path` in lower-case hex.
pub fn sha256_of_file(path: &Path) -> Result<String> {
    let read = || -> Result<String> {
        let mut file = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
        let mut digest = IoWrapper(Sha256::new());
        io::copy(&mut file, &mut digest)?;
        Ok(hex(&digest.0.finalize()))
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
