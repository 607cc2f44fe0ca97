//! The locks of a repository: waited for, and taken off where they are
//! those of processes of this machine that have ended.
//!
//! `restic unlock` goes by the clock, too: where that is wrong, it takes
//! off the lock of another machine that works. So it is run only when
//! each lock is a dead one of this machine.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Restic, is_id};
use crate::programs::process;
use crate::workspace::exit::{CodedError, stop_if};

/// How long another process is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked at.
const LOOK: Duration = Duration::from_millis(700);

/// A lock on the repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RepositoryLock {
    /// When it was last renewed, by the clock of its machine.
    pub time: DateTime<Utc>,
    /// Whether it is exclusive.
    #[serde(default)]
    pub exclusive: bool,
    /// The machine.
    pub hostname: String,
    /// The process.
    pub pid: u32,
}

impl RepositoryLock {
    /// Whether it is one of this machine's, of a process that has ended.
    pub fn is_dead(&self) -> bool {
        host().as_deref() == Some(self.hostname.as_str()) && process::has_ended(self.pid)
    }
}

impl Restic<'_> {
    /// Returns the locks on the repository.
    ///
    /// # Errors
    /// As restic.
    pub fn locks(&self) -> Result<Vec<RepositoryLock>> {
        let text = String::from_utf8(self.output(&["list", "locks", "--no-lock"])?)?;
        let ids = text.lines().map(str::trim).filter(|id| is_id(id));
        let read = |id: &str| self.output(&["cat", "lock", id, "--no-lock"]).ok();
        // One that cannot be read any more was taken off meanwhile.
        Ok(ids.filter_map(read).filter_map(|bytes| serde_json::from_slice(&bytes).ok()).collect())
    }

    /// Does `act` again, as long as another process holds the lock.
    ///
    /// # Errors
    /// The last error of `act`.
    pub(super) fn patiently<T>(&self, act: impl Fn() -> Result<T>) -> Result<T> {
        let begun = Instant::now();
        loop {
            let error = match act() {
                Err(error) if is_locked(&error) => error,
                result => return result,
            };
            let locks = self.locks()?;
            if !locks.is_empty() && locks.iter().all(RepositoryLock::is_dead) {
                self.output(&["unlock"])?;
            }
            if begun.elapsed() > PATIENCE {
                return Err(error);
            }
            stop_if(self.interrupt)?;
            thread::sleep(LOOK);
        }
    }
}

fn is_locked(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(CodedError::Locked(_)))
}

/// Returns the name of this machine, as restic takes it.
#[cfg(unix)]
pub fn host() -> Option<String> {
    nix::unistd::gethostname().ok()?.into_string().ok()
}

/// Returns the name of this machine.
#[cfg(not(unix))]
pub fn host() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}
