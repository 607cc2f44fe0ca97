//! Runs one trial: one attempt after another, until one is final.
//!
//! An attempt works in its own folder. Its end is recorded there, and
//! then the folder is renamed to that of the trial: if two copies run at
//! the same time, on any machines, only one is published.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Error, Result, bail};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::folder::{SweepFolder, TrainingKey};
use super::record::{self, AttemptOutcome, TrialRecord, TrialStatus};
use super::stopped;
use crate::programs::process;
use crate::workspace::files::{self, exists};

/// With less free space, in bytes, any failure is blamed on the disk.
const FREE_BYTES_MIN: u64 = 16_000_000;

/// The suffix, before a number, of an attempt that a full disk ended.
pub const FULL_DISK: &str = "_full_disk_";

/// A training to run.
#[derive(Debug, Clone)]
pub struct PlannedTraining {
    /// Which training of the sweep it is.
    pub key: TrainingKey,
    /// The content of its `training_config.json`.
    pub settings: Map<String, Value>,
    /// The seed.
    pub seed: u64,
}

impl PlannedTraining {
    /// Returns the training of trial `index`.
    pub fn of_trial(folder: &SweepFolder, index: u64) -> Self {
        let trial = folder.plan().trial(index);
        Self { key: TrainingKey::Trial(index), settings: trial.settings, seed: trial.seed }
    }
}

/// One attempt at a training, in its own folder.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The folder, with its settings in it.
    pub root: PathBuf,
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The seed.
    pub seed: u64,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

/// Runs trainings.
pub trait AttemptExecutor: Sync {
    /// Trains in the attempt's folder.
    ///
    /// # Errors
    /// When no trial can be trained; the sweep stops then.
    fn train(&self, attempt: &Attempt) -> Result<AttemptOutcome>;

    /// Writes a failed session to the attempt's folder.
    fn fail(&self, attempt: &Attempt, reason: &str) -> Result<AttemptOutcome>;
}

/// Runs trainings of one sweep.
pub struct Runner<'a> {
    /// The sweep.
    pub folder: &'a SweepFolder,
    /// Runs the trainings.
    pub executor: &'a dyn AttemptExecutor,
    /// The clock.
    pub clock: &'a (dyn Fn() -> DateTime<Utc> + Sync),
    /// Set to stop all trainings.
    pub stop: &'a AtomicBool,
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingEnd {
    /// It is finished, with this record.
    Finished(Box<TrialRecord>),
    /// It was stopped.
    Stopped,
}

impl Runner<'_> {
    /// Runs `training` until it is finished, unless it is already.
    ///
    /// # Errors
    /// When the disk fails or is full, or nothing can be trained.
    pub fn run(&self, training: &PlannedTraining) -> Result<TrainingEnd> {
        loop {
            if let Some(record) = self.folder.record(training.key)? {
                return Ok(TrainingEnd::Finished(Box::new(record)));
            }
            if self.stop.load(Ordering::Relaxed) {
                return Ok(TrainingEnd::Stopped);
            }
            let (number, n_lost) = self.count_attempts(training)?;
            if exists(&self.folder.published(training.key)) {
                continue;
            }
            let attempt = self.begin(training, number)?;
            let status = self
                .try_once(training, &attempt, n_lost)
                .map_err(|error| self.set_aside_if_disk_full(&attempt, error))?;
            if status.is_final() {
                self.folder.publish(&attempt.root, training.key)?;
            } else if status == TrialStatus::Interrupted {
                return Ok(TrainingEnd::Stopped);
            }
        }
    }

    /// Trains in the attempt's folder, or fails if `n_lost` earlier attempts
    /// exceed the retries, and records how it ended.
    fn try_once(
        &self,
        training: &PlannedTraining,
        attempt: &Attempt,
        n_lost: u32,
    ) -> Result<TrialStatus> {
        self.folder.definition().write_settings(&attempt.root, &training.settings)?;
        let outcome = if n_lost > self.folder.plan().spec.retries {
            let reasons = self.loss_reasons(training)?;
            self.executor
                .fail(attempt, &stopped::out_of_retries(self.folder.name(), n_lost, &reasons))?
        } else {
            self.executor.train(attempt)?
        };
        let status = outcome.status;
        if status == TrialStatus::Failed && self.is_disk_full(outcome.reason.as_deref()) {
            bail!("{}", outcome.reason.unwrap_or_default());
        }
        let (started_at, finished_at) = (attempt.started_at, (self.clock)());
        let number = attempt.number;
        let record = TrialRecord { format: 1, attempt: number, started_at, finished_at, outcome };
        record::write(&attempt.root, &record)?;
        Ok(status)
    }

    /// Returns the number of the next attempt, and how many earlier ones were
    /// lost. Publishes one that was finished but not published.
    fn count_attempts(&self, training: &PlannedTraining) -> Result<(u32, u32)> {
        let mut n_lost = 0;
        for number in 1.. {
            let root = self.folder.attempt(training.key, number);
            if !exists(&root) {
                return Ok((number, n_lost));
            }
            match record::read(&root)?.map(|record| record.outcome.status) {
                Some(status) if status.is_final() => {
                    self.folder.publish(&root, training.key)?;
                }
                Some(TrialStatus::Interrupted) => {}
                _ => n_lost += 1,
            }
        }
        unreachable!("some number is free")
    }

    /// Creates the folder of the attempt `number`, or of the next number that
    /// no other process has taken.
    fn begin(&self, training: &PlannedTraining, number: u32) -> Result<Attempt> {
        for number in number.. {
            let root = self.folder.attempt(training.key, number);
            match fs::create_dir(&root) {
                Ok(()) => {
                    let (seed, started_at) = (training.seed, (self.clock)());
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

    /// Returns why earlier attempts were lost, as far as is known.
    fn loss_reasons(&self, training: &PlannedTraining) -> Result<Vec<String>> {
        let mut reasons = Vec::new();
        for number in 1.. {
            let root = self.folder.attempt(training.key, number);
            if !exists(&root) {
                break;
            }
            let outcome = record::read(&root)?.map(|record| record.outcome);
            let lost = outcome.filter(|outcome| outcome.status == TrialStatus::Lost);
            reasons.extend(lost.and_then(|outcome| outcome.reason));
        }
        Ok(reasons)
    }

    /// Adds a remedy to an `error` that a full disk explains. The attempt is
    /// renamed then, so that it does not count.
    fn set_aside_if_disk_full(&self, attempt: &Attempt, error: Error) -> Error {
        if !self.is_disk_full(Some(&format!("{error:#}"))) {
            return error;
        }
        let name = attempt.root.file_name().unwrap_or_default().to_string_lossy();
        let aside = |n: u32| attempt.root.with_file_name(format!("{name}{FULL_DISK}{n}"));
        let taken = |error: &io::Error| error.kind() == ErrorKind::AlreadyExists;
        // A rename needs no space; if it fails anyway, the attempt counts.
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
        says_so || free().is_some_and(|bytes| bytes < FREE_BYTES_MIN)
    }
}
