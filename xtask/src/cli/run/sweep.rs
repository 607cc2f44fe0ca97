//! `sweep`: begins one, goes on with one, and tells of it.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::{Context, Result};

use super::{ProcessContext, TaskOutput, outcome, trainer_source};
use crate::cli::sweep::SweepRunArgs;
use crate::cli::{Cli, SweepArgs, SweepCommand, TrialArgs};
use crate::programs::process;
use crate::tasks::TaskContext;
use crate::tasks::sweep::attempt::{Job, JobEnd, Runner};
use crate::tasks::sweep::begin;
use crate::tasks::sweep::capacity::Machine;
use crate::tasks::sweep::folder::{JobKey, SweepFolder};
use crate::tasks::sweep::head::{Engine, SweepHead};
use crate::tasks::sweep::local;
use crate::tasks::sweep::record::{TrialRecord, TrialStatus};
use crate::tasks::sweep::session::{SweepTrainer, Training};
use crate::tasks::sweep::status::{self, SweepStatus, describe};
use crate::tasks::train::{CommandTrainer, TrainerSource, trainer_binary};
use crate::terminal::report::SweepPlanReport;
use crate::workspace::Workspace;
use crate::workspace::exit::{CodedError, Exit};
use crate::workspace::lock;
use crate::workspace::text;

/// How long a command may take to end when asked to.
const GRACE: Duration = Duration::from_secs(10);

/// What a sweep's task gets from outside.
struct Outside<'a> {
    cli: &'a Cli,
    process: &'a ProcessContext<'a>,
}

/// Does what `args` say.
pub fn run(
    context: &mut TaskContext<'_>,
    cli: &Cli,
    args: &SweepArgs,
    process_context: &ProcessContext<'_>,
) -> Result<TaskOutput> {
    let outside = Outside { cli, process: process_context };
    let open = |context: &TaskContext<'_>, name: &Option<String>| {
        SweepFolder::open(context.workspace, name.as_deref())
    };
    match &args.command {
        None => begin_sweep(context, args, &outside),
        Some(SweepCommand::Status(args)) => {
            Ok(outcome(&status::look(&open(context, &args.name)?)?, Exit::Done))
        }
        Some(SweepCommand::Resume { name, retry_failed, run }) => {
            let folder = open(context, &name.name)?;
            let trainer = trainer(context, &folder.head().clone(), run, &outside)?;
            let _lock = hold(context, &folder)?;
            folder.cancel(false)?;
            if *retry_failed {
                for failed in status::look(&folder)?.failed {
                    folder.retire(failed.index)?;
                }
            }
            go_on(context, &folder, trainer, run.jobs)
        }
        Some(SweepCommand::Cancel(args)) => {
            let folder = open(context, &args.name)?;
            folder.cancel(true)?;
            Ok(outcome(&status::look(&folder)?, Exit::Done))
        }
        Some(SweepCommand::Trial(args)) => trials(context, args, &outside),
    }
}

fn begin_sweep(
    context: &mut TaskContext<'_>,
    args: &SweepArgs,
    outside: &Outside<'_>,
) -> Result<TaskOutput> {
    let spec = args.spec.as_ref().context("clap asks for the spec")?;
    let spec = outside.process.current_folder.join(spec);
    let head = begin::plan(context, &spec, args.engine)?;
    if args.dry_run {
        return Ok(outcome(&SweepPlanReport::of(&head.plan), Exit::Done));
    }
    // Before a trainer is built.
    SweepFolder::check_new(context.workspace, head.plan.spec.name())?;
    let trainer = trainer(context, &head, &args.run, outside)?;
    let is_own = matches!(
        outside.process.default_trainer,
        TrainerSource::Build(_) | TrainerSource::Installed(_)
    );
    if let (SweepTrainer::Binary(binary, own), true) =
        (&trainer, is_own && args.run.trainer_bin.is_none())
    {
        begin::check_settings(context, &head, binary, own)?;
    }
    let folder = SweepFolder::create(context.workspace, head)?;
    if folder.head().engine == Engine::External {
        return Ok(outcome(&status::look(&folder)?, Exit::Done));
    }
    let _lock = hold(context, &folder)?;
    go_on(context, &folder, trainer, args.run.jobs)
}

/// Returns who trains, ready to be started.
fn trainer(
    context: &mut TaskContext<'_>,
    head: &SweepHead,
    run: &SweepRunArgs,
    outside: &Outside<'_>,
) -> Result<SweepTrainer> {
    let command = &head.plan.spec.command;
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
    let mut own: Vec<OsString> = vec!["--exit-with-parent".into(), "--quiet".into()];
    let commit = process::git_commit(root).map(OsString::from);
    own.extend(commit.into_iter().flat_map(|commit| ["--commit".into(), commit]));
    let now = outside.cli.global.clock.map(|now| now.to_rfc3339().into());
    own.extend(now.into_iter().flat_map(|now| ["--now".into(), now]));
    let source = trainer_source(run.trainer_bin.as_deref(), outside.process);
    Ok(SweepTrainer::Binary(trainer_binary(context, &source)?, own))
}

/// Lets no other process of this machine run trials of the sweep.
fn hold(context: &TaskContext<'_>, folder: &SweepFolder) -> Result<lock::Lock> {
    lock::acquire(&Workspace::open(folder.root())?, "sweep", (context.clock)())
}

/// Runs what is missing of the sweep, here.
fn go_on(
    context: &mut TaskContext<'_>,
    folder: &SweepFolder,
    trainer: SweepTrainer,
    jobs: Option<NonZeroUsize>,
) -> Result<TaskOutput> {
    let spec = &folder.plan().spec;
    let missing = folder.missing()?;
    let jobs = jobs.unwrap_or_else(|| Machine::look().n_trials(spec.threads, spec.memory_mb));
    (context.notes)(&format!(
        "sweep {}: {} to run, {jobs} at once",
        folder.name(),
        text::count(missing.len() as u64, "trial")
    ));
    let TaskContext { clock, interrupt, notes, .. } = context;
    let training = Training { folder, trainer, clock: *clock, stop: interrupt };
    let runner = Runner { folder, execute: &training, clock: *clock, stop: interrupt };
    let (mut n_over, n_missing) = (0, missing.len());
    local::run(&runner, &missing, jobs, &mut |index, record| {
        n_over += 1;
        notes(&format!("[{n_over}/{n_missing}] {}", told(folder, index, record)));
    })?;
    let status = status::look(folder)?;
    let was_stopped = interrupt.load(Ordering::Relaxed);
    Ok(outcome(&status, exit_of(&status, was_stopped)))
}

fn told(folder: &SweepFolder, index: u64, record: &TrialRecord) -> String {
    let trial = describe(folder, &folder.plan().trial(index));
    let metric = &folder.plan().spec.metric;
    match (&record.end.reason, record.end.metrics.get(metric)) {
        (Some(reason), _) => format!("trial {trial} failed: {reason}"),
        (None, Some(value)) => {
            format!("trial {trial}: validation {metric} {}", text::figure(*value))
        }
        (None, None) => format!("trial {trial}: completed"),
    }
}

fn exit_of(status: &SweepStatus, was_stopped: bool) -> Exit {
    match (status.is_complete(), was_stopped) {
        (true, _) if status.failed.is_empty() => Exit::Done,
        (true, _) => Exit::Warnings,
        (false, true) => Exit::Interrupted,
        (false, false) => Exit::Failed,
    }
}

/// Runs the trials that a scheduler names. One that failed, and is a
/// failed session now, is no failure of the scheduler's.
fn trials(
    context: &mut TaskContext<'_>,
    args: &TrialArgs,
    outside: &Outside<'_>,
) -> Result<TaskOutput> {
    let folder = SweepFolder::open(context.workspace, args.sweep.as_deref())?;
    let n_trials = folder.plan().n_trials();
    if args.index >= n_trials {
        return Err(CodedError::Usage(format!(
            "the sweep `{}` has no trial {}; its last is {}",
            folder.name(),
            args.index,
            n_trials - 1
        ))
        .into());
    }
    let run = SweepRunArgs { jobs: None, trainer_bin: args.trainer_bin.clone() };
    let trainer = trainer(context, &folder.head().clone(), &run, outside)?;
    let TaskContext { clock, interrupt, notes, .. } = context;
    let training = Training { folder: &folder, trainer, clock: *clock, stop: interrupt };
    let runner = Runner { folder: &folder, execute: &training, clock: *clock, stop: interrupt };
    for index in (args.index..n_trials).take(usize::try_from(args.count).unwrap_or(usize::MAX)) {
        match runner.run(&Job::of_trial(&folder, index))? {
            JobEnd::Over(record) => notes(&told(&folder, index, &record)),
            JobEnd::Stopped => return Err(CodedError::Interrupted.into()),
        }
    }
    let record = folder.record(JobKey::Trial(args.index))?;
    let record = record.context("the trial is over, and its record is gone")?;
    let exit =
        if record.end.status == TrialStatus::Completed { Exit::Done } else { Exit::Warnings };
    Ok(outcome(&record, exit))
}
