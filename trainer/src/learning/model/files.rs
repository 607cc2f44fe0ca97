//! Writes model files so that a kill at any moment loses nothing.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use tempfile::NamedTempFile;

use crate::session::sync_folder;

/// Writes `bytes` to a temporary file beside `path`, and syncs it.
pub(super) fn prepare(path: &Path, bytes: &[u8]) -> Result<NamedTempFile> {
    let folder = folder_of(path);
    let write = || -> Result<NamedTempFile> {
        fs::create_dir_all(folder)?;
        let mut file = new_temporary(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().with_context(|| format!("failed to write a model into `{}`", folder.display()))
}

/// Renames the prepared file to `path` atomically.
pub(super) fn publish(prepared: NamedTempFile, path: &Path) -> Result<()> {
    let persisted = prepared.persist(path).map_err(|error| error.error);
    persisted.with_context(|| format!("failed to put the model at `{}`", path.display()))?;
    sync_names(folder_of(path))
}

/// Gives the file at `path`, if there is one, a second name in the folder
/// `versions`, so that `path` may be replaced. Returns the second name.
pub(super) fn keep_old(path: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>> {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Ok(None);
    };
    ensure!(!metadata.is_dir(), "`{}` is a folder; move it away", path.display());
    let versions = folder_of(path).join("versions");
    let keep = || -> Result<PathBuf> {
        fs::create_dir_all(&versions)?;
        let kept = link_unused(path, &versions, now)?;
        sync_names(&versions)?;
        Ok(kept)
    };
    let context =
        || format!("failed to keep the old `{}` in `{}`", path.display(), versions.display());
    keep().with_context(context).map(Some)
}

/// Gives the file the second name `STEM_YYYYMMDD_HHMMSS.zip`, or
/// `…_2.zip` and so on. A hard link fails where the name is taken, so no
/// file is overwritten, and the first name stays until it is replaced.
fn link_unused(path: &Path, versions: &Path, now: DateTime<Utc>) -> Result<PathBuf> {
    let stem = path.file_stem().context("it has no file name")?.to_string_lossy();
    let extension = path.extension().unwrap_or("zip".as_ref()).to_string_lossy();
    let time = now.format("%Y%m%d_%H%M%S");
    for number in 1_u32.. {
        let suffix = if number == 1 { String::new() } else { format!("_{number}") };
        let candidate = versions.join(format!("{stem}_{time}{suffix}.{extension}"));
        match fs::hard_link(path, &candidate) {
            Ok(()) => return Ok(candidate),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(_) if fs::symlink_metadata(&candidate).is_ok() => {}
            // Some file systems have no hard links: rename it instead.
            Err(_) => {
                fs::rename(path, &candidate)?;
                return Ok(candidate);
            }
        }
    }
    unreachable!("a folder holds fewer than 2^32 names")
}

/// Creates a temporary file with the usual mode of new files; the model
/// would otherwise keep the mode of temporary files, 0600.
#[cfg(unix)]
fn new_temporary(folder: &Path) -> std::io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt;

    let permissions = fs::Permissions::from_mode(0o666);
    temporary().permissions(permissions).tempfile_in(folder)
}

#[cfg(not(unix))]
fn new_temporary(folder: &Path) -> std::io::Result<NamedTempFile> {
    temporary().tempfile_in(folder)
}

fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".model-").suffix(".tmp");
    builder
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Syncs the folder's entries, where the system can do that.
fn sync_names(folder: &Path) -> Result<()> {
    sync_folder(folder).with_context(|| format!("failed to sync the folder `{}`", folder.display()))
}
