//! Runs trials of a sweep, and tests the best combination at the end.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result, ensure};

use crate::cli::TrialArgs;
use crate::cli::run::shared::TaskOutput;
use crate::tasks::TaskContext;
use crate::tasks::sweep::attempt::{PlannedTraining, Runner, TrainingEnd};
use crate::tasks::sweep::definition::Engine;
use crate::tasks::sweep::folder::{SweepFolder, TrainingKey};
use crate::tasks::sweep::local::{self, Machine};
use crate::tasks::sweep::record::{TrialRecord, TrialStatus};
use crate::tasks::sweep::results;
use crate::tasks::sweep::select;
use crate::tasks::sweep::session::{CycleExecutor, SweepTrainer};
use crate::tasks::sweep::slurm;
use crate::tasks::sweep::status::{self, SweepStatus, describe};
use crate::tasks::sweep::stopped::StopCause;
use crate::workspace::exit::{CodedError, Exit, usage};
use crate::workspace::text;

/// Runs the missing trials of the sweep on this machine.
pub fn run_missing(
    context: &mut TaskContext<'_>,
    folder: &SweepFolder,
    trainer: SweepTrainer,
    jobs: Option<NonZeroUsize>,
) -> Result<TaskOutput> {
    let spec = &folder.plan().spec;
    let missing = folder.missing()?;
    let jobs = jobs.unwrap_or_else(|| Machine::detect().n_trials(spec.threads, spec.memory_mb));
    (context.on_message)(&format!(
        "sweep {}: {} to run, {jobs} at once",
        folder.name(),
        text::count(missing.len() as u64, "trial")
    ));
    let (mut n_over, n_missing) = (0, missing.len());
    with_runner(context, folder, trainer, |runner, on_message, binary| {
        local::run(runner, &missing, jobs, &mut |index, record| {
            n_over += 1;
            on_message(&format!("[{n_over}/{n_missing}] {}", describe_end(folder, index, record)));
        })?;
        test_the_best(runner, on_message, binary)
    })?;
    progress_output(context, folder)
}

/// Returns the progress of the sweep.
fn progress_output(context: &TaskContext<'_>, folder: &SweepFolder) -> Result<TaskOutput> {
    let status = status::read(folder)?;
    let was_stopped = context.interrupt.load(Ordering::Relaxed);
    Ok(TaskOutput::of(&status, exit_of(&status, was_stopped)))
}

/// Calls `act` with a runner of the sweep and with the binary of the
/// trainer, unless a command trains.
fn with_runner(
    context: &mut TaskContext<'_>,
    folder: &SweepFolder,
    trainer: SweepTrainer,
    act: impl FnOnce(&Runner<'_>, &mut dyn FnMut(&str), Option<&Path>) -> Result<()>,
) -> Result<()> {
    let TaskContext { clock, interrupt, on_message, .. } = context;
    let binary = match &trainer {
        SweepTrainer::Binary(binary, _) => Some(binary.clone()),
        SweepTrainer::Command(_) => None,
    };
    let is_job = folder.definition().engine == Engine::Slurm;
    let is_out_of_time = || is_job && slurm::is_out_of_time();
    let stop_cause = StopCause::new(&is_out_of_time);
    let executor = CycleExecutor { folder, trainer, clock: *clock, stop: interrupt, stop_cause };
    let runner = Runner { folder, executor: &executor, clock: *clock, stop: interrupt };
    act(&runner, on_message, binary.as_deref())
}

/// If all trials are finished, chooses a combination, stores the choice
/// and tests it.
fn test_the_best(
    runner: &Runner<'_>,
    on_message: &mut dyn FnMut(&str),
    trainer: Option<&Path>,
) -> Result<()> {
    let folder = runner.folder;
    let is_over = !folder.plan().spec.test || select::verdict(folder)?.is_some();
    if is_over || runner.stop.load(Ordering::Relaxed) || !folder.missing()?.is_empty() {
        return Ok(());
    }
    let results = results::read(folder)?;
    let Some(choice) = select::choose(folder, &results) else {
        let reason = results.unranked_reason.as_deref().unwrap_or_default();
        let (remedy, flag) = match results.failed[..] {
            [] => ("after a change of `metric`, say", "--spec SPEC.json"),
            _ => ("mend why trials failed, then say", "--retry-failed"),
        };
        let name = folder.name();
        on_message(&format!(
            "warning: no combination can be ranked, so none is tested: {reason}; {remedy} \
             `cargo xtask sweep resume {name} {flag}`"
        ));
        return Ok(());
    };
    let selection = select::store_choice(folder, choice, (runner.clock)())?;
    on_message("the test is opened for the best combination on validation bars");
    let verdict = select::test(runner, &selection.choice, &results.trials, trainer)?;
    for test in verdict.iter().flat_map(|verdict| &verdict.tests) {
        if let Some(reason) = &test.reason {
            let on = test.symbol.as_ref().map_or_else(String::new, |it| format!(" on {it}"));
            let name = folder.name();
            on_message(&format!(
                "warning: the test{on} failed, and told nothing: {reason}; `cargo xtask sweep \
                 resume {name} --retry-failed` makes it again, of the same combination"
            ));
        }
    }
    Ok(())
}

/// Tests the best combination, or fails if trials are missing.
pub fn merge(
    context: &mut TaskContext<'_>,
    folder: &SweepFolder,
    trainer: SweepTrainer,
) -> Result<TaskOutput> {
    let missing = folder.missing()?;
    ensure!(
        missing.is_empty(),
        "of the sweep `{name}` the trials {} are missing; run them by `cargo xtask sweep resume \
         {name}`",
        status::ranges(&missing),
        name = folder.name()
    );
    with_runner(context, folder, trainer, |runner, on_message, binary| {
        test_the_best(runner, on_message, binary)
    })?;
    progress_output(context, folder)
}

fn describe_end(folder: &SweepFolder, index: u64, record: &TrialRecord) -> String {
    let trial = describe(folder, &folder.plan().trial(index));
    let metric = &folder.plan().spec.metric;
    match (&record.outcome.reason, record.outcome.metrics.get(metric)) {
        (Some(reason), _) => format!("trial {trial} failed: {reason}"),
        (None, Some(value)) => {
            format!("trial {trial}: validation {metric} {}", text::figure(*value))
        }
        (None, None) => format!("trial {trial}: completed, and has no figure `{metric}`"),
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

/// Runs the trials that a scheduler names. A failed trial, which is
/// recorded as a failed session, is not an error.
pub fn trials(
    context: &mut TaskContext<'_>,
    folder: &SweepFolder,
    args: &TrialArgs,
    trainer: SweepTrainer,
) -> Result<TaskOutput> {
    let n_trials = folder.plan().n_trials();
    if args.index >= n_trials {
        return Err(usage!(
            "the sweep `{}` has no trial {}; its last is {}",
            folder.name(),
            args.index,
            n_trials - 1
        ));
    }
    let n = usize::try_from(args.count).unwrap_or(usize::MAX);
    let mut exit = Exit::Done;
    with_runner(context, folder, trainer, |runner, on_message, _| {
        for index in (args.index..n_trials).take(n) {
            match runner.run(&PlannedTraining::of_trial(folder, index))? {
                TrainingEnd::Finished(record) => {
                    on_message(&describe_end(folder, index, &record));
                    if record.outcome.status != TrialStatus::Completed {
                        exit = Exit::Warnings;
                    }
                }
                TrainingEnd::Stopped => return Err(CodedError::Interrupted.into()),
            }
        }
        Ok(())
    })?;
    let record = folder.record(TrainingKey::Trial(args.index))?;
    let record = record.context("the trial is over, and its record is gone")?;
    Ok(TaskOutput::of(&record, exit))
}
