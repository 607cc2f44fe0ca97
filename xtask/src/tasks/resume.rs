//! Finds the session that `train --resume` continues.
//!
//! It is the one in the workspace or, if an earlier resume was killed
//! after moving it, the session that was moved aside last.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::vault::catalog::Catalog;
use crate::vault::manifest::SessionStatus;
use crate::vault::session::{self, RECORD};
use crate::workspace::Workspace;
use crate::workspace::files::exists;

/// The state that the trainer resumes from; a completed session has none.
const STATE: &str = "models/checkpoints/training_state.bin";

/// Where the `logs/` and `models/` of an interrupted session are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InterruptedSession {
    /// In the workspace, still to be moved aside.
    Workspace,
    /// In this backup.
    Backup(PathBuf),
}

impl InterruptedSession {
    /// Returns its folder, before the workspace at `root` is cleaned.
    pub fn folder<'a>(&'a self, root: &'a Path) -> &'a Path {
        match self {
            Self::Workspace => root,
            Self::Backup(path) => path,
        }
    }
}

/// Finds the interrupted session of `workspace`.
///
/// # Errors
/// When no session can be resumed; says why.
pub fn find(workspace: &Workspace) -> Result<InterruptedSession> {
    if exists(&workspace.root().join(STATE)) {
        return Ok(InterruptedSession::Workspace);
    }
    match session::read(workspace.root()) {
        Some(session) if session.status == SessionStatus::Completed => {
            bail!("the session in the workspace is completed; train without `--resume`")
        }
        Some(session) => bail!(
            "the {} session in the workspace has no checkpoint `{STATE}` to go on from; train \
             without `--resume`",
            session.status
        ),
        None => {}
    }
    // Skip later backups that are not sessions, which a killed run may
    // leave.
    let backups = Catalog::read_without_files(workspace)?.backups.into_iter().rev();
    let paths = backups.map(|backup| backup.path);
    let mut sessions = paths.filter(|path| exists(&path.join(STATE)) || exists(&path.join(RECORD)));
    match sessions.next().filter(|path| exists(&path.join(STATE))) {
        Some(path) => Ok(InterruptedSession::Backup(path)),
        None => bail!("there is no interrupted session to go on with; train without `--resume`"),
    }
}
