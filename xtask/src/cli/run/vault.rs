//! The tasks on existing archives: prune, undelete, annotate, doctor.

use anyhow::{Context, Error, Result};

use super::TaskOutput;
use crate::cli::{NoteArgs, PinArgs, PruneArgs, TagArgs, UndeleteArgs};
use crate::tasks::TaskContext;
use crate::tasks::doctor;
use crate::tasks::prune::{self, DeleteMode, PolicySource, PruneRequest};
use crate::tasks::recover::{RecoveryPreview, preview_recovery};
use crate::tasks::status;
use crate::tasks::steps;
use crate::tasks::trials;
use crate::terminal::report::{
    AnnotationReport, DoctorReport, PruneReport, StatusReport, UndeleteReport,
};
use crate::vault::annotate;
use crate::vault::annotations::PinMark;
use crate::vault::catalog::{Archive, Catalog};
use crate::vault::retention::{PolicyError, RetentionConfig};
use crate::vault::trash::{self, Trash};
use crate::workspace::exit::{Exit, usage};
use crate::workspace::lock;

/// Removes what the policy of the flags, or else of the settings, does
/// not keep.
pub fn prune(context: &mut TaskContext<'_>, args: &PruneArgs) -> Result<TaskOutput> {
    let dry_run = args.dry_run.dry_run;
    let (policy, source) = match args.keep.policy() {
        Some(policy) => (policy, PolicySource::CommandLine),
        None => (context.workspace.config().retention.or_default(), PolicySource::Settings),
    };
    if args.remote {
        return prune_remote(context, &policy, source, dry_run);
    }
    let delete_mode = if args.now { DeleteMode::Delete } else { DeleteMode::Trash };
    let lock = if dry_run { None } else { Some(steps::begin(context, "prune")?) };
    let now = (context.clock)();
    // Deletions are decided on the archives themselves, not on the cache.
    let mut catalog = if dry_run {
        Catalog::read_cached(context.workspace)?
    } else {
        Catalog::read(context.workspace)?
    };
    // Without a dry run, the recovery has already been done.
    let preview =
        if dry_run { preview_recovery(context.workspace)? } else { RecoveryPreview::default() };
    preview.add_to(&mut catalog);
    let keep_pushed_only = args.keep_pushed_only;
    let request = PruneRequest { policy: &policy, source, keep_pushed_only, now };
    let plan = prune::plan(context, &catalog, &preview, &request)
        .map_err(|error| as_usage(error, source))?;
    context.warn(plan.warnings());
    let only_copies = if lock.is_some() {
        if !plan.archives.remove.is_empty() {
            trials::remember(context)
                .context("the sessions could not be counted as trials; nothing was deleted")?;
        }
        prune::apply(context.workspace, &plan, delete_mode, now)?;
        Vec::new()
    } else {
        prune::only_copies(context.workspace, &catalog, &preview, &plan)?
    };
    let report = PruneReport {
        dry_run,
        is_final: delete_mode == DeleteMode::Delete,
        plan,
        gone_for_ever: only_copies,
    };
    Ok(TaskOutput::of(&report, Exit::Done))
}

/// Removes from the remote repository what the policy does not keep.
fn prune_remote(
    context: &mut TaskContext<'_>,
    policy: &RetentionConfig,
    source: PolicySource,
    dry_run: bool,
) -> Result<TaskOutput> {
    let plan =
        prune::remote::prune(context, policy, dry_run).map_err(|error| as_usage(error, source))?;
    context.warn(plan.warnings());
    let gone_for_ever = Vec::new();
    let report = PruneReport { dry_run, is_final: true, plan, gone_for_ever };
    Ok(TaskOutput::of(&report, Exit::Done))
}

/// Makes an inapplicable policy a usage error if flags gave it.
fn as_usage(error: Error, source: PolicySource) -> Error {
    if source == PolicySource::CommandLine && error.is::<PolicyError>() {
        usage!("{error:#}")
    } else {
        error
    }
}

/// Restores items from the trash, or lists them.
pub fn undelete(context: &mut TaskContext<'_>, args: &UndeleteArgs) -> Result<TaskOutput> {
    if args.name.is_none() && !args.all {
        let trash = Trash::read(context.workspace, (context.clock)())?;
        return Ok(TaskOutput::of(&UndeleteReport::listing(trash.content()), Exit::Done));
    }
    let _lock = steps::begin(context, "undelete")?;
    let trash = Trash::read(context.workspace, (context.clock)())?;
    if let Some(name) = &args.name {
        let trashed = trash.find(name)?;
        trash::undelete(context.workspace, &trashed)?;
        return Ok(TaskOutput::of(&UndeleteReport::restoring(vec![trashed]), Exit::Done));
    }
    let mut restored = Vec::new();
    for trashed in trash.content() {
        match trash::undelete(context.workspace, &trashed) {
            Ok(()) => restored.push(trashed),
            Err(error) => (context.on_message)(&format!("warning: {error:#}")),
        }
    }
    let exit = if trash.content().is_empty() { Exit::NothingToDo } else { Exit::Done };
    Ok(TaskOutput::of(&UndeleteReport::restoring(restored), exit))
}

/// Adds and removes tags.
pub fn tag(context: &mut TaskContext<'_>, args: &TagArgs) -> Result<TaskOutput> {
    let _lock = steps::begin(context, "tag")?;
    Ok(annotated(&annotate::tag(context.workspace, &args.name, &args.add, &args.remove)?))
}

/// Pins an archive.
pub fn pin(context: &mut TaskContext<'_>, args: &PinArgs) -> Result<TaskOutput> {
    let _lock = steps::begin(context, "pin")?;
    let mark = PinMark { is_pinned: true, reason: args.reason.clone(), since: (context.clock)() };
    Ok(annotated(&annotate::set_pin(context.workspace, &args.name, mark)?))
}

/// Unpins an archive.
pub fn unpin(context: &mut TaskContext<'_>, name: &str) -> Result<TaskOutput> {
    let _lock = steps::begin(context, "unpin")?;
    let mark = PinMark { is_pinned: false, reason: None, since: (context.clock)() };
    Ok(annotated(&annotate::set_pin(context.workspace, name, mark)?))
}

/// Writes a note.
pub fn note(context: &mut TaskContext<'_>, args: &NoteArgs) -> Result<TaskOutput> {
    let _lock = steps::begin(context, "note")?;
    Ok(annotated(&annotate::set_note(context.workspace, &args.name, &args.text)?))
}

fn annotated(archive: &Archive) -> TaskOutput {
    TaskOutput::of(&AnnotationReport::of(archive), Exit::Done)
}

/// Warns of annotations that cannot be read.
pub fn warn_of_annotations(context: &mut TaskContext<'_>, archives: &[Archive]) {
    context.warn(archives.iter().filter_map(Archive::annotations_problem));
}

/// Shows the state of the workspace and what the next train would do.
pub fn status(context: &TaskContext<'_>) -> Result<TaskOutput> {
    let now = (context.clock)();
    let status = status::read(context.workspace, now)?;
    Ok(TaskOutput::of(&StatusReport { now, status }, Exit::Done))
}

/// Finds problems of the workspace, and fixes what it can if asked to
/// `fix`.
pub fn doctor(context: &mut TaskContext<'_>, fix: bool) -> Result<TaskOutput> {
    let now = (context.clock)();
    // Without the recovery that other tasks begin with, so that its steps
    // are shown like other findings.
    let lock = if fix { Some(lock::acquire(context.workspace, "doctor", now)?) } else { None };
    let mut diagnosis = doctor::examine(context.workspace, now, lock.is_some())?;
    if lock.is_some() {
        doctor::fix(context.workspace, &mut diagnosis, now);
    }
    let is_well = diagnosis.findings.iter().all(|finding| finding.is_fixed);
    let exit = if is_well { Exit::Done } else { Exit::Warnings };
    Ok(TaskOutput::of(&DoctorReport { fix, diagnosis }, exit))
}
