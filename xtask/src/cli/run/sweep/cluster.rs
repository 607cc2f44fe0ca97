//! Runs a sweep on a cluster, and reads its state there.

use anyhow::{Context, Result};

use crate::cli::run::shared::TaskOutput;
use crate::cli::sweep::SweepRunArgs;
use crate::tasks::TaskContext;
use crate::tasks::sweep::definition::Engine;
use crate::tasks::sweep::folder::SweepFolder;
use crate::tasks::sweep::session::SweepTrainer;
use crate::tasks::sweep::slurm::{self, Programs};
use crate::tasks::sweep::status::{self, SweepStatus};
use crate::tasks::train::TrainerSource;
use crate::workspace::exit::{Exit, usage};

/// Checks that Slurm works, and that `run` has no options for this
/// machine.
pub fn check(run: &SweepRunArgs) -> Result<()> {
    if run.jobs.is_some() {
        return Err(usage!("`--jobs` is for this machine; set `slurm.max_running` of the spec"));
    }
    slurm::check()
}

/// The trainer, and where it comes from.
pub struct ChosenTrainer {
    /// The trainer.
    pub trainer: SweepTrainer,
    /// Its source: a build, which a later build replaces, or a program of the
    /// user.
    pub source: TrainerSource,
}

/// Submits the missing trials of the sweep that are in no job.
pub fn submit(
    context: &mut TaskContext<'_>,
    folder: &SweepFolder,
    chosen: ChosenTrainer,
) -> Result<TaskOutput> {
    let tool = std::env::current_exe().context("failed to find this program's own file")?;
    let tool = slurm::keep_program(folder, &tool)?;
    let trainer = match (chosen.trainer, chosen.source) {
        (SweepTrainer::Command(_), _) => None,
        // Not copied, since a program of the user may need files beside it.
        (SweepTrainer::Binary(binary, _), TrainerSource::Ready(_)) => Some(binary),
        (SweepTrainer::Binary(binary, _), _) => Some(slurm::keep_program(folder, &binary)?),
    };
    let root = context.workspace.root().to_owned();
    slurm::submit(context, folder, &Programs { tool, trainer, root })?;
    let status = read_status(context, folder)?;
    let is_over = status.is_complete() && !status.failed.is_empty();
    Ok(TaskOutput::of(&status, if is_over { Exit::Warnings } else { Exit::Done }))
}

/// Stops the sweep, wherever its trials run.
pub fn cancel(folder: &SweepFolder) -> Result<()> {
    // First, so that trials that start meanwhile stop, too.
    folder.cancel(true)?;
    if folder.definition().engine != Engine::Slurm {
        return Ok(());
    }
    slurm::cancel(folder).with_context(|| {
        format!(
            "trials of the sweep `{name}` that run stop by themselves, and its jobs may still \
             wait; say `cargo xtask sweep cancel {name}` again",
            name = folder.name()
        )
    })
}

/// Reads the state of the trials, and of the cluster if one runs them.
pub fn read_status(context: &mut TaskContext<'_>, folder: &SweepFolder) -> Result<SweepStatus> {
    let mut status = status::read(folder)?;
    if folder.definition().engine == Engine::Slurm {
        match slurm::cluster_status(folder, &status.missing) {
            Ok(cluster) => status.cluster = Some(cluster),
            Err(error) => {
                let problem = format!("{error:#}");
                (context.on_message)(&format!(
                    "warning: what the cluster does is not known: {problem}"
                ));
                status.cluster_problem = Some(problem);
            }
        }
    }
    Ok(status)
}
