//! Finds out which content a prune would take away for ever.
//!
//! Content counts by its digest. It is safe when a kept archive, a kept
//! backup or the workspace holds the same bytes; the trash does not
//! count, since it is emptied.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

use super::PrunePlan;
use crate::catalog::{Archive, BACKUP_RECORD, Catalog};
use crate::manifest::Manifest;
use crate::retention::{digest_of, files_below};
use crate::scan::scan;
use crate::workspace::Workspace;

/// Content that only something to be removed holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// The archive or backup.
    pub name: String,
    /// The files that nothing else holds; null when the archive does
    /// not say what it holds.
    pub files: Option<Vec<String>>,
    /// Their size in bytes.
    pub size_bytes: u64,
}

/// What one archive or backup that is to be removed holds: path, size
/// and digest.
type Content<'a> = Vec<(Cow<'a, str>, u64, Cow<'a, str>)>;

/// Returns what `plan` would take away for ever, once the trash is
/// emptied.
///
/// # Errors
/// When a file that may hold the same content cannot be read.
pub fn losses(workspace: &Workspace, catalog: &Catalog, plan: &PrunePlan) -> Result<Vec<Loss>> {
    let names: HashSet<&str> = plan.archives.remove.iter().map(String::as_str).collect();
    let is_removed = |archive: &&Archive| names.contains(archive.name.to_string().as_str());
    let (removed, kept): (Vec<&Archive>, Vec<&Archive>) =
        catalog.archives.iter().partition(is_removed);
    let manifests = kept.iter().filter_map(|archive| archive.manifest());
    let mut safe: HashSet<Cow<'_, str>> = manifests
        .flat_map(|manifest| &manifest.files)
        .map(|file| Cow::Borrowed(file.sha256.as_str()))
        .collect();
    let mut going: Vec<(String, Option<Content<'_>>)> = removed
        .iter()
        .rev()
        .map(|archive| (archive.name.to_string(), archive.manifest().map(content)))
        .collect();
    for name in &plan.backups.remove {
        going.push((name.clone(), Some(backup_content(&workspace.backups().join(name))?)));
    }
    let mut doubtful: HashSet<u64> = HashSet::new();
    for (_, size_bytes, digest) in going.iter().filter_map(|(_, c)| c.as_ref()).flatten() {
        if !safe.contains(digest) {
            doubtful.insert(*size_bytes);
        }
    }
    for path in places(workspace, plan)? {
        let size_bytes = path.metadata().map_or(0, |metadata| metadata.len());
        if doubtful.contains(&size_bytes) {
            safe.insert(Cow::Owned(digest_of(&path)?));
        }
    }
    Ok(going.into_iter().filter_map(|(name, content)| loss(name, content, &safe)).collect())
}

fn content(manifest: &Manifest) -> Content<'_> {
    let files = manifest.files.iter();
    files.map(|file| (file.path.as_str().into(), file.size_bytes, (&file.sha256).into())).collect()
}

fn backup_content(backup: &Path) -> Result<Content<'static>> {
    let mut content = Vec::new();
    for path in files_below(backup)? {
        let name = path.strip_prefix(backup).unwrap_or(&path).display().to_string();
        let failed = || format!("failed to read `{}`", path.display());
        let size_bytes = path.metadata().with_context(failed)?.len();
        if name != BACKUP_RECORD {
            content.push((name.into(), size_bytes, digest_of(&path)?.into()));
        }
    }
    content.sort();
    Ok(content)
}

/// Returns the files of the workspace and of the backups that stay.
fn places(workspace: &Workspace, plan: &PrunePlan) -> Result<Vec<PathBuf>> {
    let mut places: Vec<PathBuf> =
        scan(workspace)?.files.into_iter().map(|file| file.disk_path).collect();
    for kept in &plan.backups.keep {
        places.extend(files_below(&workspace.backups().join(&kept.name))?);
    }
    Ok(places)
}

fn loss(name: String, content: Option<Content<'_>>, safe: &HashSet<Cow<'_, str>>) -> Option<Loss> {
    let Some(content) = content else {
        return Some(Loss { name, files: None, size_bytes: 0 });
    };
    let gone: BTreeMap<Cow<'_, str>, u64> = content
        .into_iter()
        .filter(|(_, size_bytes, digest)| *size_bytes > 0 && !safe.contains(digest))
        .map(|(path, size_bytes, _)| (path, size_bytes))
        .collect();
    let size_bytes = gone.values().sum();
    let files: Vec<String> = gone.into_keys().map(Cow::into_owned).collect();
    (!files.is_empty()).then_some(Loss { name, files: Some(files), size_bytes })
}
