//! The tasks on the remote repository.

use anyhow::Result;

use super::list::select;
use super::{CommandContext, TaskOutput};
use crate::cli::{ListArgs, PullArgs, PushArgs, RemoteTask, VerifyArgs};
use crate::programs::restic::Restic;
use crate::tasks::pull;
use crate::tasks::push::{self, PushSelection};
use crate::tasks::remote::verify::verify as verify_remote;
use crate::tasks::remote::{check, init};
use crate::terminal::report::{ListReport, ShowReport};
use crate::vault::remote::{self, RemoteArchive};
use crate::workspace::exit::Exit;

/// Creates the repository, or checks it.
pub fn remote(context: &mut CommandContext<'_>, task: RemoteTask) -> Result<TaskOutput> {
    let report = match task {
        RemoteTask::Init => init(context)?,
        RemoteTask::Check => check(context)?,
    };
    if task == RemoteTask::Init && !report.is_new {
        return Ok(TaskOutput::of(&report, Exit::NothingToDo));
    }
    context.warn(&report.problems);
    Ok(TaskOutput::of(&report, report.exit()))
}

/// Pushes what `args` names.
pub fn push(context: &mut CommandContext<'_>, args: &PushArgs) -> Result<TaskOutput> {
    let selection =
        if args.all { PushSelection::All } else { PushSelection::One(args.name.clone()) };
    let report = push::push(context, &selection)?;
    Ok(TaskOutput::of(&report, report.exit()))
}

/// Pulls the archive that `args` names.
pub fn pull(context: &mut CommandContext<'_>, args: &PullArgs) -> Result<TaskOutput> {
    let into = args.into.as_ref().map(|into| context.current_folder.join(into));
    let report = pull::pull(context, &args.name, into.as_deref())?;
    Ok(TaskOutput::of(&report, if report.is_new { Exit::Done } else { Exit::NothingToDo }))
}

/// Lists the archives of the repository that `args` select.
pub fn list(context: &mut CommandContext<'_>, args: &ListArgs) -> Result<TaskOutput> {
    let mut archives = read(context)?;
    let n_all = archives.len();
    select(&mut archives, args)?;
    let mut output = TaskOutput::of(&ListReport::of_remote(&archives), Exit::Done);
    if archives.is_empty() && n_all > 0 {
        output.text =
            format!("none of {n_all} archives fits; `cargo xtask list --remote` shows all\n");
    }
    Ok(output)
}

/// Shows one archive of the repository.
pub fn show(context: &mut CommandContext<'_>, name: &str) -> Result<TaskOutput> {
    let archives = read(context)?;
    let found = remote::find(&archives, name)?;
    Ok(TaskOutput::of(&ShowReport::of_remote(found), Exit::Done))
}

/// Verifies the archives of the repository, all or a sample.
pub fn verify(context: &mut CommandContext<'_>, args: &VerifyArgs) -> Result<TaskOutput> {
    let percent = args.remote.sample.map_or(100, |sample| usize::from(sample.0));
    let report = verify_remote(context, percent)?;
    Ok(TaskOutput::of(&report, report.exit()))
}

/// Returns the archives of the repository, the oldest first.
fn read(context: &CommandContext<'_>) -> Result<Vec<RemoteArchive>> {
    let restic = Restic::of(context.workspace, context.interrupt)?;
    remote::read(&restic, context.workspace)
}
