//! The whole cycle of `cargo xtask train`.

mod ending;
mod source;

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use self::ending::{Ended, of_nothing, run_trainer, tell_unkept};
pub use source::{TrainerSource, trainer_binary};

use crate::programs::lack;
use crate::programs::process::{Trainer, TrainerExit, TrainerRun};
use crate::tasks::clean;
use crate::tasks::cycle::{self, Job, Label, SetAside};
use crate::tasks::gate::{self, Gate};
use crate::tasks::prune::{self, Origin, PrunePlan, Way, Wish};
use crate::tasks::recover::Outlook;
use crate::tasks::resume::{self, Interrupted};
use crate::tasks::trials;
use crate::terminal::report::{SealedArchive, TrainReport};
use crate::vault::catalog::Catalog;
use crate::vault::manifest::{Kind, SessionSummary};
use crate::vault::scan::Unkept;
use crate::vault::session;
use crate::workspace::exit::CodedError;
use crate::workspace::lock::Lock;

/// What `train` was asked for.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// Whether to archive the old and the new session.
    pub archive: ArchiveMode,
    /// A ready trainer, or where to build it from.
    pub trainer: TrainerSource,
    /// The trainer's own arguments.
    pub arguments: Vec<OsString>,
    /// Whether the trainer's table stays unprinted, since the caller
    /// prints a document.
    pub is_silent: bool,
    /// Words for the session's archive.
    pub label: Label,
    /// Whether to go on with the interrupted session.
    pub start: Start,
    /// What the session's figures must reach.
    pub gates: Vec<Gate>,
}

/// Where the training begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// From nothing.
    Fresh,
    /// `--resume`: from the interrupted session's last checkpoint.
    Resume,
}

/// Whether sessions become zips.
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
/// archived: it stays in the workspace then. A training that fails is
/// no error: the report says so.
pub fn train(job: &mut Job<'_>, trainer: &Trainer, options: &TrainOptions) -> Result<TrainReport> {
    if options.archive == ArchiveMode::Archive {
        // Before a training that could not be archived at its end.
        lack::check_compression(job.workspace.config().archive.compression)?;
    }
    let binary = trainer_binary(job, &options.trainer)?;
    let lock = job.begin("train")?;
    let interrupted = match options.start {
        Start::Fresh => None,
        Start::Resume => Some(resume::find(job.workspace)?),
    };
    let mut arguments = options.arguments.clone();
    if let TrainerSource::Build(_) | TrainerSource::Installed(_) = &options.trainer {
        let root = job.workspace.root();
        let from = interrupted.as_ref().map(|interrupted| interrupted.folder(root));
        check_settings(job, trainer, &binary, &with_resume(&arguments, from))?;
    }
    // While the last session is still here: it may become no archive.
    let trials = trials::arguments(job);
    let previous = match options.archive {
        ArchiveMode::Archive => cycle::set_aside(job)?,
        ArchiveMode::MoveOnly => cycle::set_aside_unarchived(job)?,
    };
    clean::lay_fresh_folders(job.workspace)?;
    tell_previous(job, previous.as_ref());
    let resumed = match (interrupted, &previous) {
        (Some(Interrupted::Backup(folder)), _) => Some(folder),
        (Some(Interrupted::Workspace), Some(moved)) => {
            Some(job.workspace.root().join(&moved.backup))
        }
        (Some(Interrupted::Workspace), None) | (None, _) => None,
    };
    arguments = with_resume(&arguments, resumed.as_deref());
    arguments.extend(trials);
    let unkept = Unkept::look(job.workspace)?;
    let Ended { exit, session } = run_trainer(job, trainer, (&binary, &arguments), options)?;
    tell_unkept(job, &unkept);
    if session.is_some()
        && let Err(error) = clean::sync_session(job.workspace)
    {
        (job.notes)(&format!("warning: a power cut now may take some of the session: {error:#}"));
    }
    let undefined = session::undefined(job.workspace.root());
    let gates = gate::judge(&options.gates, session.as_ref(), &undefined);
    let doubts = session::doubts(job.workspace.root());
    let archive = match options.archive {
        ArchiveMode::Archive => seal(job, &options.label, session.clone())?,
        ArchiveMode::MoveOnly => None,
    };
    let has_counted = trials::remember(job);
    let prune = has_counted.and_then(|_| apply_retention(job, &lock)).unwrap_or_else(|error| {
        (job.notes)(&format!("warning: old sessions were not pruned: {error:#}"));
        PrunePlan::default()
    });
    let status = session.as_ref().map_or_else(|| of_nothing(exit), |session| session.status);
    let model = "models/memory_efficient_model_final.zip";
    let has_model = job.workspace.root().join(model).is_file();
    let model = has_model.then(|| model.to_owned());
    let resumed = resumed.map(|folder| job.workspace.display(&folder));
    Ok(TrainReport {
        format: 1,
        status,
        previous,
        resumed,
        archive,
        model,
        session,
        doubts,
        gates,
        prune,
        keeps_by_default: job.workspace.config().retention.default_keep(),
    })
}

fn with_resume(arguments: &[OsString], folder: Option<&Path>) -> Vec<OsString> {
    let flag = folder.into_iter().flat_map(|folder| ["--resume-from".into(), folder.into()]);
    arguments.iter().cloned().chain(flag).collect()
}

/// Lets the trainer check its settings and data before anything moves.
///
/// A trainer from elsewhere may not know `--check` and train: it is
/// never called this way.
fn check_settings(
    job: &Job<'_>,
    trainer: &Trainer,
    binary: &Path,
    arguments: &[OsString],
) -> Result<()> {
    let mut arguments = arguments.to_vec();
    arguments.push(OsString::from("--check"));
    let root = job.workspace.root();
    match trainer.run(&TrainerRun { binary, root, arguments: &arguments, is_silent: true })? {
        TrainerExit::Code(0) => Ok(()),
        TrainerExit::INTERRUPTED => Err(CodedError::Interrupted.into()),
        TrainerExit::Code(2) => Err(CodedError::Usage(
            "the trainer cannot run with these settings, as it says above; nothing was moved"
                .to_owned(),
        )
        .into()),
        TrainerExit::Code(_) | TrainerExit::Killed => {
            Err(anyhow!("the trainer refused to start, as it says above; nothing was moved"))
        }
    }
}

fn tell_previous(job: &mut Job<'_>, previous: Option<&SetAside>) {
    let line = match previous {
        None => return,
        Some(SetAside { archive: Some(archive), backup, .. }) => {
            format!("the previous session is in `{archive}` and was moved to `{backup}`")
        }
        Some(SetAside { archive: None, backup, .. }) => {
            format!("the previous session was moved to `{backup}`, its only copy (--no-archive)")
        }
    };
    (job.notes)(&line);
}

fn seal(
    job: &mut Job<'_>,
    label: &Label,
    session: Option<SessionSummary>,
) -> Result<Option<SealedArchive>> {
    if session.is_none() {
        return Ok(None);
    }
    // The training is over: a signal that stopped it must not stop
    // this, or the session would lie there without an archive.
    let calm = std::sync::atomic::AtomicBool::new(false);
    let mut job = Job {
        workspace: job.workspace,
        clock: job.clock,
        interrupt: &calm,
        notes: &mut *job.notes,
    };
    let receipt = cycle::archive_now(&mut job, Kind::Session, label, session).context(
        "failed to archive the new session; it stays in the workspace, and the next train or \
         `cargo xtask archive` archives it",
    )?;
    Ok(Some(SealedArchive::of(&job, &receipt)))
}

/// Plans and applies the retention of `config/config.json`, under the
/// lock. The training is over and archived: an error of this is but a
/// warning, and nothing is deleted.
fn apply_retention(job: &mut Job<'_>, _lock: &Lock) -> Result<PrunePlan> {
    let now = (job.clock)();
    let policy = job.workspace.config().retention.policy();
    let wish = Wish { policy: &policy, origin: Origin::Settings, now };
    let catalog = Catalog::read(job.workspace)?;
    let plan = prune::plan(job, &catalog, &Outlook::default(), &wish)?;
    prune::apply(job.workspace, &plan, Way::Trash, now)?;
    for warning in plan.warnings() {
        (job.notes)(&format!("warning: {warning}"));
    }
    Ok(plan)
}
