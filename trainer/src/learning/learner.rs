//! What every kind of learner has, so that the training loop can use any.

use std::fmt::Debug;
use std::io::{BufRead, Write};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::judgement::Judgement;
use super::policy::Policy;

/// What a learner needs besides its settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearnerSetup {
    /// Features of a row.
    pub n_features: usize,
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost_per_exposure: f64,
    /// The run's seed: all randomness comes from it.
    pub seed: u64,
}

/// The statistics of one refit, which does one or more backups.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RefitStats {
    /// Fits done by the learner in total: backups, and fits to the linear
    /// values that they start from.
    pub n_backups: u64,
    /// Remembered bars that the last backup was fitted to.
    pub n_rows: usize,
    /// Greatest absolute change of a value by the last backup, over the
    /// remembered bars and all exposures, as a fraction of equity. A
    /// value is the mean over all trees, renewed and kept.
    pub max_abs_delta_q: f64,
    /// Mean absolute change of the same values.
    pub mean_abs_delta_q: f64,
    /// The selected number of backups, where it is selected on held-out
    /// bars.
    pub n_chosen: Option<usize>,
    /// Wall-clock time of the backups, in seconds.
    pub fit_seconds: f64,
}

/// Records bars, and fits a policy on them.
///
/// All randomness comes from the run's seed. The work is spread over the
/// current rayon pool, with the same bits for any number of threads.
pub trait Learner: Debug + Send {
    /// Records one bar: when it opened, its open (a price above 0) and,
    /// except for a warm-up bar, its features as known at its close.
    ///
    /// Fails on a row of another length or a value that is not finite.
    fn observe(&mut self, time_ms: i64, open: f64, row: Option<&[f64]>) -> Result<()>;

    /// Fits the policy on the remembered bars; returns no report where
    /// nothing was done.
    fn refit(&mut self) -> Result<Option<RefitStats>>;

    /// Ends the bars of one symbol: another symbol's follow in the same
    /// episode. No bar after the gap counts as following one before it.
    fn end_series(&mut self);

    /// Ends the episode, which includes the end of the series; returns a
    /// report where the policy was fitted.
    fn end_episode(&mut self) -> Result<Option<RefitStats>>;

    /// Returns the judgement on held-out training bars; none before the
    /// first.
    fn judgement(&self) -> Option<&Judgement>;

    /// Returns whether another episode on the same bars would leave the
    /// policy as it is.
    fn is_settled(&self) -> bool;

    /// Returns whether the policy was fitted at least once.
    fn is_trained(&self) -> bool;

    /// Returns the current policy.
    fn policy(&self) -> &dyn Policy;

    /// Returns a copy of the current policy.
    fn boxed_policy(&self) -> Box<dyn Policy>;

    /// Returns up to `n_rows` remembered feature rows, evenly spaced; a
    /// stored model checks its predictions on them.
    fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>>;

    /// Writes the policy and the remembered bars to `out`, without the
    /// settings.
    fn write_state(&self, out: &mut dyn Write) -> Result<()>;

    /// Restores the state that a learner with the same settings wrote.
    /// Fails on a state that is damaged or of other settings.
    fn read_state(&mut self, input: &mut dyn BufRead) -> Result<()>;
}
