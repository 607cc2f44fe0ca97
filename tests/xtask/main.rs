//! The tests of the tasks, through their public interface.
//!
//! Those of Unix alone need what Windows has not: modes, signals, links,
//! names of any bytes, and shell scripts that stand in for trainers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
#[path = "../command_output.rs"]
mod command_output;
mod programs;
mod rawzip;
mod support;
mod tasks;
mod terminal;
#[cfg(unix)]
mod tidy;
mod vault;
mod workspace;
