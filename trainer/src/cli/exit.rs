//! How a subcommand ends: what it prints, and its exit code.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::account::metrics::Alarm;

pub const FAILED: u8 = 1;
/// Done, with warnings that put the results in doubt.
pub const WARNINGS: u8 = 3;
pub const LOCKED: u8 = 11;
pub const LEAK: u8 = 13;
/// This build leaves out what the task needs; nothing was written.
pub const MISSING_FEATURE: u8 = 14;
pub const INTERRUPTED: u8 = 130;

/// Prints what a subcommand returned.
pub fn print_result(result: Result<String>) -> Result<ExitCode> {
    print(&result?).map(|()| ExitCode::SUCCESS)
}

/// Returns the exit code of figures with these alarms.
pub fn exit_code_of(alarms: &[Alarm]) -> ExitCode {
    ExitCode::from(if alarms.is_empty() { 0 } else { WARNINGS })
}

/// Prints a result.
pub fn print(text: &str) -> Result<()> {
    ignore_closed_pipe(
        io::stdout().write_all(text.as_bytes()).context("failed to print the result"),
    )
}

/// Ignores the error that the reader of stdout has closed the pipe.
pub fn ignore_closed_pipe(printed: Result<()>) -> Result<()> {
    let is_closed = |error: &anyhow::Error| {
        let error = error.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    printed.or_else(|error| if is_closed(&error) { Ok(()) } else { Err(error) })
}
