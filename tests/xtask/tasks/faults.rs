//! What a kill, a failing call or a full disk may not do: lose a byte
//! of a finished session.
//!
//! Each has a short form here and its full form behind
//! `RUN_SLOW_TESTS=1`.

mod crowd;
mod disk;
mod kill;
mod ledger;
#[cfg(target_os = "linux")]
mod power;
mod restore;
mod syscalls;

/// Whether the full forms run.
pub fn is_slow() -> bool {
    std::env::var_os("RUN_SLOW_TESTS").is_some()
}
