//! Finishes or undoes what a killed run left incomplete.
//!
//! It runs at the start of every task that changes the workspace, under
//! the lock. The steps are planned first, which `doctor` shows; each step
//! returns a line on what it did.

mod preview;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::DateTime;

pub use preview::{RecoveryPreview, preview_recovery};

use crate::tasks::clean;
use crate::tasks::coverage;
use crate::tasks::prune::{finish_deletion, is_being_deleted};
use crate::vault::annotations;
use crate::vault::archive;
use crate::vault::catalog::{BACKUP_RECORD, Catalog, read_record};
use crate::vault::fixed_folders::FixedFolders;
use crate::vault::relocate;
use crate::vault::restore::{self, AbandonedRestore};
use crate::vault::scan::scan;
use crate::vault::trash::{self, Trash, TrashedItem};
use crate::workspace::files::{exists, folder_entries};
use crate::workspace::lock::FolderLock;
use crate::workspace::{MOVED_FOLDERS, Workspace};

/// One leftover of a killed run, and what to do with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecoveryStep {
    /// An incomplete archive or annotation, to be removed.
    RemoveDraft(PathBuf),
    /// An incomplete backup, to be completed.
    FinishBackup(PathBuf),
    /// A backup whose deletion had begun, to be deleted.
    FinishDeletion(PathBuf),
    /// Drafts of a killed restore, to be removed.
    EndRestore(AbandonedRestore),
    /// Annotations whose archive is in this batch of the trash, to be moved
    /// there, too.
    FollowToTrash(PathBuf, PathBuf),
    /// An item that is both in the trash and at its original path, since the
    /// run was killed before it removed one of them.
    FinishMove(TrashedItem),
}

impl RecoveryStep {
    /// Returns the path of the leftover.
    pub fn path(&self) -> &Path {
        match self {
            Self::RemoveDraft(path)
            | Self::FinishBackup(path)
            | Self::FinishDeletion(path)
            | Self::FollowToTrash(path, _) => path,
            Self::FinishMove(trashed) => &trashed.path,
            Self::EndRestore(AbandonedRestore { journal, .. }) => journal,
        }
    }

    /// Whether the step takes care of `path`.
    pub fn covers(&self, path: &Path) -> bool {
        match self {
            Self::EndRestore(left) => left.drafts.contains(path),
            step => path.starts_with(step.path()),
        }
    }

    /// Describes the leftover, and what is done with it.
    pub fn describe(&self) -> (&'static str, &'static str) {
        match self {
            Self::RemoveDraft(_) => (
                "a file that a killed run had not finished; what it was made of is in place",
                "remove it",
            ),
            Self::FinishBackup(_) => ("a backup that a killed run had begun", "complete it"),
            Self::FinishDeletion(_) => {
                ("a backup that a killed `prune --now` was deleting", "delete the rest")
            }
            Self::EndRestore(_) => (
                "the journal of a killed `restore`",
                "remove the files that it lists as unfinished",
            ),
            Self::FollowToTrash(..) => {
                ("annotations of an archive that is in the trash", "move them there")
            }
            Self::FinishMove(_) => (
                "a copy of what is in its place, too; a killed run had not finished the move",
                "remove the one that is not whole, else the copy",
            ),
        }
    }

    /// Carries out the step, and returns a line on it.
    pub fn apply(&self, workspace: &Workspace) -> Result<String> {
        match self {
            Self::RemoveDraft(draft) => remove_draft(workspace, draft),
            Self::FinishBackup(partial) => finish_backup(workspace, partial),
            Self::FinishDeletion(being_deleted) => {
                finish_deletion(being_deleted)?;
                Ok(format!(
                    "deleted `{}`, which a killed `prune --now` had begun",
                    workspace.display(being_deleted)
                ))
            }
            Self::EndRestore(left) => left.remove(),
            Self::FollowToTrash(annotations, batch) => {
                trash::move_to(annotations, batch)?;
                Ok(format!(
                    "moved `{}` to `{}`, after its archive",
                    workspace.display(annotations),
                    workspace.display(batch)
                ))
            }
            Self::FinishMove(trashed) => trash::finish_move(workspace, trashed),
        }
    }
}

/// Plans the steps of a recovery of `workspace`, in order.
pub fn plan(workspace: &Workspace) -> Result<Vec<RecoveryStep>> {
    let mut steps: Vec<RecoveryStep> =
        archive::leftovers(workspace)?.into_iter().map(RecoveryStep::RemoveDraft).collect();
    let trash = Trash::read(workspace, DateTime::UNIX_EPOCH)?;
    let folders = trash.batches.iter().map(|batch| batch.path.clone());
    for folder in folders.chain([workspace.archives(), workspace.backups()]) {
        let drafts = folder_entries(&folder)?.into_iter().filter(|path| relocate::is_draft(path));
        steps.extend(drafts.map(RecoveryStep::RemoveDraft));
    }
    for trashed in trash.content() {
        if exists(&trashed.target) && trash::is_move_unfinished(&trashed)? {
            steps.push(RecoveryStep::FinishMove(trashed));
        }
    }
    for path in folder_entries(&workspace.backups())? {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_incomplete = name.starts_with("session_") && name.ends_with(clean::PARTIAL_SUFFIX);
        if is_incomplete && !FolderLock::is_held(&path) {
            steps.push(RecoveryStep::FinishBackup(path));
        } else if is_being_deleted(&name) {
            steps.push(RecoveryStep::FinishDeletion(path));
        }
    }
    steps.extend(restore::abandoned(&workspace.state())?.into_iter().map(RecoveryStep::EndRestore));
    for annotations in orphaned_annotations(workspace)? {
        if let Some(batch) = batch_of(workspace, &annotations)? {
            steps.push(RecoveryStep::FollowToTrash(annotations, batch));
        }
    }
    Ok(steps)
}

/// Recovers `workspace`, and returns a line for each step. A step that
/// fails is a warning, and is tried again next time.
pub fn recover(workspace: &Workspace) -> Result<Vec<String>> {
    let apply = |step: &RecoveryStep| {
        step.apply(workspace).unwrap_or_else(|error| {
            let (what, act) = step.describe();
            let path = workspace.display(step.path());
            format!(
                "warning: `{path}` is {what}; the attempt to {act} failed: {error:#}; nothing is \
                 lost: put that right, and the next task tries again"
            )
        })
    };
    Ok(plan(workspace)?.iter().map(apply).collect())
}

/// Returns the annotation files whose archive is not beside them.
pub fn orphaned_annotations(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let folder = workspace.archives();
    let is_orphan = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        let archive = name.and_then(annotations::archive_of);
        archive.is_some_and(|archive| !exists(&folder.join(archive.to_string())))
    };
    Ok(folder_entries(&folder)?.into_iter().filter(is_orphan).collect())
}

/// Returns the batch of the trash that holds the archive of the file
/// `annotations`, and no annotations of it yet.
pub(crate) fn batch_of(workspace: &Workspace, annotations: &Path) -> Result<Option<PathBuf>> {
    let name = annotations.file_name().unwrap_or_default();
    let Some(archive) = name.to_str().and_then(annotations::archive_of) else {
        return Ok(None);
    };
    let batches = folder_entries(&workspace.archives_trash())?;
    let holds = |batch: &PathBuf| exists(&batch.join(archive.to_string()));
    Ok(batches.into_iter().rfind(holds).filter(|batch| !exists(&batch.join(name))))
}

fn remove_draft(workspace: &Workspace, draft: &Path) -> Result<String> {
    relocate::remove(draft)?;
    let shown = workspace.display(draft);
    if relocate::is_draft(draft) {
        return Ok(format!("removed `{shown}`, a copy that a killed run had not finished"));
    }
    let is_annotation = draft.to_string_lossy().contains(annotations::SUFFIX);
    let what = if is_annotation { "an annotation" } else { "an archive" };
    Ok(format!(
        "removed `{shown}`, {what} that a killed run had not finished; what it was made of is still \
         in place"
    ))
}

fn finish_backup(workspace: &Workspace, partial: &Path) -> Result<String> {
    let Some(record) = read_record(partial) else {
        return keep_unrecorded(workspace, partial);
    };
    let is_in =
        |folder: &Path, item: &str| -> Result<bool> { Ok(exists(&clean::path_of(folder, item)?)) };
    let is_safe = match &record.archive {
        None => true,
        Some(archive) => is_covered(workspace, archive)?,
    };
    if is_safe {
        let fixed_folders = FixedFolders::read(workspace, &scan(workspace)?)?;
        for item in &record.moved {
            if is_in(workspace.root(), item)? && is_partly_left(workspace, &fixed_folders, item)? {
                clean::move_aside(workspace, &fixed_folders, item, partial)?;
            }
        }
    }
    relocate::remove_drafts(partial)?;
    let backup = clean::complete(partial)?;
    clean::create_session_folders(workspace)?;
    Ok(format!("completed `{}`, which a killed run had begun", workspace.display(&backup)))
}

/// Whether part of `item` is still in the workspace.
fn is_partly_left(workspace: &Workspace, fixed_folders: &FixedFolders, item: &str) -> Result<bool> {
    let is_file = !MOVED_FOLDERS.contains(&item);
    Ok(is_file || clean::holds_session_files(workspace, fixed_folders, Path::new(item))?)
}

/// Completes a backup folder without a record, into which the killed run
/// had not moved anything yet.
fn keep_unrecorded(workspace: &Workspace, partial: &Path) -> Result<String> {
    relocate::remove(&partial.join(format!(".{BACKUP_RECORD}.partial")))?;
    if folder_entries(partial)?.is_empty() {
        fs::remove_dir(partial)
            .with_context(|| format!("failed to remove `{}`", partial.display()))?;
        return Ok(format!("removed the empty folder `{}`", workspace.display(partial)));
    }
    let backup = clean::complete(partial)?;
    Ok(format!("kept `{}`, which has no record", workspace.display(&backup)))
}

/// Whether `archive` holds what is left in the workspace, which may have
/// changed since the kill.
fn is_covered(workspace: &Workspace, archive: &str) -> Result<bool> {
    let catalog = Catalog::read(workspace)?;
    let Ok(found) = catalog.find(archive) else {
        return Ok(false);
    };
    let Some(manifest) = found.manifest() else {
        return Ok(false);
    };
    let found = scan(workspace)?;
    Ok(coverage::changed(&coverage::moved_by_clean(&found), manifest)?.is_none())
}
