//! The whole cycle of `cargo xtask train`.

mod command;
mod outcome;
mod source;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

pub use self::outcome::{CommandReport, TrainReport};
use self::outcome::{
    TrainingOutcome, run_trainer, status_without_session, warn_of_unarchived_models,
};
pub use command::{CommandTrainer, DEFAULT_SEED};
pub use source::{
    TrainerSource, full_trainer_binary, run_with_full_if_needed, trainer_binary, trainer_text,
};

use crate::programs::features;
use crate::programs::process::{TrainerProcess, TrainerRun};
use crate::tasks::TaskContext;
use crate::tasks::clean;
use crate::tasks::gate::{self, Gate};
use crate::tasks::prune::{self, DeleteMode, PolicySource, PrunePlan, PruneRequest};
use crate::tasks::push::pending;
use crate::tasks::recover::RecoveryPreview;
use crate::tasks::resume::{self, InterruptedSession};
use crate::tasks::steps::{self, ArchiveLabel, MovedSession, SealedArchive};
use crate::tasks::trials;
use crate::vault::catalog::Catalog;
use crate::vault::manifest::{ArchiveKind, SessionSummary};
use crate::vault::scan::UnarchivedModels;
use crate::vault::session;
use crate::workspace::exit::{CodedError, TrainerExit, usage};
use crate::workspace::lock::Lock;

/// The options of `train`.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// Whether to archive the old and the new session.
    pub archive: ArchiveMode,
    /// A ready trainer, or where to build it from.
    pub trainer: TrainerSource,
    /// The trainer's own arguments.
    pub arguments: Vec<OsString>,
    /// Whether the trainer's table is not printed, since the caller prints a
    /// JSON document.
    pub is_silent: bool,
    /// The tags and the note of the session's archive.
    pub label: ArchiveLabel,
    /// Whether to resume the interrupted session.
    pub start: Start,
    /// The gates that the session must pass.
    pub gates: Vec<Gate>,
    /// Whether the caller pushes the session's archive.
    pub is_pushed: bool,
}

/// What the training starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A new model.
    Fresh,
    /// `--resume`: the last checkpoint of the interrupted session.
    Resume,
}

/// Whether sessions are archived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArchiveMode {
    /// The old and the new session are archived.
    Archive,
    /// `--no-archive`: the old session only moves to `backups/`.
    MoveOnly,
}

/// Archives, cleans, trains, seals and prunes.
///
/// # Errors
/// When a step before the training fails, or the new session cannot be
/// archived; it stays in the workspace then. A failed training is not an
/// error, but part of the report.
pub fn train(
    context: &mut TaskContext<'_>,
    trainer: &TrainerProcess,
    options: &TrainOptions,
) -> Result<TrainReport> {
    if options.archive == ArchiveMode::Archive {
        // Fail before a training that could not be archived afterwards.
        features::check_compression(context.workspace.config().archive.compression)?;
    }
    let root = context.workspace.root();
    let mut binary = trainer_binary(context, &options.trainer)?;
    let lock = steps::begin(context, "train")?;
    let interrupted = match options.start {
        Start::Fresh => None,
        Start::Resume => Some(resume::find(context.workspace)?),
    };
    if let TrainerSource::Build(_) | TrainerSource::Installed(_) = &options.trainer {
        let from = interrupted.as_ref().map(|session| session.folder(root));
        let arguments = &with_resume(&options.arguments, from);
        let run = TrainerRun { binary: &binary, root, arguments, is_silent: true };
        binary = check_settings(context, trainer, &options.trainer, &run)?;
    }
    // Before the last session is moved: it may not be archived.
    let trials = trials::arguments(context);
    let previous = match options.archive {
        ArchiveMode::Archive => steps::archive_and_move_session(context)?,
        ArchiveMode::MoveOnly => steps::move_session_unarchived(context)?,
    };
    clean::create_session_folders(context.workspace)?;
    note_previous(context, previous.as_ref());
    let resumed = resumed_folder(context, interrupted, previous.as_ref());
    let mut arguments = with_resume(&options.arguments, resumed.as_deref());
    arguments.extend(trials);
    let unarchived = UnarchivedModels::find(context.workspace)?;
    let (TrainingOutcome { exit, session }, command) =
        if let TrainerSource::Command(command) = &options.trainer {
            command.run(context, trainer, options.is_silent)?
        } else {
            let is_silent = options.is_silent;
            let run = TrainerRun { binary: &binary, root, arguments: &arguments, is_silent };
            (run_trainer(context, trainer, &run)?, None)
        };
    warn_of_unarchived_models(context, &unarchived);
    if session.is_some() {
        sync_session(context);
    }
    let record = session::record(root).unwrap_or_default();
    let gates = gate::evaluate(&options.gates, session.as_ref(), &session::undefined(&record));
    let doubts = session::doubts(&record);
    let archive = match options.archive {
        ArchiveMode::Archive => seal(context, options, session.clone())?,
        ArchiveMode::MoveOnly => None,
    };
    let has_counted = trials::remember(context);
    let prune = has_counted.and_then(|_| apply_retention(context, &lock)).unwrap_or_else(|error| {
        (context.on_message)(&format!("warning: old sessions were not pruned: {error:#}"));
        PrunePlan::default()
    });
    let status = session.as_ref().map_or_else(|| status_without_session(exit), |it| it.status);
    let model = Some("models/memory_efficient_model_final.zip".to_owned());
    let model = model.filter(|model| root.join(model).is_file());
    let resumed = resumed.map(|folder| context.workspace.display(&folder));
    Ok(TrainReport {
        status,
        trainer_exit: exit,
        previous,
        resumed,
        archive,
        model,
        session,
        command,
        doubts,
        gates,
        prune,
        push: None,
        keeps_by_default: context.workspace.config().retention.default_keep(),
    })
}

/// Syncs the session before it is archived; warns on failure.
fn sync_session(context: &mut TaskContext<'_>) {
    if let Err(error) = clean::sync_session(context.workspace) {
        let warning = "a power cut now may take some of the session";
        (context.on_message)(&format!("warning: {warning}: {error:#}"));
    }
}

/// Returns the current folder of the session that is resumed.
fn resumed_folder(
    context: &TaskContext<'_>,
    interrupted: Option<InterruptedSession>,
    previous: Option<&MovedSession>,
) -> Option<PathBuf> {
    match (interrupted?, previous) {
        (InterruptedSession::Backup(folder), _) => Some(folder),
        (InterruptedSession::Workspace, Some(moved)) => {
            Some(context.workspace.root().join(&moved.backup))
        }
        (InterruptedSession::Workspace, None) => None,
    }
}

fn with_resume(arguments: &[OsString], folder: Option<&Path>) -> Vec<OsString> {
    let flag = folder.into_iter().flat_map(|folder| ["--resume-from".into(), folder.into()]);
    arguments.iter().cloned().chain(flag).collect()
}

/// Lets the trainer check its settings and data before anything is moved.
/// Returns its binary, or that of the full trainer if needed.
///
/// Never called for a trainer from elsewhere, which may not know
/// `--check` and start a training.
fn check_settings(
    context: &mut TaskContext<'_>,
    trainer: &TrainerProcess,
    source: &TrainerSource,
    run: &TrainerRun<'_>,
) -> Result<PathBuf> {
    let mut arguments = run.arguments.to_vec();
    arguments.push(OsString::from("--check"));
    let (binary, exit) = run_with_full_if_needed(context, source, run.binary, |binary| {
        trainer.run(&TrainerRun { binary, arguments: &arguments, ..*run })
    })?;
    match exit {
        TrainerExit::Code(0) => Ok(binary),
        TrainerExit::INTERRUPTED => Err(CodedError::Interrupted.into()),
        TrainerExit::Code(2) => Err(usage!(
            "the trainer cannot run with these settings, as it says above; nothing was moved"
        )),
        TrainerExit::Code(_) | TrainerExit::Killed => {
            Err(anyhow!("the trainer refused to start, as it says above; nothing was moved"))
        }
    }
}

fn note_previous(context: &mut TaskContext<'_>, previous: Option<&MovedSession>) {
    let line = match previous {
        None => return,
        Some(MovedSession { archive: Some(archive), backup, .. }) => {
            format!("the previous session is in `{archive}` and was moved to `{backup}`")
        }
        Some(MovedSession { archive: None, backup, .. }) => {
            format!("the previous session was moved to `{backup}`, its only copy (--no-archive)")
        }
    };
    (context.on_message)(&line);
}

fn seal(
    context: &mut TaskContext<'_>,
    options: &TrainOptions,
    session: Option<SessionSummary>,
) -> Result<Option<SealedArchive>> {
    let label = &options.label;
    if session.is_none() {
        return Ok(None);
    }
    // A signal that stopped the training must not stop the archiving, too,
    // or the session would not be archived.
    let never_interrupted = std::sync::atomic::AtomicBool::new(false);
    let mut context = TaskContext {
        workspace: context.workspace,
        clock: context.clock,
        interrupt: &never_interrupted,
        on_message: &mut *context.on_message,
    };
    let receipt = steps::archive_now(&mut context, ArchiveKind::Session, label, session).context(
        "failed to archive the new session; it stays in the workspace, and the next train or \
         `cargo xtask archive` archives it",
    )?;
    let archive = SealedArchive::of(&context, &receipt);
    if options.is_pushed {
        // Record the push now, in case of a kill before it.
        let names = [archive.name.clone()];
        let add =
            |pending: &mut pending::PendingPushes| pending.add(&names, "its push has not ended");
        if let Err(error) = pending::update(context.workspace, add) {
            (context.on_message)(&format!("warning: its push is not remembered: {error:#}"));
        }
    }
    Ok(Some(archive))
}

/// Plans and applies the retention of `config/config.json`, under the
/// lock. The session is archived by now, so the caller reports an error
/// only as a warning.
fn apply_retention(context: &mut TaskContext<'_>, _lock: &Lock) -> Result<PrunePlan> {
    let now = (context.clock)();
    let policy = context.workspace.config().retention.or_default();
    let source = PolicySource::Settings;
    let request = PruneRequest { policy: &policy, source, keep_pushed_only: false, now };
    let catalog = Catalog::read(context.workspace)?;
    let plan = prune::plan(context, &catalog, &RecoveryPreview::default(), &request)?;
    prune::apply(context.workspace, &plan, DeleteMode::Trash, now)?;
    context.warn(plan.warnings());
    Ok(plan)
}
