//! The input and output of retention.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// What retention knows of an archive.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ArchiveItem {
    /// Its name.
    pub name: String,
    /// Its run number; none for a zip of another tool.
    pub run_number: Option<u64>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// What it holds.
    pub state: ArchiveState,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it is pinned, and the reason that was given.
    pub pin: Option<Option<String>>,
    /// Whether it must be kept because the remote repository may not have it.
    pub is_unpushed: bool,
    /// Whether it holds a model that is now in `models/`.
    pub holds_current_model: bool,
    /// The agent's metrics; NaN if undefined, such as the Sharpe ratio of an
    /// agent that never traded.
    pub metrics: std::collections::BTreeMap<String, f64>,
}

/// What an archive holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ArchiveState {
    /// A session that ran to its end, or what a user archived by hand.
    Complete,
    /// A session whose end is unknown.
    #[default]
    Unknown,
    /// A session that failed or was interrupted.
    Failed,
    /// Files of which some have changed.
    Damaged,
    /// Nothing that can be read.
    Unreadable,
}

/// Which archives or backups are kept, and which are removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct RetentionPlan {
    /// What is kept, newest first, and why.
    pub keep: Vec<KeptItem>,
    /// What is removed, newest first.
    pub remove: Vec<String>,
    /// Warnings for the user.
    pub warnings: Vec<String>,
}

/// An archive or backup that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptItem {
    /// Its name.
    pub name: String,
    /// Why it is kept: one line for each rule.
    pub reasons: Vec<String>,
}

/// Returns the warning that `name` is dated `time`, in the future.
pub(super) fn dated_in_future(name: &str, time: DateTime<Utc>) -> String {
    format!(
        "`{name}` is dated in the future ({}): it is kept and not counted; check the clock",
        time.format("%Y-%m-%d %H:%M:%S UTC")
    )
}
