//! Files that get their name when they are whole.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// A file that is still being written. It goes when it is dropped
/// before [`Draft::publish`].
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    partial: PathBuf,
}

impl Draft {
    /// Starts the file that becomes `path`, in a folder that is made.
    ///
    /// # Errors
    /// Fails when there is one: nothing is overwritten.
    pub(super) fn create(path: &Path) -> Result<(Self, File)> {
        ensure_absent(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to create the folder `{}`", folder.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let partial = path.with_file_name(format!(".{name}.partial"));
        let file = File::create(&partial)
            .with_context(|| format!("failed to create `{}`", partial.display()))?;
        Ok((Self { path: path.to_owned(), partial }, file))
    }

    /// Gives the file its name.
    pub(super) fn publish(self) -> Result<PathBuf> {
        ensure_absent(&self.path)?;
        fs::rename(&self.partial, &self.path)
            .with_context(|| format!("failed to save `{}`", self.path.display()))?;
        Ok(self.path.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone already when it was published.
        let _ = fs::remove_file(&self.partial);
    }
}

fn ensure_absent(path: &Path) -> Result<()> {
    let is_absent = fs::symlink_metadata(path).is_err();
    ensure!(is_absent, "`{}` exists; name another place, or move it away", path.display());
    Ok(())
}
