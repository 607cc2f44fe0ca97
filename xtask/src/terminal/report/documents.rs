//! What the tasks that change something print.

use serde::Serialize;

use super::Report;
use super::remote::pushed;
use crate::tasks::clean::CleanPlan;
use crate::tasks::prune::PrunePlan;
use crate::tasks::reproduce::ReproduceReport;
use crate::tasks::steps::{MovedSession, SealedArchive};
use crate::tasks::train::TrainReport;
use crate::vault::manifest::{SessionStatus, Skipped};
use crate::vault::retention::RetentionPlan;
use crate::workspace::text;

/// What `archive` did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArchiveReport {
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
    /// Whether nothing was done.
    pub dry_run: bool,
    /// What is moved, and where to; null when the workspace is clean.
    pub plan: Option<CleanPlan>,
    /// Where the session went; null when nothing was done.
    pub done: Option<MovedSession>,
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

pub(super) fn describe(archive: &SealedArchive) -> String {
    format!(
        "{} ({}, {}, read back)",
        archive.path,
        text::count(archive.n_files, "file"),
        text::size(archive.size_bytes)
    )
}

impl Report for ReproduceReport {
    fn text(&self) -> String {
        let mut shown = if self.is_identical {
            format!(
                "identical  {}\nmodel      SHA-256 {}\n",
                self.archive, self.archived_model_sha256
            )
        } else {
            let new = self.new_model_sha256.as_deref().unwrap_or("none");
            format!(
                "different  {}\nmodel      SHA-256 {} in the archive, {new} now\n",
                self.archive, self.archived_model_sha256
            )
        };
        for difference in &self.differences {
            shown.push_str(&format!(
                "differs    {}: {} in the archive, {} now\n",
                difference.what, difference.archived, difference.new
            ));
        }
        if !self.is_identical && self.differences.is_empty() {
            shown.push_str("differs    nothing that is recorded; please report this as a bug\n");
        }
        if let Some(folder) = &self.kept_in {
            shown.push_str(&format!("kept       the new session is in {folder}\n"));
        }
        shown
    }
}

impl Report for TrainReport {
    fn text(&self) -> String {
        let mut lines = vec![("session", self.status_line())];
        if let Some(previous) = &self.previous {
            let archive = previous.archive.as_deref().unwrap_or("not archived");
            lines.push(("previous", format!("{archive}, moved to {}", previous.backup)));
        }
        lines.extend(self.resumed.clone().map(|resumed| ("resumed", resumed)));
        lines.extend(self.model.clone().map(|model| ("model", model)));
        match &self.archive {
            Some(archive) => lines.push(("archive", describe(archive))),
            None => lines.push(("archive", "none made".to_owned())),
        }
        lines.extend(self.gates.iter().map(|gate| ("gate", gate.to_string())));
        lines.extend(pruned(&self.prune).map(|pruned| ("pruned", pruned)));
        if self.archive.is_some() {
            lines.extend(self.keeps_by_default.map(|n| ("keeps", kept_by_default(n))));
        }
        let lines = lines.iter().map(|(key, value)| format!("{key:8}  {value}\n"));
        lines.chain(self.push.iter().flat_map(|push| push.archives.iter().map(pushed))).collect()
    }
}

impl TrainReport {
    fn status_line(&self) -> String {
        let saved = match (self.status, &self.archive) {
            (SessionStatus::Completed, _) | (_, None) => "",
            (_, Some(_)) => "; what it wrote is archived",
        };
        format!("{}{saved}", self.status)
    }
}

fn kept_by_default(n: u32) -> String {
    format!("the newest {n} archives and backups; `retention` in config/config.json changes that")
}

fn pruned(plan: &PrunePlan) -> Option<String> {
    let count = |plan: &RetentionPlan, noun: &str| text::count(plan.remove.len() as u64, noun);
    let is_idle = plan.archives.remove.is_empty() && plan.backups.remove.is_empty();
    (!is_idle).then(|| {
        format!(
            "{}, {} (in the trash)",
            count(&plan.archives, "archive"),
            count(&plan.backups, "backup")
        )
    })
}
