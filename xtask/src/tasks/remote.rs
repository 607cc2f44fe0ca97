//! `remote init` and `remote check`: whether a push would work.

pub mod verify;

use std::path::{Component, Path, PathBuf};

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use crate::programs::restic::{RepositoryLock, Restic, printable};
use crate::tasks::TaskContext;
use crate::tasks::sweep::folder::SWEEPS;
use crate::vault::remote::{self, RemoteArchive};
use crate::workspace::Workspace;
use crate::workspace::exit::{Exit, usage};

/// How far the clocks of two machines may differ.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// A lock of this age is stale: restic renews its locks far more often.
const LOCK_AGE_MAX: TimeDelta = TimeDelta::minutes(30);

/// What `remote init` and `remote check` found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemoteReport {
    /// The version of restic.
    pub restic: String,
    /// The repository, without a password.
    pub repository: String,
    /// Its id.
    pub id: String,
    /// Whether it was just created.
    pub is_new: bool,
    /// The number of archives in it.
    pub n_archives: u64,
    /// The locks on it.
    pub locks: Vec<RepositoryLock>,
    /// Problems for the user to look at.
    pub problems: Vec<String>,
}

impl RemoteReport {
    /// Returns the exit of the task.
    pub fn exit(&self) -> Exit {
        if self.problems.is_empty() { Exit::Done } else { Exit::Warnings }
    }
}

/// Creates the repository that the settings or the environment name. An
/// existing one is not changed.
pub fn init(context: &TaskContext<'_>) -> Result<RemoteReport> {
    let restic = Restic::of(context.workspace, context.interrupt)?;
    check_place(context.workspace, restic.location())?;
    restic.version()?;
    let is_new = restic.init()?;
    Ok(RemoteReport { is_new, ..report(context, &restic)? })
}

/// Checks that `location`, if it is a folder, is not among the files of
/// this tool.
fn check_place(workspace: &Workspace, location: &str) -> Result<()> {
    let plain = |path: &Path| -> PathBuf {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        path.components().fold(PathBuf::new(), |mut plain, part| {
            match part {
                Component::ParentDir => drop(plain.pop()),
                part => plain.push(part),
            }
            plain
        })
    };
    let (folder, root) = (Path::new(location), workspace.root());
    if !folder.is_absolute() {
        return Ok(());
    }
    let own = ["config", "logs", "models", SWEEPS].map(|name| root.join(name));
    let kept = [workspace.archives(), workspace.backups(), workspace.state()];
    let folder = plain(folder);
    let is_inside = |kept: &PathBuf| folder.starts_with(plain(kept));
    if folder != plain(root) && !own.iter().chain(&kept).any(is_inside) {
        return Ok(());
    }
    Err(usage!(
        "`{location}` is among what this tool keeps in the workspace; name a place of its own for \
         the repository, such as `../vault`, best on another disk"
    ))
}

/// Checks whether a push would work.
pub fn check(context: &TaskContext<'_>) -> Result<RemoteReport> {
    report(context, &Restic::of(context.workspace, context.interrupt)?)
}

fn report(context: &TaskContext<'_>, restic: &Restic<'_>) -> Result<RemoteReport> {
    let version = restic.version()?;
    let id = restic.id()?;
    let archives = remote::read(restic, context.workspace)?;
    let locks = restic.locks()?;
    let now = (context.clock)();
    let problems = locks.iter().filter_map(|lock| lock_problem(lock, now));
    let problems = problems.chain(clock_problem(&archives, &locks, now)).collect();
    Ok(RemoteReport {
        restic: printable(&version),
        repository: restic.location().to_owned(),
        id,
        is_new: false,
        n_archives: archives.len() as u64,
        locks,
        problems,
    })
}

fn lock_problem(lock: &RepositoryLock, now: DateTime<Utc>) -> Option<String> {
    let RepositoryLock { host, pid, since, .. } = lock;
    if lock.is_stale() {
        return Some(format!(
            "a lock of process {pid} of this machine, which has ended: the next push or prune \
             takes it off"
        ));
    }
    (now - *since > LOCK_AGE_MAX).then(|| {
        format!(
            "a lock of process {pid} on {host} was not renewed for {} minutes: if that machine is \
             gone, and the clock here is right, take it off by `restic unlock`",
            (now - *since).num_minutes()
        )
    })
}

/// Compares this machine's clock with the times that other machines left.
fn clock_problem(
    archives: &[RemoteArchive],
    locks: &[RepositoryLock],
    now: DateTime<Utc>,
) -> Option<String> {
    let pushes = archives.iter().filter_map(|it| Some((it.pushed_at?, it.host.clone())));
    let renewals = locks.iter().map(|lock| (lock.since, lock.host.clone()));
    let (latest, host) = pushes.chain(renewals).max()?;
    (latest - now > CLOCK_TOLERANCE).then(|| {
        format!(
            "{host} left a time {} minutes ahead of this machine's clock: one of the two is wrong; \
             locks and retention go by them",
            (latest - now).num_minutes()
        )
    })
}
