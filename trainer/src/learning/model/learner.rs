//! What a learner must offer, so that the training loop can drive it.

use std::fmt::Debug;
use std::io::{BufRead, Write};

use anyhow::Result;

use super::kinds::Policy;
use crate::learning::agent::RefitStats;
use crate::market::bars::Bar;

/// Watches bars go by, and improves its policy when told.
///
/// All randomness comes from its seed; its work is spread over the
/// current rayon pool, with the same bits for any number of threads.
pub trait Learner: Debug + Send {
    /// Takes in one bar, whose open is a price above 0, and, unless it
    /// is a warm-up bar, its features as known at its close.
    fn observe(&mut self, bar: &Bar, row: Option<&[f64]>) -> Result<()>;

    /// Learns from what it remembers; no report where nothing changed.
    fn refit(&mut self) -> Result<Option<RefitStats>>;

    /// Ends the bars of one symbol: another's follow in this episode, and
    /// nothing is learned across the seam.
    fn end_series(&mut self) -> Result<()>;

    /// Ends the episode: nothing is learned across the seam.
    fn end_episode(&mut self) -> Result<()>;

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
