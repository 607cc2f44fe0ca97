//! The subcommands, one a module.

pub mod bars;
pub mod check_model;
#[cfg(feature = "full")]
pub mod export;
pub mod metrics;
pub mod predict;
pub mod report;
pub mod simulate;
pub mod train;
#[cfg(feature = "full")]
pub mod watch;

use clap::ValueEnum;

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}
