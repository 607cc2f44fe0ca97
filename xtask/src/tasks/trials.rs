//! Keeps a ledger of all sessions, and passes it to the trainer.
//!
//! The best of many trials looks good by luck alone. The deflated Sharpe
//! ratio of a new session therefore counts all earlier ones, including
//! those whose archives were removed. The ledger is stored beside the
//! archives, for all workspaces that share them, with a copy in
//! `.trainvault/`.

mod ledger;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

pub use ledger::{LedgerLine, LineKey};

use crate::tasks::TaskContext;
use crate::vault::catalog::{Archive, Catalog};
use crate::vault::manifest::SessionSummary;
use crate::vault::ruin;
use crate::vault::session;
use crate::workspace::files::{self, exists};

/// The name of the ledger of trials beside the archives.
pub const LEDGER_NAME: &str = "trials.jsonl";

/// The evaluated sessions: `.trainvault/trials.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EarlierTrials {
    /// 1.
    pub format: u32,
    /// Oldest first, each session once.
    pub trials: Vec<EarlierTrial>,
}

/// One session, evaluated out of sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EarlierTrial {
    /// The archive that held it; empty without one.
    pub archive: String,
    /// The digest of its settings, seed included.
    pub config_sha256: Option<String>,
    /// The digest of its data.
    pub data_sha256: String,
    /// The number of bars that it was evaluated on.
    pub n_bars: u64,
    /// Its Sharpe ratio per bar, not per year; null when it is not
    /// defined, as for one that never traded.
    pub sharpe: Option<f64>,
}

/// Returns the trials of the ledger `lines`, the oldest first.
///
/// Every evaluated session counts, including failed, interrupted and
/// ruined ones, since their metrics were seen. Sessions of the same
/// settings and bars count once; a session that was resumed counts
/// together with its continuation.
pub fn of(lines: &[LedgerLine]) -> EarlierTrials {
    let resumed: BTreeSet<&str> =
        lines.iter().filter_map(|line| line.resumed_from.as_deref()).collect();
    let mut seen = BTreeSet::new();
    let mut trials: Vec<EarlierTrial> = lines
        .iter()
        .rev()
        .filter(|line| line.session.as_deref().is_none_or(|id| !resumed.contains(id)))
        .filter(|line| {
            let key = line.config_sha256.as_ref().or(line.session.as_ref());
            seen.insert((key, &line.data_sha256, line.n_bars))
        })
        .map(|line| EarlierTrial {
            archive: line.archive.clone().unwrap_or_default(),
            config_sha256: line.config_sha256.clone(),
            data_sha256: line.data_sha256.clone(),
            n_bars: line.n_bars,
            sharpe: line.sharpe,
        })
        .collect();
    trials.reverse();
    EarlierTrials { format: 1, trials }
}

/// Adds the sessions of the archives and the workspace to the ledger, and
/// returns all lines. Lost lines are restored from the copy, with a
/// warning.
///
/// # Errors
/// When the archives or the ledger cannot be read, or neither the
/// ledger nor its copy can be written.
pub fn remember(context: &mut TaskContext<'_>) -> Result<Vec<LedgerLine>> {
    let workspace = context.workspace;
    let folder = workspace.archives();
    let (shared, copy) = (folder.join(LEDGER_NAME), workspace.state().join(LEDGER_NAME));
    let (in_shared, in_copy) = (ledger::read(&shared)?, ledger::read(&copy)?);
    let catalog = Catalog::read_without_files(workspace)?;
    let archived = catalog.archives.iter().filter_map(line_of_archive);
    let present = session::read(workspace.root());
    let present = present.as_ref().and_then(|session| line(None, session));
    let all = in_shared.iter().chain(&in_copy).cloned().chain(archived).chain(present);
    let lines = deduplicated(all.collect());
    let [known_shared, known_copy] = [&in_shared, &in_copy].map(|held| keys(held));
    let to_shared: Vec<&LedgerLine> =
        lines.iter().filter(|line| !known_shared.contains(&line.key())).collect();
    let to_copy: Vec<&LedgerLine> =
        lines.iter().filter(|line| !known_copy.contains(&line.key())).collect();
    // The copy is written last, so that a kill in between does not make
    // lines look lost.
    let is_lost = |line: &&&LedgerLine| line.archive.is_some() && known_copy.contains(&line.key());
    let n_lost = to_shared.iter().filter(is_lost).count();
    let added = if exists(&folder) { ledger::add(&shared, &to_shared) } else { Ok(()) };
    files::create_folder(&workspace.state())
        .and_then(|()| ledger::add(&copy, &to_copy))
        .or_else(|error| if added.is_ok() && exists(&shared) { Ok(()) } else { Err(error) })?;
    if n_lost > 0 {
        let shared = workspace.display(&shared);
        let end = if added.is_ok() { " and back in it" } else { "" };
        (context.on_message)(&format!(
            "warning: `{shared}` has lost {n_lost} of {} sessions; they count all the same, known \
             from the copy in `.trainvault/`{end}",
            lines.len()
        ));
    }
    Ok(lines)
}

fn keys(lines: &[LedgerLine]) -> BTreeSet<LineKey<'_>> {
    lines.iter().map(LedgerLine::key).collect()
}

/// Removes duplicate lines, keeping the first of each session.
fn deduplicated(lines: Vec<LedgerLine>) -> Vec<LedgerLine> {
    let mut seen = BTreeSet::new();
    let is_first: Vec<bool> = lines.iter().map(|line| seen.insert(line.key())).collect();
    lines
        .into_iter()
        .zip(is_first)
        .filter(|(_, is_first)| *is_first)
        .map(|(line, _)| line)
        .collect()
}

/// Returns the flag that passes the trials to the trainer, if there are
/// any. A failure is only a warning.
pub fn arguments(context: &mut TaskContext<'_>) -> Vec<OsString> {
    match write(context) {
        Ok(Some(path)) => vec!["--earlier-trials".into(), path.into()],
        Ok(None) => Vec::new(),
        Err(error) => {
            (context.on_message)(&format!("warning: earlier sessions are not counted: {error:#}"));
            Vec::new()
        }
    }
}

/// Writes the trials to a file for the trainer, and returns its path;
/// `None` if there are none.
fn write(context: &mut TaskContext<'_>) -> Result<Option<PathBuf>> {
    let trials = of(&remember(context)?);
    if trials.trials.is_empty() {
        return Ok(None);
    }
    let path = context.workspace.state().join("trials.json");
    files::write_json(&path, &trials)?;
    Ok(Some(path))
}

fn line_of_archive(archive: &Archive) -> Option<LedgerLine> {
    line(Some(archive.name.to_string()), archive.manifest()?.session.as_ref()?)
}

/// Returns the line of a session; `None` if it was not evaluated, or by
/// another trainer.
fn line(archive: Option<String>, session: &SessionSummary) -> Option<LedgerLine> {
    let figures = session.metrics.get("agent")?;
    let number = |name: &str| figures.get(name).copied().flatten();
    let periods_per_year = number("periods_per_year").filter(|periods| *periods > 0.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of bars is a whole number"
    )]
    let n_bars = number("n_bars").filter(|n_bars| *n_bars >= 0.0)? as u64;
    Some(LedgerLine {
        format: 1,
        session: session.id.clone(),
        status: session.status,
        archive,
        resumed_from: session.resumed_from.clone(),
        config_sha256: session.config_sha256.clone(),
        data_sha256: session.data.as_ref()?.sha256.clone()?,
        n_bars,
        sharpe: ruin::metric(figures, "sharpe")
            .zip(periods_per_year)
            .map(|(sharpe, n)| sharpe / n.sqrt()),
    })
}
