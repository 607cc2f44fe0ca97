//! The files of an export: they get their names when they are complete.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::session::create_folder;

/// A file that is being written. It is removed when it is dropped before
/// [`Draft::publish`].
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    partial: PathBuf,
}

impl Draft {
    /// Creates the file that becomes `path`, and its folder.
    ///
    /// # Errors
    ///
    /// Fails when `path` exists: nothing is overwritten.
    pub(super) fn create(path: &Path) -> Result<(Self, File)> {
        ensure_absent(path)?;
        create_folder(path.parent().unwrap_or(Path::new("")))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let partial = path.with_file_name(format!(".{name}.partial"));
        let file = File::create(&partial)
            .with_context(|| format!("failed to create `{}`", partial.display()))?;
        Ok((Self { path: path.to_owned(), partial }, file))
    }

    /// Renames the complete file to its path, and returns that.
    pub(super) fn publish(self) -> Result<PathBuf> {
        ensure_absent(&self.path)?;
        fs::rename(&self.partial, &self.path)
            .with_context(|| format!("failed to save `{}`", self.path.display()))?;
        Ok(self.path.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It is gone already if it was published.
        let _ = fs::remove_file(&self.partial);
    }
}

/// Returns the paths in `folder` whose names match, sorted; none if there
/// is no such folder.
pub(super) fn files_in(folder: &Path, matches: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = || format!("failed to read the folder `{}`", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if matches(&path.file_name().unwrap_or_default().to_string_lossy()) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn ensure_absent(path: &Path) -> Result<()> {
    let is_absent = fs::symlink_metadata(path).is_err();
    ensure!(is_absent, "`{}` exists; name another place, or move it away", path.display());
    Ok(())
}
