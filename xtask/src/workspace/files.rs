//! File operations that survive a kill at any instant.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::workspace::filesystem;
use crate::workspace::windows;

/// Syncs the entries of `folder`. A no-op on systems that cannot sync a
/// folder.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { filesystem::sync(&File::open(folder)?) } else { Ok(()) }
}

/// Syncs the content of the file at `path`.
pub fn sync_file(path: &Path) -> io::Result<()> {
    // Windows syncs only files that are open for writing.
    OpenOptions::new().read(true).write(cfg!(windows)).open(path)?.sync_all()
}

/// Whether both paths lead to the same file or folder; false on systems
/// without file numbers.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let both = [one, other].map(|path| fs::metadata(path).ok());
    matches!(both, [Some(one), Some(other)] if identity(&one).is_some_and(|id| Some(id) == identity(&other)))
}

/// Returns the device and inode of a file.
#[cfg(unix)]
pub fn identity(metadata: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

/// Returns `None`: the system has no inodes.
#[cfg(not(unix))]
pub fn identity(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}

/// Whether anything exists at `path`, even a dangling symlink. True on
/// errors, so that nothing is deleted or overwritten because of one.
pub fn exists(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// Returns the paths in `folder`, sorted; none if it is missing.
pub fn folder_entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = || format!("failed to read the folder `{}`", folder.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(failed),
    };
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .with_context(failed)?;
    paths.sort();
    Ok(paths)
}

/// Returns the permission bits of a file or folder.
#[cfg(unix)]
pub fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o7777
}

/// Returns the permission bits that correspond to the system's flags.
#[cfg(not(unix))]
pub fn mode(metadata: &fs::Metadata) -> u32 {
    if metadata.is_dir() {
        0o755
    } else if metadata.permissions().readonly() {
        0o444
    } else {
        0o644
    }
}

/// Creates the folder `path` with `mode` and all rights for its owner,
/// who still has to fill it.
#[cfg(unix)]
pub fn create_folder_as(path: &Path, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(mode.map_or(0o777, |mode| mode | 0o700)).create(path)
}

/// Creates the folder `path`; the system has no modes.
#[cfg(not(unix))]
pub fn create_folder_as(path: &Path, _: Option<u32>) -> io::Result<()> {
    fs::create_dir(path)
}

/// Whether `error` is a loop of symlinks.
pub fn is_loop(error: &io::Error) -> bool {
    // `ErrorKind::FilesystemLoop` is not stable yet: ELOOP of Linux and of
    // macOS.
    let code = if cfg!(target_os = "linux") { 40 } else { 62 };
    cfg!(unix) && error.raw_os_error() == Some(code)
}

/// Whether there is a folder at `path`, or a symlink to one.
pub fn is_folder(path: &Path) -> Result<bool> {
    Ok(metadata(path)?.is_some_and(|metadata| metadata.is_dir()))
}

/// Whether there is a file at `path`, or a symlink to one.
pub fn is_file(path: &Path) -> Result<bool> {
    Ok(metadata(path)?.is_some_and(|metadata| metadata.is_file()))
}

fn metadata(path: &Path) -> Result<Option<fs::Metadata>> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) if is_loop(&error) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read `{}`", path.display())),
    }
}

/// Creates `folder` and its parents, and syncs each new entry.
pub fn create_folder(folder: &Path) -> Result<()> {
    let is_missing = |path: &&Path| matches!(metadata(path), Ok(None));
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    let sync = |path: &Path| path.parent().map_or(Ok(()), sync_folder);
    fs::create_dir_all(folder)
        // The entry of an existing folder may not be synced yet either.
        .and_then(|()| sync(folder))
        .and_then(|()| missing.iter().skip(1).try_for_each(|path| sync(path)))
        .with_context(|| format!("failed to create the folder `{}`", folder.display()))
}

/// How often an operation that another program blocks is tried, and the
/// first wait, which is doubled each time: more than a second in total.
const N_TRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(5);

/// Renames `from` to `to`, replacing a file there.
///
/// On Windows, retries while another program, such as a virus scanner,
/// has either of them open.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let is_transient = |error: &io::Error| {
        cfg!(windows) && error.raw_os_error().is_some_and(windows::is_transient)
    };
    retry(|| fs::rename(from, to), is_transient)
}

/// Repeats `act`, after ever longer waits, as long as it fails with an
/// error that `is_transient`.
pub fn retry<T>(
    mut act: impl FnMut() -> io::Result<T>,
    is_transient: impl Fn(&io::Error) -> bool,
) -> io::Result<T> {
    let mut wait = FIRST_WAIT;
    for _ in 1..N_TRIES {
        match act() {
            Err(error) if is_transient(&error) => thread::sleep(wait),
            result => return result,
        }
        wait *= 2;
    }
    act()
}

/// Does [`free_file_name`] for both names that cargo gives a program: its
/// own and that in `deps`.
pub fn free_file_names(own: &Path, id: u32) {
    let name = own.file_name().unwrap_or_default();
    let twin = own.parent().map(|folder| folder.join("deps").join(name));
    for file in [Some(own.to_owned()), twin].into_iter().flatten().filter(|file| file.is_file()) {
        // If this fails, a rebuild reports that the file is in use.
        let _ = free_file_name(&file, id);
    }
}

/// Lets cargo rebuild the program `own` while it runs, on systems that do
/// not allow to replace the file of a running program: the file is
/// renamed, which is allowed, and a copy takes its name. `id` is the id
/// of this process.
///
/// # Errors
/// When the file cannot be renamed or copied; it keeps its name then.
pub fn free_file_name(own: &Path, id: u32) -> io::Result<()> {
    let name = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let aside = own.with_file_name(format!("{ASIDE_PREFIX}{id}_{name}"));
    for entry in fs::read_dir(own.parent().unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let other = entry.file_name().to_string_lossy().into_owned();
        if other.starts_with(ASIDE_PREFIX) && other.ends_with(&name) {
            // A program that still runs cannot be removed.
            let _ = fs::remove_file(entry.path());
        }
    }
    fs::rename(own, &aside)?;
    fs::copy(&aside, own).map(|_| ()).or_else(|error| {
        fs::rename(&aside, own)?;
        Err(error)
    })
}

/// The prefix of a running program's file that was renamed for a rebuild.
pub const ASIDE_PREFIX: &str = ".running_";

/// Renames `from` to `to`, and fails when `to` exists.
///
/// The new name appears atomically. A kill in between may leave the file
/// under both names, never under none.
pub fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // The file system has no hard links. The caller holds the workspace's
        // lock, so that no one takes the name in between.
        Err(_) => rename_folder_new(from, to),
    }
}

/// Renames the folder or file `from` to `to`, which must not exist.
pub fn rename_folder_new(from: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(to) {
        Ok(_) => Err(ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == ErrorKind::NotFound => rename(from, to),
        Err(error) => Err(error),
    }
}

/// Writes `content` to `path` so that a crash leaves either the old or
/// the new content.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temp = folder.join(format!(".{name}.partial"));
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(&temp)?;
        // The lock tells the search for abandoned drafts to skip this file;
        // without locks, it only exists for a moment.
        let _ = file.try_lock();
        file.write_all(content)?;
        filesystem::sync(&file)?;
        // Windows cannot rename a file that is open.
        let held = (!cfg!(windows)).then_some(file);
        rename(&temp, path)?;
        drop(held);
        sync_folder(folder)
    };
    write().map_err(|error| {
        // Do not leave a truncated file on a full disk.
        let _ = fs::remove_file(&temp);
        anyhow::Error::new(error).context(format!("failed to write `{}`", path.display()))
    })
}

/// Writes `value` to `path` as JSON, as [`write_atomically`] does.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    write_atomically(path, &serde_json::to_vec_pretty(value).expect("it is plain data"))
}

/// Returns the content of the file at `path`; `None` if there is none.
pub fn read_existing(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        bytes => bytes.map(Some).with_context(|| format!("failed to read `{}`", path.display())),
    }
}

/// Whether `error` says that the file does not exist.
pub fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::StaleNetworkFileHandle
    )
}
