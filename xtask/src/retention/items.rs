//! What retention needs to know of the archives and backups on disk.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::{BackupItem, Cover, Item, State};
use crate::catalog::{Archive, Backup, Catalog, Content, folder_entries};
use crate::digest::sha256;
use crate::manifest::{Kind, Manifest, Status};
use crate::ruin;
use crate::trash::Trash;
use crate::workspace::Workspace;

/// Returns the archives of `catalog` as retention sees them.
///
/// # Errors
/// When a model of the workspace cannot be read.
pub fn archive_items(workspace: &Workspace, catalog: &Catalog) -> Result<Vec<Item>> {
    let current = holding_current_models(workspace, catalog)?;
    let item = |(idx, archive): (usize, &Archive)| Item {
        name: archive.name.to_string(),
        run_number: archive.manifest().map(|manifest| manifest.run_number),
        created_at: archive.created_at(),
        state: state(archive),
        tags: archive.tags().to_vec(),
        pin: archive.is_pinned().then(|| archive.pin_reason().map(str::to_owned)),
        holds_current_model: current.contains(&idx),
        metrics: archive.manifest().map(metrics).unwrap_or_default(),
    };
    Ok(catalog.archives.iter().enumerate().map(item).collect())
}

fn state(archive: &Archive) -> State {
    let manifest = match &archive.content {
        Content::Unreadable(_) => return State::Unreadable,
        Content::Foreign => return State::Unknown,
        Content::Sealed(manifest) => manifest,
    };
    match manifest.session.as_ref().map(|session| session.status) {
        Some(Status::Failed | Status::Interrupted) => State::Failed,
        Some(Status::Completed) => State::Complete,
        Some(Status::Unknown) | None if manifest.kind == Kind::Manual => State::Complete,
        Some(Status::Unknown) | None => State::Unknown,
    }
}

/// Returns what ranks a session: of a ruined account, nothing.
fn metrics(manifest: &Manifest) -> BTreeMap<String, f64> {
    let Some(figures) = manifest.agent().filter(|figures| !ruin::is_ruined(figures)) else {
        return BTreeMap::new();
    };
    figures.iter().filter_map(|(name, value)| Some((name.clone(), (*value)?))).collect()
}

/// Returns the places in `catalog` of the archives that hold the models
/// now in `models/`: for each file there the newest archive with the
/// same bytes below `models/`, since one is enough to bring it back.
fn holding_current_models(workspace: &Workspace, catalog: &Catalog) -> Result<Vec<usize>> {
    let mut unfound: HashMap<u64, Vec<Model>> = HashMap::new();
    for path in files_below(&workspace.root().join("models"))? {
        let failed = || format!("failed to read `{}`", path.display());
        let size_bytes = path.metadata().with_context(failed)?.len();
        if size_bytes > 0 {
            unfound.entry(size_bytes).or_default().push(Model { path, digest: None });
        }
    }
    let mut places = Vec::new();
    for (idx, archive) in catalog.archives.iter().enumerate().rev() {
        if unfound.is_empty() {
            break;
        }
        let entries = archive.manifest().map(|manifest| manifest.files.as_slice());
        let models = entries.unwrap_or_default().iter().filter(|e| e.path.starts_with("models/"));
        let mut is_holding = false;
        for entry in models {
            let Some(same_size) = unfound.get_mut(&entry.size_bytes) else {
                continue;
            };
            let n_before = same_size.len();
            for model in same_size.iter_mut() {
                model.read_digest()?;
            }
            same_size.retain(|model| model.digest.as_deref() != Some(entry.sha256.as_str()));
            is_holding |= same_size.len() < n_before;
            if same_size.is_empty() {
                unfound.remove(&entry.size_bytes);
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
            self.digest = Some(digest_of(&self.path)?);
        }
        Ok(())
    }
}

/// Returns the SHA-256 of the file at `path`.
pub(crate) fn digest_of(path: &Path) -> Result<String> {
    let failed = || format!("failed to read `{}`", path.display());
    let file = File::open(path).with_context(failed)?;
    Ok(sha256(file, u64::MAX - 1).with_context(failed)?.0)
}

/// Returns the regular files below `folder`; none when it is absent.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        if !current.is_dir() {
            continue;
        }
        for path in folder_entries(&current)? {
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => folders.push(path),
                Ok(metadata) if metadata.is_file() => files.push(path),
                // Vanished, or of a kind that has no content.
                _ => {}
            }
        }
    }
    Ok(files)
}

/// Returns the backups of `catalog` as retention sees them.
pub fn backup_items(catalog: &Catalog, trash: &Trash) -> Vec<BackupItem> {
    let archives: BTreeMap<String, &Archive> =
        catalog.archives.iter().map(|archive| (archive.name.to_string(), archive)).collect();
    let item = |backup: &Backup| {
        let name = backup.record.as_ref().and_then(|record| record.archive.clone());
        let manifest = name.as_ref().and_then(|name| archives.get(name)?.manifest());
        let cover = match name {
            Some(name) if manifest.is_some() => Cover::Archive(name),
            Some(name) if trash.expired_holds(&name) => Cover::Expired(name),
            Some(name) if trash.holds(&name) => Cover::Trashed(name),
            _ => Cover::None,
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
