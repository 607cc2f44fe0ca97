//! Predicts what a recovery will do, for plans that are made without one.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{RecoveryStep, is_covered, plan};
use crate::tasks::clean::{self, PARTIAL_SUFFIX};
use crate::vault::catalog::{BACKUP_RECORD, Backup, Catalog, read_record};
use crate::vault::name::{NameKind, StampedName};
use crate::workspace::Workspace;
use crate::workspace::files::{exists, folder_entries};

/// The result of a recovery.
#[derive(Debug, Default)]
pub struct RecoveryPreview {
    /// The backups that it will complete.
    pub backups: Vec<PendingBackup>,
    /// Annotations, and the batch of the trash that they will be moved to.
    pub follow: Vec<(PathBuf, PathBuf)>,
}

/// A backup that a recovery will complete.
#[derive(Debug)]
pub struct PendingBackup {
    /// The backup; its path is that of the incomplete folder.
    pub backup: Backup,
    /// The files in the workspace that will be moved into it.
    pub moves: Vec<PathBuf>,
}

impl RecoveryPreview {
    /// Adds the pending backups to `catalog`.
    pub fn add_to(&self, catalog: &mut Catalog) {
        catalog.backups.extend(self.backups.iter().map(|pending| pending.backup.clone()));
    }

    /// Returns the pending backup called `name`.
    pub fn pending(&self, name: &str) -> Option<&PendingBackup> {
        self.backups.iter().find(|pending| pending.backup.name.to_string() == name)
    }

    /// Whether `path` will leave the workspace.
    pub fn moves(&self, path: &Path) -> bool {
        self.backups.iter().flat_map(|pending| &pending.moves).any(|moved| path.starts_with(moved))
    }
}

/// Predicts what a recovery of `workspace` will do.
pub fn preview_recovery(workspace: &Workspace) -> Result<RecoveryPreview> {
    let mut preview = RecoveryPreview::default();
    for step in plan(workspace)? {
        match step {
            RecoveryStep::FinishBackup(partial) => {
                let pending = pending(workspace, &preview, partial)?;
                preview.backups.extend(pending);
            }
            RecoveryStep::FollowToTrash(annotations, batch) => {
                preview.follow.push((annotations, batch));
            }
            RecoveryStep::RemoveDraft(_)
            | RecoveryStep::FinishDeletion(_)
            | RecoveryStep::FinishMove(_)
            | RecoveryStep::EndRestore(_) => {}
        }
    }
    Ok(preview)
}

fn pending(
    workspace: &Workspace,
    preview: &RecoveryPreview,
    partial: PathBuf,
) -> Result<Option<PendingBackup>> {
    let name = partial.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = StampedName::parse(NameKind::Backup, name.trim_end_matches(PARTIAL_SUFFIX));
    let Some(name) = name else {
        return Ok(None);
    };
    let record = read_record(&partial);
    let draft = partial.join(format!(".{BACKUP_RECORD}.partial"));
    let is_empty = folder_entries(&partial)?.iter().all(|entry| *entry == draft);
    if record.is_none() && is_empty {
        return Ok(None);
    }
    let is_safe = match record.as_ref().and_then(|record| record.archive.as_ref()) {
        Some(archive) => is_covered(workspace, archive)?,
        None => record.is_some(),
    };
    let items = record.iter().filter(|_| is_safe).flat_map(|record| &record.moved);
    let paths: Result<Vec<PathBuf>> =
        items.map(|item| clean::path_of(workspace.root(), item)).collect();
    let will_move = |path: &PathBuf| exists(path) && !preview.moves(path);
    let moves = paths?.into_iter().filter(will_move).collect();
    Ok(Some(PendingBackup { backup: Backup { name, path: partial, record }, moves }))
}
