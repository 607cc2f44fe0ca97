//! Looks a workspace over, and puts right what can be put right.
//!
//! Looking changes nothing. A fix removes only what killed runs left
//! half done; all else that it takes away goes to the trash.

mod archives;
mod leftovers;

use std::path::{Path, PathBuf};

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::programs::process;
use crate::tasks::recover::RecoveryStep;
use crate::vault::catalog::Catalog;
use crate::vault::layout::{Layout, nearest_folder};
use crate::vault::name::stamp;
use crate::vault::scan::scan;
use crate::vault::trash;
use crate::workspace::Workspace;
use crate::workspace::lock::{self, Holder};

/// Less free space than this is too little for any session.
const FREE_MIN_BYTES: u64 = 64 * 1024 * 1024;

/// What a look at a workspace found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// Who works in the workspace now; null when nobody does.
    pub holder: Option<Holder>,
    /// Space on the disk of the archives, in bytes; null when the
    /// system does not tell.
    pub free_bytes: Option<u64>,
    /// The size of what the next archive would hold.
    pub session_bytes: u64,
    /// What is wrong, or may be.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong, or may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its kind, such as `leftover` or `clock`.
    pub kind: FindingKind,
    /// The file or folder, relative to the workspace; null when it is
    /// none.
    pub path: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What `--fix` does about it; null when that is for a person.
    pub fix: Option<String>,
    /// Whether it was done.
    pub is_fixed: bool,
    /// How to do it.
    #[serde(skip)]
    pub remedy: Option<Remedy>,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Something that a killed run left half done.
    Leftover,
    /// A temporary file that nobody writes any more.
    PartialFile,
    /// A file in the archive folder that is no archive by its name.
    OutsidePattern,
    /// An archive that cannot be read.
    Unreadable,
    /// Annotations without an archive, or damaged ones.
    Annotations,
    /// A time or a number that cannot be right.
    Clock,
    /// A disk that is nearly full.
    FreeSpace,
    /// What keeps the session from being moved aside.
    Unmovable,
}

/// How a finding is put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// As at the start of every task.
    Recover(RecoveryStep),
    /// By moving the file to the trash of the backups.
    Trash(PathBuf),
}

impl Finding {
    fn new(kind: FindingKind, path: Option<String>, problem: impl Into<String>) -> Self {
        Self { kind, path, problem: problem.into(), fix: None, is_fixed: false, remedy: None }
    }

    fn with(self, (fix, remedy): (String, Remedy)) -> Self {
        Self { fix: Some(fix), remedy: Some(remedy), ..self }
    }
}

/// Looks `workspace` over as it is at `now`. `is_mine` says that the
/// caller holds the lock.
///
/// # Errors
/// When a folder cannot be read.
pub fn examine(workspace: &Workspace, now: DateTime<Utc>, is_mine: bool) -> Result<Diagnosis> {
    let holder = if is_mine { None } else { lock::holder(workspace)? };
    let catalog = Catalog::read(workspace)?;
    let mut findings = Vec::new();
    // What another process is writing is no leftover.
    if holder.is_none() {
        findings.extend(leftovers::find(workspace)?);
    }
    findings.extend(archives::find(workspace, &catalog, now)?);
    let found = scan(workspace)?;
    for problem in Layout::read(workspace, &found)?.problems(workspace) {
        let problem = format!("no session can be moved aside: {problem}");
        findings.push(Finding::new(FindingKind::Unmovable, None, problem));
    }
    let session_bytes = found.files.iter().map(|file| file.size_bytes).sum();
    let free_bytes = process::free_bytes(&nearest_folder(&workspace.archives()));
    let wanted = FREE_MIN_BYTES.max(2 * session_bytes);
    if let Some(free_bytes) = free_bytes.filter(|free| *free < wanted) {
        let problem = format!(
            "only {free_bytes} bytes are free where archives go, and the next session may need \
             {wanted}; free some space, such as by `cargo xtask prune --keep N --now`"
        );
        findings.push(Finding::new(FindingKind::FreeSpace, None, problem));
    }
    Ok(Diagnosis { holder, free_bytes, session_bytes, findings })
}

/// Puts right what `diagnosis` says can be, under the lock, and marks
/// it as fixed. One that fails says why, and stops none of the others.
pub fn fix(workspace: &Workspace, diagnosis: &mut Diagnosis, now: DateTime<Utc>) {
    for finding in &mut diagnosis.findings {
        let result = match &finding.remedy {
            None => continue,
            Some(Remedy::Recover(step)) => step.apply(workspace).map(drop),
            Some(Remedy::Trash(path)) => {
                trash::move_to_free_name(path, &trash_for(workspace, path).join(stamp(now)))
            }
        };
        match result {
            Ok(()) => finding.is_fixed = true,
            Err(error) => {
                finding.problem.push_str(&format!("; `doctor --fix` failed: {error:#}"));
            }
        }
    }
}

/// Returns the trash on the disk of `path`: that of the archives for
/// what lies among them, else that of the backups.
fn trash_for(workspace: &Workspace, path: &Path) -> PathBuf {
    if path.starts_with(workspace.archives()) {
        workspace.archives_trash()
    } else {
        workspace.backups_trash()
    }
}

/// Returns what [`fix`] does with `path`, and how.
fn to_trash(workspace: &Workspace, path: PathBuf) -> (String, Remedy) {
    let trash = workspace.display(&trash_for(workspace, &path));
    (format!("move it to {trash}/"), Remedy::Trash(path))
}
