//! Tags, pins and notes that may change after an archive was sealed.
//!
//! They are stored beside the zips, one small file for each archive: a
//! damaged file affects one archive only, and two archive folders can be
//! merged by copying. The archive itself is never modified.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::vault::name::{NameKind, StampedName};
use crate::workspace::files::folder_entries;

/// The suffix of an annotation file, in place of the archive's `.zip`.
pub const SUFFIX: &str = ".annotations.json";

/// The content of an annotation file. For an absent field, the archive's
/// manifest applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotations {
    /// 1.
    pub format: u32,
    /// All tags of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    /// Whether the archive is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<PinMark>,
    /// The note; empty when it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Default for Annotations {
    fn default() -> Self {
        Self { format: 1, tags: None, pin: None, note: None }
    }
}

/// Whether an archive is pinned; overrides its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinMark {
    /// Whether the archive is pinned.
    pub is_pinned: bool,
    /// The reason the user gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was pinned or unpinned.
    pub since: DateTime<Utc>,
}

/// The annotations in a folder, by archive name; an error text where the
/// file cannot be read.
pub type AnnotationsByName = BTreeMap<StampedName, Result<Annotations, String>>;

/// Reads the annotation files in `folder`.
///
/// # Errors
/// When the folder cannot be read. A damaged file is not an error here,
/// so that the archives can still be listed.
pub fn read_all(folder: &Path) -> Result<AnnotationsByName> {
    let entries = folder_entries(folder)?;
    let found = entries.iter().filter_map(|path| {
        let name = path.file_name()?.to_str()?;
        Some((archive_of(name)?, read(path).map_err(|error| format!("{error:#}"))))
    });
    Ok(found.collect())
}

/// Reads the annotation file `path`.
///
/// # Errors
/// When it cannot be read; names the file and the remedy.
pub fn read(path: &Path) -> Result<Annotations> {
    let parse = || -> Result<Annotations> {
        let annotations: Annotations = serde_json::from_slice(&fs::read(path)?)?;
        if annotations.format != 1 {
            bail!("it has format {}, and this version reads format 1", annotations.format);
        }
        Ok(annotations)
    };
    parse().with_context(|| {
        format!(
            "the annotations `{}` cannot be read; repair the file, or delete it (the archive's \
             own tags and note remain)",
            path.display()
        )
    })
}

/// Returns the path of the annotation file of the archive `zip`.
pub fn path_of(zip: &Path) -> PathBuf {
    beside(zip, SUFFIX)
}

/// The suffix of the remote receipt of an archive.
const RECEIPT_SUFFIX: &str = ".remote.json";

/// Returns the paths of the files that are moved and deleted together
/// with the archive `zip`: its annotations and its remote receipt.
pub fn companions(zip: &Path) -> [PathBuf; 2] {
    [path_of(zip), receipt_of(zip)]
}

/// Returns the path of the remote receipt of the archive `zip`.
pub fn receipt_of(zip: &Path) -> PathBuf {
    beside(zip, RECEIPT_SUFFIX)
}

/// Whether `name` is the file name of a remote receipt.
pub fn is_receipt(name: &str) -> bool {
    let stem = name.strip_suffix(RECEIPT_SUFFIX);
    stem.is_some_and(|stem| StampedName::parse(NameKind::Archive, &format!("{stem}.zip")).is_some())
}

fn beside(zip: &Path, suffix: &str) -> PathBuf {
    let name = zip.file_name().unwrap_or_default().to_string_lossy();
    zip.with_file_name(format!("{}{suffix}", name.trim_end_matches(".zip")))
}

/// Returns the archive that the annotation file `name` belongs to.
pub fn archive_of(name: &str) -> Option<StampedName> {
    let stem = name.strip_suffix(SUFFIX)?;
    StampedName::parse(NameKind::Archive, &format!("{stem}.zip"))
}
