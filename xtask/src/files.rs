//! File operations that survive a kill at any instant.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anyhow::{Context, Result};

/// Makes the entries of `folder` durable. A no-op where the system
/// cannot sync a folder.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Creates `folder` and its parents, and makes the new entry durable.
pub fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)
        .and_then(|()| folder.parent().map_or(Ok(()), sync_folder))
        .with_context(|| format!("failed to create the folder `{}`", folder.display()))
}

/// Renames `from` to `to`, and fails when `to` exists.
///
/// The new name appears at once and complete. A kill in between may
/// leave the file under both names, never under none.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // A file system without hard links: the caller holds the
        // workspace's lock, so that nobody takes the name in between.
        Err(_) => rename_folder_new(from, to),
    }
}

/// Renames the folder or file `from` to `to`, which must not exist.
pub fn rename_folder_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(to) {
        Ok(_) => Err(ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => fs::rename(from, to),
        Err(error) => Err(error),
    }
}

/// Writes `content` to `path` so that either the old or the new content
/// is there, whole, after a crash.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temp = folder.join(format!(".{name}.partial"));
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&temp)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temp, path)?;
        sync_folder(folder)
    };
    write().with_context(|| format!("failed to write `{}`", path.display()))
}
