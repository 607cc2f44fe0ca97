//! The exit codes, which scripts rely on.

use std::fmt;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// How the trainer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrainerExit {
    /// With this exit code.
    Code(i32),
    /// By a signal that it could not handle.
    Killed,
}

impl TrainerExit {
    /// Stopped on request, with everything saved.
    pub const INTERRUPTED: Self = Self::Code(130);
    /// Its build lacks a feature that the task needs; nothing was written.
    pub const MISSING_FEATURE: Self = Self::Code(14);
}

/// How a command ended, if not by an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything was done: 0.
    Done = 0,
    /// The command itself succeeded, but what it ran failed: 1.
    Failed = 1,
    /// Done, with warnings on stderr: 3.
    Warnings = 3,
    /// There was nothing to do: 10.
    NothingToDo = 10,
    /// The session was trained and archived, but misses a gate: 12.
    GateMissed = 12,
    /// `train --check-leaks` found a leak: 13.
    LeakFound = 13,
    /// Stopped by a signal, with everything saved: 130.
    Interrupted = 130,
}

impl Exit {
    /// Converts the exit code of the trainer.
    pub fn of_trainer(exit: TrainerExit) -> Self {
        match exit {
            TrainerExit::Code(0) => Self::Done,
            TrainerExit::Code(3) => Self::Warnings,
            TrainerExit::Code(13) => Self::LeakFound,
            TrainerExit::INTERRUPTED => Self::Interrupted,
            TrainerExit::Code(_) | TrainerExit::Killed => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error with an exit code of its own.
#[derive(Debug)]
pub enum CodedError {
    /// Another process works in the workspace: 11.
    Locked(String),
    /// The command line or the settings are not valid: 2.
    Usage(String),
    /// A signal stopped the command before it changed anything: 130.
    Interrupted,
    /// The remote repository cannot be used: 20 to 26.
    Remote(RemoteProblem, String),
}

/// Why the remote repository cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum RemoteProblem {
    /// restic is missing or too old: 20.
    NoProgram = 20,
    /// No repository is named, or it does not exist: 21.
    NoRepository = 21,
    /// The password is missing or wrong: 22.
    Password = 22,
    /// It cannot be reached, or refuses the account: 23.
    Unreachable = 23,
    /// Its store is full: 24.
    Full = 24,
    /// Data in it is missing or has changed: 25.
    Damaged = 25,
    /// Any other error of restic: 26.
    Other = 26,
}

impl CodedError {
    /// Returns the process's exit code.
    pub fn code(&self) -> u8 {
        match self {
            Self::Locked(_) => 11,
            Self::Usage(_) => 2,
            Self::Interrupted => 130,
            Self::Remote(problem, _) => *problem as u8,
        }
    }
}

impl fmt::Display for CodedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked(text) | Self::Usage(text) | Self::Remote(_, text) => f.write_str(text),
            Self::Interrupted => {
                f.write_str("interrupted; nothing was moved and no half archive was left")
            }
        }
    }
}

impl std::error::Error for CodedError {}

/// Returns a [`CodedError::Usage`] with a text as of `format!`.
macro_rules! usage {
    ($($text:tt)+) => {
        anyhow::Error::from($crate::workspace::exit::CodedError::Usage(format!($($text)+)))
    };
}
pub(crate) use usage;

/// Returns the exit code of `error`: its own, or 1.
pub fn code_of(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<CodedError>().map_or(1, CodedError::code)
}

/// Returns an error if a signal has asked to stop.
///
/// # Errors
/// [`CodedError::Interrupted`].
pub fn check_interrupt(interrupt: &AtomicBool) -> Result<(), CodedError> {
    let is_set = interrupt.load(Ordering::Relaxed);
    if is_set { Err(CodedError::Interrupted) } else { Ok(()) }
}
