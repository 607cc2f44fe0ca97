//! Copies a pipe to a file, since bars are read more than once.

use std::fs::{self, File, FileType};
use std::io;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

/// Returns `path`, or, of a pipe, the path of a temporary copy of it, and
/// the folder of the copy.
pub(super) fn copied(path: PathBuf) -> Result<(PathBuf, Option<TempDir>)> {
    let is_pipe = fs::metadata(&path).is_ok_and(|metadata| is_pipe(metadata.file_type()));
    if !is_pipe {
        return Ok((path, None));
    }
    let context = || format!("failed to read `{}`", path.display());
    let folder = TempDir::new().with_context(context)?;
    let copy = folder.path().join("bars");
    let mut pipe = File::open(&path).with_context(context)?;
    io::copy(&mut pipe, &mut File::create(&copy)?).with_context(context)?;
    Ok((copy, Some(folder)))
}

#[cfg(unix)]
fn is_pipe(file_type: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;

    file_type.is_fifo()
}

#[cfg(not(unix))]
fn is_pipe(_: FileType) -> bool {
    false
}
