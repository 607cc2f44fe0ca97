//! The options of a run, and how it can end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::config::{RequestedSettings, TrainingConfig};
use crate::session::{Clock, Layout, SessionOptions};

use super::resume::Resume;
use super::trials::EarlierTrials;

/// The options of a run.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// The workspace, whose folders exist.
    pub layout: Layout,
    /// The effective settings, already validated.
    pub training: TrainingConfig,
    /// One in this many closed trades is logged.
    pub trade_log_frequency: usize,
    /// The clock for timestamps and file names.
    pub clock: Clock,
    /// Raised to stop after the current batch.
    pub stop: StopFlag,
    /// Where the settings came from.
    pub requested: RequestedSettings,
    /// Earlier trials on the same data.
    pub earlier_trials: EarlierTrials,
    /// The session to resume, whose files are already copied.
    pub resume: Option<Resume>,
    /// The commit of the code, for the report; `None` where unknown.
    pub commit: Option<String>,
}

impl TrainOptions {
    /// Returns the options of the session of this run.
    pub(super) fn session(&self) -> SessionOptions<'_> {
        SessionOptions {
            layout: &self.layout,
            clock: self.clock,
            training: &self.training,
            trade_log_frequency: self.trade_log_frequency,
        }
    }
}

/// How a run that did not fail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RunEnd {
    Completed,
    Interrupted,
}

/// Says whether the run should stop after the current batch.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Requests a stop. Returns whether it was requested before.
    pub fn raise(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Returns whether a stop is requested.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
