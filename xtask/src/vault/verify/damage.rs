//! The result of a check, and reading an archive's metadata texts.

use std::fmt;
use std::io::{Read, Seek};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::vault::manifest::Manifest;

/// The largest manifest or list of digests that is read: enough for a
/// million files.
const TEXT_LIMIT_BYTES: u64 = 1 << 30;
/// How well it may be compressed: digests hardly compress.
const TEXT_RATIO_MAX: u64 = 100;

/// What a check of an archive found.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ArchiveCheck {
    /// The manifest, where it can be read.
    #[serde(skip)]
    pub manifest: Option<Manifest>,
    /// The digest of the manifest as stored in the archive.
    #[serde(skip)]
    pub manifest_sha256: Option<String>,
    /// The paths of the intact files.
    pub good: Vec<String>,
    /// The damage; empty for a good archive.
    pub damage: Vec<Damage>,
}

/// One damage of an archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Damage {
    /// The path in the archive; null for the archive as a whole.
    pub path: Option<String>,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = self.path.as_ref().map(|path| format!("`{path}`: ")).unwrap_or_default();
        write!(f, "{part}{}", self.problem)
    }
}

impl Damage {
    pub(super) fn of(path: &str, problem: impl Into<String>) -> Self {
        Self { path: Some(path.to_owned()), problem: problem.into() }
    }

    pub(super) fn whole(problem: impl Into<String>) -> Self {
        Self { path: None, problem: problem.into() }
    }
}

pub(crate) fn text<R: Read + Seek>(zip: &mut ZipArchive<R>, path: &str) -> Result<Vec<u8>> {
    let idx = zip.index_for_name_raw(path.as_bytes()).context("missing from the archive")?;
    entry_text(zip.by_index(idx)?)
}

/// Reads a manifest or list of digests, unless it unpacks to more than
/// any real one, which could fill the memory.
pub(crate) fn entry_text<R: Read>(entry: ZipFile<'_, R>) -> Result<Vec<u8>> {
    let packed_bytes = entry.compressed_size();
    let limit_bytes = text_limit(packed_bytes);
    let mut bytes = Vec::new();
    entry.take(limit_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit_bytes {
        bail!("it unpacks from {packed_bytes} bytes to more than {limit_bytes}; no real one does");
    }
    Ok(bytes)
}

/// Returns the size limit of a text that is compressed to `packed_bytes`.
pub(super) fn text_limit(packed_bytes: u64) -> u64 {
    TEXT_LIMIT_BYTES.min(packed_bytes.saturating_mul(TEXT_RATIO_MAX).saturating_add(1 << 16))
}
