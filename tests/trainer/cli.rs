//! The command line, run as a user runs it on small data.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

mod bars;
mod failures;
mod learner;
mod runs;
mod signals;
mod workspace;

pub(crate) use workspace::Workspace;
