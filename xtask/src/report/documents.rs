//! What the tasks that change something print.

use serde::Serialize;

use super::{Report, SealedArchive, text};
use crate::clean::CleanPlan;
use crate::cycle::SetAside;
use crate::manifest::Skipped;
use crate::prune::PrunePlan;

/// What `archive` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchiveReport {
    /// 1.
    pub format: u32,
    /// The archive; null when there was nothing to archive.
    pub archive: Option<SealedArchive>,
    /// What could not be archived.
    pub skipped: Vec<Skipped>,
}

impl Report for ArchiveReport {
    fn text(&self) -> String {
        match &self.archive {
            Some(archive) => format!("archived  {}\n", describe(archive)),
            None => "nothing to archive: `logs/`, `models/` and the root hold no session\n".into(),
        }
    }
}

/// What `clean-workspace` did or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CleanReport {
    /// 1.
    pub format: u32,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// What is moved, and where to; null when the workspace is clean.
    pub plan: Option<CleanPlan>,
    /// Where the session went; null when nothing was done.
    pub done: Option<SetAside>,
}

impl Report for CleanReport {
    fn text(&self) -> String {
        let Some(plan) = &self.plan else {
            return "the workspace is clean\n".to_owned();
        };
        match &self.done {
            None => format!(
                "would archive and move  {} -> backups/{}\n",
                plan.moves.join(", "),
                plan.backup
            ),
            Some(done) => {
                let archive = done.archive.as_deref().unwrap_or("no archive");
                let how = if done.is_new_archive { "archived" } else { "already archived" };
                format!(
                    "{how}  {archive}\nmoved     {} -> {}\n",
                    plan.moves.join(", "),
                    done.backup
                )
            }
        }
    }
}

/// What `prune` did or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PruneReport {
    /// 1.
    pub format: u32,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// What stays, what goes, and why.
    #[serde(flatten)]
    pub plan: PrunePlan,
}

impl Report for PruneReport {
    fn text(&self) -> String {
        let (keeps, removes) =
            if self.dry_run { ("would keep", "would remove") } else { ("kept", "removed") };
        let mut shown = String::new();
        for (title, plan) in [("archive", &self.plan.archives), ("backup", &self.plan.backups)] {
            for kept in &plan.keep {
                shown.push_str(&format!(
                    "{keeps:12}  {title:7}  {}  ({})\n",
                    kept.name, kept.reason
                ));
            }
            for name in &plan.remove {
                shown.push_str(&format!("{removes:12}  {title:7}  {name}\n"));
            }
        }
        for batch in &self.plan.empty_trash {
            let deletes = if self.dry_run { "would delete" } else { "deleted" };
            shown.push_str(&format!("{deletes:12}  trash    {batch}\n"));
        }
        if shown.is_empty() {
            shown.push_str("there is nothing to keep or remove\n");
        }
        shown
    }
}

pub(super) fn describe(archive: &SealedArchive) -> String {
    format!(
        "{} ({}, {}, read back)",
        archive.path,
        text::count(archive.n_files, "file"),
        text::size(archive.size_bytes)
    )
}
