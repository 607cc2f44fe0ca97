//! Carries one task of the command line out.

mod diff;
mod export;
mod forward;
mod list;
mod restore;
mod show;
mod tensorboard;
mod train;
mod vault;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

pub use list::sort_keys;

use crate::cli::{Cli, Format, LabelArgs, ReproduceArgs, Task};
use crate::programs::lack;
use crate::programs::process::Trainer;
use crate::tasks::clean;
use crate::tasks::cycle::{self, Job, Label};
use crate::tasks::reproduce::reproduce;
use crate::tasks::train::{TrainerSource, trainer_binary};
use crate::terminal::report::{ArchiveReport, CleanReport, Report, SealedArchive, ShowReport};
use crate::vault::archive_folder;
use crate::vault::catalog::Catalog;
use crate::vault::manifest::Kind;
use crate::vault::scan::scan;
use crate::vault::session;
use crate::workspace::exit::{CodedError, Exit};
use crate::workspace::filesystem;

/// What surrounds the process.
pub struct Environment<'a> {
    /// The folder that relative paths of the command line start from.
    pub current_folder: PathBuf,
    /// The trainer, which a signal handler can stop.
    pub trainer: &'a Trainer,
    /// The trainer that runs when the command line names none.
    pub default_trainer: TrainerSource,
}

/// What a task gave.
pub struct Outcome {
    /// The result as text for people.
    pub text: String,
    /// The result as one JSON document.
    pub json: String,
    /// How the process ends.
    pub exit: Exit,
}

/// Carries out what `cli` asks for.
///
/// # Errors
/// As the task's own function; [`crate::workspace::exit::code_of`] gives the exit
/// code.
pub fn run(job: &mut Job<'_>, cli: &Cli, environment: &Environment<'_>) -> Result<Outcome> {
    let format = cli.global.format;
    if !format.fits(&cli.task) {
        let text = "`--format parquet` and `--format csv` are for tables; take `text` or `json`";
        return Err(CodedError::Usage(text.to_owned()).into());
    }
    archive_folder::check(job.workspace)?;
    let result = carry_out(job, (cli, format), environment);
    for warning in filesystem::warnings() {
        (job.notes)(&format!("warning: {warning}"));
    }
    result
}

fn carry_out(
    job: &mut Job<'_>,
    (cli, format): (&Cli, Format),
    environment: &Environment<'_>,
) -> Result<Outcome> {
    match &cli.task {
        Task::Train(args) => train::run(job, (cli, args), environment),
        Task::Archive(args) => archive(job, args),
        Task::CleanWorkspace(args) => clean_workspace(job, args.dry_run),
        Task::Prune(args) => vault::prune(job, args),
        Task::Undelete(args) => vault::undelete(job, args),
        Task::Tag(args) => vault::tag(job, args),
        Task::Pin(args) => vault::pin(job, args),
        Task::Unpin(args) => vault::unpin(job, &args.name),
        Task::Note(args) => vault::note(job, args),
        Task::Doctor(args) => vault::doctor(job, args.fix),
        Task::Status => vault::status(job),
        Task::List(args) => list::run(job, args),
        Task::Show(args) => {
            let catalog = Catalog::read(job.workspace)?;
            let archive = catalog.find(&args.name)?;
            vault::warn_of_annotations(job, std::slice::from_ref(archive));
            Ok(outcome(&ShowReport::of(archive), Exit::Done))
        }
        Task::Bars(args) => forward::run(job, ("bars", args, format), environment),
        Task::Simulate(args) => forward::run(job, ("simulate", args, format), environment),
        Task::Watch(args) => forward::watch(job, args, environment),
        Task::Metrics(args) => forward::run(job, ("metrics", args, format), environment),
        Task::Report(args) => show::report(job, (args, format), environment),
        Task::Compare(args) => show::compare(job, (args, format), environment),
        Task::Predict(args) => forward::predict(job, (args, format), environment),
        Task::Reproduce(args) => reproduce_session(job, args, environment),
        Task::Tensorboard(args) => tensorboard::run(job, args, environment),
        Task::Export(args) => export::run(job, (args, format), environment),
        // It needs no workspace: `main.rs` has written it.
        Task::Manual(_) => bail!("the manual is not a workspace's"),
        Task::Verify(args) => verify::run(job, args, environment),
        Task::Restore(args) => restore::run(job, args, environment),
        Task::Diff(args) => diff::run(job, args, environment),
    }
}

fn outcome(report: &impl Report, exit: Exit) -> Outcome {
    Outcome { text: report.text(), json: report.json(), exit }
}

/// Returns the archive file called `name`: of the workspace, or any by
/// a path with a separator in it.
///
/// # Errors
/// Also when this build cannot unpack it: a [`lack::Lack`].
fn locate(job: &Job<'_>, name: &str, environment: &Environment<'_>) -> Result<PathBuf> {
    let path = if name.contains(std::path::is_separator) {
        environment.current_folder.join(name)
    } else {
        Catalog::read(job.workspace)?.find(name)?.path.clone()
    };
    lack::check_archive(&path)?;
    Ok(path)
}

fn archive(job: &mut Job<'_>, args: &LabelArgs) -> Result<Outcome> {
    let _lock = job.begin("archive")?;
    let found = scan(job.workspace)?;
    if !found.holds_a_session() {
        cycle::warn_of(job, found.skipped.iter());
        let report = ArchiveReport { format: 1, archive: None, skipped: Vec::new() };
        return Ok(outcome(&report, Exit::NothingToDo));
    }
    let session = session::read(job.workspace.root());
    let receipt = cycle::archive_now(job, Kind::Manual, &label(args), session)?;
    let report = ArchiveReport {
        format: 1,
        archive: Some(SealedArchive::of(job, &receipt)),
        skipped: receipt.manifest().skipped.clone(),
    };
    Ok(outcome(&report, Exit::Done))
}

fn clean_workspace(job: &mut Job<'_>, dry_run: bool) -> Result<Outcome> {
    let plan = |job: &Job<'_>| {
        let plan = clean::plan(job.workspace, &scan(job.workspace)?, (job.clock)())?;
        plan.as_ref().map_or(Ok(()), |plan| plan.check(job.workspace)).map(|()| plan)
    };
    let report = if dry_run {
        CleanReport { format: 1, dry_run, plan: plan(job)?, done: None }
    } else {
        let _lock = job.begin("clean-workspace")?;
        let plan = plan(job)?;
        CleanReport { format: 1, dry_run, plan, done: cycle::set_aside(job)? }
    };
    Ok(outcome(&report, Exit::Done))
}

fn reproduce_session(
    job: &mut Job<'_>,
    args: &ReproduceArgs,
    environment: &Environment<'_>,
) -> Result<Outcome> {
    let source = trainer_source(args.trainer_bin.as_deref(), environment);
    let binary = trainer_binary(job, &source)?;
    let catalog = Catalog::read(job.workspace)?;
    let archive = catalog.find(&args.archive.name)?;
    let report = reproduce(job, environment.trainer, (&archive.path, &binary))?;
    let exit = if report.is_identical { Exit::Done } else { Exit::Failed };
    Ok(outcome(&report, exit))
}

/// Returns the trainer that the command line names, else the default
/// one.
fn trainer_source(binary: Option<&Path>, environment: &Environment<'_>) -> TrainerSource {
    match binary {
        Some(path) => TrainerSource::Ready(environment.current_folder.join(path)),
        None => environment.default_trainer.clone(),
    }
}

fn label(args: &LabelArgs) -> Label {
    Label { tags: args.tags.clone(), note: args.note.clone() }
}
