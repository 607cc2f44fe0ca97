//! Copies a pipe to a file, since bars are read more than once.

use std::fs::{self, File, FileType};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A temporary copy of a pipe. On Linux it has no name, and so is gone
/// even after a signal.
#[derive(Debug)]
pub(super) struct Copy {
    path: PathBuf,
    #[cfg(target_os = "linux")]
    _file: File,
    #[cfg(not(target_os = "linux"))]
    _folder: tempfile::TempDir,
}

impl Copy {
    /// Copies the pipe at `path` until it ends.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let context = || format!("failed to read `{}`", path.display());
        let mut pipe = File::open(path).with_context(context)?;
        let (copy, mut file) = Self::create().with_context(no_room)?;
        let mut block = vec![0; 1 << 16];
        loop {
            let n_bytes = match io::Read::read(&mut pipe, &mut block) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => result.with_context(context)?,
            };
            if n_bytes == 0 {
                return Ok(copy);
            }
            io::Write::write_all(&mut file, &block[..n_bytes]).with_context(no_room)?;
        }
    }

    #[cfg(target_os = "linux")]
    fn create() -> io::Result<(Self, File)> {
        use std::os::fd::AsRawFd as _;

        let file = tempfile::tempfile()?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let clone = file.try_clone()?;
        Ok((Self { path, _file: file }, clone))
    }

    #[cfg(not(target_os = "linux"))]
    fn create() -> io::Result<(Self, File)> {
        let folder = tempfile::TempDir::new()?;
        let path = folder.path().join("bars");
        let file = File::create(&path)?;
        Ok((Self { path, _folder: folder }, file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

fn no_room() -> String {
    format!(
        "failed to copy a pipe to the folder `{}`; name another by the variable `TMPDIR`",
        std::env::temp_dir().display()
    )
}

/// Whether the file at `path` is a pipe.
pub(super) fn is_pipe(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| is_fifo(metadata.file_type()))
}

#[cfg(unix)]
fn is_fifo(file_type: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;

    file_type.is_fifo()
}

#[cfg(not(unix))]
fn is_fifo(_: FileType) -> bool {
    false
}
