//! The seal: a digest over every byte of an archive's file.
//!
//! It stands in the zip's comment, which is the end of the file, and
//! covers all before it: also the headers, which no checksum of a zip
//! covers.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::digest::sha256;

const PREFIX: &str = "trainvault sha256 ";
const DIGEST_BYTES: u64 = 64;

/// Returns the comment to write before the digest is known.
pub fn placeholder() -> String {
    PREFIX.to_owned() + &"0".repeat(64)
}

/// Seals the zip in `file`, which ends with the placeholder; fails once
/// `interrupt` is set.
pub fn seal(file: &mut File, interrupt: &AtomicBool) -> io::Result<()> {
    let end = content_end(file)?;
    file.rewind()?;
    let (digest, _) = sha256(Stoppable { inner: (&mut *file).take(end), interrupt }, end)?;
    file.seek(SeekFrom::Start(end))?;
    file.write_all(digest.as_bytes())
}

/// Reads until a signal asks to stop.
struct Stoppable<'a, R> {
    inner: R,
    interrupt: &'a AtomicBool,
}

impl<R: Read> Read for Stoppable<'_, R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(io::Error::other("interrupted"));
        }
        self.inner.read(bytes)
    }
}

/// Whether the file ends with the right digest of all before it.
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

fn content_end(file: &mut impl Seek) -> io::Result<u64> {
    Ok(file.seek(SeekFrom::End(0))?.saturating_sub(DIGEST_BYTES))
}

fn digest_to<R: Read + Seek>(file: &mut R, end: u64) -> io::Result<String> {
    file.rewind()?;
    Ok(sha256(file.take(end), end)?.0)
}
