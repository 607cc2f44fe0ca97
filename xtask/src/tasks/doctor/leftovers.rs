//! Finds what killed runs left: incomplete archives, backups and files.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::finding::{Finding, FindingKind, Remedy};
use crate::tasks::recover::{self, RecoveryStep};
use crate::vault::archive;
use crate::vault::retention::files_below;
use crate::workspace::Workspace;
use crate::workspace::files::{self, folder_entries};

/// Finds what killed runs left in `workspace`, in which no task runs.
pub fn find(workspace: &Workspace) -> Result<Vec<Finding>> {
    let steps = recover::plan(workspace)?;
    let mut findings: Vec<Finding> = steps.iter().map(|step| leftover(workspace, step)).collect();
    for path in partial_files(workspace)? {
        // Files of an incomplete backup are covered by its step.
        if !steps.iter().any(|step| step.covers(&path)) {
            let problem = "a temporary file that is no longer in use";
            let shown = Some(workspace.display(&path));
            findings.push(
                Finding::new(FindingKind::PartialFile, shown, problem).with_trash(workspace, path),
            );
        }
    }
    Ok(findings)
}

fn leftover(workspace: &Workspace, step: &RecoveryStep) -> Finding {
    let (problem, fix) = step.describe();
    Finding::new(FindingKind::Leftover, Some(workspace.display(step.path())), problem)
        .with(fix.to_owned(), Remedy::Recover(step.clone()))
}

/// Returns the files called `.NAME.partial` in the folders in which this
/// tool writes such drafts.
fn partial_files(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let root = workspace.root();
    let mut paths = Vec::new();
    for folder in [root.to_owned(), workspace.archives(), workspace.state()] {
        for path in folder_entries(&folder)? {
            if files::is_file(&path)? {
                paths.push(path);
            }
        }
    }
    for folder in ["config", "logs", "models"] {
        paths.extend(files_below(&root.join(folder))?);
    }
    paths.retain(|path| is_partial(path));
    paths.sort();
    paths.dedup();
    // Another workspace that shares the archive folder may be writing.
    let mut abandoned = Vec::new();
    for path in paths {
        if archive::is_abandoned(&path)? {
            abandoned.push(path);
        }
    }
    Ok(abandoned)
}

fn is_partial(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') && name.ends_with(".partial") && name.len() > ".partial".len() + 1
}
