//! Checksums of files and of bytes.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// Returns the SHA-256 of the file at `path` in lower-case hex.
pub fn sha256_of_file(path: &Path) -> Result<String> {
    let read = || -> Result<String> {
        let mut file = File::open(path)?;
        let mut digest = Sha256::new();
        let mut chunk = vec![0; 64 * 1024];
        loop {
            let n_bytes = file.read(&mut chunk)?;
            if n_bytes == 0 {
                return Ok(hex(&digest.finalize()));
            }
            digest.update(&chunk[..n_bytes]);
        }
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
