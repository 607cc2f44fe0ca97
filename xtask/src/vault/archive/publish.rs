//! Publishes an archive, written here or received from a repository,
//! under its final name once it is complete.

#[cfg(not(windows))]
use std::fs::TryLockError;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::vault::relocate;
use crate::workspace::files::{self, folder_entries};
use crate::workspace::filesystem;
use crate::workspace::lock::FolderLock;

/// The suffix of an archive that is still being written.
pub const PARTIAL_SUFFIX: &str = ".partial";

/// An archive that is being written; removed on drop unless published.
pub struct Draft {
    path: PathBuf,
    target: PathBuf,
    // Locked while it is written, so that the recovery of another workspace
    // that shares the folder leaves the file alone.
    lock: File,
    is_published: bool,
}

impl Draft {
    /// Creates the empty draft of the archive `name` in `folder`. Its file
    /// name contains the `run_number`, which reserves that number.
    pub fn create(folder: &Path, name: &str, run_number: u64, _: &FolderLock) -> Result<Self> {
        let path = folder.join(format!(".{name}.{run_number}{PARTIAL_SUFFIX}"));
        let lock = open_in_use(OpenOptions::new().read(true).write(true).create_new(true), &path)
            .with_context(|| format!("failed to create `{}`", path.display()))?;
        Ok(Self { path, target: folder.join(name), lock, is_published: false })
    }

    /// Returns a handle to write the archive through.
    pub fn file(&self) -> Result<File> {
        self.lock.try_clone().with_context(|| format!("failed to open `{}`", self.path.display()))
    }

    /// Returns the path of the draft.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes what was written durable.
    pub fn sync(&self) -> Result<()> {
        filesystem::sync(&self.lock).with_context(|| {
            format!("failed to write `{}` to the disk; free some space", self.path.display())
        })
    }

    /// Renames the draft to its final name, which must be free.
    pub fn publish(mut self) -> Result<PathBuf> {
        files::rename_new(&self.path, &self.target)
            .and_then(|()| files::sync_folder(self.target.parent().unwrap_or(Path::new("."))))
            .with_context(|| format!("failed to name the archive `{}`", self.target.display()))?;
        self.is_published = true;
        Ok(self.target.clone())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_published {
            // If this fails, the next run removes the file.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Returns the names and run numbers that the drafts in `folder` reserve,
/// of all processes.
pub fn reserved(folder: &Path) -> Result<Vec<(String, u64)>> {
    let parse = |path: &PathBuf| {
        let draft = path.file_name()?.to_str()?.strip_prefix('.')?.strip_suffix(PARTIAL_SUFFIX)?;
        let (name, number) = draft.rsplit_once('.')?;
        Some((name.to_owned(), number.parse().ok()?))
    };
    Ok(folder_entries(folder)?.iter().filter_map(parse).collect())
}

/// Returns the drafts in `folder` that no process is writing.
pub fn leftovers(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = folder_entries(folder)?;
    found.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(".training_backup_") && name.ends_with(PARTIAL_SUFFIX)
    });
    if found.is_empty() {
        return Ok(found);
    }
    // Drafts are created and locked under this lock.
    let _lock = FolderLock::acquire(folder);
    let mut drafts = Vec::new();
    for path in found {
        if is_abandoned(&path)? {
            drafts.push(path);
        }
    }
    Ok(drafts)
}

/// An archive that is to be received.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The folder to put it in.
    pub folder: &'a Path,
    /// Its file name, which must be free.
    pub name: &'a str,
    /// Its run number; 0 without one.
    pub run_number: u64,
}

/// Writes the archive by `fill`, verifies it by `verify`, then publishes
/// it.
///
/// # Errors
/// When `fill` or `verify` fails, or the disk does; nothing is left then.
pub fn receive(
    incoming: &Incoming<'_>,
    fill: impl FnOnce(&mut File) -> Result<()>,
    verify: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let Incoming { folder, name, run_number } = *incoming;
    files::create_folder(folder)?;
    for draft in leftovers(folder)? {
        relocate::remove(&draft)?;
    }
    let draft = Draft::create(folder, name, run_number, &FolderLock::acquire(folder))?;
    fill(&mut draft.file()?)?;
    draft.sync()?;
    verify(draft.path())?;
    draft.publish()
}

/// Opens `path` so that [`is_abandoned`] can tell that it is in use.
#[cfg(not(windows))]
fn open_in_use(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = options.open(path)?;
    filesystem::try_lock(&file)?;
    Ok(file)
}

/// Shares the file for reading only: with a lock of Windows, this process
/// could not read it back.
#[cfg(windows)]
fn open_in_use(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    use std::os::windows::fs::OpenOptionsExt;
    const SHARE_READ: u32 = 1;
    const SHARE_DELETE: u32 = 4;
    options.share_mode(SHARE_READ | SHARE_DELETE).open(path)
}

/// Whether no process is writing the draft `path`; false for one that has
/// been published or removed meanwhile.
#[cfg(not(windows))]
pub fn is_abandoned(path: &Path) -> Result<bool> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        file => file.with_context(|| format!("failed to open `{}`", path.display()))?,
    };
    match file.try_lock() {
        // Without locks there is no way to know: leave the file alone.
        Err(TryLockError::Error(error)) if filesystem::is_unsupported(&error) => Ok(false),
        locked => crate::workspace::lock::is_locked(path, locked),
    }
}

/// Whether no process is writing the draft `path`.
#[cfg(windows)]
pub fn is_abandoned(path: &Path) -> Result<bool> {
    match OpenOptions::new().write(true).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) if error.raw_os_error().is_some_and(crate::workspace::windows::is_transient) => {
            Ok(false)
        }
        Err(error) => Err(error).with_context(|| format!("failed to open `{}`", path.display())),
    }
}
