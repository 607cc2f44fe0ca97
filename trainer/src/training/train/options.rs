//! What a run is given, and how it can end.

use crate::config::TrainingConfig;
use crate::session::{Clock, Layout, SessionOptions};

use super::requested::RequestedSettings;
use super::resume::Resume;
use super::stop::StopFlag;
use super::trials::EarlierTrials;

/// What a run needs to know.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// The workspace; its folders exist.
    pub layout: Layout,
    /// The settings in force, already checked.
    pub training: TrainingConfig,
    /// Every so many closed trades, one is logged.
    pub trade_log_frequency: usize,
    /// Stamps the record and names the files.
    pub clock: Clock,
    /// Raised to stop after the current batch.
    pub stop: StopFlag,
    /// Where the settings came from.
    pub requested: RequestedSettings,
    /// What was tried before on the same data.
    pub earlier_trials: EarlierTrials,
    /// The session to go on from, whose files were copied.
    pub resume: Option<Resume>,
    /// The commit of the code, for the report; none where unknown.
    pub commit: Option<String>,
}

impl TrainOptions {
    /// What the session of such a run starts with.
    pub(super) fn session(&self) -> SessionOptions<'_> {
        SessionOptions {
            layout: &self.layout,
            clock: self.clock,
            training: &self.training,
            trade_log_frequency: self.trade_log_frequency,
        }
    }
}

/// How a run ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunEnd {
    Completed,
    Interrupted,
}
