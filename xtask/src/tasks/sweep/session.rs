//! Trains one attempt by the ordinary cycle, so that it is a regular
//! session: sealed, archived and read back, even if it failed.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Error, Result};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::attempt::{Attempt, AttemptExecutor};
use super::folder::SweepFolder;
use super::record::{AttemptOutcome, TrialStatus};
use super::stopped::StopCause;
use crate::programs::features::MissingFeature;
use crate::programs::process::TrainerProcess;
use crate::tasks::TaskContext;
use crate::tasks::steps::{self, ArchiveLabel};
use crate::tasks::train::{
    ArchiveMode, CommandTrainer, Start, TrainOptions, TrainReport, TrainerSource, train,
};
use crate::vault::manifest::{ArchiveKind, SessionStatus};
use crate::vault::name::stamp;
use crate::vault::session;
use crate::workspace::Workspace;
use crate::workspace::digest::file_sha256;
use crate::workspace::exit::{CodedError, TrainerExit};
use crate::workspace::files::{self, exists};

/// The log of the trainer, in the attempt's folder.
const LOG: &str = "trial.log";
/// How often a running trial is checked.
const TICK: Duration = Duration::from_millis(100);
/// After how many checks to look for the marker of a cancelled sweep.
const N_TICKS_PER_MARKER_CHECK: u32 = 10;
/// How long a trainer may take to stop when asked to.
const GRACE: Duration = Duration::from_secs(5);
/// The maximal length of a reason, in characters.
const N_REASON_CHARS_MAX: usize = 300;

/// Trains the trials of one sweep.
pub struct CycleExecutor<'a> {
    /// The sweep.
    pub folder: &'a SweepFolder,
    /// The trainer, whose binary exists.
    pub trainer: SweepTrainer,
    /// The clock.
    pub clock: &'a (dyn Fn() -> DateTime<Utc> + Sync),
    /// Set to stop all trainings.
    pub stop: &'a AtomicBool,
    /// Tells why trainings were stopped.
    pub stop_cause: StopCause<'a>,
}

/// The trainer of a sweep.
#[derive(Debug, Clone)]
pub enum SweepTrainer {
    /// A trainer, with its arguments after `--root DIR`.
    Binary(PathBuf, Vec<OsString>),
    /// Any command.
    Command(CommandTrainer),
}

impl AttemptExecutor for CycleExecutor<'_> {
    fn train(&self, attempt: &Attempt) -> Result<AttemptOutcome> {
        self.stop_cause.begin();
        let workspace = Workspace::open(&attempt.root)?;
        let trainer = TrainerProcess::logging_to(attempt.root.join(LOG));
        let (done, is_done) = channel();
        let (result, is_late) = thread::scope(|scope| {
            let watch = scope.spawn({
                let trainer = &trainer;
                move || self.supervise(trainer, &is_done)
            });
            let result = self.cycle(&workspace, &trainer, attempt);
            drop::<std::sync::mpsc::Sender<()>>(done);
            (result, watch.join().unwrap_or(false))
        });
        match result {
            Ok(report) => self.end_of(attempt, report, is_late),
            Err(error) => self.end_of_failed_cycle(attempt, error),
        }
    }

    fn fail(&self, attempt: &Attempt, reason: &str) -> Result<AttemptOutcome> {
        let workspace = Workspace::open(&attempt.root)?;
        let root = workspace.root();
        let record = root.join(session::RECORD);
        if !exists(&record) {
            let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
            let failed = json!({
                "format": 1,
                "id": format!("session_{}", stamp(attempt.started_at)),
                "status": "failed",
                "started_at": time(attempt.started_at),
                "finished_at": time((self.clock)()),
                "tool_version": env!("CARGO_PKG_VERSION"),
                "seed": attempt.seed,
                "reason": reason,
            });
            files::create_folder(&root.join("logs"))?;
            files::write_json(&record, &failed)?;
        }
        let archive = self.with_context(&workspace, |context| {
            let _lock = steps::begin(context, "archive")?;
            let session = session::read(root);
            steps::archive_now(context, ArchiveKind::Session, &ArchiveLabel::default(), session)
        })?;
        let end = AttemptOutcome::without_session(TrialStatus::Failed, reason.to_owned());
        Ok(AttemptOutcome { archive: Some(archive.manifest().name.clone()), ..end })
    }
}

impl CycleExecutor<'_> {
    /// Runs the cycle of `train` in the attempt's folder.
    fn cycle(
        &self,
        workspace: &Workspace,
        trainer: &TrainerProcess,
        attempt: &Attempt,
    ) -> Result<TrainReport> {
        let root = workspace.root();
        let (source, arguments) = match &self.trainer {
            SweepTrainer::Binary(binary, own) => {
                let first: [OsString; 2] = ["--root".into(), root.into()];
                let arguments = first.into_iter().chain(own.iter().cloned()).collect();
                (TrainerSource::Ready(binary.clone()), arguments)
            }
            SweepTrainer::Command(command) => {
                let command = CommandTrainer { seed: attempt.seed, ..command.clone() };
                (TrainerSource::Command(command), Vec::new())
            }
        };
        let options = TrainOptions {
            archive: ArchiveMode::Archive,
            trainer: source,
            arguments,
            is_silent: true,
            label: ArchiveLabel::default(),
            start: Start::Fresh,
            gates: Vec::new(),
            is_pushed: false,
        };
        self.with_context(workspace, |context| train(context, trainer, &options))
    }

    /// Calls `act` with a context of `workspace`; messages go to the trial's
    /// log.
    fn with_context<T>(
        &self,
        workspace: &Workspace,
        act: impl FnOnce(&mut TaskContext<'_>) -> Result<T>,
    ) -> Result<T> {
        let path = workspace.root().join(LOG);
        let mut log = OpenOptions::new().append(true).create(true).open(path).ok();
        act(&mut TaskContext {
            workspace,
            clock: self.clock,
            interrupt: self.stop,
            on_message: &mut |line| {
                // The log is optional.
                let _ = log.as_mut().map(|log| writeln!(log, "{line}"));
            },
        })
    }

    /// Stops the trainer if the sweep is stopped or the trial takes too long;
    /// returns whether the latter happened.
    fn supervise(&self, trainer: &TrainerProcess, is_done: &Receiver<()>) -> bool {
        let limit = self.folder.plan().spec.time_limit_minutes;
        let limit = limit.map(|minutes| Duration::from_secs_f64(minutes * 60.0));
        let start = Instant::now();
        let (mut is_late, mut asked_at, mut n_asked) = (false, None, 0);
        for n_ticks in 0_u32.. {
            if is_done.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) {
                break;
            }
            if n_ticks.is_multiple_of(N_TICKS_PER_MARKER_CHECK) && self.folder.is_cancelled() {
                self.stop.store(true, Ordering::Relaxed);
            }
            let is_stopped = self.stop.load(Ordering::Relaxed);
            if asked_at.is_none() && !is_stopped && limit.is_some_and(|it| start.elapsed() > it) {
                is_late = true;
            }
            let at = *asked_at.get_or_insert_with(Instant::now);
            if !is_late && !is_stopped {
                asked_at = None;
            } else if n_asked == 0 || (n_asked == 1 && at.elapsed() > GRACE) {
                trainer.stop();
                n_asked += 1;
            }
        }
        is_late
    }

    fn end_of(
        &self,
        attempt: &Attempt,
        report: TrainReport,
        is_late: bool,
    ) -> Result<AttemptOutcome> {
        let status = match report.trainer_exit {
            // Also if there is no session.
            TrainerExit::Killed | TrainerExit::INTERRUPTED
                if report.status != SessionStatus::Completed =>
            {
                SessionStatus::Interrupted
            }
            _ => report.status,
        };
        let (status, reason) = match status {
            SessionStatus::Completed => (TrialStatus::Completed, None),
            _ if is_late => {
                let limit = self.folder.plan().spec.time_limit_minutes.unwrap_or_default();
                let reason = format!("it took longer than `time_limit_minutes` allows, {limit}");
                (TrialStatus::Failed, Some(reason))
            }
            // A trainer that failed may have lost a child to the same signal.
            _ if self.stop.load(Ordering::Relaxed) => {
                let end = self.stop_cause.end();
                (end.status, end.reason)
            }
            SessionStatus::Interrupted => {
                let how = report.command.as_ref().and_then(|command| command.reason.clone());
                let how = how.unwrap_or_else(|| "the trainer was killed".to_owned());
                (TrialStatus::Lost, Some(format!("{how}; it may have been out of memory")))
            }
            SessionStatus::Failed | SessionStatus::Unknown => {
                (TrialStatus::Failed, Some(failure_reason(&attempt.root, &report)))
            }
        };
        let Some(archive) = report.archive else {
            let reason = reason.unwrap_or_else(|| "the trainer left nothing".to_owned());
            return match status {
                TrialStatus::Interrupted | TrialStatus::Lost => {
                    Ok(AttemptOutcome::without_session(status, reason))
                }
                _ => self.fail(attempt, &reason),
            };
        };
        let model = report.model.map(|model| attempt.root.join(model));
        let metrics = report.session.and_then(|mut session| session.metrics.remove("agent"));
        Ok(AttemptOutcome {
            status,
            reason,
            archive: Some(archive.name),
            metrics: metrics.unwrap_or_default(),
            model_sha256: model.map(|model| file_sha256(&model)).transpose()?,
            doubts: report.doubts,
        })
    }

    /// Returns how an attempt ended if its cycle failed.
    fn end_of_failed_cycle(&self, attempt: &Attempt, error: Error) -> Result<AttemptOutcome> {
        if error.is::<MissingFeature>() {
            return Err(error);
        }
        match error.downcast_ref::<CodedError>() {
            Some(CodedError::Interrupted) => Ok(self.stop_cause.end()),
            // If the trainer is missing, other trials would not find it either.
            Some(_) => Err(error),
            None => self.fail(attempt, &format!("{error:#}")),
        }
    }
}

/// Returns why a trainer failed, by its log.
fn failure_reason(root: &Path, report: &TrainReport) -> String {
    let log = fs::read(root.join(LOG)).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    let is_message = |line: &&str| !line.trim().is_empty() && !line.starts_with("warning:");
    let is_error = |line: &&str| line.to_ascii_lowercase().contains("error");
    let lines =
        || log.lines().rev().filter(is_message).filter(|line| !line.starts_with("the command "));
    let line = lines().find(is_error).or_else(|| lines().next()).map(str::trim);
    let how = report.command.as_ref().and_then(|command| command.reason.clone());
    let words: Vec<String> = how.into_iter().chain(line.map(str::to_owned)).collect();
    match words.join(": ") {
        words if words.is_empty() => "the trainer failed and said nothing".to_owned(),
        words => words.chars().take(N_REASON_CHARS_MAX).collect(),
    }
}
