//! `sweep`: begins and resumes sweeps, and prints their state.

mod cluster;
mod work;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use self::cluster::ChosenTrainer;
use super::{CommandContext, TaskOutput};
use crate::cli::sweep::SweepRunArgs;
use crate::cli::{Format, SweepArgs, SweepCommand};
use crate::programs::process;
use crate::tasks::sweep::amend;
use crate::tasks::sweep::definition::{Engine, SweepDefinition};
use crate::tasks::sweep::folder::{SweepFolder, TrainingKey};
use crate::tasks::sweep::prepare::{self, SweepRequest};
use crate::tasks::sweep::results;
use crate::tasks::sweep::select;
use crate::tasks::sweep::session::SweepTrainer;
use crate::tasks::sweep::spec::SweepSpec;
use crate::tasks::sweep::status;
use crate::tasks::train::{CommandTrainer, TrainerSource, full_trainer_binary, trainer_binary};
use crate::terminal::report::{SweepPlanReport, SweepResultsReport};
use crate::workspace::Workspace;
use crate::workspace::exit::{Exit, usage};
use crate::workspace::lock;
use crate::workspace::text;

/// How long a command may take to stop when asked to.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the task of `args`.
pub fn run(context: &mut CommandContext<'_>, args: &SweepArgs) -> Result<TaskOutput> {
    let open = |context: &CommandContext<'_>, name: &Option<String>| {
        SweepFolder::open(context.workspace, name.as_deref())
    };
    match &args.command {
        None => begin_sweep(context, args),
        Some(SweepCommand::Status(args)) => {
            let folder = open(context, &args.name)?;
            Ok(TaskOutput::of(&cluster::read_status(context, &folder)?, Exit::Done))
        }
        Some(SweepCommand::Resume { name, spec, retry_failed, run }) => {
            let folder = open(context, &name.name)?;
            let resume = Resume { spec: spec.as_deref(), retry_failed: *retry_failed, run };
            resume_sweep(context, folder, &resume)
        }
        Some(SweepCommand::Cancel(args)) => {
            let folder = open(context, &args.name)?;
            cluster::cancel(&folder)?;
            Ok(TaskOutput::of(&cluster::read_status(context, &folder)?, Exit::Done))
        }
        Some(SweepCommand::Results { name, page }) => {
            let page = page.as_ref().map(|page| context.current_folder.join(page));
            results_of(&open(context, &name.name)?, context.format(), page)
        }
        Some(SweepCommand::Merge { name, trainer_bin }) => {
            let folder = open(context, &name.name)?;
            let trainer = trainer(context, folder.definition(), trainer_bin.as_deref())?;
            work::merge(context, &folder, trainer)
        }
        Some(SweepCommand::Trial(args)) => {
            let folder = open(context, &args.sweep)?;
            let trainer = trainer(context, folder.definition(), args.trainer_bin.as_deref())?;
            work::trials(context, &folder, args, trainer)
        }
    }
}

fn begin_sweep(context: &mut CommandContext<'_>, args: &SweepArgs) -> Result<TaskOutput> {
    let spec = args.spec.as_ref().context("clap asks for the spec")?;
    let spec = context.current_folder.join(spec);
    let source = context.trainer_source(args.run.trainer_bin.as_deref());
    let is_own_trainer = has_known_figures(&source);
    let request = SweepRequest { spec: &spec, engine: args.engine, is_own_trainer };
    let mut definition = prepare::plan(context, &request)?;
    if args.dry_run {
        return Ok(TaskOutput::of(&SweepPlanReport::of(&definition.plan), Exit::Done));
    }
    // Fail before the trainer is built.
    SweepFolder::check_new(context.workspace, definition.plan.spec.name())?;
    if definition.engine == Engine::Slurm {
        cluster::check(&args.run)?;
    }
    let mut trainer = trainer(context, &definition, args.run.trainer_bin.as_deref())?;
    if let (SweepTrainer::Binary(binary, own), true) = (&mut trainer, is_own_trainer) {
        let checked_binary = prepare::check_settings(context, &definition, &source, binary, own)?;
        definition.needs_full_trainer = checked_binary != *binary;
        *binary = checked_binary;
    }
    let folder = SweepFolder::create(context.workspace, definition)?;
    if folder.definition().engine == Engine::External {
        return Ok(TaskOutput::of(&status::read(&folder)?, Exit::Done));
    }
    let _lock = lock_sweep(context, &folder)?;
    match folder.definition().engine {
        Engine::Slurm => cluster::submit(context, &folder, ChosenTrainer { trainer, source }),
        _ => work::run_missing(context, &folder, trainer, args.run.jobs),
    }
}

/// The options of `sweep resume`.
struct Resume<'a> {
    /// A changed spec.
    spec: Option<&'a Path>,
    /// Whether failed trials are trained again.
    retry_failed: bool,
    run: &'a SweepRunArgs,
}

fn resume_sweep(
    context: &mut CommandContext<'_>,
    mut folder: SweepFolder,
    resume: &Resume<'_>,
) -> Result<TaskOutput> {
    let is_local = folder.definition().engine != Engine::Slurm;
    if !is_local {
        cluster::check(resume.run)?;
    }
    let source = context.trainer_source(resume.run.trainer_bin.as_deref());
    let amended =
        resume.spec.map(|spec| amended(&folder, &context.current_folder.join(spec), &source));
    let amended = amended.transpose()?;
    let trainer = trainer(context, folder.definition(), resume.run.trainer_bin.as_deref())?;
    let _lock = lock_sweep(context, &folder)?;
    if let Some(spec) = amended {
        folder = amend::store(context.workspace, &folder, spec)?;
    }
    folder.cancel(false)?;
    if resume.retry_failed && !select::set_aside_failed_tests(&folder)? {
        check_unopened(&folder)?;
        for failed in status::read(&folder)?.failed {
            folder.set_aside_failed(TrainingKey::Trial(failed.index))?;
        }
    }
    if is_local {
        return work::run_missing(context, &folder, trainer, resume.run.jobs);
    }
    cluster::submit(context, &folder, ChosenTrainer { trainer, source })
}

/// Returns the spec of the sweep, with the changes of the file `spec`.
fn amended(folder: &SweepFolder, spec: &Path, source: &TrainerSource) -> Result<SweepSpec> {
    let old = &folder.plan().spec;
    let spec = amend::amended(old, &prepare::load(spec, has_known_figures(source))?)?;
    if (&spec.metric, spec.goal) != (&old.metric, old.goal) {
        check_unopened(folder)?;
    }
    Ok(spec)
}

/// Whether `source` is the trainer of this repository, whose metrics are
/// known.
fn has_known_figures(source: &TrainerSource) -> bool {
    !matches!(source, TrainerSource::Ready(_) | TrainerSource::Command(_))
}

/// Returns the trainer, built if necessary.
fn trainer(
    context: &mut CommandContext<'_>,
    definition: &SweepDefinition,
    binary: Option<&Path>,
) -> Result<SweepTrainer> {
    let command = &definition.plan.spec.command;
    let root = context.workspace.root();
    if !command.is_empty() {
        let supervisor =
            std::env::current_exe().context("failed to find this program's own file")?;
        let command = CommandTrainer {
            words: command.iter().map(OsString::from).collect(),
            folder: root.to_owned(),
            seed: 0,
            variables: Vec::new(),
            supervisor,
            grace: GRACE,
        };
        command.check()?;
        return Ok(SweepTrainer::Command(command));
    }
    // The sweep itself varies the seed.
    let mut own: Vec<OsString> =
        ["--exit-with-parent", "--quiet", "--seeds", "1"].map(OsString::from).into();
    let commit = process::git_commit(root).map(OsString::from);
    own.extend(commit.into_iter().flat_map(|commit| ["--commit".into(), commit]));
    let now = context.cli.global.clock.map(|now| now.to_rfc3339().into());
    own.extend(now.into_iter().flat_map(|now| ["--now".into(), now]));
    let source = context.trainer_source(binary);
    let binary = if definition.needs_full_trainer {
        full_trainer_binary(context, &source)?
    } else {
        trainer_binary(context, &source)?
    };
    Ok(SweepTrainer::Binary(binary, own))
}

/// Locks the sweep, so that no other process of this machine runs its
/// trials.
fn lock_sweep(context: &CommandContext<'_>, folder: &SweepFolder) -> Result<lock::Lock> {
    lock::acquire(&Workspace::open(folder.root())?, "sweep", (context.clock)())
}

/// Checks that the test is not opened yet, after which trials must not
/// change.
fn check_unopened(folder: &SweepFolder) -> Result<()> {
    let Some(selection) = select::chosen(folder)? else { return Ok(()) };
    Err(usage!(
        "the test of the sweep `{}` was opened at {}: its trials stay as they are; begin another \
         sweep",
        folder.name(),
        text::time(selection.opened_at)
    ))
}

fn results_of(folder: &SweepFolder, format: Format, page: Option<PathBuf>) -> Result<TaskOutput> {
    let selection = select::chosen(folder)?;
    let report = SweepResultsReport {
        results: results::read(folder)?,
        choice: selection.as_ref().map(|selection| selection.choice.clone()),
        verdict: select::verdict(folder)?,
    };
    if let Some(page) = page {
        std::fs::write(&page, report.page(selection.as_ref()))
            .with_context(|| format!("failed to write `{}`", page.display()))?;
    }
    let has_all = report.results.missing.is_empty();
    let output = TaskOutput::of(&report, if has_all { Exit::Done } else { Exit::Warnings });
    let text = if format == Format::Csv { report.results.csv() } else { output.text };
    Ok(TaskOutput { text, ..output })
}
