//! Pushes archives to the remote repository. Each is verified before, and
//! read back from the repository afterwards.
//!
//! The workspace is not locked, since an upload may take hours while
//! trainings continue. Pending pushes are remembered until done.

mod one;
mod outcome;
pub mod pending;

use anyhow::Result;

use one::{N_PASSES, Push};
pub use one::{retry_if_damaged, stored_digest};
pub use outcome::{PushOutcome, PushReport, PushedArchive};
pub use pending::{PendingPush, PendingPushes};

use crate::programs::features;
use crate::programs::restic::Restic;
use crate::tasks::TaskContext;
use crate::vault::catalog::{Archive, Catalog};
use crate::vault::remote;
use crate::workspace::exit::{CodedError, check_interrupt};
use crate::workspace::lock;
use crate::workspace::progress;

/// The error of a second push.
const BUSY: &str = "another `push` is running in the workspace; wait for it";

/// Which archives to push, besides pending ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushSelection {
    /// The one of this name, or `latest`.
    One(String),
    /// All.
    All,
}

/// Pushes the archives of `selection` and pending ones.
///
/// # Errors
/// When the repository cannot be used; the archives stay pending then.
pub fn push(context: &mut TaskContext<'_>, selection: &PushSelection) -> Result<PushReport> {
    let catalog = Catalog::read_cached(context.workspace)?;
    let wanted = match selection {
        PushSelection::All => None,
        PushSelection::One(name) => Some(catalog.find(name)?.name),
    };
    let pending = PendingPushes::load(context.workspace);
    let is_wanted = |archive: &&Archive| {
        wanted.is_none_or(|wanted| wanted == archive.name)
            || pending.contains(&archive.name.to_string())
    };
    let archives: Vec<&Archive> = catalog.archives.iter().filter(is_wanted).collect();
    archives.iter().try_for_each(|archive| features::check_archive(&archive.path))?;
    let names: Vec<String> = archives.iter().map(|archive| archive.name.to_string()).collect();
    pending::update(context.workspace, |pending| {
        pending.keep_only(&catalog);
        pending.add(&names, "its push has not ended");
    })?;
    let pushed = lock::acquire_part(context.workspace, "push", BUSY)
        .and_then(|_lock| push_archives(context, &archives));
    if let Err(error) = &pushed {
        let coded = error.downcast_ref::<CodedError>();
        let text = coded.map_or_else(|| format!("{error:#}"), ToString::to_string);
        let reason = text.lines().next().unwrap_or_default();
        pending::update(context.workspace, |pending| pending.explain(&names, reason))?;
    }
    pushed
}

fn push_archives(context: &mut TaskContext<'_>, archives: &[&Archive]) -> Result<PushReport> {
    let interrupt = context.interrupt;
    let restic = Restic::of(context.workspace, interrupt)?;
    restic.version()?;
    let repository = restic.id()?;
    let remotes = remote::read(&restic, context.workspace)?;
    let n_bytes = archives.iter().map(|archive| archive.size_bytes).sum();
    let _running = progress::begin_passes("pushing", n_bytes, N_PASSES);
    let push = Push { restic: &restic, repository, remotes };
    let mut report = PushReport {
        format: 1,
        repository: restic.location().to_owned(),
        archives: Vec::with_capacity(archives.len()),
    };
    let mut new = Vec::new();
    for archive in archives {
        check_interrupt(interrupt)?;
        let name = archive.name.to_string();
        let (outcome, problem) = match push.one(context, archive) {
            Ok((outcome, stored)) => {
                new.extend(stored);
                (outcome, None)
            }
            Err(error) if error.downcast_ref::<CodedError>().is_some() => {
                return Err(error.context(format!("failed to push `{name}`")));
            }
            Err(error) => (PushOutcome::Failed, Some(format!("{error:#}"))),
        };
        pending::update(context.workspace, |pending| match &problem {
            None => pending.remove(&name),
            Some(problem) => pending.explain(std::slice::from_ref(&name), problem),
        })?;
        let size_bytes = archive.size_bytes;
        report.archives.push(PushedArchive { name, size_bytes, outcome, problem });
    }
    if !new.is_empty() {
        remote::remember(&restic, context.workspace, &new)?;
    }
    Ok(report)
}
