//! Finds problems of a workspace, and fixes those that can be fixed.
//!
//! Without `--fix`, nothing changes. A fix deletes only incomplete files
//! of killed runs; anything else it moves to the trash.

mod archives;
mod finding;
mod leftovers;

use anyhow::Result;
use chrono::{DateTime, Utc};
use serde::Serialize;

use finding::trash_for;
pub use finding::{Finding, FindingKind, Remedy};

use crate::programs::process;
use crate::vault::catalog::Catalog;
use crate::vault::fixed_folders::{FixedFolders, nearest_folder};
use crate::vault::name::stamp;
use crate::vault::scan::scan;
use crate::vault::trash;
use crate::workspace::Workspace;
use crate::workspace::lock::{self, Holder};

/// Less free space than this is always reported.
const FREE_MIN_BYTES: u64 = 64 * 1024 * 1024;

/// The findings in a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The process that holds the lock; null if none does.
    pub holder: Option<Holder>,
    /// Free space on the disk of the archives, in bytes; null if unknown.
    pub free_bytes: Option<u64>,
    /// The size of the content of the next archive, in bytes.
    pub session_bytes: u64,
    /// Problems, or possible ones.
    pub findings: Vec<Finding>,
}

/// Examines `workspace` at the time `now`. `is_mine` says that the caller
/// holds the lock.
pub fn examine(workspace: &Workspace, now: DateTime<Utc>, is_mine: bool) -> Result<Diagnosis> {
    let holder = if is_mine { None } else { lock::holder(workspace)? };
    let catalog = Catalog::read(workspace)?;
    let mut findings = Vec::new();
    // Drafts of a running process are not leftovers.
    if holder.is_none() {
        findings.extend(leftovers::find(workspace)?);
    }
    findings.extend(archives::find(workspace, &catalog, now)?);
    let found = scan(workspace)?;
    for problem in FixedFolders::read(workspace, &found)?.problems(workspace) {
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

/// Applies the fixes of `diagnosis`, under the lock, and marks them as
/// fixed. A fix that fails says why and does not stop the others.
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
