//! What a policy and its learner must offer, so that the training loop
//! can drive any kind.

use std::fmt::Debug;
use std::io::{BufRead, Write};

use anyhow::Result;

use super::container::{Part, Parts};
use crate::config::TrainingConfig;
use crate::learning::agent::{LearnerSetup, RefitStats};
use crate::learning::judgement::Judgement;
use crate::market::bars::Bar;

/// What every kind of policy has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape<'a> {
    /// The exposures to choose from, increasing.
    pub exposures: &'a [f64],
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost: f64,
    /// Features of a row.
    pub n_features: usize,
}

/// A trained way to choose exposures: what a model wraps.
pub trait Policy: Debug + Send + Sync {
    /// Returns the name of its kind, as stored.
    fn kind(&self) -> &'static str;

    /// Returns what every kind has.
    fn shape(&self) -> Shape<'_>;

    /// Writes the value of each exposure into `values`, allocating
    /// nothing.
    fn values(&self, row: &[f64], values: &mut [f64]);

    /// Returns the exposure to hold when `position` is held,
    /// allocating nothing.
    fn act(&self, row: &[f64], position: f64) -> f64;

    /// Does as [`Policy::values`], and returns what [`Policy::act`] does.
    fn decide(&self, row: &[f64], position: f64, values: &mut [f64]) -> f64 {
        self.values(row, values);
        self.act(row, position)
    }

    /// Returns what must be stored besides the shape.
    fn parts(&self) -> Result<Vec<Part>>;

    /// Returns how many splits ask for each feature, where the policy
    /// is made of trees.
    fn split_counts(&self) -> Option<Vec<u64>> {
        None
    }
}

/// Watches bars go by, and improves its policy when told.
///
/// All randomness comes from its seed; its work is spread over the
/// current rayon pool, with the same bits for any number of threads.
pub trait Learner: Debug + Send {
    /// Records one bar, whose open is a price above 0, and, unless it
    /// is a warm-up bar, its features as known at its close.
    fn observe(&mut self, bar: &Bar, row: Option<&[f64]>) -> Result<()>;

    /// Learns from what it remembers; no report where nothing changed.
    fn refit(&mut self) -> Result<Option<RefitStats>>;

    /// Ends the bars of one symbol: another's follow in this episode, and
    /// nothing is learned across the seam.
    fn end_series(&mut self) -> Result<()>;

    /// Ends the episode: nothing is learned across the seam. A report,
    /// where it fitted.
    fn end_episode(&mut self) -> Result<Option<RefitStats>>;

    /// Returns what held-out training bars said of it, once they did.
    fn judgement(&self) -> Option<&Judgement> {
        None
    }

    /// Returns whether another episode on the same bars would change
    /// nothing: its policy is what it will stay.
    fn is_settled(&self) -> bool {
        false
    }

    /// Returns whether it has learned anything yet.
    fn is_trained(&self) -> bool;

    /// Returns the policy as it is now.
    fn policy(&self) -> &dyn Policy;

    /// Returns a copy of the policy as it is now.
    fn boxed_policy(&self) -> Box<dyn Policy>;

    /// Returns up to `n_rows` remembered feature rows.
    fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>>;

    /// Writes all that was learned and remembered to `out`; the
    /// settings are not part of it.
    fn write_state(&self, out: &mut dyn Write) -> Result<()>;

    /// Becomes the learner that wrote to `input`, which had the same
    /// settings. Fails on bytes that are none of such a learner's.
    fn read_state(&mut self, input: &mut dyn BufRead) -> Result<()>;
}

/// How to train a policy, and how to read it back: given its shape and
/// the model's parts.
pub(super) struct KindEntry {
    pub(super) name: &'static str,
    /// How many bars a learner remembers, and the setting that says so.
    pub(super) memory_bars: fn(&TrainingConfig) -> (&'static str, usize),
    pub(super) learner: fn(&TrainingConfig, LearnerSetup) -> Result<Box<dyn Learner>>,
    pub(super) read: fn(Shape<'_>, &Parts) -> Result<Box<dyn Policy>>,
}
