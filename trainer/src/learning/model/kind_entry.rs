//! What a kind of policy gives to the table of kinds.

use anyhow::Result;

use super::container::ModelParts;
use crate::config::TrainingConfig;
use crate::learning::{Learner, LearnerSetup, Policy, Shape};

/// A kind of policy in the table of kinds.
pub(super) struct KindEntry {
    /// Its name in the settings and in models.
    pub(super) name: &'static str,
    /// Returns the name and the value of the setting for the number of
    /// bars that a learner remembers.
    pub(super) memory_bars: fn(&TrainingConfig) -> (&'static str, usize),
    /// Returns a new learner.
    pub(super) learner: fn(&TrainingConfig, LearnerSetup) -> Result<Box<dyn Learner>>,
    /// Reads a policy from its shape and the model's parts.
    pub(super) read: fn(Shape, &ModelParts) -> Result<Box<dyn Policy>>,
}
