//! The traits of policies and learners, which let the training loop use
//! any kind of model.

use std::fmt::Debug;
use std::io::{BufRead, Write};

use anyhow::Result;

use super::container::{Part, Parts};
use crate::config::TrainingConfig;
use crate::learning::agent::{LearnerSetup, RefitStats};
use crate::learning::judgement::Judgement;
use crate::market::bars::Bar;

/// The properties that every kind of policy has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape<'a> {
    /// The exposures to choose from, increasing.
    pub exposures: &'a [f64],
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost: f64,
    /// Features of a row.
    pub n_features: usize,
}

/// Chooses the exposure to hold from the features of a bar.
pub trait Policy: Debug + Send + Sync {
    /// Returns the name of the policy's kind, as stored.
    fn kind(&self) -> &'static str;

    /// Returns the exposures, the cost and the number of features.
    fn shape(&self) -> Shape<'_>;

    /// Writes the value of each exposure into `values`, allocating
    /// nothing.
    fn values(&self, row: &[f64], values: &mut [f64]);

    /// Returns the exposure to hold when the position is `position`,
    /// allocating nothing.
    fn act(&self, row: &[f64], position: f64) -> f64;

    /// Does both [`Policy::values`] and [`Policy::act`].
    fn decide(&self, row: &[f64], position: f64, values: &mut [f64]) -> f64 {
        self.values(row, values);
        self.act(row, position)
    }

    /// Returns the parts to store besides the shape.
    fn parts(&self) -> Result<Vec<Part>>;

    /// Returns for each feature the number of splits on it; none for a
    /// policy without trees.
    fn split_counts(&self) -> Option<Vec<u64>> {
        None
    }
}

/// Records bars, and fits a policy on them.
///
/// All randomness comes from the run's seed. The work is spread over the
/// current rayon pool, with the same bits for any number of threads.
pub trait Learner: Debug + Send {
    /// Records one bar, whose open is a price above 0, and, except for a
    /// warm-up bar, its features as known at its close.
    fn observe(&mut self, bar: &Bar, row: Option<&[f64]>) -> Result<()>;

    /// Fits the policy on the remembered bars; returns no report where
    /// nothing was done.
    fn refit(&mut self) -> Result<Option<RefitStats>>;

    /// Ends the bars of one symbol: another symbol's follow in the same
    /// episode. No bar after the gap counts as following one before it.
    fn end_series(&mut self) -> Result<()>;

    /// Ends the episode, which includes the end of the series; returns a
    /// report where the policy was fitted.
    fn end_episode(&mut self) -> Result<Option<RefitStats>>;

    /// Returns the judgement on held-out training bars; none before the
    /// first, and for a learner that makes none.
    fn judgement(&self) -> Option<&Judgement> {
        None
    }

    /// Returns whether another episode on the same bars would leave the
    /// policy as it is.
    fn is_settled(&self) -> bool {
        false
    }

    /// Returns whether the policy was fitted at least once.
    fn is_trained(&self) -> bool;

    /// Returns the current policy.
    fn policy(&self) -> &dyn Policy;

    /// Returns a copy of the current policy.
    fn boxed_policy(&self) -> Box<dyn Policy>;

    /// Returns up to `n_rows` remembered feature rows.
    fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>>;

    /// Writes the policy and the remembered bars to `out`, without the
    /// settings.
    fn write_state(&self, out: &mut dyn Write) -> Result<()>;

    /// Restores the state that a learner with the same settings wrote.
    /// Fails on a state that is damaged or of other settings.
    fn read_state(&mut self, input: &mut dyn BufRead) -> Result<()>;
}

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
    pub(super) read: fn(Shape<'_>, &Parts) -> Result<Box<dyn Policy>>,
}
