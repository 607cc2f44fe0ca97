//! One archive, as its manifest and its annotations describe it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::vault::annotations::{Annotations, PinMark};
use crate::vault::manifest::Manifest;
use crate::vault::name::{NameKind, StampedName};
use crate::vault::verify;
use crate::workspace::files::folder_entries;

/// One archive.
#[derive(Debug, Clone, PartialEq)]
pub struct Archive {
    /// The file name.
    pub name: StampedName,
    /// Where it lies.
    pub path: PathBuf,
    /// The size of the file in bytes.
    pub size_bytes: u64,
    /// What it says of itself.
    pub content: Content,
    /// What was said of it later, if anything; an error text when that
    /// cannot be read.
    pub annotations: Option<Result<Annotations, String>>,
}

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// An archive of this tool.
    Sealed(Box<Manifest>),
    /// A zip without a manifest, from an earlier tool.
    Foreign,
    /// A file that cannot be read as an archive, and why.
    Unreadable(String),
}

impl AsRef<Self> for Archive {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Archive {
    /// Returns the manifest, where there is one.
    pub fn manifest(&self) -> Option<&Manifest> {
        match &self.content {
            Content::Sealed(manifest) => Some(manifest),
            Content::Foreign | Content::Unreadable(_) => None,
        }
    }

    /// Returns when it was made: by the manifest, else by its name.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.manifest().map_or(self.name.time(), |manifest| manifest.created_at)
    }

    /// Returns its tags as they are now.
    pub fn tags(&self) -> &[String] {
        let later = self.readable_annotations().and_then(|later| later.tags.as_deref());
        later.or_else(|| self.manifest().map(|m| m.tags.as_slice())).unwrap_or_default()
    }

    /// Returns its note as it is now.
    pub fn note(&self) -> Option<&str> {
        let later = self.readable_annotations().and_then(|later| later.note.as_deref());
        later.or_else(|| self.manifest()?.note.as_deref()).filter(|note| !note.is_empty())
    }

    /// Whether it is pinned now.
    pub fn is_pinned(&self) -> bool {
        let sealed = || self.manifest().is_some_and(|manifest| manifest.pinned);
        self.pin_mark().map_or_else(sealed, |mark| mark.is_pinned)
    }

    /// Returns why it is pinned, where that was said.
    pub fn pin_reason(&self) -> Option<&str> {
        self.pin_mark().filter(|mark| mark.is_pinned)?.reason.as_deref()
    }

    /// Returns why its annotations cannot be read.
    pub fn annotations_problem(&self) -> Option<&str> {
        self.annotations.as_ref()?.as_ref().err().map(String::as_str)
    }

    fn pin_mark(&self) -> Option<&PinMark> {
        self.readable_annotations()?.pin.as_ref()
    }

    fn readable_annotations(&self) -> Option<&Annotations> {
        self.annotations.as_ref()?.as_ref().ok()
    }
}

pub(super) fn named(folder: &Path, kind: NameKind) -> Result<Vec<(StampedName, PathBuf)>> {
    let mut named: Vec<_> = folder_entries(folder)?
        .into_iter()
        .filter_map(|path| {
            let name = StampedName::parse(kind, path.file_name()?.to_str()?)?;
            Some((name, path))
        })
        .collect();
    named.sort();
    Ok(named)
}

pub(super) fn read_archive(name: StampedName, path: PathBuf) -> Archive {
    let content = match verify::read_manifest(&path) {
        Ok(Some(manifest)) => Content::Sealed(Box::new(manifest)),
        Ok(None) => Content::Foreign,
        Err(error) => Content::Unreadable(format!("{error:#}")),
    };
    archive_of(name, path, content)
}

pub(super) fn archive_of(name: StampedName, path: PathBuf, content: Content) -> Archive {
    let size_bytes = path.metadata().map_or(0, |metadata| metadata.len());
    Archive { name, path, size_bytes, content, annotations: None }
}
