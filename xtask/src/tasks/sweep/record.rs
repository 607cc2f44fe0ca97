//! The record of a trial, beside its session: `trial.json`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::workspace::files;

/// The name of the record in a trial's folder.
pub const RECORD: &str = "trial.json";

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrialStatus {
    /// The session is completed.
    Completed,
    /// The session failed, and would fail again.
    Failed,
    /// It was stopped; `resume` starts it again.
    Interrupted,
    /// It was killed; it is started again, up to `retries` times.
    Lost,
}

impl TrialStatus {
    /// Whether the trial is finished.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// How an attempt ended: `trial.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrialRecord {
    /// 1.
    pub format: u32,
    /// Which attempt this was, from 1.
    pub attempt: u32,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// How it ended, and its results.
    #[serde(flatten)]
    pub outcome: AttemptOutcome,
}

/// How an attempt ended, and its results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptOutcome {
    /// How it ended.
    pub status: TrialStatus,
    /// Why it is not completed; null if it is.
    pub reason: Option<String>,
    /// The archive of its session, in `archives/` of its folder.
    pub archive: Option<String>,
    /// The session's metrics on validation bars; null if undefined.
    pub metrics: BTreeMap<String, Option<f64>>,
    /// The digest of its model; null without one.
    pub model_sha256: Option<String>,
    /// Why its metrics are suspicious; usually empty.
    pub doubts: Vec<String>,
}

impl AttemptOutcome {
    /// Returns the end of an attempt without a session.
    pub fn without_session(status: TrialStatus, reason: String) -> Self {
        Self {
            status,
            reason: Some(reason),
            archive: None,
            metrics: BTreeMap::new(),
            model_sha256: None,
            doubts: Vec::new(),
        }
    }
}

/// Reads the record in `folder`; `None` if there is none, or a power cut
/// left it incomplete.
pub fn read(folder: &Path) -> Result<Option<TrialRecord>> {
    let bytes = files::read_existing(&folder.join(RECORD))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Writes `record` to `folder` and syncs it.
pub fn write(folder: &Path, record: &TrialRecord) -> Result<()> {
    files::write_json(&folder.join(RECORD), record)
}
