//! The locks of a repository: waits for them, and removes those of ended
//! processes of this machine.
//!
//! `restic unlock` also uses the clock: if that is wrong, it removes the
//! lock of another machine that is still working. So it is run only if
//! every lock is a stale one of this machine.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};

use super::redact::printable;
use super::{Restic, is_id};
use crate::programs::process;
use crate::workspace::exit::{CodedError, check_interrupt};

/// How long to wait for another process.
const TIMEOUT: Duration = Duration::from_secs(120);
/// How often to try again.
const RETRY_INTERVAL: Duration = Duration::from_millis(700);

/// A lock on the repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryLock {
    /// The machine that holds it, without control characters.
    #[serde(rename(deserialize = "hostname"), deserialize_with = "printable_text")]
    pub host: String,
    /// The process id.
    pub pid: u32,
    /// When it was last renewed, by the clock of its machine.
    #[serde(rename(deserialize = "time"))]
    pub since: DateTime<Utc>,
    /// Whether it is exclusive.
    #[serde(default)]
    pub exclusive: bool,
}

fn printable_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| printable(&text))
}

impl RepositoryLock {
    /// Whether it was left by an ended process of this machine.
    pub fn is_stale(&self) -> bool {
        host().as_deref() == Some(self.host.as_str()) && process::has_ended(self.pid)
    }
}

impl Restic<'_> {
    /// Returns the locks on the repository.
    pub fn locks(&self) -> Result<Vec<RepositoryLock>> {
        let text = String::from_utf8(self.output(&["list", "locks", "--no-lock"])?)?;
        let ids = text.lines().map(str::trim).filter(|id| is_id(id));
        let read = |id: &str| self.output(&["cat", "lock", id, "--no-lock"]).ok();
        // A lock that cannot be read was removed meanwhile.
        Ok(ids.filter_map(read).filter_map(|bytes| serde_json::from_slice(&bytes).ok()).collect())
    }

    /// Repeats `act` as long as another process holds the lock.
    pub(super) fn retry_while_locked<T>(&self, act: impl Fn() -> Result<T>) -> Result<T> {
        let start = Instant::now();
        loop {
            let error = match act() {
                Err(error) if is_locked(&error) => error,
                result => return result,
            };
            let locks = self.locks()?;
            if !locks.is_empty() && locks.iter().all(RepositoryLock::is_stale) {
                self.output(&["unlock"])?;
            }
            if start.elapsed() > TIMEOUT {
                return Err(error);
            }
            check_interrupt(self.interrupt)?;
            thread::sleep(RETRY_INTERVAL);
        }
    }
}

fn is_locked(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(CodedError::Locked(_)))
}

/// Returns the name of this machine, as restic determines it.
#[cfg(unix)]
pub fn host() -> Option<String> {
    nix::unistd::gethostname().ok()?.into_string().ok()
}

/// Returns the name of this machine.
#[cfg(not(unix))]
pub fn host() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}
