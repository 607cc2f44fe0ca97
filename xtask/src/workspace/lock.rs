//! Locks a workspace, so that one process at a time works in it.
//!
//! It is a lock of the kernel, released when its process ends, however it
//! ends, so that there are no stale locks.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::workspace::Workspace;
use crate::workspace::exit::CodedError;
use crate::workspace::files;
use crate::workspace::filesystem;

/// How long to wait for an orphaned trainer to notice that its parent
/// died.
const ORPHAN_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to wait for a process that only reads the holder, and how
/// often.
const RETRY_WAIT: Duration = Duration::from_millis(2);
const N_RETRIES: usize = 5;

/// The process that holds the lock: the content of the lock file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The process id.
    pub pid: u32,
    /// Its task, such as `train`.
    pub task: String,
    /// When it took the lock.
    pub since: DateTime<Utc>,
}

/// The lock on a workspace, released on drop.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The lock on a folder of archives, which several workspaces may share.
/// Held briefly, while a name and a run number are chosen or annotations
/// change.
#[derive(Debug)]
pub struct FolderLock {
    _folder: Option<File>,
}

impl FolderLock {
    /// Waits for the lock on `folder`. If a folder cannot be locked, a single
    /// workspace is still safe by its own lock.
    pub fn acquire(folder: &Path) -> Self {
        Self { _folder: File::open(folder).ok().filter(|file| file.lock().is_ok()) }
    }

    /// Whether another process holds the lock on `folder`.
    pub fn is_held(folder: &Path) -> bool {
        let result = File::open(folder).map(|file| file.try_lock());
        matches!(result, Ok(Err(TryLockError::WouldBlock)))
    }
}

/// Takes the lock called `name` in `workspace`, which does not block
/// other tasks.
///
/// # Errors
/// [`CodedError::Locked`] with `text` when another process holds it.
pub fn acquire_part(workspace: &Workspace, name: &str, text: &str) -> Result<Lock> {
    let folder = workspace.state();
    files::create_folder(&folder)?;
    let path = folder.join(format!("{name}.lock"));
    let file = open(&path)?;
    if !is_locked(&path, filesystem::try_lock(&file))? {
        return Err(CodedError::Locked(text.to_owned()).into());
    }
    Ok(Lock { _file: file })
}

/// Whether the file at `path` was `locked`; false if another process
/// holds its lock.
pub fn is_locked(path: &Path, locked: Result<(), TryLockError>) -> Result<bool> {
    match locked {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("failed to lock `{}`", path.display()))
        }
    }
}

/// Takes the lock on `workspace` for `task`.
///
/// # Errors
/// [`CodedError::Locked`] when another process holds it; says which, and
/// since when.
pub fn acquire(workspace: &Workspace, task: &str, now: DateTime<Utc>) -> Result<Lock> {
    let folder = workspace.state();
    files::create_folder(&folder)?;
    let path = folder.join("lock");
    let mut file = open(&path)?;
    if !is_locked(&path, try_lock(&file))? {
        return Err(locked(&path).into());
    }
    let holder = Holder { pid: std::process::id(), task: task.to_owned(), since: now };
    let text = serde_json::to_vec(&holder).expect("a holder is plain data");
    let written = file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(&text));
    match written {
        // The lock works without the holder's name in it, and a full disk must
        // not prevent deleting something.
        Err(error) if is_out_of_space(&error) => {}
        written => written.with_context(|| format!("failed to write `{}`", path.display()))?,
    }
    wait_for_orphan(&folder.join("trainer.lock"))?;
    Ok(Lock { _file: file })
}

/// Locks `file`, with a few retries: [`holder`] locks it briefly, too.
fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 0..N_RETRIES {
        match filesystem::try_lock(file) {
            Err(TryLockError::WouldBlock) => thread::sleep(RETRY_WAIT),
            result => return result,
        }
    }
    filesystem::try_lock(file)
}

/// Returns the holder of the lock on `workspace`, if it is locked.
pub fn holder(workspace: &Workspace) -> Result<Option<Holder>> {
    let path = workspace.state().join("lock");
    let Some(file) = open_existing(&path)? else {
        return Ok(None);
    };
    if is_locked(&path, filesystem::try_lock_shared(&file))? {
        return Ok(None);
    }
    let (task, since) = ("unknown".to_owned(), DateTime::UNIX_EPOCH);
    Ok(Some(read_holder(&path).unwrap_or(Holder { pid: 0, task, since })))
}

fn is_out_of_space(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn read_holder(path: &Path) -> Option<Holder> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn open(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .with_context(|| format!("failed to open `{}`", path.display()))
}

/// Opens the lock file `path`; `None` if it does not exist yet.
fn open_existing(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(error).with_context(|| format!("failed to open the lock `{}`", path.display()))
        }
    }
}

fn locked(path: &Path) -> CodedError {
    let who = read_holder(path).map_or_else(
        || "another process".to_owned(),
        |Holder { pid, task, since }| {
            format!("`{task}` (process {pid}, since {})", since.format("%Y-%m-%d %H:%M:%S UTC"))
        },
    );
    CodedError::Locked(format!("the workspace is locked by {who}; wait for it, or stop it"))
}

/// Waits until no trainer is running in the workspace: the trainer of a
/// killed run needs a moment to notice.
fn wait_for_orphan(path: &Path) -> Result<()> {
    let Some(file) = open_existing(path)? else {
        return Ok(());
    };
    let deadline = Instant::now() + ORPHAN_TIMEOUT;
    while !is_locked(path, filesystem::try_lock(&file))? {
        if Instant::now() >= deadline {
            return Err(locked_by_trainer(path).into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn locked_by_trainer(path: &Path) -> CodedError {
    let detail = fs::read_to_string(path).unwrap_or_default();
    CodedError::Locked(format!(
        "a trainer is still running in the workspace ({}); wait for it, or stop it",
        detail.trim()
    ))
}
