//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Writes a file's content.
type Writing<'a> = &'a mut dyn FnMut(&mut File) -> Result<()>;

/// Puts `bytes` at `path`: whoever looks sees the old file or the new
/// one, never a part, even after a power cut.
///
/// The temporary file lies beside `path`, hidden, under one fixed name,
/// so that only one process may write a `path` at a time (the trainer's
/// lock sees to that) and a killed one leaves at most one behind.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    put_atomically(path, &mut |file| {
        file.write_all(bytes)?;
        Ok(file.sync_all()?)
    })?;
    let synced = sync_folder(path.parent().unwrap_or(Path::new(".")));
    synced.with_context(|| format!("failed to save `{}`; is the disk full?", path.display()))
}

/// Puts what `write` writes, piece by piece, at `path` and returns its
/// size in bytes. As [`write_atomically`], but it does not wait for the
/// disk: for what can be made again after a power cut.
pub(crate) fn put_atomically(path: &Path, write: Writing<'_>) -> Result<u64> {
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
        // This error says more than one of the clean-up would.
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(|| format!("failed to save `{}`; is the disk full?", path.display()))
}

/// Makes a rename in `folder` outlive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    // Windows cannot open a folder as a file, and has no need to.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Makes all that lies below `folder` outlive a power cut; what a link
/// leads to is left out.
pub(crate) fn sync_tree(folder: &Path) -> Result<()> {
    let sync = || -> std::io::Result<Vec<PathBuf>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                // Windows syncs only what may be written.
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

/// How often a rename is tried that another program is in the way of,
/// and the first wait for that: more than a second in all.
const N_TRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(5);

/// On Windows a virus scanner holds each new file for a moment, which
/// must not end a training.
pub(crate) fn rename(from: &Path, to: &Path) -> std::io::Result<()> {
    // Access denied, and the violations of sharing and of locks.
    let is_passing = |code| cfg!(windows) && [5, 32, 33].contains(&code);
    let mut wait = FIRST_WAIT;
    for _ in 1..N_TRIES {
        match fs::rename(from, to) {
            Err(error) if error.raw_os_error().is_some_and(is_passing) => thread::sleep(wait),
            result => return result,
        }
        wait *= 2;
    }
    fs::rename(from, to)
}
