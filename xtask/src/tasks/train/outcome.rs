//! How a training ended: by its record, or else by its trainer's exit.

use anyhow::Result;
use serde::Serialize;
use serde_json::Value;

use crate::programs::process::{TrainerProcess, TrainerRun};
use crate::tasks::TaskContext;
use crate::tasks::clean;
use crate::tasks::gate::GateResult;
use crate::tasks::prune::PrunePlan;
use crate::tasks::push::PushReport;
use crate::tasks::steps::{MovedSession, SealedArchive};
use crate::vault::manifest::{SessionStatus, SessionSummary};
use crate::vault::scan::{UnarchivedModels, scan};
use crate::vault::session;
use crate::workspace::exit::{Exit, TrainerExit, check_interrupt};

/// Warns of files that the training wrote and that may be models but are
/// in no archive: the next training may overwrite them.
pub fn warn_of_unarchived_models(context: &mut TaskContext<'_>, before: &UnarchivedModels) {
    // Ignore errors: the training is over, and this is only a warning.
    let now = UnarchivedModels::find(context.workspace).unwrap_or_default();
    for name in now.written_since(before) {
        (context.on_message)(&format!(
            "warning: `{name}` was written by this training and may be a model, but is in no \
             archive, and the next training may overwrite it; name it in `archive.include` of \
             `config/config.json`, or in `archive.exclude` to leave it out"
        ));
    }
}

/// How a command ended: its part of the record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommandReport {
    /// The command and its arguments; bytes that are not UTF-8 are replaced.
    pub arguments: Vec<String>,
    /// Its exit code; null when a signal ended it.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// How long it ran, in seconds.
    pub duration_seconds: f64,
    /// Why the session is not completed; null if it is.
    pub reason: Option<String>,
}

/// What a train did: its JSON document.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainReport {
    /// How the session ended.
    pub status: SessionStatus,
    /// How the trainer's process ended.
    #[serde(skip)]
    pub trainer_exit: TrainerExit,
    /// Where the previous session was moved; null if there was none.
    pub previous: Option<MovedSession>,
    /// The folder of the session that was resumed; null without `--resume`.
    pub resumed: Option<String>,
    /// The archive of the new session; null after `--no-archive`, or if the
    /// trainer left nothing.
    pub archive: Option<SealedArchive>,
    /// The model, relative to the workspace; null if there is none.
    pub model: Option<String>,
    /// The summary of the session.
    pub session: Option<SessionSummary>,
    /// How the training command ended; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandReport>,
    /// Why its metrics are suspicious; usually empty.
    pub doubts: Vec<String>,
    /// The results of the gates, in order.
    pub gates: Vec<GateResult>,
    /// What retention removed, and why the rest is kept.
    pub prune: PrunePlan,
    /// What was pushed; absent if no push was requested, or it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<PushReport>,
    /// How many archives and backups are kept by default; null if the
    /// settings have a policy.
    pub keeps_by_default: Option<u32>,
}

impl TrainReport {
    /// Returns the exit of the task.
    pub fn exit(&self) -> Exit {
        match self.status {
            SessionStatus::Completed if self.gates.iter().any(|gate| !gate.is_passed) => {
                Exit::GateMissed
            }
            SessionStatus::Completed if !self.doubts.is_empty() => Exit::Warnings,
            SessionStatus::Completed => Exit::Done,
            SessionStatus::Interrupted => Exit::Interrupted,
            SessionStatus::Failed | SessionStatus::Unknown => Exit::Failed,
        }
    }
}

/// How a training ended.
pub struct TrainingOutcome {
    /// How the trainer's process ended.
    pub exit: TrainerExit,
    /// The summary of the session; `None` if the trainer left nothing.
    pub session: Option<SessionSummary>,
}

/// Runs the trainer, unless a signal came while the old session was
/// moved.
pub fn run_trainer(
    context: &mut TaskContext<'_>,
    trainer: &TrainerProcess,
    run: &TrainerRun<'_>,
) -> Result<TrainingOutcome> {
    let started_at = (context.clock)();
    if check_interrupt(context.interrupt).is_err() {
        return Ok(TrainingOutcome { exit: TrainerExit::INTERRUPTED, session: None });
    }
    let exit = trainer.run(run)?;
    let found = scan(context.workspace)?;
    let left_nothing = clean::plan(context.workspace, &found, started_at)?.is_none();
    if left_nothing && exit != TrainerExit::Code(0) {
        return Ok(TrainingOutcome { exit, session: None });
    }
    // A trainer may write no record.
    let record = session::record(context.workspace.root());
    let without_record = || SessionSummary {
        started_at: Some(started_at),
        finished_at: Some((context.clock)()),
        ..session::summarize(&Value::Null)
    };
    let session = record.as_ref().map_or_else(without_record, session::summarize);
    let is_sealed = record.as_ref().is_some_and(session::is_sealed);
    let status = if is_sealed { session.status } else { status_by_exit(session.status, exit) };
    if status == SessionStatus::Completed && exit != TrainerExit::Code(0) {
        (context.on_message)(
            "warning: the trainer ended with an error when its session was completed; the session \
             is whole",
        );
    }
    let session = SessionSummary { status, ..session };
    Ok(TrainingOutcome { exit, session: Some(session) })
}

/// Returns the status if the trainer left nothing: failed, unless it was
/// stopped.
pub fn status_without_session(exit: TrainerExit) -> SessionStatus {
    if exit == TrainerExit::INTERRUPTED {
        SessionStatus::Interrupted
    } else {
        SessionStatus::Failed
    }
}

/// Returns the status of a session whose record does not say how it
/// ended, by the trainer's exit.
fn status_by_exit(recorded: SessionStatus, exit: TrainerExit) -> SessionStatus {
    match (recorded, exit) {
        (SessionStatus::Unknown, TrainerExit::Code(0)) => SessionStatus::Completed,
        (_, TrainerExit::Killed | TrainerExit::INTERRUPTED) => SessionStatus::Interrupted,
        (_, TrainerExit::Code(0)) => SessionStatus::Unknown,
        (_, TrainerExit::Code(_)) => SessionStatus::Failed,
    }
}
