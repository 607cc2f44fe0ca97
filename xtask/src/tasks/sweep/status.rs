//! The progress of a sweep, from its folders only.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::attempt::FULL_DISK;
use super::definition::Engine;
use super::folder::{SweepFolder, TrainingKey};
use super::plan::Trial;
use super::record::{self, TrialStatus};
use crate::workspace::Workspace;
use crate::workspace::lock::{self, Holder};
use crate::workspace::threads;

/// The progress of a sweep: a JSON document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SweepStatus {
    /// The sweep.
    pub name: String,
    /// The engine that runs it.
    pub engine: Engine,
    /// All trials.
    pub n_trials: u64,
    /// The number of completed trials.
    pub n_completed: u64,
    /// The trials that have failed for good.
    pub failed: Vec<FailedTrial>,
    /// The trials that are not finished, by index.
    pub missing: Vec<u64>,
    /// Attempts without an end: killed, or still running.
    pub n_attempts_open: u64,
    /// Attempts that were stopped.
    pub n_attempts_stopped: u64,
    /// Attempts that a full disk ended: they use up no retry.
    pub n_attempts_full_disk: u64,
    /// Unfinished trials, and why their last attempts were lost.
    pub cut: Vec<CutTrial>,
    /// The process of this machine that runs trials now.
    pub running: Option<u32>,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
    /// Its jobs on the cluster; null without one, and if Slurm failed.
    pub cluster: Option<ClusterStatus>,
    /// Why Slurm failed; the jobs may be running anyway.
    pub cluster_problem: Option<String>,
}

/// The jobs of a sweep on the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClusterStatus {
    /// The number of array elements by state, with the reason of waiting
    /// ones.
    pub elements: BTreeMap<String, u64>,
    /// Unfinished trials of running elements, which run them one after
    /// another.
    pub running: Vec<u64>,
    /// Trials of waiting elements.
    pub queued: Vec<u64>,
    /// Trials of held elements, which wait to be released.
    pub held: Vec<u64>,
    /// Unfinished trials that are in no job, or in one that was given up;
    /// `resume` submits them.
    pub lost: Vec<u64>,
    /// Elements that the cluster gave up, or holds although their trials are
    /// finished. `resume` cancels them, since the test would wait for them.
    pub stuck: Vec<String>,
    /// Whether the job that tests the best trial is in the queue.
    pub is_merge_queued: bool,
}

/// A trial that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedTrial {
    /// Its index.
    pub index: u64,
    /// Its description.
    pub trial: String,
    /// Why it failed.
    pub reason: String,
}

/// An unfinished trial that was started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CutTrial {
    /// Its index.
    pub index: u64,
    /// The number of lost attempts, each of which uses up a retry.
    pub n_lost: u64,
    /// Why the last one was lost.
    pub reason: String,
}

impl SweepStatus {
    /// Whether every trial is finished.
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Reads the state of all trials.
pub fn read(folder: &SweepFolder) -> Result<SweepStatus> {
    let finished: Vec<u64> = folder.finished()?.into_iter().collect();
    let records = threads::map(finished, |index| {
        folder.record(TrainingKey::Trial(index)).map(|record| (index, record))
    });
    let (mut n_completed, mut failed) = (0, Vec::new());
    for record in records {
        let (index, record) = record?;
        match record.map(|record| (record.outcome.status, record.outcome.reason)) {
            Some((TrialStatus::Completed, _)) => n_completed += 1,
            Some((_, reason)) => failed.push(FailedTrial {
                index,
                trial: describe(folder, &folder.plan().trial(index)),
                reason: reason.unwrap_or_default(),
            }),
            None => {}
        }
    }
    let missing = folder.missing()?;
    let mut status = SweepStatus {
        name: folder.name().to_owned(),
        engine: folder.definition().engine,
        n_trials: folder.plan().n_trials(),
        n_completed,
        failed,
        missing,
        n_attempts_open: 0,
        n_attempts_stopped: 0,
        n_attempts_full_disk: 0,
        cut: Vec::new(),
        running: holder(folder)?.map(|holder| holder.pid),
        is_cancelled: folder.is_cancelled(),
        cluster: None,
        cluster_problem: None,
    };
    status.count_attempts(folder)?;
    Ok(status)
}

impl SweepStatus {
    /// Counts the attempts that were not published as trials.
    fn count_attempts(&mut self, folder: &SweepFolder) -> Result<()> {
        let mut cut = BTreeMap::new();
        for attempt in folder.attempts()? {
            let name = attempt.file_name().unwrap_or_default().to_string_lossy();
            if name.contains(FULL_DISK) {
                self.n_attempts_full_disk += 1;
                continue;
            }
            let outcome = record::read(&attempt)?.map(|record| record.outcome);
            match outcome.as_ref().map(|outcome| outcome.status) {
                Some(TrialStatus::Interrupted) => self.n_attempts_stopped += 1,
                _ => self.n_attempts_open += 1,
            }
            let index = name.split('_').next().and_then(|label| label.parse().ok());
            let index = index.filter(|index| self.missing.binary_search(index).is_ok());
            let lost = outcome.filter(|outcome| outcome.status == TrialStatus::Lost);
            if let (Some(index), Some(outcome)) = (index, lost) {
                let reason = String::new();
                let cut = cut.entry(index).or_insert(CutTrial { index, n_lost: 0, reason });
                cut.n_lost += 1;
                cut.reason = outcome.reason.unwrap_or_default();
            }
        }
        self.cut = cut.into_values().collect();
        Ok(())
    }
}

/// Returns the other process that runs trials of the sweep on this
/// machine, if any.
fn holder(folder: &SweepFolder) -> Result<Option<Holder>> {
    let holder = lock::holder(&Workspace::open(folder.root())?)?;
    Ok(holder.filter(|holder| holder.pid != std::process::id()))
}

/// Formats `indices` as ranges: `0-4, 7`.
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

/// Describes `trial`, such as `0012 (agent.discount 0.9, seed 1)`.
pub fn describe(folder: &SweepFolder, trial: &Trial) -> String {
    let parts: Vec<String> = [trial.differences(), format!("seed {}", trial.seed)]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    format!("{} ({})", folder.label(trial.index), parts.join(", "))
}
