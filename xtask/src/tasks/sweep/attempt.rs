//! Runs one trial: attempt after attempt, until one counts.
//!
//! An attempt works in a folder that nobody else has. Its end is written
//! there, and then the folder takes the trial's place by one rename: of
//! two copies that run at once, on any machines, one counts.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::folder::{JobKey, SweepFolder};
use super::record::{self, AttemptEnd, TrialRecord, TrialStatus};
use crate::programs::process;
use crate::workspace::files::exists;

/// Less free space than this explains any failure, in bytes.
const ROOM_MIN_BYTES: u64 = 16_000_000;

/// One training to do.
#[derive(Debug, Clone)]
pub struct Job {
    /// Which.
    pub key: JobKey,
    /// The whole of its `training_config.json`.
    pub settings: Map<String, Value>,
    /// The seed.
    pub seed: u64,
}

impl Job {
    /// Returns the training of trial `index`.
    pub fn of_trial(folder: &SweepFolder, index: u64) -> Self {
        let trial = folder.plan().trial(index);
        Self { key: JobKey::Trial(index), settings: trial.settings, seed: trial.seed }
    }
}

/// One try at a job, in a folder of its own.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The folder, with its settings in it.
    pub root: PathBuf,
    /// The seed.
    pub seed: u64,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

/// Who trains.
pub trait Execute: Sync {
    /// Trains in the attempt's folder.
    ///
    /// # Errors
    /// When no trial can be trained: the sweep stops then.
    fn train(&self, attempt: &Attempt) -> Result<AttemptEnd>;

    /// Leaves a failed session in the attempt's folder.
    ///
    /// # Errors
    /// When it cannot be written.
    fn fail(&self, attempt: &Attempt, reason: &str) -> Result<AttemptEnd>;
}

/// Runs jobs of one sweep.
pub struct Runner<'a> {
    /// The sweep.
    pub folder: &'a SweepFolder,
    /// Who trains.
    pub execute: &'a dyn Execute,
    /// The clock.
    pub clock: &'a (dyn Fn() -> DateTime<Utc> + Sync),
    /// Set when all shall stop.
    pub stop: &'a AtomicBool,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEnd {
    /// It is over, as this says, now or long since.
    Over(Box<TrialRecord>),
    /// It was stopped.
    Stopped,
}

impl Runner<'_> {
    /// Runs `job` until it is over, unless it is.
    ///
    /// # Errors
    /// When the disk fails or is full, or nothing can be trained.
    pub fn run(&self, job: &Job) -> Result<JobEnd> {
        loop {
            if let Some(record) = self.folder.record(job.key)? {
                return Ok(JobEnd::Over(Box::new(record)));
            }
            if self.stop.load(Ordering::Relaxed) {
                return Ok(JobEnd::Stopped);
            }
            let (number, n_lost) = self.look_back(job)?;
            if exists(&self.folder.published(job.key)) {
                continue;
            }
            let attempt = self.begin(job, number)?;
            let end = if n_lost > self.folder.plan().spec.retries {
                self.execute.fail(&attempt, &worn_out(n_lost, &self.reasons(job)?))?
            } else {
                self.execute.train(&attempt)?
            };
            if end.status == TrialStatus::Failed {
                self.check_room(&end)?;
            }
            let status = end.status;
            let (started_at, finished_at) = (attempt.started_at, (self.clock)());
            let record = TrialRecord { format: 1, attempt: number, started_at, finished_at, end };
            record::write(&attempt.root, &record)?;
            if status.is_final() {
                self.folder.publish(&attempt.root, job.key)?;
            } else if status == TrialStatus::Interrupted {
                return Ok(JobEnd::Stopped);
            }
        }
    }

    /// Returns the number of the next attempt, and how many before it
    /// came to nothing. One that was over but not published is.
    fn look_back(&self, job: &Job) -> Result<(u32, u32)> {
        let mut n_lost = 0;
        for number in 1.. {
            let root = self.folder.attempt(job.key, number);
            if !exists(&root) {
                return Ok((number, n_lost));
            }
            match record::read(&root)?.map(|record| record.end.status) {
                Some(status) if status.is_final() => {
                    self.folder.publish(&root, job.key)?;
                }
                Some(TrialStatus::Interrupted) => {}
                _ => n_lost += 1,
            }
        }
        unreachable!("some number is free")
    }

    /// Lays the folder of the attempt `number`, or of the next that
    /// nobody else has taken meanwhile.
    fn begin(&self, job: &Job, number: u32) -> Result<Attempt> {
        for number in number.. {
            let root = self.folder.attempt(job.key, number);
            match fs::create_dir(&root) {
                Ok(()) => {
                    self.folder.head().write_settings(&root, &job.settings)?;
                    return Ok(Attempt { root, seed: job.seed, started_at: (self.clock)() });
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("failed to create `{}`", root.display()));
                }
            }
        }
        unreachable!("some number is free")
    }

    /// Returns why earlier attempts came to nothing, as far as is known.
    fn reasons(&self, job: &Job) -> Result<Vec<String>> {
        let mut reasons = Vec::new();
        for number in 1.. {
            let root = self.folder.attempt(job.key, number);
            if !exists(&root) {
                break;
            }
            reasons.extend(record::read(&root)?.and_then(|record| record.end.reason));
        }
        Ok(reasons)
    }

    /// Checks that a failure is the trial's own: on a full disk all would
    /// fail.
    fn check_room(&self, end: &AttemptEnd) -> Result<()> {
        let reason = end.reason.as_deref().unwrap_or_default();
        let says_so = ["No space left", "os error 28", "quota exceeded", "os error 122"]
            .iter()
            .any(|words| reason.contains(words));
        let free = || process::free_bytes(self.folder.root());
        if !says_so && free().is_none_or(|bytes| bytes >= ROOM_MIN_BYTES) {
            return Ok(());
        }
        Err(anyhow!(
            "the disk of `{root}` is full, and no trial is counted as failed for that; free some \
             space, then go on by `cargo xtask sweep resume {name}`",
            root = self.folder.root().display(),
            name = self.folder.name()
        ))
    }
}

fn worn_out(n_lost: u32, reasons: &[String]) -> String {
    let last = reasons.last().map_or_else(
        || "killed, or its machine was lost, and nobody is left to say why".to_owned(),
        Clone::clone,
    );
    format!("{n_lost} attempts came to nothing, and `retries` allows no more: {last}")
}
