//! Changes the annotations of an archive; the zip is never touched.

use std::path::Path;

use anyhow::{Result, bail};

use crate::vault::annotations::{Annotations, PinMark, path_of};
use crate::vault::catalog::{Archive, Catalog};
use crate::workspace::Workspace;
use crate::workspace::files;
use crate::workspace::lock::FolderLock;

/// Applies `change` to the annotations of the archive called `name`, and
/// returns the updated archive.
///
/// # Errors
/// When there is no such archive, its annotations are damaged, or the new
/// ones cannot be written; the old ones are kept in each case.
pub fn annotate(
    workspace: &Workspace,
    name: &str,
    change: impl FnOnce(&Archive, &mut Annotations),
) -> Result<Archive> {
    // Another workspace may share the folder and annotate the same archive
    // at the same time.
    let _lock = FolderLock::acquire(&workspace.archives());
    let catalog = Catalog::read(workspace)?;
    let mut archive = catalog.find(name)?.clone();
    let mut annotations = match &archive.annotations {
        None => Annotations::default(),
        Some(Ok(annotations)) => annotations.clone(),
        Some(Err(problem)) => bail!("{problem}"),
    };
    let before = annotations.clone();
    change(&archive, &mut annotations);
    if annotations != before {
        store(&annotations, &archive.path)?;
    }
    archive.annotations = Some(Ok(annotations));
    Ok(archive)
}

/// Writes the annotations of the archive at `zip`.
///
/// # Errors
/// When they cannot be written; the old ones are kept.
pub fn store(annotations: &Annotations, zip: &Path) -> Result<()> {
    let mut text = serde_json::to_vec_pretty(annotations).expect("annotations are plain data");
    text.push(b'\n');
    files::write_atomically(&path_of(zip), &text)
}

/// Adds and removes tags of the archive called `name`.
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

/// Pins or unpins the archive called `name`.
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
pub fn set_note(workspace: &Workspace, name: &str, text: &str) -> Result<Archive> {
    annotate(workspace, name, |_, annotations| annotations.note = Some(text.to_owned()))
}
