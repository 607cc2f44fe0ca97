//! The steps that `train` and `clean-workspace` share: prove that an
//! archive holds the old session, then move it aside.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::programs::process::{self, OwnFiles, WorkTree};
use crate::tasks::clean::{self, CleanPlan, ProofOfArchive};
use crate::tasks::coverage;
use crate::tasks::recover;
use crate::vault::archive::{self, ArchiveRequest};
use crate::vault::manifest::{ArchiveKind, SessionSummary, Skipped};
use crate::vault::scan::{Scan, scan};
use crate::vault::session;
use crate::vault::verify::Receipt;
use crate::workspace::lock::{self, Lock};
use crate::workspace::{MOVED_FOLDERS, Workspace};

/// What every task gets from the outside.
pub struct TaskContext<'a> {
    /// The workspace to work in.
    pub workspace: &'a Workspace,
    /// The clock.
    pub clock: &'a dyn Fn() -> DateTime<Utc>,
    /// Set by a signal.
    pub interrupt: &'a AtomicBool,
    /// Takes lines that a person reads while the task runs.
    pub notes: &'a mut dyn FnMut(&str),
}

impl TaskContext<'_> {
    /// Locks the workspace for `task` and recovers what a killed run
    /// left.
    ///
    /// # Errors
    /// When another process works there. A recovery that fails is a
    /// warning: it keeps nobody from archiving or restoring.
    pub fn begin(&mut self, task: &str) -> Result<Lock> {
        let lock = lock::acquire(self.workspace, task, (self.clock)())?;
        let lines = recover::recover(self.workspace).unwrap_or_else(|error| {
            let warning = "what a killed run may have left was not looked for";
            vec![format!("warning: {warning}: {error:#}")]
        });
        for line in lines {
            (self.notes)(&line);
        }
        Ok(lock)
    }
}

/// Words for a new archive.
#[derive(Debug, Clone, Default)]
pub struct Label {
    /// Words to find it by.
    pub tags: Vec<String>,
    /// A sentence on it.
    pub note: Option<String>,
}

/// Where the old session went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MovedSession {
    /// The archive that holds it; null after `--no-archive`.
    pub archive: Option<String>,
    /// Whether that archive was made just now.
    pub is_new_archive: bool,
    /// The folder it was moved to, relative to the workspace.
    pub backup: String,
}

/// Archives what lies in the workspace, as an archive of `kind`.
///
/// # Errors
/// As [`archive::create`].
pub fn archive_now(
    context: &mut TaskContext<'_>,
    kind: ArchiveKind,
    label: &Label,
    session: Option<SessionSummary>,
) -> Result<Receipt> {
    let found = scan(context.workspace)?;
    let git = work_tree(context.workspace, &found);
    let receipt = archive::create(
        context.workspace,
        &found,
        &ArchiveRequest {
            kind,
            now: (context.clock)(),
            tags: &label.tags,
            note: label.note.as_deref(),
            session,
            git,
            interrupt: context.interrupt,
        },
    )?;
    let unknown = receipt.manifest().git.as_ref().and_then(|git| git.unknown.as_ref());
    if let Some(reason) = unknown {
        (context.notes)(&format!(
            "warning: the state of the git work tree is unknown, and archived as that: {reason}"
        ));
    }
    let n_spelled = found.files.iter().filter(|file| file.archive_path.raw_hex.is_some()).count();
    if n_spelled > 0 {
        (context.notes)(&format!(
            "the archive spells {n_spelled} names with %XX, whose bytes not every program takes; \
             `restore` gives them back as they are"
        ));
    }
    warn_of(context, receipt.manifest().skipped.iter());
    Ok(receipt)
}

/// Returns the state of the git work tree around `workspace`. Files that
/// the archive holds by itself, and the tool's own, are no part of it.
fn work_tree(workspace: &Workspace, found: &Scan) -> Option<WorkTree> {
    let root = workspace.root();
    let mut folders: Vec<PathBuf> =
        ["logs", "models", "target", "export", "reports"].map(|name| root.join(name)).to_vec();
    folders.extend([workspace.archives(), workspace.backups(), workspace.state()]);
    // Git tells where they really lie.
    folders.extend(folders.clone().iter().filter_map(|folder| folder.canonicalize().ok()));
    let files: BTreeSet<&Path> = found.files.iter().map(|file| &*file.disk_path).collect();
    let has =
        |path: &Path| files.contains(path) || folders.iter().any(|folder| path.starts_with(folder));
    process::git_state(root, &OwnFiles { scratch: workspace.state(), has: &has })
}

/// Warns of what no archive holds.
pub fn warn_of<'a>(context: &mut TaskContext<'_>, skipped: impl Iterator<Item = &'a Skipped>) {
    for Skipped { path, reason } in skipped {
        (context.notes)(&format!("warning: `{path}` is not archived whole: {reason}"));
    }
}

/// Archives the session in the workspace, unless an archive holds it
/// already, and moves it to `backups/`. `None` when there is none.
///
/// # Errors
/// When the session cannot be archived: then nothing is moved.
pub fn archive_and_move_session(context: &mut TaskContext<'_>) -> Result<Option<MovedSession>> {
    let found = scan(context.workspace)?;
    let Some(plan) = clean::plan(context.workspace, &found, (context.clock)())? else {
        return Ok(None);
    };
    plan.check(context.workspace)?;
    let (receipt, is_new_archive) = if let Some(receipt) =
        coverage::archive_holding(context, &coverage::moved_by_clean(&found))?
    {
        // Said of each session anew, not only by who archived it.
        warn_of(context, found.skipped.iter().filter(|skipped| is_moved(&skipped.path)));
        (receipt, false)
    } else {
        let session = session::read(context.workspace.root());
        (archive_now(context, ArchiveKind::Previous, &Label::default(), session)?, true)
    };
    archive::stop_if(context.interrupt)?;
    let backup = move_session(context, &plan, ProofOfArchive::Archived(&receipt))?;
    let archive = Some(receipt.manifest().name.clone());
    Ok(Some(MovedSession { archive, is_new_archive, backup }))
}

/// Moves the session in the workspace to `backups/` without an archive.
///
/// # Errors
/// When it cannot be moved, or a signal came: then it is not.
pub fn move_session_unarchived(context: &mut TaskContext<'_>) -> Result<Option<MovedSession>> {
    let found = scan(context.workspace)?;
    let Some(plan) = clean::plan(context.workspace, &found, (context.clock)())? else {
        return Ok(None);
    };
    archive::stop_if(context.interrupt)?;
    let backup = move_session(context, &plan, ProofOfArchive::NoArchive)?;
    Ok(Some(MovedSession { archive: None, is_new_archive: false, backup }))
}

/// Whether a clean moves the skipped `path`.
fn is_moved(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    MOVED_FOLDERS.contains(&first)
}

fn move_session(
    context: &mut TaskContext<'_>,
    plan: &CleanPlan,
    proof: ProofOfArchive<'_>,
) -> Result<String> {
    let backup = clean::apply(context.workspace, plan, proof, (context.clock)())?;
    Ok(context.workspace.display(&backup))
}
