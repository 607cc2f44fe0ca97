//! The program `trainer`: its heap and its clock.

use std::process::ExitCode;

use chrono::{DateTime, Utc};
use dlmalloc::GlobalDlmalloc;

/// The C library's heap keeps freed memory for each thread: it grew with
/// each refit, and so with the data.
#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

/// Runs the program.
pub fn main() -> ExitCode {
    trainer::cli::main(system_time)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn system_time() -> DateTime<Utc> {
    Utc::now()
}
