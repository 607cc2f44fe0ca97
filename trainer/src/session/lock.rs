//! Allows one trainer at a time in a workspace, by a kernel lock that
//! ends with its process.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use tracing::warn;

use crate::session::clock::{Clock, time_text};
use crate::session::write::create_folder;

/// Locks the workspace until it is dropped.
#[derive(Debug)]
pub struct TrainerLock {
    _file: File,
}

/// The error that another trainer has locked the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Locked {
    path: PathBuf,
    holder: Option<Holder>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    pid: u32,
    started_at: String,
}

impl TrainerLock {
    /// Takes the lock at `path` and writes this process to the file.
    ///
    /// # Errors
    ///
    /// Fails at once, with [`Locked`], when another process holds it.
    pub fn take(path: &Path, clock: Clock) -> Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        create_folder(folder)?;
        // Not truncated before the lock is held: the file names the holder.
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| format!("failed to open the lock `{}`", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = read_holder(&mut file);
                return Err(Locked { path: path.to_owned(), holder }.into());
            }
            Err(TryLockError::Error(error)) if is_unsupported(&error) => {
                warn!("the file system has no locks: start one trainer at a time here");
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("failed to lock `{}`", path.display()));
            }
        }
        write_holder(&mut file, clock)
            .with_context(|| format!("failed to write the lock `{}`", path.display()))?;
        Ok(Self { _file: file })
    }
}

/// Whether `error` means that the file system has no locks.
fn is_unsupported(error: &io::Error) -> bool {
    // `ENOLCK`, no lock server: std has no name for it.
    let no_locks = if cfg!(target_os = "macos") { 77 } else { 37 };
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
        || (cfg!(unix) && error.raw_os_error() == Some(no_locks))
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.holder {
            Some(Holder { pid, started_at }) => write!(
                f,
                "another trainer works here: process {pid} since {started_at} holds `{path}`; \
                 wait for it or end it"
            ),
            None => write!(f, "another trainer works here and holds `{path}`; wait for it"),
        }
    }
}

impl std::error::Error for Locked {}

fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn write_holder(file: &mut File, clock: Clock) -> Result<()> {
    let holder = Holder { pid: std::process::id(), started_at: time_text(clock.now()) };
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(serde_json::to_string(&holder)?.as_bytes())?;
    file.flush()?;
    Ok(())
}
