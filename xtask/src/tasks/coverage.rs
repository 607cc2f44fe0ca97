//! Finds an archive that holds the session in the workspace byte for
//! byte.

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

/// Returns the path of the first of `files` that `manifest` lacks or has
/// with another size, which saves reading digests.
fn uncovered<'a>(files: &[&'a SourceFile], manifest: &Manifest) -> Option<&'a str> {
    let is_held = |file: &SourceFile| {
        entry(manifest, file).is_some_and(|entry| entry.size_bytes == file.size_bytes)
    };
    files.iter().find(|file| !is_held(file)).map(|file| file.archive_path.text.as_str())
}

/// Returns the path of the first of `files` that `manifest` does not
/// hold. Files of the same size and time count as held; if only the time
/// differs, digests are compared.
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

/// Returns the receipt of the newest undamaged archive that holds all
/// `files` byte for byte.
pub fn archive_holding(
    context: &mut TaskContext<'_>,
    files: &[&SourceFile],
) -> Result<Option<Receipt>> {
    let catalog = Catalog::read(context.workspace)?;
    let mut digests = BTreeMap::new();
    for archive in catalog.archives.iter().rev() {
        let Some(manifest) = archive.manifest() else { continue };
        if uncovered(files, manifest).is_some() || !has_same_digests(files, manifest, &mut digests)?
        {
            continue;
        }
        features::check_archive(&archive.path)?;
        match verify::read_back(&archive.path) {
            Ok(receipt) => return Ok(Some(receipt)),
            Err(error) => (context.on_message)(&format!("warning: {error:#}; archiving again")),
        }
    }
    Ok(None)
}

/// Whether the manifest has the digests of all files. `digests` caches
/// them, so that each file is read once for all manifests.
fn has_same_digests<'a>(
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

/// Returns the digest of `file`; `None` if it has vanished, so that no
/// archive needs to hold it.
fn digest(file: &SourceFile) -> Result<Option<String>> {
    let failed = || format!("failed to read `{}`", file.disk_path.display());
    match File::open(&file.disk_path) {
        Err(error) if files::is_gone(&error) => Ok(None),
        content => {
            Ok(Some(sha256(content.with_context(failed)?, file.size_bytes).with_context(failed)?.0))
        }
    }
}

/// Returns the entry of the file in the manifest, which is sorted by
/// path.
fn entry<'m>(manifest: &'m Manifest, file: &SourceFile) -> Option<&'m FileEntry> {
    let path = file.archive_path.text.as_str();
    let idx = manifest.files.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
    Some(&manifest.files[idx])
}
