//! Tells the trainer which sessions were tried before.
//!
//! The best of many trials looks good by luck alone; the deflated Sharpe
//! ratio of the new session counts those that the archives hold.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::catalog::{Archive, Catalog};
use crate::cycle::Job;
use crate::files;
use crate::manifest::SessionSummary;
use crate::ruin;
use crate::workspace::Workspace;

/// The sessions that were judged: `.trainvault/trials.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trials {
    /// 1.
    pub format: u32,
    /// Oldest first, each session once.
    pub trials: Vec<Trial>,
}

/// One session, judged out of sample.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// The newest archive that holds it.
    pub archive: String,
    /// The digest of its settings, seed included.
    pub config_sha256: Option<String>,
    /// The digest of its bars.
    pub data_sha256: String,
    /// The bars that it was judged on.
    pub n_bars: u64,
    /// Its Sharpe ratio per bar, not per year; null when it is not
    /// defined, as for one that never traded.
    pub sharpe: Option<f64>,
}

/// Returns the trials that `catalog` holds.
///
/// Every judged session counts, also an interrupted one, since its
/// figures were seen; a session of the same settings and bars counts
/// once, and one that was resumed counts with what it became.
pub fn of(catalog: &Catalog) -> Trials {
    let sessions = || catalog.archives.iter().filter_map(session);
    let resumed: BTreeSet<&str> =
        sessions().filter_map(|(_, session)| session.resumed_from.as_deref()).collect();
    let mut seen = BTreeSet::new();
    let mut trials: Vec<Trial> = sessions()
        .rev()
        .filter(|(_, session)| session.id.as_deref().is_none_or(|id| !resumed.contains(id)))
        .filter_map(|(archive, session)| Some((trial(archive, session)?, session.id.clone())))
        .filter(|(trial, id)| {
            let key = trial.config_sha256.clone().or_else(|| id.clone());
            seen.insert((key, trial.data_sha256.clone(), trial.n_bars))
        })
        .map(|(trial, _)| trial)
        .collect();
    trials.reverse();
    Trials { format: 1, trials }
}

/// Writes the trials of `workspace` for the trainer, and returns where;
/// `None` when there are none.
///
/// # Errors
/// When the archives cannot be listed or the file not written.
pub fn write(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let trials = of(&Catalog::read_heads(workspace)?);
    if trials.trials.is_empty() {
        return Ok(None);
    }
    let path = workspace.state().join("trials.json");
    let text = serde_json::to_vec_pretty(&trials).expect("trials are plain data");
    files::write_atomically(&path, &text)?;
    Ok(Some(path))
}

/// Returns the flag that tells the trainer of the trials, if there are
/// any; not to know them is no reason not to train.
pub fn arguments(job: &mut Job<'_>) -> Vec<OsString> {
    match write(job.workspace) {
        Ok(Some(path)) => vec!["--earlier-trials".into(), path.into()],
        Ok(None) => Vec::new(),
        Err(error) => {
            (job.notes)(&format!("warning: earlier sessions are not counted: {error:#}"));
            Vec::new()
        }
    }
}

fn session(archive: &Archive) -> Option<(&Archive, &SessionSummary)> {
    Some((archive, archive.manifest()?.session.as_ref()?))
}

/// `None` when the session was not judged, or by another trainer.
fn trial(archive: &Archive, session: &SessionSummary) -> Option<Trial> {
    let figures = session.metrics.get("agent")?;
    let number = |name: &str| figures.get(name).copied().flatten();
    let periods_per_year = number("periods_per_year").filter(|periods| *periods > 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count of bars is a whole number"
    )]
    let n_bars = number("n_bars").filter(|n_bars| *n_bars >= 0.0)? as u64;
    Some(Trial {
        archive: archive.name.to_string(),
        config_sha256: session.config_sha256.clone(),
        data_sha256: session.data.as_ref()?.sha256.clone()?,
        n_bars,
        sharpe: ruin::figure(figures, "sharpe").map(|sharpe| sharpe / periods_per_year.sqrt()),
    })
}
