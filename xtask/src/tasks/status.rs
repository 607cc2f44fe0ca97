//! The state of the workspace, and what the next `train` would do.
//!
//! It only reads and takes no lock, so that it works during a training.

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::tasks::clean;
use crate::tasks::coverage;
use crate::tasks::push::{PendingPush, PendingPushes};
use crate::vault::catalog::Catalog;
use crate::vault::manifest::{SessionStatus, SessionSummary};
use crate::vault::retention::{self, ArchiveItem, ArchiveState, PlanFacts};
use crate::vault::ruin;
use crate::vault::scan::{Scan, scan};
use crate::vault::session;
use crate::vault::verify;
use crate::workspace::Workspace;
use crate::workspace::lock::{self, Holder};

/// How many of the newest archives are compared with the workspace.
const N_CANDIDATES: usize = 3;

/// The state of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkspaceStatus {
    /// The workspace.
    pub root: String,
    /// The process that holds the lock; null if none does.
    pub running: Option<Holder>,
    /// The session in it; null when there is none.
    pub session: Option<SessionState>,
    /// The number of files that an archive of it would hold.
    pub n_files: u64,
    /// Their size in bytes.
    pub size_bytes: u64,
    /// The archives.
    pub archives: ArchiveFolderState,
    /// The archives whose push is pending; absent without any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unpushed: Vec<PendingPush>,
    /// The number of backups.
    pub n_backups: u64,
    /// What the next `train` would do; null while a task runs.
    pub next_train: Option<NextTrain>,
}

/// A session in the workspace.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionState {
    /// Its name; null when the trainer gave none.
    pub id: Option<String>,
    /// `running`, `completed`, `failed`, `interrupted` or `unknown`.
    pub status: String,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// The number of finished episodes; null if not recorded.
    pub n_episodes_done: Option<u64>,
    /// The number of all episodes.
    pub n_episodes: Option<u64>,
    /// The agent's net return out of sample so far, as a fraction.
    pub net_return: Option<f64>,
    /// The agent's Sharpe ratio out of sample so far.
    pub sharpe: Option<f64>,
    /// When it was ruined; absent if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruined: Option<String>,
}

/// The content of the archive folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchiveFolderState {
    /// The number of archives.
    pub n_archives: u64,
    /// Their size in bytes.
    pub size_bytes: u64,
    /// The newest; null when there is none.
    pub newest: Option<String>,
    /// When that was made.
    pub last_archived_at: Option<DateTime<Utc>>,
}

/// What a `train` would do before and after the training, as far as
/// known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NextTrain {
    /// The archive that holds the session already; null if it would be
    /// archived first, or there is none.
    pub held_by: Option<String>,
    /// Whether it would archive the session first.
    pub archives_session: bool,
    /// What it would move aside, relative to the workspace.
    pub moves: Vec<String>,
    /// The backup that it would be moved to; null if nothing would be moved.
    pub backup: Option<String>,
    /// Why it would refuse to start; null if it would not.
    pub refusal: Option<String>,
    /// The archives that retention would move to the trash at its end.
    pub removes: Vec<String>,
    /// Why retention cannot be applied, if so.
    pub problem: Option<String>,
}

/// Returns the state of `workspace` at the time `now`.
pub fn read(workspace: &Workspace, now: DateTime<Utc>) -> Result<WorkspaceStatus> {
    let running = lock::holder(workspace)?;
    let catalog = Catalog::read_without_files_readonly(workspace)?;
    let found = scan(workspace)?;
    let is_running = running.is_some();
    let newest = catalog.archives.last();
    let next_train = if is_running { None } else { Some(next(workspace, &catalog, &found, now)?) };
    Ok(WorkspaceStatus {
        root: workspace.root().display().to_string(),
        session: session_in(workspace.root(), is_running),
        n_files: found.files.len() as u64,
        size_bytes: found.files.iter().map(|file| file.size_bytes).sum(),
        archives: ArchiveFolderState {
            n_archives: catalog.archives.len() as u64,
            size_bytes: catalog.archives.iter().map(|archive| archive.size_bytes).sum(),
            newest: newest.map(|archive| archive.name.to_string()),
            last_archived_at: newest.map(crate::vault::catalog::Archive::created_at),
        },
        unpushed: PendingPushes::load(workspace).list(),
        n_backups: catalog.backups.len() as u64,
        next_train,
        running,
    })
}

fn session_in(root: &Path, is_running: bool) -> Option<SessionState> {
    let record = session::record(root)?;
    let SessionSummary { id, status, started_at, metrics, .. } = session::summarize(&record);
    // A session recorded as running was interrupted if no task is running.
    let says_running = record.get("status").and_then(Value::as_str) == Some("running");
    let status = if says_running && is_running { "running".to_owned() } else { status.to_string() };
    let figure = |name: &str| ruin::metric(metrics.get("agent")?, name);
    Some(SessionState {
        id,
        status,
        started_at,
        n_episodes_done: record
            .get("episodes")
            .and_then(Value::as_array)
            .map(|it| n_episodes_done(it)),
        n_episodes: n_episodes(&record),
        net_return: figure("net_return"),
        sharpe: figure("sharpe"),
        ruined: metrics.get("agent").and_then(ruin::describe),
    })
}

/// Returns the number of episodes that have ended or were skipped.
fn n_episodes_done(episodes: &[Value]) -> u64 {
    let n_skipped = |episode: &Value| episode.get("n_skipped").and_then(Value::as_u64);
    episodes.iter().map(|episode| 1 + n_skipped(episode).unwrap_or_default()).sum()
}

/// Returns the number of episodes of a whole session: those of each
/// window, and of the last fit.
fn n_episodes(record: &Value) -> Option<u64> {
    let count = |pointer: &str| record.pointer(pointer).and_then(Value::as_u64);
    let n_fits = 1 + count("/walk_forward/config/windows").unwrap_or_default();
    Some(count("/config/training/total_episodes")? * n_fits)
}

fn next(
    workspace: &Workspace,
    catalog: &Catalog,
    found: &Scan,
    now: DateTime<Utc>,
) -> Result<NextTrain> {
    let mut next = NextTrain::default();
    if let Some(plan) = clean::plan(workspace, found, now)? {
        next.held_by = holder_of_session(catalog, found)?;
        next.archives_session = next.held_by.is_none();
        next.refusal = plan.check(workspace).err().map(|error| format!("{error:#}"));
        next.moves = plan.moves;
        next.backup = Some(plan.backup);
    }
    let policy = workspace.config().retention.or_default();
    let items = items_after_training(workspace, catalog, &next, now)?;
    let planned = policy.check().and_then(|()| retention::plan(&items, &policy, now));
    match planned {
        Ok(plan) => next.removes = plan.remove,
        Err(error) => next.problem = Some(error.to_string()),
    }
    Ok(next)
}

/// Returns the name of the newest archive that holds the session.
fn holder_of_session(catalog: &Catalog, found: &Scan) -> Result<Option<String>> {
    let files = coverage::moved_by_clean(found);
    for archive in catalog.archives.iter().rev().take(N_CANDIDATES) {
        let Ok(Some(manifest)) = verify::read_manifest(&archive.path) else { continue };
        if coverage::changed(&files, &manifest)?.is_none() {
            return Ok(Some(archive.name.to_string()));
        }
    }
    Ok(None)
}

/// Returns the archives as they will be after the next training.
fn items_after_training(
    workspace: &Workspace,
    catalog: &Catalog,
    next: &NextTrain,
    now: DateTime<Utc>,
) -> Result<Vec<ArchiveItem>> {
    // The current models will be in a backup then.
    let unpushed = PendingPushes::load(workspace).names();
    let facts = PlanFacts { models_leave: true, unpushed, ..PlanFacts::default() };
    let mut items = retention::archive_items(workspace, catalog, &facts)?;
    let number = catalog.next_run_number();
    let session = session::read(workspace.root()).map(|session| session.status);
    let state = match session {
        Some(SessionStatus::Failed | SessionStatus::Interrupted) => ArchiveState::Failed,
        Some(SessionStatus::Completed) => ArchiveState::Complete,
        Some(SessionStatus::Unknown) | None => ArchiveState::Unknown,
    };
    if next.archives_session {
        items.push(future_item("the session of now", number, state, now));
    }
    let mut new = future_item("the next session", number + 1, ArchiveState::Complete, now);
    new.holds_current_model = true;
    items.push(new);
    Ok(items)
}

fn future_item(
    name: &str,
    run_number: u64,
    state: ArchiveState,
    now: DateTime<Utc>,
) -> ArchiveItem {
    ArchiveItem {
        name: name.to_owned(),
        run_number: Some(run_number),
        created_at: now,
        state,
        ..ArchiveItem::default()
    }
}
