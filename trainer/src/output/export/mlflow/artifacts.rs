//! Copies the files of a session as a run's artifacts.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::session::create_folder;

/// The folders of a session.
const FOLDERS: [&str; 3] = ["logs", "models", "config"];
/// File name extensions of checkpoints at the root.
const ROOT_CHECKPOINTS: [&str; 2] = ["pth", "pkl"];

/// Copies the session's files below `root` to `to`.
pub(super) fn copy(root: &Path, to: &Path) -> Result<()> {
    for folder in FOLDERS {
        let from = root.join(folder);
        if from.is_dir() {
            copy_folder(&from, &to.join(folder))?;
        }
    }
    for entry in entries(root)? {
        let extension = entry.path().extension().unwrap_or_default().to_owned();
        if ROOT_CHECKPOINTS.iter().any(|known| extension == *known) {
            copy_entry(&entry, to)?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    create_folder(to)?;
    for entry in entries(from)? {
        copy_entry(&entry, to)?;
    }
    Ok(())
}

/// Copies a file or folder; skips symlinks, which may lead anywhere.
fn copy_entry(entry: &fs::DirEntry, folder: &Path) -> Result<()> {
    let (from, to) = (entry.path(), folder.join(entry.file_name()));
    let failed = || format!("failed to copy `{}`", from.display());
    let file_type = entry.file_type().with_context(failed)?;
    if file_type.is_dir() {
        copy_folder(&from, &to)
    } else if file_type.is_file() {
        fs::copy(&from, &to).map(|_| ()).with_context(failed)
    } else {
        Ok(())
    }
}

fn entries(folder: &Path) -> Result<Vec<fs::DirEntry>> {
    let failed = || format!("failed to read the folder `{}`", folder.display());
    let entries = fs::read_dir(folder).with_context(failed)?;
    entries.collect::<std::io::Result<_>>().with_context(failed)
}
