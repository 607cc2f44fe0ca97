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

use crate::vault::catalog::{Archive, Catalog};
use crate::vault::name::{NameKind, StampedName};
use crate::workspace::Workspace;
use crate::workspace::files::{self, folder_entries};
use crate::workspace::lock::FolderLock;

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
    let name = zip.file_name().unwrap_or_default().to_string_lossy();
    zip.with_file_name(format!("{}{SUFFIX}", name.trim_end_matches(".zip")))
}

/// Returns the archive that the annotation file `name` belongs to.
pub fn archive_of(name: &str) -> Option<StampedName> {
    let stem = name.strip_suffix(SUFFIX)?;
    StampedName::parse(NameKind::Archive, &format!("{stem}.zip"))
}

/// Changes the annotations of the archive called `name` by `change`,
/// and returns the archive as it is then.
///
/// # Errors
/// When there is no such archive, its annotations are damaged, or the
/// new ones cannot be written: the old ones stay then.
pub fn annotate(
    workspace: &Workspace,
    name: &str,
    change: impl FnOnce(&Archive, &mut Annotations),
) -> Result<Archive> {
    // Another workspace may share the folder, and pin what this tags.
    let _lock = FolderLock::acquire(&workspace.archives());
    let catalog = Catalog::read(workspace)?;
    let mut archive = catalog.find(name)?.clone();
    let path = path_of(&archive.path);
    let mut annotations = match &archive.annotations {
        None => Annotations::default(),
        Some(Ok(annotations)) => annotations.clone(),
        Some(Err(problem)) => bail!("{problem}"),
    };
    let before = annotations.clone();
    change(&archive, &mut annotations);
    if annotations != before {
        let mut text = serde_json::to_vec_pretty(&annotations).expect("annotations are plain data");
        text.push(b'\n');
        files::write_atomically(&path, &text)?;
    }
    archive.annotations = Some(Ok(annotations));
    Ok(archive)
}

/// Adds and removes tags of the archive called `name`.
///
/// # Errors
/// As [`annotate`].
pub fn tag(
    workspace: &Workspace,
    name: &str,
    add: &[String],
    remove: &[String],
) -> Result<Archive> {
    annotate(workspace, name, |archive, annotations| {
        let mut tags = archive.tags().to_vec();
        tags.retain(|tag| !remove.contains(tag));
        for tag in add {
            if !tags.contains(tag) {
                tags.push(tag.clone());
            }
        }
        if tags != archive.tags() {
            annotations.tags = Some(tags);
        }
    })
}

/// Pins the archive called `name`, or takes its pin away.
///
/// # Errors
/// As [`annotate`].
pub fn set_pin(workspace: &Workspace, name: &str, mark: PinMark) -> Result<Archive> {
    annotate(workspace, name, |archive, annotations| {
        let is_change = archive.is_pinned() != mark.is_pinned
            || (mark.reason.is_some() && archive.pin_reason() != mark.reason.as_deref());
        if is_change {
            annotations.pin = Some(mark);
        }
    })
}

/// Replaces the note of the archive called `name`.
///
/// # Errors
/// As [`annotate`].
pub fn set_note(workspace: &Workspace, name: &str, text: &str) -> Result<Archive> {
    annotate(workspace, name, |_, annotations| annotations.note = Some(text.to_owned()))
}
