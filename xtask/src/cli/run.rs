//! Runs one task of the command line.

mod diff;
mod export;
mod forward;
mod list;
mod remote;
mod restore;
mod shared;
mod show;
mod sweep;
mod tensorboard;
mod train;
mod vault;
mod verify;

use anyhow::{Result, bail};

pub use list::sort_keys;
use shared::locate;
pub use shared::{CommandContext, TaskOutput};

use crate::cli::{ReproduceArgs, Task};
use crate::tasks::TaskContext;
use crate::tasks::clean;
use crate::tasks::reproduce::reproduce;
use crate::tasks::steps::{self, ArchiveLabel, SealedArchive};
use crate::terminal::report::{ArchiveReport, CleanReport, ShowReport};
use crate::vault::archive_folder;
use crate::vault::catalog::Catalog;
use crate::vault::manifest::ArchiveKind;
use crate::vault::scan::scan;
use crate::vault::session;
use crate::workspace::exit::{Exit, usage};
use crate::workspace::filesystem;

/// Runs the task of the command line.
///
/// # Errors
/// As the function of the task; [`crate::workspace::exit::code_of`]
/// returns the exit code.
pub fn run(context: &mut CommandContext<'_>) -> Result<TaskOutput> {
    if !context.format().fits(&context.cli.task) {
        return Err(usage!(
            "`--format parquet` and `--format csv` are for tables; take `text` or `json`"
        ));
    }
    archive_folder::check(context.workspace)?;
    let result = dispatch(context);
    context.warn(filesystem::warnings());
    result
}

fn dispatch(context: &mut CommandContext<'_>) -> Result<TaskOutput> {
    match &context.cli.task {
        Task::Train(args) => train::run(context, args),
        Task::Archive(label) => archive(context, label),
        Task::CleanWorkspace(args) => clean_workspace(context, args.dry_run),
        Task::Prune(args) => vault::prune(context, args),
        Task::Undelete(args) => vault::undelete(context, args),
        Task::Tag(args) => vault::tag(context, args),
        Task::Pin(args) => vault::pin(context, args),
        Task::Unpin(args) => vault::unpin(context, &args.name),
        Task::Note(args) => vault::note(context, args),
        Task::Doctor(args) => vault::doctor(context, args.fix),
        Task::Status => vault::status(context),
        Task::List(args) if args.remote => remote::list(context, args),
        Task::List(args) => list::run(context, args),
        Task::Show(args) if args.remote => remote::show(context, &args.archive.name),
        Task::Show(args) => {
            let catalog = Catalog::read(context.workspace)?;
            let archive = catalog.find(&args.archive.name)?;
            vault::warn_of_annotations(context, std::slice::from_ref(archive));
            Ok(TaskOutput::of(&ShowReport::of(archive), Exit::Done))
        }
        Task::Bars(args) => forward::run(context, "bars", args),
        Task::Simulate(args) => forward::run(context, "simulate", args),
        Task::Watch(args) => forward::watch(context, args),
        Task::Metrics(args) => forward::run(context, "metrics", args),
        Task::Report(args) => show::report(context, args),
        Task::Compare(args) => show::compare(context, args),
        Task::Predict(args) => forward::predict(context, args),
        Task::Reproduce(args) => reproduce_session(context, args),
        Task::Tensorboard(args) => tensorboard::run(context, args),
        Task::Sweep(args) => sweep::run(context, args),
        Task::Export(args) => export::run(context, args),
        // It needs no workspace, so `main.rs` handles it.
        Task::Manual(_) => bail!("the manual is not a workspace's"),
        Task::Push(args) => remote::push(context, args),
        Task::Pull(args) => remote::pull(context, args),
        Task::Remote(args) => remote::remote(context, args.task),
        Task::Verify(args) if args.remote.remote => remote::verify(context, args),
        Task::Verify(args) => verify::run(context, args),
        Task::Restore(args) => restore::run(context, args),
        Task::Diff(args) => diff::run(context, args),
    }
}

fn archive(context: &mut TaskContext<'_>, label: &ArchiveLabel) -> Result<TaskOutput> {
    let _lock = steps::begin(context, "archive")?;
    let found = scan(context.workspace)?;
    if !found.holds_a_session() {
        steps::warn_of(context, found.skipped.iter());
        let report = ArchiveReport { archive: None, skipped: Vec::new() };
        return Ok(TaskOutput::of(&report, Exit::NothingToDo));
    }
    let session = session::read(context.workspace.root());
    let receipt = steps::archive_found(context, &found, ArchiveKind::Manual, label, session)?;
    let report = ArchiveReport {
        archive: Some(SealedArchive::of(context, &receipt)),
        skipped: receipt.manifest().skipped.clone(),
    };
    Ok(TaskOutput::of(&report, Exit::Done))
}

fn clean_workspace(context: &mut TaskContext<'_>, dry_run: bool) -> Result<TaskOutput> {
    let plan = |context: &TaskContext<'_>| {
        let plan = clean::plan(context.workspace, &scan(context.workspace)?, (context.clock)())?;
        plan.as_ref().map_or(Ok(()), |plan| plan.check(context.workspace)).map(|()| plan)
    };
    let report = if dry_run {
        CleanReport { dry_run, plan: plan(context)?, done: None }
    } else {
        let _lock = steps::begin(context, "clean-workspace")?;
        let plan = plan(context)?;
        CleanReport { dry_run, plan, done: steps::archive_and_move_session(context)? }
    };
    Ok(TaskOutput::of(&report, Exit::Done))
}

fn reproduce_session(context: &mut CommandContext<'_>, args: &ReproduceArgs) -> Result<TaskOutput> {
    let source = context.trainer_source(args.trainer_bin.as_deref());
    let catalog = Catalog::read(context.workspace)?;
    let archive = catalog.find(&args.archive.name)?;
    let trainer = context.trainer;
    let report = reproduce(context, trainer, &archive.path, &source)?;
    let exit = if report.is_identical { Exit::Done } else { Exit::Failed };
    Ok(TaskOutput::of(&report, exit))
}
