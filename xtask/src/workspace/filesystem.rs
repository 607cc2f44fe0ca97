//! What a file system may lack, and what is then not promised.
//!
//! Some network and container file systems have no locks or cannot sync
//! a folder. Work continues there; each missing one is noted, to be reported once.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};

static LACKS_LOCKS: AtomicBool = AtomicBool::new(false);
static LACKS_SYNC: AtomicBool = AtomicBool::new(false);

/// The error of a lock server that is not there, which std does not name.
const NO_LOCKS: i32 = if cfg!(target_os = "macos") { 77 } else { 37 };

/// Whether `error` says that the file system cannot do this at all.
pub fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput)
        || (cfg!(unix) && error.raw_os_error() == Some(NO_LOCKS))
}

/// Locks `file` as [`File::try_lock`] does, where there are locks.
///
/// # Errors
/// When another process holds it, or it cannot be locked.
pub fn try_lock(file: &File) -> Result<(), TryLockError> {
    allow_missing_feature(file.try_lock())
}

/// Locks `file` as [`File::try_lock_shared`] does, where there are locks.
///
/// # Errors
/// As [`try_lock`].
pub fn try_lock_shared(file: &File) -> Result<(), TryLockError> {
    allow_missing_feature(file.try_lock_shared())
}

/// Waits for the lock on `file`, where there are locks.
///
/// # Errors
/// When it cannot be locked.
pub fn lock(file: &File) -> io::Result<()> {
    allow(file.lock(), &LACKS_LOCKS)
}

/// Waits for a shared lock on `file`, where there are locks.
///
/// # Errors
/// When it cannot be locked.
pub fn lock_shared(file: &File) -> io::Result<()> {
    allow(file.lock_shared(), &LACKS_LOCKS)
}

/// Gives a lock on `file` back.
///
/// # Errors
/// When it cannot be unlocked.
pub fn unlock(file: &File) -> io::Result<()> {
    allow(file.unlock(), &LACKS_LOCKS)
}

/// Makes `file`, or the entries of a folder, durable, where that can be
/// asked for.
///
/// # Errors
/// When the disk does not take it.
pub fn sync(file: &File) -> io::Result<()> {
    allow(file.sync_all(), &LACKS_SYNC)
}

/// Returns a line for each lack that was met.
pub fn warnings() -> Vec<&'static str> {
    let locks = "the file system has no locks: that nothing else changes this workspace meanwhile \
                 is not promised, and drafts of killed runs stay; run one task at a time there";
    let sync = "the file system cannot sync: that the result survives a power cut is not promised";
    [(&LACKS_LOCKS, locks), (&LACKS_SYNC, sync)]
        .into_iter()
        .filter(|(lack, _)| lack.load(Ordering::Relaxed))
        .map(|(_, text)| text)
        .collect()
}

fn allow_missing_feature(locked: Result<(), TryLockError>) -> Result<(), TryLockError> {
    match locked {
        Err(TryLockError::Error(error)) => {
            allow(Err(error), &LACKS_LOCKS).map_err(TryLockError::Error)
        }
        locked => locked,
    }
}

fn allow(result: io::Result<()>, lack: &AtomicBool) -> io::Result<()> {
    match result {
        Err(error) if is_unsupported(&error) => {
            lack.store(true, Ordering::Relaxed);
            Ok(())
        }
        result => result,
    }
}
