//! An archive as its manifest and annotations describe it.

use std::path::{Path, PathBuf};

use anyhow::Result;
use chrono::{DateTime, Utc};

use crate::vault::annotations::{Annotations, PinMark};
use crate::vault::manifest::Manifest;
use crate::vault::name::{NameKind, StampedName};
use crate::vault::verify;
use crate::workspace::files::folder_entries;

/// An archive of the catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct Archive {
    /// The file name.
    pub name: StampedName,
    /// Its path.
    pub path: PathBuf,
    /// The size of the file in bytes.
    pub size_bytes: u64,
    /// Its manifest, if it has one.
    pub content: Content,
    /// Its annotations, if any; an error text if they cannot be read.
    pub annotations: Option<Result<Annotations, String>>,
}

/// What could be read of an archive.
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
    /// Returns the manifest, if there is one.
    pub fn manifest(&self) -> Option<&Manifest> {
        match &self.content {
            Content::Sealed(manifest) => Some(manifest),
            Content::Foreign | Content::Unreadable(_) => None,
        }
    }

    /// Returns when it was made, by its manifest or else by its name.
    pub fn created_at(&self) -> DateTime<Utc> {
        self.manifest().map_or(self.name.time(), |manifest| manifest.created_at)
    }

    /// Returns its tags, annotations included.
    pub fn tags(&self) -> &[String] {
        let later = self.readable_annotations().and_then(|later| later.tags.as_deref());
        later.or_else(|| self.manifest().map(|m| m.tags.as_slice())).unwrap_or_default()
    }

    /// Returns its note, annotations included.
    pub fn note(&self) -> Option<&str> {
        let later = self.readable_annotations().and_then(|later| later.note.as_deref());
        later.or_else(|| self.manifest()?.note.as_deref()).filter(|note| !note.is_empty())
    }

    /// Whether it is pinned, annotations included.
    pub fn is_pinned(&self) -> bool {
        let sealed = || self.manifest().is_some_and(|manifest| manifest.pinned);
        self.pin_mark().map_or_else(sealed, |mark| mark.is_pinned)
    }

    /// Returns why it is pinned, if a reason was given.
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
