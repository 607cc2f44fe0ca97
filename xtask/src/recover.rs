//! Finishes or undoes what a killed run left half done.
//!
//! It runs at the start of every task that changes the workspace, under
//! the lock. Each step says in one line what it found and did.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::archive;
use crate::catalog::{BACKUP_RECORD, BackupRecord, Catalog, exists, folder_entries};
use crate::clean;
use crate::scan::scan;
use crate::workspace::Workspace;

/// Recovers `workspace`, and returns a line for each thing it did.
///
/// # Errors
/// When a leftover cannot be read, moved or removed.
pub fn recover(workspace: &Workspace) -> Result<Vec<String>> {
    let mut done = Vec::new();
    for draft in archive::leftovers(workspace)? {
        fs::remove_file(&draft)
            .with_context(|| format!("failed to remove `{}`", draft.display()))?;
        done.push(format!(
            "removed `{}`, an archive that a killed run had not finished; what it was made of \
             is still in place",
            workspace.display(&draft)
        ));
    }
    for partial in folder_entries(&workspace.backups())? {
        let name = partial.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("session_") && name.ends_with(clean::PARTIAL_SUFFIX) {
            done.push(finish_backup(workspace, &partial)?);
        }
    }
    Ok(done)
}

fn finish_backup(workspace: &Workspace, partial: &Path) -> Result<String> {
    let Some(record) = read_record(partial) else {
        return keep_unrecorded(workspace, partial);
    };
    let rest: Vec<&String> =
        record.moved.iter().filter(|item| exists(&workspace.root().join(item))).collect();
    let is_safe = match &record.archive {
        None => true,
        Some(archive) => is_covered(workspace, archive)?,
    };
    if is_safe {
        for item in rest.iter().filter(|item| !exists(&partial.join(item))) {
            clean::move_aside(workspace, item, partial)?;
        }
    }
    let backup = clean::complete(partial)?;
    clean::lay_fresh_folders(workspace)?;
    Ok(format!("completed `{}`, which a killed run had begun", workspace.display(&backup)))
}

/// Completes a backup folder whose record was not written yet: nothing
/// had been moved into it then.
fn keep_unrecorded(workspace: &Workspace, partial: &Path) -> Result<String> {
    let draft = partial.join(format!(".{BACKUP_RECORD}.partial"));
    if exists(&draft) {
        fs::remove_file(&draft)
            .with_context(|| format!("failed to remove `{}`", draft.display()))?;
    }
    if folder_entries(partial)?.is_empty() {
        fs::remove_dir(partial)
            .with_context(|| format!("failed to remove `{}`", partial.display()))?;
        return Ok(format!("removed the empty folder `{}`", workspace.display(partial)));
    }
    let backup = clean::complete(partial)?;
    Ok(format!("kept `{}`, which has no record", workspace.display(&backup)))
}

fn read_record(partial: &Path) -> Option<BackupRecord> {
    serde_json::from_slice(&fs::read(partial.join(BACKUP_RECORD)).ok()?).ok()
}

/// Whether `archive` still holds what is left in the workspace: someone
/// may have worked there since the kill.
fn is_covered(workspace: &Workspace, archive: &str) -> Result<bool> {
    let catalog = Catalog::read(workspace)?;
    let Ok(found) = catalog.find(archive) else {
        return Ok(false);
    };
    let Some(manifest) = found.manifest() else {
        return Ok(false);
    };
    Ok(clean::uncovered(&scan(workspace)?, manifest).is_none())
}
