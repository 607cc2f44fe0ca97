//! A problem of a workspace, and how it is fixed.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::tasks::recover::RecoveryStep;
use crate::workspace::Workspace;

/// A problem, or a possible one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its kind, such as `leftover` or `clock`.
    pub kind: FindingKind,
    /// The file or folder, relative to the workspace; null if there is none.
    pub path: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What `--fix` does about it; null if the user has to.
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
    /// Something incomplete that a killed run left.
    Leftover,
    /// An abandoned temporary file.
    PartialFile,
    /// A file in the archive folder that does not have the name of an
    /// archive.
    OutsidePattern,
    /// An archive that cannot be read.
    Unreadable,
    /// Annotations without an archive, or damaged ones.
    Annotations,
    /// A time or a number that cannot be right.
    Clock,
    /// A disk that is nearly full.
    FreeSpace,
    /// Something that prevents moving the session aside.
    Unmovable,
}

/// How a finding is fixed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// By the recovery that every task begins with.
    Recover(RecoveryStep),
    /// By moving the file to the trash of the backups.
    Trash(PathBuf),
}

impl Finding {
    pub(super) fn new(kind: FindingKind, path: Option<String>, problem: impl Into<String>) -> Self {
        Self { kind, path, problem: problem.into(), fix: None, is_fixed: false, remedy: None }
    }

    pub(super) fn with(self, fix: String, remedy: Remedy) -> Self {
        Self { fix: Some(fix), remedy: Some(remedy), ..self }
    }

    /// Adds the fix of moving `path` to the trash.
    pub(super) fn with_trash(self, workspace: &Workspace, path: PathBuf) -> Self {
        let trash = workspace.display(&trash_for(workspace, &path));
        self.with(format!("move it to {trash}/"), Remedy::Trash(path))
    }
}

/// Returns the trash on the disk of `path`: that of the archives for
/// files in the archive folder, else that of the backups.
pub(super) fn trash_for(workspace: &Workspace, path: &Path) -> PathBuf {
    if path.starts_with(workspace.archives()) {
        workspace.archives_trash()
    } else {
        workspace.backups_trash()
    }
}
