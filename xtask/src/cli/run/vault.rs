//! The tasks on existing archives: prune, undelete, annotate, doctor.

use anyhow::{Context, Error, Result};

use super::{Outcome, outcome};
use crate::cli::{NoteArgs, PinArgs, PruneArgs, TagArgs, UndeleteArgs};
use crate::tasks::cycle::Job;
use crate::tasks::doctor;
use crate::tasks::prune::{self, Origin, Way, Wish};
use crate::tasks::recover::{Outlook, foresee};
use crate::tasks::status;
use crate::tasks::trials;
use crate::terminal::report::{
    AnnotationReport, DoctorReport, PruneReport, StatusReport, UndeleteReport,
};
use crate::vault::annotations::{self, PinMark};
use crate::vault::catalog::{Archive, Catalog};
use crate::vault::trash::{self, Trash};
use crate::workspace::exit::{CodedError, Exit};
use crate::workspace::lock;

/// Removes what the policy of the flags, else of the settings, does not
/// keep.
pub fn prune(job: &mut Job<'_>, args: &PruneArgs) -> Result<Outcome> {
    let dry_run = args.dry_run.dry_run;
    let (policy, origin) = match args.keep.policy() {
        Some(policy) => (policy, Origin::CommandLine),
        None => (job.workspace.config().retention.policy(), Origin::Settings),
    };
    let way = if args.now { Way::Delete } else { Way::Trash };
    let lock = if dry_run { None } else { Some(job.begin("prune")?) };
    let now = (job.clock)();
    // What is deleted is decided on the archives themselves.
    let mut catalog =
        if dry_run { Catalog::read_cached(job.workspace)? } else { Catalog::read(job.workspace)? };
    // A real run has recovered already.
    let outlook = if dry_run { foresee(job.workspace)? } else { Outlook::default() };
    outlook.add_to(&mut catalog);
    let wish = Wish { policy: &policy, origin, now };
    let plan =
        prune::plan(job, &catalog, &outlook, &wish).map_err(|error| as_usage(error, origin))?;
    for warning in plan.warnings() {
        (job.notes)(&format!("warning: {warning}"));
    }
    let losses = if lock.is_some() {
        if !plan.archives.remove.is_empty() {
            trials::remember(job)
                .context("the sessions could not be counted as trials; nothing was deleted")?;
        }
        prune::apply(job.workspace, &plan, way, now)?;
        Vec::new()
    } else {
        prune::losses(job.workspace, &catalog, &outlook, &plan)?
    };
    let report = PruneReport {
        format: 1,
        dry_run,
        is_final: way == Way::Delete,
        plan,
        gone_for_ever: losses,
    };
    Ok(outcome(&report, Exit::Done))
}

/// A policy that cannot be applied is wrong usage when flags gave it.
fn as_usage(error: Error, origin: Origin) -> Error {
    if origin == Origin::CommandLine && prune::is_policy_error(&error) {
        CodedError::Usage(format!("{error:#}")).into()
    } else {
        error
    }
}

/// Brings things back from the trash, or lists it.
pub fn undelete(job: &mut Job<'_>, args: &UndeleteArgs) -> Result<Outcome> {
    if args.name.is_none() && !args.all {
        let trash = Trash::read(job.workspace, (job.clock)())?;
        return Ok(outcome(&UndeleteReport::listing(trash.content()), Exit::Done));
    }
    let _lock = job.begin("undelete")?;
    let trash = Trash::read(job.workspace, (job.clock)())?;
    if let Some(name) = &args.name {
        let trashed = trash.find(name)?;
        trash::bring_back(job.workspace, &trashed)?;
        return Ok(outcome(&UndeleteReport::restoring(vec![trashed]), Exit::Done));
    }
    let mut restored = Vec::new();
    for trashed in trash.content() {
        match trash::bring_back(job.workspace, &trashed) {
            Ok(()) => restored.push(trashed),
            Err(error) => (job.notes)(&format!("warning: {error:#}")),
        }
    }
    let exit = if trash.content().is_empty() { Exit::NothingToDo } else { Exit::Done };
    Ok(outcome(&UndeleteReport::restoring(restored), exit))
}

/// Adds and removes tags.
pub fn tag(job: &mut Job<'_>, args: &TagArgs) -> Result<Outcome> {
    let _lock = job.begin("tag")?;
    Ok(annotated(&annotations::tag(job.workspace, &args.name, &args.add, &args.remove)?))
}

/// Pins an archive.
pub fn pin(job: &mut Job<'_>, args: &PinArgs) -> Result<Outcome> {
    let _lock = job.begin("pin")?;
    let mark = PinMark { is_pinned: true, reason: args.reason.clone(), since: (job.clock)() };
    Ok(annotated(&annotations::set_pin(job.workspace, &args.name, mark)?))
}

/// Takes a pin away.
pub fn unpin(job: &mut Job<'_>, name: &str) -> Result<Outcome> {
    let _lock = job.begin("unpin")?;
    let mark = PinMark { is_pinned: false, reason: None, since: (job.clock)() };
    Ok(annotated(&annotations::set_pin(job.workspace, name, mark)?))
}

/// Writes a note.
pub fn note(job: &mut Job<'_>, args: &NoteArgs) -> Result<Outcome> {
    let _lock = job.begin("note")?;
    Ok(annotated(&annotations::set_note(job.workspace, &args.name, &args.text)?))
}

fn annotated(archive: &Archive) -> Outcome {
    outcome(&AnnotationReport::of(archive), Exit::Done)
}

/// Warns of annotations that cannot be read and so are not shown.
pub fn warn_of_annotations(job: &mut Job<'_>, archives: &[Archive]) {
    for problem in archives.iter().filter_map(Archive::annotations_problem) {
        (job.notes)(&format!("warning: {problem}"));
    }
}

/// Tells what there is and what comes next.
pub fn status(job: &Job<'_>) -> Result<Outcome> {
    let now = (job.clock)();
    let status = status::look(job.workspace, now)?;
    Ok(outcome(&StatusReport { format: 1, now, status }, Exit::Done))
}

/// Looks the workspace over, and puts right what it can with `fix`.
pub fn doctor(job: &mut Job<'_>, fix: bool) -> Result<Outcome> {
    let now = (job.clock)();
    // Without the recovery that other tasks begin with, so that what it
    // does is shown like all else.
    let lock = if fix { Some(lock::acquire(job.workspace, "doctor", now)?) } else { None };
    let mut diagnosis = doctor::examine(job.workspace, now, lock.is_some())?;
    if lock.is_some() {
        doctor::fix(job.workspace, &mut diagnosis, now);
    }
    let is_well = diagnosis.findings.iter().all(|finding| finding.is_fixed);
    let exit = if is_well { Exit::Done } else { Exit::Warnings };
    Ok(outcome(&DoctorReport { format: 1, fix, diagnosis }, exit))
}
