//! The seal: a digest over every byte of an archive's file.
//!
//! It is stored in the zip's comment, at the end of the file, and covers
//! everything before it, including the headers, which no checksum of a
//! zip covers.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::mpsc::Receiver;

use sha2::{Digest, Sha256};

use crate::vault::verify::SharedReader;
use crate::workspace::digest::{BUFFER_BYTES, hex, sha256};

const PREFIX: &str = "trainvault sha256 ";
const DIGEST_BYTES: u64 = 64;

/// Returns the comment to write until the digest is known.
pub fn placeholder() -> String {
    PREFIX.to_owned() + &"0".repeat(64)
}

/// Returns the digest of `file` up to the last of `ends`. Reads up to
/// each end as soon as it is received: the bytes before it are final.
pub fn digest_while_written(file: &SharedReader<'_>, ends: Receiver<u64>) -> io::Result<String> {
    let mut digest = Sha256::new();
    let mut n_read = 0;
    let mut buffer = vec![0; BUFFER_BYTES];
    for end in ends {
        while n_read < end {
            let n_wanted = usize::try_from(end - n_read).unwrap_or(usize::MAX).min(BUFFER_BYTES);
            file.read_exact_at(&mut buffer[..n_wanted], n_read)?;
            digest.update(&buffer[..n_wanted]);
            n_read += n_wanted as u64;
        }
    }
    Ok(hex(&digest.finalize()))
}

/// Overwrites the placeholder at the end of `file` with the digest.
pub fn write(file: &mut File, digest: &str) -> io::Result<()> {
    let end = content_end(file)?;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(digest.as_bytes())
}

/// Whether the file ends with the digest of everything before it.
pub fn is_intact<R: Read + Seek>(file: &mut R) -> io::Result<bool> {
    let end = content_end(file)?;
    let mut sealed = String::new();
    file.seek(SeekFrom::Start(end))?;
    let is_text = file.take(DIGEST_BYTES).read_to_string(&mut sealed).is_ok();
    Ok(is_text && sealed == digest_to(file, end)?)
}

/// Whether the zip's `comment` has the form of a seal.
pub fn is_seal(comment: &[u8]) -> bool {
    comment.starts_with(PREFIX.as_bytes()) && comment.len() == placeholder().len()
}

/// Returns the offset of the digest, which covers everything before.
pub fn content_end(file: &mut impl Seek) -> io::Result<u64> {
    Ok(file.seek(SeekFrom::End(0))?.saturating_sub(DIGEST_BYTES))
}

fn digest_to<R: Read + Seek>(file: &mut R, end: u64) -> io::Result<String> {
    file.rewind()?;
    Ok(sha256(file.take(end), end)?.0)
}
