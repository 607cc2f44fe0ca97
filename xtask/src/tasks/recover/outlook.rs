//! Foresees what a recovery will complete, for plans that are made
//! without one.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Step, is_covered, plan};
use crate::tasks::clean::{self, PARTIAL_SUFFIX};
use crate::vault::catalog::{BACKUP_RECORD, Backup, Catalog, exists, folder_entries, read_record};
use crate::vault::name::{NameKind, StampedName};
use crate::workspace::Workspace;

/// What there will be after a recovery.
#[derive(Debug, Default)]
pub struct Outlook {
    /// The backups that it completes.
    pub backups: Vec<ComingBackup>,
    /// Annotations, and the batch of the trash that they will be in.
    pub follow: Vec<(PathBuf, PathBuf)>,
}

/// A backup that a recovery completes.
#[derive(Debug)]
pub struct ComingBackup {
    /// What it will be; its path is that of the unfinished folder.
    pub backup: Backup,
    /// What is still in the workspace and will be moved into it.
    pub moves: Vec<PathBuf>,
}

impl Outlook {
    /// Adds the coming backups to `catalog`.
    pub fn add_to(&self, catalog: &mut Catalog) {
        catalog.backups.extend(self.backups.iter().map(|coming| coming.backup.clone()));
    }

    /// Returns the backup called `name`, if it is one that is coming.
    pub fn coming(&self, name: &str) -> Option<&ComingBackup> {
        self.backups.iter().find(|coming| coming.backup.name.to_string() == name)
    }

    /// Whether `path` will leave the workspace.
    pub fn moves(&self, path: &Path) -> bool {
        self.backups.iter().flat_map(|coming| &coming.moves).any(|moved| path.starts_with(moved))
    }
}

/// Foresees what a recovery of `workspace` will complete.
///
/// # Errors
/// When a leftover cannot be read.
pub fn foresee(workspace: &Workspace) -> Result<Outlook> {
    let mut outlook = Outlook::default();
    for step in plan(workspace)? {
        match step {
            Step::FinishBackup(partial) => {
                let coming = coming(workspace, &outlook, partial)?;
                outlook.backups.extend(coming);
            }
            Step::FollowToTrash(annotations, batch) => outlook.follow.push((annotations, batch)),
            Step::RemoveDraft(_)
            | Step::FinishDeletion(_)
            | Step::FinishMove(_)
            | Step::EndRestore(_) => {}
        }
    }
    Ok(outlook)
}

fn coming(
    workspace: &Workspace,
    outlook: &Outlook,
    partial: PathBuf,
) -> Result<Option<ComingBackup>> {
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
    let is_coming = |path: &PathBuf| exists(path) && !outlook.moves(path);
    let moves = paths?.into_iter().filter(is_coming).collect();
    Ok(Some(ComingBackup { backup: Backup { name, path: partial, record }, moves }))
}
