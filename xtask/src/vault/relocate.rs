//! Moves files and folders, also across file systems.
//!
//! What cannot be renamed is copied, synced and compared before the
//! original is removed, so that a complete copy exists at any instant.
//! Modes, times and owners are kept where possible; hard links become
//! separate files.

mod copy;

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

pub use copy::{contains_all, is_draft, remove, remove_copied, sync};

use self::copy::{
    copy, copy_whole, discard, draft_of, failed, is_real_folder, keep_metadata, remove_if_same,
    unreadable,
};
use crate::vault::fixed_folders::FixedFolders;
use crate::workspace::files::{self, exists, folder_entries};

/// Moves the file or folder `from` to `to`, which must not exist and
/// appears atomically.
///
/// # Errors
/// When it can be neither renamed nor copied; `from` is unchanged then.
pub fn move_new(from: &Path, to: &Path) -> Result<()> {
    match files::rename_folder_new(from, to) {
        Err(error) if needs_copy(&error) => {}
        result => return result.with_context(|| failed("move", from, to)),
    }
    let draft = draft_of(to);
    remove(&draft)?;
    copy(from, &draft).map_err(|error| discard(&draft, error))?;
    files::rename_folder_new(&draft, to)
        .and_then(|()| files::sync_folder(parent(to)))
        .with_context(|| failed("move", from, to))?;
    remove_copied(from, to)
}

/// Moves the session's folder or file `from` to `to`, where some of it
/// may be already. Folders that stay by `fixed_folders` are emptied. A file
/// stays, too, if `to` has one of its name with other content.
///
/// # Errors
/// When something can be neither renamed nor copied; it is unchanged.
pub fn merge(from: &Path, to: &Path, fixed_folders: &FixedFolders) -> Result<()> {
    let metadata = fs::symlink_metadata(from).with_context(|| failed("move", from, to))?;
    let is_folder = metadata.is_dir() || fixed_folders.is_mount_or_link(from);
    if !fixed_folders.stays(from) && try_rename(from, to)? {
        return Ok(());
    }
    if is_folder {
        return merge_folder(from, to, fixed_folders);
    }
    if !exists(to) {
        copy_whole(from, to)?;
        sync(parent(to))?;
    }
    remove_if_same(from, to)
}

/// Renames the folder `from`, which is to be deleted, to `to`; if it
/// cannot be renamed, creates an empty file `to` that marks it.
pub fn mark_for_deletion(from: &Path, to: &Path) -> Result<()> {
    match files::rename_folder_new(from, to) {
        Err(error) if needs_copy(&error) => {
            let marker = File::create_new(to).and_then(|marker| marker.sync_all());
            marker.with_context(|| format!("failed to write `{}`", to.display()))?;
            sync(parent(to))
        }
        result => result.with_context(|| format!("failed to delete `{}`", from.display())),
    }
}

/// Removes the incomplete copies below `folder` that a killed run left.
pub fn remove_drafts(folder: &Path) -> Result<()> {
    for path in folder_entries(folder)? {
        let metadata = fs::symlink_metadata(&path).with_context(|| unreadable(&path))?;
        if is_draft(&path) {
            remove(&path)?;
        } else if metadata.is_dir() {
            remove_drafts(&path)?;
        }
    }
    Ok(())
}

/// Renames `from` to `to`; returns false if `to` exists or must be
/// copied.
fn try_rename(from: &Path, to: &Path) -> Result<bool> {
    match files::rename_folder_new(from, to) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) if needs_copy(&error) => Ok(false),
        Err(error) => Err(error).with_context(|| failed("move", from, to)),
    }
}

fn merge_folder(from: &Path, to: &Path, fixed_folders: &FixedFolders) -> Result<()> {
    let metadata = fs::metadata(from).with_context(|| failed("move", from, to))?;
    if !exists(to) {
        fs::create_dir(to).with_context(|| failed("move", from, to))?;
        sync(parent(to))?;
    }
    let entries = folder_entries(from)?;
    let entries: Vec<_> =
        entries.iter().filter(|path| !fixed_folders.is_lost_and_found(path)).collect();
    let (folders, others): (Vec<&PathBuf>, Vec<&PathBuf>) = entries
        .into_iter()
        .partition(|path| fixed_folders.is_mount_or_link(path) || is_real_folder(path));
    let target = |path: &Path| to.join(path.file_name().unwrap_or_default());
    let mut rest = Vec::new();
    for path in others {
        if try_rename(path, &target(path))? {
            continue;
        }
        if !exists(&target(path)) {
            copy_whole(path, &target(path))?;
        }
        rest.push(path);
    }
    // The names of all copies must be durable before an original is removed.
    sync(to)?;
    for path in rest {
        remove_if_same(path, &target(path))?;
    }
    for path in folders {
        merge(path, &target(path), fixed_folders)?;
    }
    keep_metadata(&metadata, to);
    sync(to)?;
    sync(from)?;
    if fixed_folders.stays(from) {
        return Ok(());
    }
    match fs::remove_dir(from) {
        // Files were added meanwhile, or it is a mount point after all.
        Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty) => Ok(()),
        Err(error) if needs_copy(&error) => Ok(()),
        result => result.with_context(|| failed("move", from, to)),
    }
}

/// Whether a rename failed because of where its ends lie, so that a copy
/// may succeed.
fn needs_copy(error: &io::Error) -> bool {
    const EPERM: i32 = 1;
    let is_refused = matches!(
        error.kind(),
        ErrorKind::ResourceBusy
            | ErrorKind::Unsupported
            | ErrorKind::InvalidInput
            | ErrorKind::TooManyLinks
    );
    // On Windows, a file is busy if a program has it open.
    error.kind() == ErrorKind::CrossesDevices
        || cfg!(unix) && (is_refused || error.raw_os_error() == Some(EPERM))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}
