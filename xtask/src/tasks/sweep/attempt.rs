//! Runs one trial: attempt after attempt, until one counts.
//!
//! An attempt works in a folder that nobody else has. Its end is written
//! there, and then the folder takes the trial's place by one rename: of
//! two copies that run at once, on any machines, one counts.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Error, Result, bail};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::folder::{JobKey, SweepFolder};
use super::record::{self, AttemptEnd, TrialRecord, TrialStatus};
use super::stopped;
use crate::programs::process;
use crate::workspace::files::{self, exists};

/// Less free space than this explains any failure, in bytes.
const ROOM_MIN_BYTES: u64 = 16_000_000;

/// What follows the name of an attempt that a full disk ended, before a
/// number.
pub const FULL_DISK: &str = "_full_disk_";

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
    /// Which of the job's this is, from 1.
    pub number: u32,
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
            let status = self
                .try_once(job, &attempt, n_lost)
                .map_err(|error| self.excuse_full_disk(&attempt, error))?;
            if status.is_final() {
                self.folder.publish(&attempt.root, job.key)?;
            } else if status == TrialStatus::Interrupted {
                return Ok(JobEnd::Stopped);
            }
        }
    }

    /// Trains in the attempt's folder, or fails there where `n_lost`
    /// before it were enough, and writes down how it ended.
    fn try_once(&self, job: &Job, attempt: &Attempt, n_lost: u32) -> Result<TrialStatus> {
        self.folder.head().write_settings(&attempt.root, &job.settings)?;
        let end = if n_lost > self.folder.plan().spec.retries {
            let reasons = self.reasons_of_loss(job)?;
            self.execute.fail(attempt, &stopped::worn_out(self.folder.name(), n_lost, &reasons))?
        } else {
            self.execute.train(attempt)?
        };
        let status = end.status;
        if status == TrialStatus::Failed && self.is_disk_full(end.reason.as_deref()) {
            bail!("{}", end.reason.unwrap_or_default());
        }
        let (started_at, finished_at) = (attempt.started_at, (self.clock)());
        let number = attempt.number;
        let record = TrialRecord { format: 1, attempt: number, started_at, finished_at, end };
        record::write(&attempt.root, &record)?;
        Ok(status)
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
                    let (seed, started_at) = (job.seed, (self.clock)());
                    return Ok(Attempt { root, number, seed, started_at });
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
    fn reasons_of_loss(&self, job: &Job) -> Result<Vec<String>> {
        let mut reasons = Vec::new();
        for number in 1.. {
            let root = self.folder.attempt(job.key, number);
            if !exists(&root) {
                break;
            }
            let end = record::read(&root)?.map(|record| record.end);
            let lost = end.filter(|end| end.status == TrialStatus::Lost);
            reasons.extend(lost.and_then(|end| end.reason));
        }
        Ok(reasons)
    }

    /// Returns what to say of an error that ended `attempt`. On a full
    /// disk any would: the attempt makes room for another of its number
    /// then, so that it counts for nothing.
    fn excuse_full_disk(&self, attempt: &Attempt, error: Error) -> Error {
        if !self.is_disk_full(Some(&format!("{error:#}"))) {
            return error;
        }
        let name = attempt.root.file_name().unwrap_or_default().to_string_lossy();
        let aside = |n: u32| attempt.root.with_file_name(format!("{name}{FULL_DISK}{n}"));
        let taken = |error: &io::Error| error.kind() == ErrorKind::AlreadyExists;
        // A rename takes no room; where it fails, the attempt counts.
        let _ = (1..)
            .map(|n| files::rename_folder_new(&attempt.root, &aside(n)))
            .find(|renamed| !renamed.as_ref().is_err_and(taken));
        error.context(format!(
            "the disk of `{root}` is full; no trial counts as failed for that, and no retry is \
             used up: free some space, then go on by `cargo xtask sweep resume {name}`",
            root = self.folder.root().display(),
            name = self.folder.name()
        ))
    }

    /// Whether a full disk explains a failure for this `reason`.
    fn is_disk_full(&self, reason: Option<&str>) -> bool {
        let reason = reason.unwrap_or_default();
        let says_so = ["No space left", "os error 28", "quota exceeded", "os error 122"]
            .iter()
            .any(|words| reason.contains(words));
        let free = || process::free_bytes(self.folder.root());
        says_so || free().is_some_and(|bytes| bytes < ROOM_MIN_BYTES)
    }
}
