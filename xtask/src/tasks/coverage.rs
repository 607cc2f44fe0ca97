//! Which archive holds, byte for byte, what lies in the workspace.

use std::collections::BTreeMap;
use std::fs::File;

use anyhow::{Context, Result};

use crate::programs::features;
use crate::tasks::TaskContext;
use crate::vault::catalog::Catalog;
use crate::vault::manifest::{FileEntry, Manifest};
use crate::vault::scan::{Scan, SourceFile};
use crate::vault::verify::{self, Receipt};
use crate::workspace::digest::sha256;
use crate::workspace::files;
use crate::workspace::progress;

/// Returns the files of `scan` that a clean moves.
pub fn moved_by_clean(scan: &Scan) -> Vec<&SourceFile> {
    scan.files.iter().filter(|file| file.is_moved_by_clean()).collect()
}

/// Returns the path of the first of `files` that `manifest` does not
/// hold with the same size: without it, no digest is worth reading.
fn uncovered<'a>(files: &[&'a SourceFile], manifest: &Manifest) -> Option<&'a str> {
    let is_held = |file: &SourceFile| {
        entry(manifest, file).is_some_and(|entry| entry.size_bytes == file.size_bytes)
    };
    files.iter().find(|file| !is_held(file)).map(|file| file.archive_path.text.as_str())
}

/// Returns the path of the first of `files` that `manifest` does not
/// hold. A file whose size and time are those that were archived is
/// held; of one with another time, the digest decides.
///
/// # Errors
/// When a file cannot be read.
pub fn changed<'a>(files: &[&'a SourceFile], manifest: &Manifest) -> Result<Option<&'a str>> {
    for file in files {
        let is_held = match entry(manifest, file) {
            Some(entry) if entry.size_bytes != file.size_bytes => false,
            Some(entry) if entry.modified_at == file.modified_at => true,
            Some(entry) => digest(file)?.is_none_or(|digest| digest == entry.sha256),
            None => false,
        };
        if !is_held {
            return Ok(Some(&file.archive_path.text));
        }
    }
    Ok(None)
}

/// Returns the receipt of the newest archive that holds each of
/// `files`, byte for byte; a damaged one does not count.
///
/// # Errors
/// When a file or the archive folder cannot be read.
pub fn archive_holding(
    context: &mut TaskContext<'_>,
    files: &[&SourceFile],
) -> Result<Option<Receipt>> {
    let catalog = Catalog::read(context.workspace)?;
    let mut digests = BTreeMap::new();
    for archive in catalog.archives.iter().rev() {
        let Some(manifest) = archive.manifest() else { continue };
        if uncovered(files, manifest).is_some() || !same(files, manifest, &mut digests)? {
            continue;
        }
        features::check_archive(&archive.path)?;
        match verify::read_back(&archive.path) {
            Ok(receipt) => return Ok(Some(receipt)),
            Err(error) => (context.notes)(&format!("warning: {error:#}; archiving anew")),
        }
    }
    Ok(None)
}

/// Whether the manifest has each file's digest. Each file is read once,
/// for all manifests.
fn same<'a>(
    files: &[&'a SourceFile],
    manifest: &Manifest,
    digests: &mut BTreeMap<&'a str, Option<String>>,
) -> Result<bool> {
    let is_new = |file: &&&SourceFile| !digests.contains_key(file.archive_path.text.as_str());
    let n_bytes = files.iter().filter(is_new).map(|file| file.size_bytes).sum();
    let _running = progress::begin("comparing", n_bytes);
    for file in files {
        let path = file.archive_path.text.as_str();
        if !digests.contains_key(path) {
            digests.insert(path, digest(file)?);
            progress::add(file.size_bytes);
        }
        let held = entry(manifest, file).map(|entry| &entry.sha256);
        if digests[path].is_some() && held != digests[path].as_ref() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns the digest of `file`; `None` when it is gone by now, so that
/// nothing needs to hold it.
fn digest(file: &SourceFile) -> Result<Option<String>> {
    let failed = || format!("failed to read `{}`", file.disk_path.display());
    match File::open(&file.disk_path) {
        Err(error) if files::is_gone(&error) => Ok(None),
        content => {
            Ok(Some(sha256(content.with_context(failed)?, file.size_bytes).with_context(failed)?.0))
        }
    }
}

/// Returns what the manifest, sorted by path, says of the file.
fn entry<'m>(manifest: &'m Manifest, file: &SourceFile) -> Option<&'m FileEntry> {
    let path = file.archive_path.text.as_str();
    let idx = manifest.files.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
    Some(&manifest.files[idx])
}
