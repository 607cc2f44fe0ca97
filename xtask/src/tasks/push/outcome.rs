//! What a push did.

use serde::Serialize;

use crate::workspace::exit::Exit;

/// What a push did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PushReport {
    /// 1.
    pub format: u32,
    /// The repository, without a password.
    pub repository: String,
    /// The archives, oldest first.
    pub archives: Vec<PushedArchive>,
}

/// The result for one archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PushedArchive {
    /// Its name.
    pub name: String,
    /// The size of the zip in bytes.
    pub size_bytes: u64,
    /// What was done.
    pub outcome: PushOutcome,
    /// Why it was not pushed; null if it was.
    pub problem: Option<String>,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PushOutcome {
    /// It was stored and read back.
    Pushed,
    /// It was in the repository already; nothing was added.
    Present,
    /// It was in the repository; its tags or pin were updated.
    Retagged,
    /// The archive itself is damaged.
    Failed,
}

impl PushReport {
    /// Returns the exit of the task.
    pub fn exit(&self) -> Exit {
        let has_failed = self.archives.iter().any(|it| it.outcome == PushOutcome::Failed);
        match has_failed {
            true => Exit::Failed,
            false if self.archives.is_empty() => Exit::NothingToDo,
            false => Exit::Done,
        }
    }
}
