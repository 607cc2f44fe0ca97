//! Counts what is done of a sweep, from its folders alone.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::folder::{JobKey, SweepFolder};
use super::head::Engine;
use super::plan::Trial;
use super::record::{self, TrialStatus};
use crate::workspace::Workspace;
use crate::workspace::lock::{self, Holder};
use crate::workspace::threads;

/// How far a sweep is: a JSON document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepStatus {
    /// 1.
    pub format: u32,
    /// The sweep.
    pub name: String,
    /// Who runs it.
    pub engine: Engine,
    /// All trials.
    pub n_trials: u64,
    /// Those that are completed.
    pub n_completed: u64,
    /// Those that have failed for good.
    pub failed: Vec<FailedTrial>,
    /// Those that are not over, by index.
    pub missing: Vec<u64>,
    /// Attempts that came to nothing: killed, or still running.
    pub n_attempts_open: u64,
    /// Attempts that were stopped.
    pub n_attempts_stopped: u64,
    /// The process of this machine that runs trials now.
    pub running: Option<u32>,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
    /// Jobs of the cluster by their state; empty without a cluster.
    pub jobs: BTreeMap<String, u64>,
}

/// A trial that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedTrial {
    /// Its index.
    pub index: u64,
    /// What it tried.
    pub trial: String,
    /// Why it failed.
    pub reason: String,
}

impl SweepStatus {
    /// Whether every trial is over.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Looks at all trials.
///
/// # Errors
/// When a folder or a record cannot be read.
pub fn look(folder: &SweepFolder) -> Result<SweepStatus> {
    let finished: Vec<u64> = folder.finished()?.into_iter().collect();
    let records = threads::map(finished, |index| {
        folder.record(JobKey::Trial(index)).map(|record| (index, record))
    });
    let (mut n_completed, mut failed) = (0, Vec::new());
    for record in records {
        let (index, record) = record?;
        match record.map(|record| (record.end.status, record.end.reason)) {
            Some((TrialStatus::Completed, _)) => n_completed += 1,
            Some((_, reason)) => failed.push(FailedTrial {
                index,
                trial: describe(folder, &folder.plan().trial(index)),
                reason: reason.unwrap_or_default(),
            }),
            None => {}
        }
    }
    let (mut n_attempts_open, mut n_attempts_stopped) = (0, 0);
    for attempt in folder.attempts()? {
        match record::read(&attempt)?.map(|record| record.end.status) {
            Some(TrialStatus::Interrupted) => n_attempts_stopped += 1,
            _ => n_attempts_open += 1,
        }
    }
    Ok(SweepStatus {
        format: 1,
        name: folder.name().to_owned(),
        engine: folder.head().engine,
        n_trials: folder.plan().n_trials(),
        n_completed,
        failed,
        missing: folder.missing()?,
        n_attempts_open,
        n_attempts_stopped,
        running: holder(folder)?.map(|holder| holder.pid),
        is_cancelled: folder.is_cancelled(),
        jobs: BTreeMap::new(),
    })
}

/// Returns which other process runs trials of the sweep on this machine.
fn holder(folder: &SweepFolder) -> Result<Option<Holder>> {
    let holder = lock::holder(&Workspace::open(folder.root())?)?;
    Ok(holder.filter(|holder| holder.pid != std::process::id()))
}

/// Returns `indices` in few words: `0-4, 7`.
pub fn ranges(indices: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for index in indices {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => ranges.push((*index, *index)),
        }
    }
    let text = |(first, last): &(u64, u64)| match last - first {
        0 => first.to_string(),
        _ => format!("{first}-{last}"),
    };
    ranges.iter().map(text).collect::<Vec<_>>().join(", ")
}

/// Returns what to say of `trial`, such as `0012 (agent.discount 0.9,
/// seed 1)`.
pub fn describe(folder: &SweepFolder, trial: &Trial) -> String {
    let told: Vec<String> = [trial.varied(), format!("seed {}", trial.seed)]
        .into_iter()
        .filter(|told| !told.is_empty())
        .collect();
    format!("{} ({})", folder.label(trial.index), told.join(", "))
}
