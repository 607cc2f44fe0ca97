//! Deletes at once, for `prune --now`; no step needs free space.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::vault::annotations;
use crate::vault::relocate;
use crate::workspace::files::{self, exists};

/// The suffix of a backup that is being deleted.
pub const DELETING_SUFFIX: &str = ".deleting";

/// Deletes `names` of `folder`, archives together with their annotations
/// and receipts.
pub fn delete(names: &[String], folder: &Path) -> Result<()> {
    // Oldest first: a kill in between has removed the oldest only.
    for name in names.iter().rev() {
        let path = folder.join(name);
        let metadata =
            fs::metadata(&path).with_context(|| format!("failed to read `{}`", path.display()))?;
        if metadata.is_dir() {
            // Rename it first, so that a kill leaves no incomplete backup that looks
            // complete.
            let being_deleted = folder.join(format!(".{name}{DELETING_SUFFIX}"));
            relocate::mark_for_deletion(&path, &being_deleted)?;
            finish_deletion(&being_deleted)?;
            continue;
        }
        remove_file(&path)?;
        for companion in annotations::companions(&path) {
            if exists(&companion) {
                remove_file(&companion)?;
            }
        }
    }
    if !names.is_empty() {
        relocate::sync(folder)?;
    }
    Ok(())
}

/// Whether `name` is the name of a backup that is being deleted.
pub fn is_being_deleted(name: &str) -> bool {
    name.starts_with(".session_") && name.ends_with(DELETING_SUFFIX)
}

/// Deletes the rest of a backup that is being deleted.
pub fn finish_deletion(being_deleted: &Path) -> Result<()> {
    let failed = || format!("failed to delete `{}`", being_deleted.display());
    if files::is_folder(being_deleted)? {
        return fs::remove_dir_all(being_deleted).with_context(failed);
    }
    // A file marks a backup that could not be renamed.
    let name = being_deleted.file_name().unwrap_or_default().to_string_lossy();
    let name = name.trim_start_matches('.').trim_end_matches(DELETING_SUFFIX);
    let backup = being_deleted.with_file_name(name);
    if exists(&backup) {
        fs::remove_dir_all(&backup).with_context(failed)?;
    }
    remove_file(being_deleted)
}

fn remove_file(path: &Path) -> Result<()> {
    fs::remove_file(path).with_context(|| format!("failed to delete `{}`", path.display()))
}
