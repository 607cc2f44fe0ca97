//! Unpacks one entry and checks every byte.

use std::io::{ErrorKind, Read, Write};

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use sha2::{Digest, Sha256};
use zip::ExtraField;
use zip::read::ZipFile;

use crate::workspace::digest::{BUFFER_BYTES, hex};
use crate::workspace::progress;

const TYPE_BITS: u32 = 0o170_000;
const REGULAR_FILE: u32 = 0o100_000;
const FIFO: u32 = 0o010_000;

/// The expected content of an entry.
pub struct ExpectedContent<'a> {
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Its digest; `None` to trust the zip's CRC-32.
    pub sha256: Option<&'a str>,
}

/// An unpacked file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnpackedFile {
    /// The digest of the content.
    pub sha256: String,
    /// The time that the zip records.
    pub modified_at: Option<DateTime<Utc>>,
    /// The permission bits that the zip records.
    pub mode: Option<u32>,
}

/// Copies the content of `entry` to `sink`. The inner error says what
/// is wrong with the entry.
///
/// # Errors
/// When `sink` cannot be written.
pub fn copy<R: Read>(
    mut entry: ZipFile<'_, R>,
    limits: &ExpectedContent<'_>,
    sink: &mut impl Write,
) -> Result<Result<UnpackedFile, String>> {
    if let Err(problem) = check_type(entry.unix_mode()) {
        return Ok(Err(problem.to_owned()));
    }
    let content_bytes = usize::try_from(limits.size_bytes).unwrap_or(usize::MAX);
    let mut buffer = vec![0; content_bytes.saturating_add(1).min(BUFFER_BYTES)];
    let mut digest = Sha256::new();
    let mut size_bytes = 0;
    loop {
        let n_bytes = match entry.read(&mut buffer) {
            Ok(0) => break,
            Ok(n_bytes) => n_bytes,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Err(error.to_string())),
        };
        size_bytes += n_bytes as u64;
        progress::add(n_bytes as u64);
        if size_bytes > limits.size_bytes {
            return Ok(Err(format!("it unpacks to more than its {} bytes", limits.size_bytes)));
        }
        digest.update(&buffer[..n_bytes]);
        sink.write_all(&buffer[..n_bytes]).context("failed to write; free some space")?;
    }
    let sha256 = hex(&digest.finalize());
    if size_bytes != limits.size_bytes {
        return Ok(Err(format!("it has {size_bytes} bytes, not {}", limits.size_bytes)));
    }
    if limits.sha256.is_some_and(|expected| expected != sha256) {
        return Ok(Err("its content has changed".to_owned()));
    }
    Ok(Ok(UnpackedFile {
        sha256,
        modified_at: modified_at(&entry),
        mode: entry.unix_mode().map(|mode| mode & 0o777),
    }))
}

/// Checks that a unix mode, if recorded, is that of a plain file.
pub fn check_type(unix_mode: Option<u32>) -> Result<(), &'static str> {
    match unix_mode.unwrap_or_default() & TYPE_BITS {
        // Info-ZIP marks what it read from standard input as a FIFO.
        0 | REGULAR_FILE | FIFO => Ok(()),
        0o120_000 => Err("it is a symlink, which is never restored"),
        _ => Err("it is no plain file, and only those are restored"),
    }
}

/// Returns the UTC timestamp if the zip has one, else the DOS time taken
/// as UTC, since its zone is unknown.
fn modified_at<R: Read>(entry: &ZipFile<'_, R>) -> Option<DateTime<Utc>> {
    let stamped = entry.extra_data_fields().find_map(|field| match field {
        ExtraField::ExtendedTimestamp(stamp) => stamp.mod_time(),
        _ => None,
    });
    if let Some(seconds) = stamped {
        return DateTime::from_timestamp(i64::from(seconds.cast_signed()), 0);
    }
    let dos = entry.last_modified()?;
    NaiveDate::from_ymd_opt(i32::from(dos.year()), dos.month().into(), dos.day().into())?
        .and_hms_opt(dos.hour().into(), dos.minute().into(), dos.second().into())
        .map(|time| time.and_utc())
}
