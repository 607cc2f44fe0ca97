//! Collects what retention needs to know of archives and backups.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{ArchiveItem, ArchiveState, BackupItem, CoveringArchive};
use crate::vault::catalog::{Archive, Backup, Catalog, Content};
use crate::vault::manifest::{ArchiveKind, Manifest, SessionStatus};
use crate::vault::ruin;
use crate::vault::trash::Trash;
use crate::workspace::Workspace;
use crate::workspace::digest::file_sha256;
use crate::workspace::files::{self, exists, folder_entries};

/// Facts that are not in the catalog.
#[derive(Debug, Clone, Default)]
pub struct PlanFacts {
    /// The archives that were found damaged, and how.
    pub damaged: BTreeMap<String, String>,
    /// The archives that must be kept because the remote repository may not
    /// have them.
    pub unpushed: BTreeSet<String>,
    /// Whether a recovery will move the models aside first.
    pub models_leave: bool,
}

/// Converts the archives of `catalog` for retention.
///
/// # Errors
/// When a model of the workspace cannot be read: its archive may hold the
/// last copy.
pub fn archive_items(
    workspace: &Workspace,
    catalog: &Catalog,
    facts: &PlanFacts,
) -> Result<Vec<ArchiveItem>> {
    let models = if facts.models_leave { Vec::new() } else { models_of(workspace)? };
    let is_damaged = |archive: &Archive| facts.damaged.contains_key(&archive.name.to_string());
    let current = holders_of(models, catalog, is_damaged)?;
    let item = |(idx, archive): (usize, &Archive)| ArchiveItem {
        name: archive.name.to_string(),
        run_number: archive.manifest().map(|manifest| manifest.run_number),
        created_at: archive.created_at(),
        state: if is_damaged(archive) { ArchiveState::Damaged } else { state(archive) },
        tags: archive.tags().to_vec(),
        pin: archive.is_pinned().then(|| archive.pin_reason().map(str::to_owned)),
        is_unpushed: facts.unpushed.contains(&archive.name.to_string()),
        holds_current_model: current.contains(&idx),
        metrics: archive.manifest().map(metrics).unwrap_or_default(),
    };
    Ok(catalog.archives.iter().enumerate().map(item).collect())
}

/// Returns the files in `models/`, which may be a symlink to a folder.
fn models_of(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let folder = workspace.root().join("models");
    if exists(&folder) {
        // Fail if the disk that a symlink points to is not mounted.
        fs::metadata(&folder).with_context(|| {
            format!("failed to read `{}`; mount its disk, or remove it", folder.display())
        })?;
    }
    files_below(&folder)
}

fn state(archive: &Archive) -> ArchiveState {
    let manifest = match &archive.content {
        Content::Unreadable(_) => return ArchiveState::Unreadable,
        Content::Foreign => return ArchiveState::Unknown,
        Content::Sealed(manifest) => manifest,
    };
    match manifest.session.as_ref().map(|session| session.status) {
        Some(SessionStatus::Failed | SessionStatus::Interrupted) => ArchiveState::Failed,
        Some(SessionStatus::Completed) => ArchiveState::Complete,
        Some(SessionStatus::Unknown) | None if manifest.kind == ArchiveKind::Manual => {
            ArchiveState::Complete
        }
        Some(SessionStatus::Unknown) | None => ArchiveState::Unknown,
    }
}

/// Returns the metrics that rank a session, NaN for undefined ones; none
/// for a ruined account.
fn metrics(manifest: &Manifest) -> BTreeMap<String, f64> {
    let Some(figures) = manifest.agent_metrics().filter(|figures| !ruin::is_ruined(figures)) else {
        return BTreeMap::new();
    };
    figures.iter().map(|(name, value)| (name.clone(), value.unwrap_or(f64::NAN))).collect()
}

/// Returns the indices in `catalog` of the archives that hold `models`:
/// for each model the newest undamaged archive with the same bytes below
/// `models/`, since one is enough to restore it.
fn holders_of(
    models: Vec<PathBuf>,
    catalog: &Catalog,
    is_damaged: impl Fn(&Archive) -> bool,
) -> Result<Vec<usize>> {
    let mut missing: HashMap<u64, Vec<Model>> = HashMap::new();
    for path in models {
        let failed = || format!("failed to read `{}`", path.display());
        let size_bytes = path.metadata().with_context(failed)?.len();
        if size_bytes > 0 {
            missing.entry(size_bytes).or_default().push(Model { path, digest: None });
        }
    }
    let mut places = Vec::new();
    for (idx, archive) in catalog.archives.iter().enumerate().rev() {
        if missing.is_empty() {
            break;
        }
        if is_damaged(archive) {
            continue;
        }
        let entries = archive.manifest().map(|manifest| manifest.files.as_slice());
        let models = entries.unwrap_or_default().iter().filter(|e| e.path.starts_with("models/"));
        let mut is_holding = false;
        for entry in models {
            let Some(same_size) = missing.get_mut(&entry.size_bytes) else {
                continue;
            };
            let n_before = same_size.len();
            for model in same_size.iter_mut() {
                model.read_digest()?;
            }
            same_size.retain(|model| model.digest.as_deref() != Some(entry.sha256.as_str()));
            is_holding |= same_size.len() < n_before;
            if same_size.is_empty() {
                missing.remove(&entry.size_bytes);
            }
        }
        if is_holding {
            places.push(idx);
        }
    }
    Ok(places)
}

struct Model {
    path: PathBuf,
    digest: Option<String>,
}

impl Model {
    fn read_digest(&mut self) -> Result<()> {
        if self.digest.is_none() {
            self.digest = Some(file_sha256(&self.path)?);
        }
        Ok(())
    }
}

/// Returns the files below `folder`, including the targets of symlinks;
/// none if it is missing.
///
/// # Errors
/// When anything cannot be read: a file that is not seen must not count
/// as missing where that decides on deletions.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        let failed = || format!("failed to read `{}`", path.display());
        let lstat = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            lstat => lstat.with_context(failed)?,
        };
        let metadata = match fs::metadata(&path) {
            // A dangling or circular symlink has no content.
            Err(error) if error.kind() == ErrorKind::NotFound || files::is_loop(&error) => continue,
            metadata => metadata.with_context(failed)?,
        };
        if metadata.is_file() {
            files.push(path);
        } else if metadata.is_dir() && (!lstat.is_symlink() || path == folder) {
            pending.extend(folder_entries(&path)?);
        }
    }
    Ok(files)
}

/// Converts the backups of `catalog` for retention.
///
/// A damaged archive does not count as a copy of its session.
pub fn backup_items(catalog: &Catalog, trash: &Trash, facts: &PlanFacts) -> Vec<BackupItem> {
    let archives: BTreeMap<String, &Archive> = catalog
        .archives
        .iter()
        .map(|archive| (archive.name.to_string(), archive))
        .filter(|(name, _)| !facts.damaged.contains_key(name))
        .collect();
    let item = |backup: &Backup| {
        let name = backup.record.as_ref().and_then(|record| record.archive.clone());
        let manifest = name.as_ref().and_then(|name| archives.get(name)?.manifest());
        let cover = match name {
            Some(name) if manifest.is_some() => CoveringArchive::Archive(name),
            Some(name) if trash.contains_expired(&name) => CoveringArchive::Expired(name),
            Some(name) if trash.contains(&name) => CoveringArchive::Trashed(name),
            _ => CoveringArchive::None,
        };
        BackupItem {
            name: backup.name.to_string(),
            moved_at: backup.name.time(),
            run_number: manifest.map(|manifest| manifest.run_number),
            cover,
        }
    };
    catalog.backups.iter().map(item).collect()
}
