//! `restore`: restores files into the workspace or a folder.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::{CommandContext, TaskOutput, locate};
use crate::cli::RestoreArgs;
use crate::programs::process;
use crate::tasks::steps;
use crate::terminal::report::RestoreReport;
use crate::vault::fixed_folders::nearest_folder;
use crate::vault::restore::{self, FileSource, Overwrite, RestorePlan, RestoreResult, Target};
use crate::vault::scan::PathFilter;
use crate::workspace::exit::{Exit, usage};
use crate::workspace::files::exists;
use crate::workspace::links;
use crate::workspace::progress;

/// Restores what `args` names.
pub fn run(context: &mut CommandContext<'_>, args: &RestoreArgs) -> Result<TaskOutput> {
    let only = path_filter(&args.only)?;
    let into = args.into.as_ref().map(|into| context.current_folder.join(into));
    if let Some(into) = &into {
        check_folder(context, into)?;
    }
    // Take the lock before examining the target.
    let is_live = into.is_none();
    let _lock =
        if is_live && !args.dry_run { Some(steps::begin(context, "restore")?) } else { None };
    if !is_live && !args.dry_run {
        for left in restore::abandoned(&context.workspace.state())? {
            (context.on_message)(&left.remove()?);
        }
    }
    let archive = locate(context, &args.name)?;
    let mut source = restore::open(&archive)?;
    let mut target = if let Some(into) = into {
        Target::folder(into)
    } else {
        let links = links::followed(context.workspace).into_iter().map(|(link, _)| link);
        Target::workspace(context.workspace.root(), &context.workspace.archives())
            .following(links.collect())
    };
    if exists(&context.workspace.state()) {
        // Only if it exists: a restore must not turn a folder into a workspace.
        target = target.journaling_to(context.workspace.state());
    }
    let plan = restore::survey(&mut source, &mut target, only.as_ref(), args.overwrite)?;
    check_any(&archive, &plan, &source)?;
    let mut report = RestoreReport {
        archive: archive.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        into: args.into.as_ref().map(|_| context.workspace.display(target.root())),
        dry_run: args.dry_run,
        overwrite: args.overwrite,
        previous: None,
        restored: Vec::new(),
        bare: Vec::new(),
        lost: plan.lost.clone(),
        plan,
    };
    let mut exit = report.exit();
    if !args.dry_run && report.plan.conflicts.is_empty() {
        check_space(target.root(), report.plan.size_bytes)?;
        if is_live && !report.plan.write.is_empty() {
            report.previous = archive_present_files(context, &report.plan)?;
        }
        let written = write(context, &mut source, &report.plan, &mut target)?;
        if let Some(first) = written.bare.first() {
            let path = first.path.as_deref().unwrap_or_default();
            let n_more = written.bare.len() - 1;
            let more = if n_more == 0 { String::new() } else { format!(" (and {n_more} more)") };
            (context.on_message)(&format!(
                "warning: `{path}` is restored, and {}{more}",
                first.problem
            ));
        }
        report.finish(written);
        exit = report.exit();
        if exit == Exit::Done && report.is_idle() && args.overwrite == Overwrite::Never {
            exit = Exit::NothingToDo;
        }
    }
    Ok(TaskOutput::of(&report, exit))
}

fn path_filter(only: &[String]) -> Result<Option<PathFilter>> {
    if only.is_empty() {
        return Ok(None);
    }
    let only = PathFilter::of_flag(only, "--only");
    only.map(Some).map_err(|error| usage!("{error:#}"))
}

/// Refuses the workspace itself and the folders of this tool in it.
fn check_folder(context: &CommandContext<'_>, into: &Path) -> Result<()> {
    let Ok(into) = into.canonicalize() else { return Ok(()) };
    let workspace = context.workspace;
    if into == workspace.root() {
        return Err(usage!(
            "`--into` names the workspace itself; leave it out, and what is there is archived first"
        ));
    }
    for store in [workspace.archives(), workspace.backups(), workspace.state()] {
        if store.canonicalize().is_ok_and(|store| into.starts_with(store)) {
            return Err(usage!(
                "`{}` belongs to the tool; name another folder by `--into`",
                workspace.display(&into)
            ));
        }
    }
    Ok(())
}

fn check_any(archive: &Path, plan: &RestorePlan, source: &FileSource) -> Result<()> {
    let is_empty = plan.write.is_empty()
        && plan.unchanged.is_empty()
        && plan.folders.is_empty()
        && plan.conflicts.is_empty();
    if !is_empty {
        return Ok(());
    }
    match plan.lost.first() {
        Some(lost) => bail!("nothing in `{}` can be restored: {lost}", archive.display()),
        None if source.items.is_empty() => bail!("`{}` holds no files", archive.display()),
        None => bail!("`--only` matches none of the files in `{}`", archive.display()),
    }
}

fn check_space(folder: &Path, size_bytes: u64) -> Result<()> {
    match process::free_bytes(&nearest_folder(folder)) {
        Some(free_bytes) if free_bytes < size_bytes => bail!(
            "the files need {size_bytes} bytes and `{}` has {free_bytes} free; free some space, \
             or choose files by `--only` (nothing was written)",
            folder.display()
        ),
        _ => Ok(()),
    }
}

fn archive_present_files(
    context: &mut CommandContext<'_>,
    plan: &RestorePlan,
) -> Result<Option<String>> {
    let held = steps::archive_present_files(context, plan)?;
    if let Some((name, is_new)) = &held {
        let already = if *is_new { "" } else { " already" };
        (context.on_message)(&format!("what was in the workspace is{already} in `{name}`"));
    }
    Ok(held.map(|(name, _)| name))
}

fn write(
    context: &CommandContext<'_>,
    source: &mut FileSource,
    plan: &RestorePlan,
    target: &mut Target,
) -> Result<RestoreResult> {
    let _running = progress::begin("restoring", plan.size_bytes);
    restore::apply(source, plan, target, context.interrupt)
        .context("stopped in the middle; what is restored is whole, and the same again goes on")
}
