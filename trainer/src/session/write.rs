//! Writes files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Writes a file's content.
type Writing<'a> = &'a mut dyn FnMut(&mut File) -> Result<()>;

/// Replaces the file at `path` with `bytes` atomically: readers see the
/// old file or the new one, never a part, even after a power cut.
///
/// The temporary file lies beside `path`, hidden, under a fixed name: a
/// killed process leaves at most one behind. Only one process may write a
/// `path` at a time, which the trainer's lock ensures.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    replace_unsynced(path, &mut |file| {
        file.write_all(bytes)?;
        Ok(file.sync_all()?)
    })?;
    let synced = sync_folder(path.parent().unwrap_or(Path::new(".")));
    synced.with_context(|| format!("failed to save `{}`; is the disk full?", path.display()))
}

/// Replaces the file at `path` with what `write` writes and returns its
/// size in bytes. Unlike [`write_atomically`] it does not wait for the
/// disk: for files that can be made again after a power cut.
pub(crate) fn replace_unsynced(path: &Path, write: Writing<'_>) -> Result<u64> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.tmp"));
    let mut put = || -> Result<u64> {
        let mut file = File::create(&temporary)?;
        write(&mut file)?;
        let n_bytes = file.metadata()?.len();
        drop(file);
        rename(&temporary, path)?;
        Ok(n_bytes)
    };
    let written = put();
    if written.is_err() {
        // An error of the clean-up would say less than this one.
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(|| format!("failed to save `{}`; is the disk full?", path.display()))
}

/// Creates `folder` and those above it, where they are absent.
pub(crate) fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("failed to create the folder `{}`", folder.display()))
}

/// Removes `folder` with all in it, if there is one.
pub(crate) fn remove_folder(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).with_context(|| format!("failed to remove `{}`", folder.display()))
}

/// Syncs `folder` to disk, so that renames in it survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    // Windows cannot open a folder as a file, and need not.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Syncs all files and folders below `folder` to disk, without following
/// links.
pub(crate) fn sync_tree(folder: &Path) -> Result<()> {
    let sync = || -> std::io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                // Windows syncs only files that are open for writing.
                let mut options = OpenOptions::new();
                options.read(true).write(cfg!(windows)).open(entry.path())?.sync_all()?;
            }
        }
        sync_folder(folder)?;
        Ok(folders)
    };
    let folders =
        sync().with_context(|| format!("failed to flush `{}` to disk", folder.display()))?;
    folders.iter().try_for_each(|folder| sync_tree(folder))
}

/// Tries of a rename that another program blocks.
const N_TRIES: u32 = 8;
/// The first wait between tries; each one is twice as long as the last.
const FIRST_WAIT: Duration = Duration::from_millis(5);

/// Renames a file, with retries on Windows, where a virus scanner holds
/// each new file for a moment.
pub(crate) fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    // Access denied, sharing violation, lock violation.
    let is_transient = |code| cfg!(windows) && [5, 32, 33].contains(&code);
    let mut wait = FIRST_WAIT;
    for _ in 1..N_TRIES {
        match fs::rename(from, to) {
            Err(error) if error.raw_os_error().is_some_and(is_transient) => thread::sleep(wait),
            result => return result,
        }
        wait *= 2;
    }
    fs::rename(from, to)
}
