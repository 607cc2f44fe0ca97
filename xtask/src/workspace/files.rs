//! File operations that survive a kill at any instant.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::workspace::filesystem;
use crate::workspace::windows;

/// Makes the entries of `folder` durable. A no-op where the system
/// cannot sync a folder.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { filesystem::sync(&File::open(folder)?) } else { Ok(()) }
}

/// Makes the content of the file at `path` durable.
pub fn sync_file(path: &Path) -> io::Result<()> {
    // Windows syncs only what may be written.
    OpenOptions::new().read(true).write(cfg!(windows)).open(path)?.sync_all()
}

/// Whether both paths lead to the same file or folder, as far as the
/// system tells.
pub fn is_same(one: &Path, other: &Path) -> bool {
    let both = [one, other].map(|path| fs::metadata(path).ok());
    matches!(both, [Some(one), Some(other)] if identity(&one).is_some_and(|id| Some(id) == identity(&other)))
}

/// Returns the disk and the number of a file on it, where the system
/// tells them.
#[cfg(unix)]
pub fn identity(metadata: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

/// Returns `None`: the system does not tell.
#[cfg(not(unix))]
pub fn identity(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}

/// Whether there is anything at `path`, even a broken symlink; or may be:
/// nothing is deleted or written over for want of an answer.
pub fn exists(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}

/// Returns the paths in `folder`, sorted; none when it is absent.
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

/// Returns permission bits that tell what the system does.
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

/// Creates the folder `path`, open to nobody whom `mode` keeps out, and
/// to its owner as long as it is filled.
#[cfg(unix)]
pub fn create_folder_as(path: &Path, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(mode.map_or(0o777, |mode| mode | 0o700)).create(path)
}

/// Creates the folder `path`; the system knows no modes.
#[cfg(not(unix))]
pub fn create_folder_as(path: &Path, _: Option<u32>) -> io::Result<()> {
    fs::create_dir(path)
}

/// Whether `error` says that symlinks lead in a circle.
pub fn is_loop(error: &io::Error) -> bool {
    // The kind has no stable name yet: ELOOP of Linux, and of macOS.
    let code = if cfg!(target_os = "linux") { 40 } else { 62 };
    cfg!(unix) && error.raw_os_error() == Some(code)
}

/// Whether there is a folder at `path`, or a link to one. An error is no
/// answer.
///
/// # Errors
/// When that cannot be told.
pub fn is_folder(path: &Path) -> Result<bool> {
    Ok(metadata(path)?.is_some_and(|metadata| metadata.is_dir()))
}

/// Whether there is a file at `path`, or a link to one. An error is no
/// answer.
///
/// # Errors
/// When that cannot be told.
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

/// Creates `folder` and its parents, and makes each new entry durable.
pub fn create_folder(folder: &Path) -> Result<()> {
    let is_missing = |path: &&Path| matches!(metadata(path), Ok(None));
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    let sync = |path: &Path| path.parent().map_or(Ok(()), sync_folder);
    fs::create_dir_all(folder)
        // The entry of one that was there may not be durable yet either.
        .and_then(|()| sync(folder))
        .and_then(|()| missing.iter().skip(1).try_for_each(|path| sync(path)))
        .with_context(|| format!("failed to create the folder `{}`", folder.display()))
}

/// How often what another program is in the way of is tried again, and
/// how long that takes at first: more than a second in all.
const N_TRIES: u32 = 8;
const FIRST_WAIT: Duration = Duration::from_millis(5);

/// Renames `from` to `to`, which it replaces if it is there.
///
/// On Windows another program, such as a virus scanner, may hold either
/// for a moment: then it waits for that.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let is_passing =
        |error: &io::Error| cfg!(windows) && error.raw_os_error().is_some_and(windows::is_passing);
    patiently(|| fs::rename(from, to), is_passing)
}

/// Does `act` again, after ever longer waits, as long as it fails by an
/// error that `is_passing`.
///
/// # Errors
/// The last error of `act`.
pub fn patiently<T>(
    mut act: impl FnMut() -> io::Result<T>,
    is_passing: impl Fn(&io::Error) -> bool,
) -> io::Result<T> {
    let mut wait = FIRST_WAIT;
    for _ in 1..N_TRIES {
        match act() {
            Err(error) if is_passing(&error) => thread::sleep(wait),
            result => return result,
        }
        wait *= 2;
    }
    act()
}

/// Lets cargo build the program `own` anew while it runs, where the
/// system does not let a running program's file be replaced: that file
/// is renamed, which it allows, and a copy takes its name. `id` is of
/// this process.
///
/// # Errors
/// When the file can be neither renamed nor copied; it has its name
/// then as before.
pub fn leave_name(own: &Path, id: u32) -> io::Result<()> {
    let name = own.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let aside = own.with_file_name(format!("{ASIDE_PREFIX}{id}_{name}"));
    for entry in fs::read_dir(own.parent().unwrap_or(Path::new(".")))? {
        let entry = entry?;
        let other = entry.file_name().to_string_lossy().into_owned();
        if other.starts_with(ASIDE_PREFIX) && other.ends_with(&name) {
            // One that still runs cannot be removed.
            let _ = fs::remove_file(entry.path());
        }
    }
    fs::rename(own, &aside)?;
    fs::copy(&aside, own).map(|_| ()).or_else(|error| {
        fs::rename(&aside, own)?;
        Err(error)
    })
}

/// The start of the name of a program's file that runs and has left its
/// name to the next.
pub const ASIDE_PREFIX: &str = ".running_";

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
        Err(error) if error.kind() == ErrorKind::NotFound => rename(from, to),
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
        // Who looks for abandoned drafts leaves this one alone; where
        // there are no locks, it is only there for a moment.
        let _ = file.try_lock();
        file.write_all(content)?;
        filesystem::sync(&file)?;
        // Windows renames no file over another that this process holds.
        let held = (!cfg!(windows)).then_some(file);
        rename(&temp, path)?;
        drop(held);
        sync_folder(folder)
    };
    write().map_err(|error| {
        // What a full disk cut short is of no use to anyone.
        let _ = fs::remove_file(&temp);
        anyhow::Error::new(error).context(format!("failed to write `{}`", path.display()))
    })
}

/// Whether `error` says that nothing has this name.
pub fn is_gone(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::StaleNetworkFileHandle
    )
}
