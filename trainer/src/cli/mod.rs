//! The command line: `program` runs the subcommands, each of which is a
//! module.

mod bars;
mod check_model;
mod exit;
#[cfg(feature = "full")]
mod export;
mod metrics;
mod predict;
mod program;
mod report;
mod simulate;
mod train;
#[cfg(feature = "full")]
mod watch;

pub use program::main;

use clap::ValueEnum;

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}
