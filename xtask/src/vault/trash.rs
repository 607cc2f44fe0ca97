//! The trash: what was removed but not deleted yet.
//!
//! `archives/.trash/` and `backups/.trash/` hold one folder for each
//! prune, named by its time.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Duration, Utc};
use serde::Serialize;

use crate::vault::annotations;
use crate::vault::name::{NameKind, StampedName, parse_time, short_archive_name};
use crate::vault::relocate;
use crate::workspace::Workspace;
use crate::workspace::files::{self, exists, folder_entries};

/// The trash of a workspace, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trash {
    /// The content of each prune.
    pub batches: Vec<TrashBatch>,
}

/// The archives or the backups that one prune removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrashBatch {
    /// The folder.
    pub path: PathBuf,
    /// Where its content came from.
    pub origin: PathBuf,
    /// When it was moved there.
    pub trashed_at: DateTime<Utc>,
    /// When it may be deleted.
    pub deleted_from: DateTime<Utc>,
    /// Whether that time has come.
    pub is_expired: bool,
    /// The names of its content.
    pub names: Vec<String>,
    /// Why it must not be deleted, whatever its age.
    pub hold: Option<String>,
}

/// An archive or backup that can be restored from the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrashedItem {
    /// Its name.
    pub name: String,
    /// When it was removed.
    pub trashed_at: DateTime<Utc>,
    /// When a prune may delete it.
    pub deleted_from: DateTime<Utc>,
    /// Its path in the trash.
    #[serde(skip)]
    pub path: PathBuf,
    /// Its original path.
    #[serde(skip)]
    pub target: PathBuf,
}

impl Trash {
    /// Reads the trash of `workspace` as it is at `now`.
    pub fn read(workspace: &Workspace, now: DateTime<Utc>) -> Result<Self> {
        let delay = Duration::days(i64::from(workspace.config().retention.trash_days));
        let mut batches = Vec::new();
        for (trash, origin) in [
            (workspace.archives_trash(), workspace.archives()),
            (workspace.backups_trash(), workspace.backups()),
        ] {
            for path in folder_entries(&trash)? {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let Some(trashed_at) = parse_time(&name) else { continue };
                let failed = || format!("failed to read `{}`", path.display());
                if !fs::metadata(&path).with_context(failed)?.is_dir() {
                    continue;
                }
                let entries = folder_entries(&path)?;
                let deleted_from = trashed_at + delay;
                batches.push(TrashBatch {
                    origin: origin.clone(),
                    trashed_at,
                    deleted_from,
                    is_expired: deleted_from <= now,
                    names: entries
                        .iter()
                        .filter_map(|entry| Some(entry.file_name()?.to_str()?.to_owned()))
                        .collect(),
                    hold: entries.iter().find_map(|entry| hold(entry)),
                    path,
                });
            }
        }
        batches.sort_by(|a, b| (a.trashed_at, &a.path).cmp(&(b.trashed_at, &b.path)));
        Ok(Self { batches })
    }

    /// Adds the file `annotations` to the batch at `path`.
    pub fn add(&mut self, annotations: &Path, path: &Path) {
        let batch = self.batches.iter_mut().find(|batch| batch.path == path);
        if let Some(batch) = batch.filter(|batch| batch.hold.is_none()) {
            batch.hold = hold(annotations);
        }
    }

    /// Prevents deletions from all batches, because of `why`.
    pub fn hold_all(&mut self, why: &str) {
        for batch in &mut self.batches {
            batch.hold.get_or_insert_with(|| why.to_owned());
        }
    }

    /// Whether something called `name` is in the trash.
    pub fn contains(&self, name: &str) -> bool {
        self.batches.iter().any(|batch| batch.names.iter().any(|held| held == name))
    }

    /// Whether something called `name` is in the trash and the next prune
    /// will delete it.
    pub fn contains_expired(&self, name: &str) -> bool {
        let is_emptied = |batch: &&TrashBatch| batch.is_expired && batch.hold.is_none();
        let mut expired = self.batches.iter().filter(is_emptied);
        expired.any(|batch| batch.names.iter().any(|held| held == name))
    }

    /// Returns the archives and backups in the trash, the newest first.
    pub fn content(&self) -> Vec<TrashedItem> {
        let mut content: Vec<TrashedItem> = self
            .batches
            .iter()
            .flat_map(|batch| {
                batch.names.iter().filter(|name| is_ours(name)).map(|name| TrashedItem {
                    name: name.clone(),
                    trashed_at: batch.trashed_at,
                    deleted_from: batch.deleted_from,
                    path: batch.path.join(name),
                    target: batch.origin.join(name),
                })
            })
            .collect();
        content.sort_by(|a, b| (b.trashed_at, &b.name).cmp(&(a.trashed_at, &a.name)));
        content
    }

    /// Returns the item called `name`; `training_backup_` and `.zip` may be
    /// left out.
    ///
    /// # Errors
    /// When it is not in the trash; says what is.
    pub fn find(&self, name: &str) -> Result<TrashedItem> {
        let content = self.content();
        let short = short_archive_name(name);
        let archive = format!("training_backup_{short}.zip");
        let found = content.iter().find(|trashed| trashed.name == name || trashed.name == archive);
        found.cloned().with_context(|| match content.first() {
            None => format!("there is no `{name}` in the trash, which is empty"),
            Some(newest) => format!(
                "there is no `{name}` in the trash; `cargo xtask undelete` names all {}, the last \
                 removed is `{}`",
                content.len(),
                newest.name
            ),
        })
    }
}

/// Moves `trashed` back to where it was.
///
/// # Errors
/// When something of that name exists: nothing is overwritten.
pub fn undelete(workspace: &Workspace, trashed: &TrashedItem) -> Result<()> {
    let target = workspace.display(&trashed.target);
    if exists(&trashed.target) {
        bail!("`{target}` exists and is not overwritten; move it away first");
    }
    // Annotations first: a recovery moves them back after a kill.
    let targets = annotations::companions(&trashed.target);
    for (from, to) in annotations::companions(&trashed.path).iter().zip(targets) {
        if exists(from) && !exists(&to) {
            relocate::move_new(from, &to)
                .with_context(|| format!("failed to bring `{}` back", from.display()))?;
        }
    }
    relocate::move_new(&trashed.path, &trashed.target)
        .with_context(|| format!("failed to bring `{target}` back"))?;
    for folder in [trashed.target.parent(), trashed.path.parent()].into_iter().flatten() {
        relocate::sync(folder)?;
    }
    remove_if_empty(trashed.path.parent().unwrap_or(&trashed.path))
}

/// Whether `trashed` and the file at its original path are halves of a
/// killed move across disks: one of them contains all of the other.
pub fn is_move_unfinished(trashed: &TrashedItem) -> Result<bool> {
    let TrashedItem { path, target, .. } = trashed;
    Ok(relocate::contains_all(target, path)? || relocate::contains_all(path, target)?)
}

/// Removes the half of such a move that the other contains; the one in
/// the trash if both are equal.
pub fn finish_move(workspace: &Workspace, trashed: &TrashedItem) -> Result<String> {
    let TrashedItem { path, target, .. } = trashed;
    let [shown, in_place] = [path, target].map(|path| workspace.display(path));
    if relocate::contains_all(target, path)? {
        relocate::remove_copied(path, target)?;
        remove_if_empty(path.parent().unwrap_or(path))?;
        return Ok(format!("removed `{shown}`, a copy of `{in_place}` that a killed run left"));
    }
    relocate::remove_copied(target, path)?;
    Ok(format!("completed the move of `{in_place}` to `{shown}`, which a killed run had begun"))
}

/// Removes the folder of a batch if it is empty.
fn remove_if_empty(batch: &Path) -> Result<()> {
    if folder_entries(batch)?.is_empty() {
        fs::remove_dir(batch)
            .with_context(|| format!("failed to remove the empty `{}`", batch.display()))?;
    }
    Ok(())
}

/// Moves `names` of `folder` into the trash folder `batch`, together with
/// their annotations and receipts.
///
/// # Errors
/// When something cannot be moved; the rest is not moved.
pub fn discard(names: &[String], folder: &Path, batch: &Path) -> Result<()> {
    // Oldest first: a kill in between has removed the oldest only.
    for name in names.iter().rev() {
        files::create_folder(batch).context(
            "deleting needs no space, but the trash needs an entry: `prune --now` does without",
        )?;
        move_to(&folder.join(name), batch)?;
        for companion in annotations::companions(&folder.join(name)) {
            if exists(&companion) {
                move_to(&companion, batch)?;
            }
        }
    }
    if !names.is_empty() {
        files::sync_folder(batch)
            .and_then(|()| files::sync_folder(folder))
            .with_context(|| format!("failed to sync `{}`", folder.display()))?;
    }
    Ok(())
}

/// Moves the file or folder `from` into the folder `batch`.
///
/// # Errors
/// When it cannot be moved, or its name is taken there.
pub fn move_to(from: &Path, batch: &Path) -> Result<()> {
    let name = from.file_name().unwrap_or_default();
    relocate::move_new(from, &batch.join(name))
}

/// Moves the file `from`, which is neither an archive nor a backup, into
/// the folder `batch` under a free name.
pub fn move_to_free_name(from: &Path, batch: &Path) -> Result<()> {
    files::create_folder(batch)?;
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    let target = (1..)
        .map(|number: u32| match number {
            1 => batch.join(&*name),
            number => batch.join(format!("{name}.{number}")),
        })
        .find(|target| !exists(target))
        .expect("the numbers do not end");
    relocate::move_new(from, &target)
}

fn is_ours(name: &str) -> bool {
    [NameKind::Archive, NameKind::Backup]
        .iter()
        .any(|kind| StampedName::parse(*kind, name).is_some())
}

/// Returns why a batch with this file must not be deleted: the file pins
/// an archive, or cannot be read.
fn hold(entry: &Path) -> Option<String> {
    annotations::archive_of(entry.file_name()?.to_str()?)?;
    match annotations::read(entry) {
        Ok(found) if found.pin.as_ref().is_none_or(|mark| !mark.is_pinned) => None,
        Ok(_) => Some(format!("`{}` says that its archive is pinned", entry.display())),
        Err(error) => Some(format!("{error:#}")),
    }
}
