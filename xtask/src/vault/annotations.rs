//! Tags, pins and notes that change after an archive was sealed.
//!
//! They lie beside the zips, one small file for each archive, so that a
//! damaged or lost one concerns one archive only, and folders of
//! archives merge by copying. The archive itself is never modified.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::vault::name::{NameKind, StampedName};
use crate::workspace::files::folder_entries;

/// The end of an annotation file's name, where the archive has `.zip`.
pub const SUFFIX: &str = ".annotations.json";

/// The content of an annotation file. What is absent is as the
/// archive's manifest says.
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
    /// The note; empty when it was taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Default for Annotations {
    fn default() -> Self {
        Self { format: 1, tags: None, pin: None, note: None }
    }
}

/// The last word on whether an archive is pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinMark {
    /// Whether it is.
    pub is_pinned: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The annotation files of a folder, by the archive's name; an error
/// text for a file that cannot be read.
pub type AnnotationsByName = BTreeMap<StampedName, Result<Annotations, String>>;

/// Reads the annotation files in `folder`.
///
/// # Errors
/// When the folder cannot be read; a damaged file is no error here, so
/// that the archives can still be listed.
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
/// Names the file and what to do about it.
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

/// The end of the name of an archive's remote receipt.
const RECEIPT_SUFFIX: &str = ".remote.json";

/// Returns the paths of what lies beside the archive `zip` and goes with
/// it: its annotations and its remote receipt.
pub fn companions(zip: &Path) -> [PathBuf; 2] {
    [path_of(zip), receipt_of(zip)]
}

/// Returns the path of the remote receipt of the archive `zip`.
pub fn receipt_of(zip: &Path) -> PathBuf {
    beside(zip, RECEIPT_SUFFIX)
}

/// Whether `name` is that of a remote receipt.
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
