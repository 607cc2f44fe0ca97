//! Finds content of which a prune would delete the only copy.
//!
//! Content is compared by digest. It is safe if a kept archive, a kept
//! backup or the workspace holds the same bytes; the trash does not
//! count, since it will be emptied.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Serialize;

use super::plan::PrunePlan;
use crate::tasks::recover::RecoveryPreview;
use crate::vault::catalog::{Archive, BACKUP_RECORD, Catalog};
use crate::vault::manifest::Manifest;
use crate::vault::retention::files_below;
use crate::vault::scan::scan;
use crate::workspace::Workspace;
use crate::workspace::digest::file_sha256;

/// Content that only an item to be removed holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OnlyCopies {
    /// The archive or backup.
    pub name: String,
    /// The files that nothing else holds; null if the archive has no
    /// manifest.
    pub files: Option<Vec<String>>,
    /// Their size in bytes.
    pub size_bytes: u64,
}

/// A file of an archive or backup that is to be removed.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RemovedFile<'a> {
    path: Cow<'a, str>,
    size_bytes: u64,
    sha256: Cow<'a, str>,
}

/// Returns of what `plan` would delete the only copy, once the trash is
/// emptied. Content of damaged archives is not safe.
///
/// # Errors
/// When a file that may hold the same content cannot be read.
pub fn only_copies(
    workspace: &Workspace,
    catalog: &Catalog,
    preview: &RecoveryPreview,
    plan: &PrunePlan,
) -> Result<Vec<OnlyCopies>> {
    let damaged: HashSet<&str> = plan.damaged.iter().map(|it| it.name.as_str()).collect();
    let is_good = |archive: &&&Archive| !damaged.contains(archive.name.to_string().as_str());
    let names: HashSet<&str> = plan.archives.remove.iter().map(String::as_str).collect();
    let is_removed = |archive: &&Archive| names.contains(archive.name.to_string().as_str());
    let (removed, kept): (Vec<&Archive>, Vec<&Archive>) =
        catalog.archives.iter().partition(is_removed);
    let manifests = kept.iter().filter(is_good).filter_map(|archive| archive.manifest());
    let mut safe: HashSet<Cow<'_, str>> = manifests
        .flat_map(|manifest| &manifest.files)
        .map(|file| Cow::Borrowed(file.sha256.as_str()))
        .collect();
    let mut removals: Vec<(String, Option<Vec<RemovedFile<'_>>>)> = removed
        .iter()
        .rev()
        .map(|archive| (archive.name.to_string(), archive.manifest().map(archived_files)))
        .collect();
    for name in &plan.backups.remove {
        removals.push((name.clone(), Some(removed_backup(workspace, preview, name)?)));
    }
    let mut unsafe_sizes: HashSet<u64> = HashSet::new();
    for file in removals.iter().filter_map(|(_, files)| files.as_ref()).flatten() {
        if !safe.contains(&file.sha256) {
            unsafe_sizes.insert(file.size_bytes);
        }
    }
    for path in kept_files(workspace, preview, plan)? {
        let failed = || format!("failed to read `{}`", path.display());
        let size_bytes = path.metadata().with_context(failed)?.len();
        if unsafe_sizes.contains(&size_bytes) {
            safe.insert(Cow::Owned(file_sha256(&path)?));
        }
    }
    Ok(removals
        .into_iter()
        .filter_map(|(name, files)| only_copies_of(name, files, &safe))
        .collect())
}

fn archived_files(manifest: &Manifest) -> Vec<RemovedFile<'_>> {
    let removed = manifest.files.iter().map(|file| RemovedFile {
        path: file.path.as_str().into(),
        size_bytes: file.size_bytes,
        sha256: file.sha256.as_str().into(),
    });
    removed.collect()
}

/// Returns the files of the backup `name`, each with the folder it is
/// relative to, including those that a recovery will move there.
fn backup_files(
    workspace: &Workspace,
    preview: &RecoveryPreview,
    name: &str,
) -> Result<Vec<(PathBuf, PathBuf)>> {
    let pending = preview.pending(name);
    let folder =
        pending.map_or_else(|| workspace.backups().join(name), |it| it.backup.path.clone());
    let rest = pending.into_iter().flat_map(|it| &it.moves).map(|moved| (workspace.root(), moved));
    let mut files = Vec::new();
    for (base, part) in [(folder.as_path(), &folder)].into_iter().chain(rest) {
        files.extend(files_below(part)?.into_iter().map(|path| (base.to_owned(), path)));
    }
    Ok(files)
}

fn removed_backup(
    workspace: &Workspace,
    preview: &RecoveryPreview,
    name: &str,
) -> Result<Vec<RemovedFile<'static>>> {
    let mut files = Vec::new();
    for (base, path) in backup_files(workspace, preview, name)? {
        let name = path.strip_prefix(base).unwrap_or(&path).display().to_string();
        let failed = || format!("failed to read `{}`", path.display());
        let size_bytes = path.metadata().with_context(failed)?.len();
        if name != BACKUP_RECORD {
            let sha256 = file_sha256(&path)?.into();
            files.push(RemovedFile { path: name.into(), size_bytes, sha256 });
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the files of the workspace and of the backups that are kept.
fn kept_files(
    workspace: &Workspace,
    preview: &RecoveryPreview,
    plan: &PrunePlan,
) -> Result<Vec<PathBuf>> {
    let found = scan(workspace)?.files.into_iter().map(|file| file.disk_path);
    let mut kept_files: Vec<PathBuf> = found.filter(|path| !preview.moves(path)).collect();
    for kept in &plan.backups.keep {
        let files = backup_files(workspace, preview, &kept.name)?;
        kept_files.extend(files.into_iter().map(|(_, path)| path));
    }
    Ok(kept_files)
}

fn only_copies_of(
    name: String,
    files: Option<Vec<RemovedFile<'_>>>,
    safe: &HashSet<Cow<'_, str>>,
) -> Option<OnlyCopies> {
    let Some(files) = files else {
        return Some(OnlyCopies { name, files: None, size_bytes: 0 });
    };
    let gone: BTreeMap<Cow<'_, str>, u64> = files
        .into_iter()
        .filter(|file| file.size_bytes > 0 && !safe.contains(&file.sha256))
        .map(|file| (file.path, file.size_bytes))
        .collect();
    let size_bytes = gone.values().sum();
    let files: Vec<String> = gone.into_keys().map(Cow::into_owned).collect();
    (!files.is_empty()).then_some(OnlyCopies { name, files: Some(files), size_bytes })
}
