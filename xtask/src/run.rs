//! Carries one task of the command line out.

mod diff;
mod forward;
mod restore;
mod vault;
mod verify;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::catalog::Catalog;
use crate::clean;
use crate::cli::{Cli, Format, LabelArgs, ReproduceArgs, Task, TrainArgs};
use crate::cycle::{self, Job, Label};
use crate::exit::Exit;
use crate::manifest::Kind;
use crate::process::Trainer;
use crate::report::{ArchiveReport, CleanReport, ListReport, Report, SealedArchive, ShowReport};
use crate::reproduce::reproduce;
use crate::scan::scan;
use crate::session;
use crate::train::{ArchiveMode, TrainOptions, TrainerSource, train, trainer_binary};

/// What surrounds the process.
pub struct Environment<'a> {
    /// The folder that relative paths of the command line start from.
    pub current_folder: PathBuf,
    /// The trainer, which a signal handler can stop.
    pub trainer: &'a Trainer,
    /// The cargo workspace to build the trainer from.
    pub trainer_home: PathBuf,
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
/// As the task's own function; [`crate::exit::code_of`] gives the exit
/// code.
pub fn run(job: &mut Job<'_>, cli: &Cli, environment: &Environment<'_>) -> Result<Outcome> {
    let format = cli.global.format;
    match &cli.task {
        Task::Train(args) => {
            let options = train_options(job, cli, args, environment);
            let report = train(job, environment.trainer, &options)?;
            Ok(outcome(&report, report.exit()))
        }
        Task::Archive(args) => archive(job, args),
        Task::CleanWorkspace(args) => clean_workspace(job, args.dry_run),
        Task::Prune(args) => vault::prune(job, args),
        Task::Undelete(args) => vault::undelete(job, args),
        Task::Tag(args) => vault::tag(job, args),
        Task::Pin(args) => vault::pin(job, args),
        Task::Unpin(args) => vault::unpin(job, &args.name),
        Task::Note(args) => vault::note(job, args),
        Task::Doctor(args) => vault::doctor(job, args.fix),
        Task::List => {
            let catalog = Catalog::read_heads(job.workspace)?;
            vault::warn_of_annotations(job, &catalog.archives);
            Ok(outcome(&ListReport::of(&catalog), Exit::Done))
        }
        Task::Show(args) => {
            let catalog = Catalog::read(job.workspace)?;
            let archive = catalog.find(&args.name)?;
            vault::warn_of_annotations(job, std::slice::from_ref(archive));
            Ok(outcome(&ShowReport::of(archive), Exit::Done))
        }
        Task::Simulate(args) => forward::run(job, ("simulate", args, format), environment),
        Task::Metrics(args) => forward::run(job, ("metrics", args, format), environment),
        Task::Predict(args) => forward::predict(job, (args, format), environment),
        Task::Reproduce(args) => reproduce_session(job, args, environment),
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
fn locate(job: &Job<'_>, name: &str, environment: &Environment<'_>) -> Result<PathBuf> {
    if name.contains(std::path::is_separator) {
        return Ok(environment.current_folder.join(name));
    }
    Ok(Catalog::read(job.workspace)?.find(name)?.path.clone())
}

fn archive(job: &mut Job<'_>, args: &LabelArgs) -> Result<Outcome> {
    let _lock = job.begin("archive")?;
    if !scan(job.workspace)?.holds_a_session() {
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
    let plan = |job: &Job<'_>| clean::plan(job.workspace, &scan(job.workspace)?, (job.clock)());
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

/// Returns the trainer that the command line names, else the one to
/// build.
fn trainer_source(binary: Option<&Path>, environment: &Environment<'_>) -> TrainerSource {
    match binary {
        Some(path) => TrainerSource::Ready(environment.current_folder.join(path)),
        None => TrainerSource::Build(environment.trainer_home.clone()),
    }
}

fn label(args: &LabelArgs) -> Label {
    Label { tags: args.tags.clone(), note: args.note.clone() }
}

fn train_options(
    job: &Job<'_>,
    cli: &Cli,
    args: &TrainArgs,
    environment: &Environment<'_>,
) -> TrainOptions {
    let trainer = trainer_source(args.trainer_bin.as_deref(), environment);
    TrainOptions {
        archive: if args.no_archive { ArchiveMode::MoveOnly } else { ArchiveMode::Archive },
        trainer,
        arguments: trainer_arguments(job, cli, args, &environment.current_folder),
        is_silent: cli.global.format == Format::Json,
        label: label(&args.label),
    }
}

fn trainer_arguments(
    job: &Job<'_>,
    cli: &Cli,
    args: &TrainArgs,
    current_folder: &Path,
) -> Vec<OsString> {
    let root = job.workspace.root();
    let mut arguments: Vec<OsString> =
        vec!["--root".into(), root.into(), "--exit-with-parent".into()];
    let mut flag = |name: &str, value: Option<OsString>| {
        arguments.extend(value.into_iter().flat_map(|value| [OsString::from(name), value]));
    };
    flag("--data", args.data.as_ref().map(|data| data_argument(data, root, current_folder)));
    flag("--episodes", args.episodes.map(|n| n.to_string().into()));
    flag("--steps-per-batch", args.steps_per_batch.map(|n| n.to_string().into()));
    flag("--seed", args.seed.map(|seed| seed.to_string().into()));
    flag("--threads", args.threads.map(|n| n.to_string().into()));
    flag("--now", cli.global.clock.map(|now| now.to_rfc3339().into()));
    for (name, is_set) in [("--default", args.default), ("--quiet", cli.global.quiet)] {
        arguments.extend(is_set.then(|| OsString::from(name)));
    }
    arguments
}

/// A data file is named from the current folder, as every file on a
/// command line; what is not there may be a name that the trainer knows.
fn data_argument(data: &Path, root: &Path, current_folder: &Path) -> OsString {
    match current_folder.join(data).canonicalize() {
        Ok(path) => path.strip_prefix(root).unwrap_or(&path).into(),
        Err(_) => data.into(),
    }
}
