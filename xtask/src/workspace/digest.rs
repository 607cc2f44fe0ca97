//! SHA-256 digests, as `sha256sum` prints them.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use anyhow::{Context, Result};
use digest_io::IoWrapper;
use sha2::{Digest, Sha256};

/// How much is read at once, in bytes.
pub const BUFFER_BYTES: usize = 256 * 1024;

/// Returns `bytes` in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes the hexadecimal `text`.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| Some(digit(high)? << 4 | digit(low)?));
    if rest.is_empty() { bytes.collect() } else { None }
}

/// Returns the digest of `bytes`, in hexadecimal.
pub fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Returns the digest and size of `content`, of which at most
/// `limit_bytes` plus one are read.
pub fn sha256(content: impl Read, limit_bytes: u64) -> io::Result<(String, u64)> {
    let content = content.take(limit_bytes.saturating_add(1));
    let mut content = BufReader::with_capacity(BUFFER_BYTES, content);
    let mut digest = IoWrapper(Sha256::new());
    let size_bytes = io::copy(&mut content, &mut digest)?;
    Ok((hex(&digest.0.finalize()), size_bytes))
}

/// Returns the digest of the file at `path`.
pub fn file_sha256(path: &Path) -> Result<String> {
    let read = || sha256(File::open(path)?, u64::MAX - 1);
    Ok(read().with_context(|| format!("failed to read `{}`", path.display()))?.0)
}
