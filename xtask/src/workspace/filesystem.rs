//! Locks and syncs, on file systems that may not support them.
//!
//! Some network and container file systems have no locks or cannot sync a
//! folder. Work continues there; each missing feature is reported once.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, Ordering};

static LACKS_LOCKS: AtomicBool = AtomicBool::new(false);
static LACKS_SYNC: AtomicBool = AtomicBool::new(false);

/// ENOLCK, no lock server, for which std has no `ErrorKind`.
const NO_LOCKS: i32 = if cfg!(target_os = "macos") { 77 } else { 37 };

/// Whether `error` says that the file system does not support this.
pub fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::InvalidInput)
        || (cfg!(unix) && error.raw_os_error() == Some(NO_LOCKS))
}

/// Locks `file` as [`File::try_lock`] does, if locks are supported.
///
/// # Errors
/// When another process holds it, or it cannot be locked.
pub fn try_lock(file: &File) -> Result<(), TryLockError> {
    ignore_unsupported_lock(file.try_lock())
}

/// Locks `file` as [`File::try_lock_shared`] does, if locks are
/// supported.
pub fn try_lock_shared(file: &File) -> Result<(), TryLockError> {
    ignore_unsupported_lock(file.try_lock_shared())
}

/// Waits for the lock on `file`, if locks are supported.
pub fn lock(file: &File) -> io::Result<()> {
    ignore_unsupported(file.lock(), &LACKS_LOCKS)
}

/// Waits for a shared lock on `file`, if locks are supported.
pub fn lock_shared(file: &File) -> io::Result<()> {
    ignore_unsupported(file.lock_shared(), &LACKS_LOCKS)
}

/// Releases the lock on `file`.
pub fn unlock(file: &File) -> io::Result<()> {
    ignore_unsupported(file.unlock(), &LACKS_LOCKS)
}

/// Syncs `file`, or the entries of a folder, if supported.
pub fn sync(file: &File) -> io::Result<()> {
    ignore_unsupported(file.sync_all(), &LACKS_SYNC)
}

/// Returns a warning for each missing feature that was met.
pub fn warnings() -> Vec<&'static str> {
    let locks = "the file system has no locks: that nothing else changes this workspace meanwhile \
                 is not promised, and drafts of killed runs stay; run one task at a time there";
    let sync = "the file system cannot sync: that the result survives a power cut is not promised";
    [(&LACKS_LOCKS, locks), (&LACKS_SYNC, sync)]
        .into_iter()
        .filter(|(is_missing, _)| is_missing.load(Ordering::Relaxed))
        .map(|(_, text)| text)
        .collect()
}

fn ignore_unsupported_lock(locked: Result<(), TryLockError>) -> Result<(), TryLockError> {
    match locked {
        Err(TryLockError::Error(error)) => {
            ignore_unsupported(Err(error), &LACKS_LOCKS).map_err(TryLockError::Error)
        }
        locked => locked,
    }
}

fn ignore_unsupported(result: io::Result<()>, is_missing: &AtomicBool) -> io::Result<()> {
    match result {
        Err(error) if is_unsupported(&error) => {
            is_missing.store(true, Ordering::Relaxed);
            Ok(())
        }
        result => result,
    }
}
