//! The command line, run as a user runs it on small data.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

pub(crate) mod bars;
pub(crate) mod columns;
mod doubts;
mod failures;
mod holdout;
mod learner;
pub(crate) mod portfolio;
mod report;
#[cfg(unix)]
mod resume;
mod ruin;
mod runs;
mod signals;
mod terminal;
mod trials;
mod units;
mod walk_forward;
pub(crate) mod workspace;

pub(crate) use crate::command_output::CommandOutput;
pub(crate) use workspace::{MODEL, TRAINED, Workspace};
