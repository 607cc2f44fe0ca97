//! The error that this build leaves out a part of the trainer.
//!
//! `cargo xtask train` builds the trainer without the feature `full`, so
//! that a first training waits for nothing it does not use. A task that
//! needs more fails with [`MissingFeature`] before it writes anything;
//! `xtask` then builds the whole program and runs the task again.

use std::fmt;

/// A task needs a part that this build leaves out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingFeature {
    /// What needs it, such as "`bars.parquet` is a Parquet file".
    pub reason: String,
}

impl fmt::Display for MissingFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason } = self;
        write!(f, "{reason}, for which the trainer must be built with its feature `full`")
    }
}

impl std::error::Error for MissingFeature {}
