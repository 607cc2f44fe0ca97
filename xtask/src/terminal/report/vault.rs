//! What the tasks on existing archives print.

use serde::Serialize;

use super::Report;
use crate::tasks::doctor::Diagnosis;
use crate::tasks::prune::{OnlyCopies, PrunePlan};
use crate::vault::catalog::Archive;
use crate::vault::trash::TrashedItem;
use crate::workspace::text;

/// The most lost files that the text names for each archive.
const N_LOST_FILES_MAX: usize = 3;

/// What `prune` did or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PruneReport {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// Whether items are deleted without passing through the trash.
    pub is_final: bool,
    /// What is kept and removed, and why.
    #[serde(flatten)]
    pub plan: PrunePlan,
    /// After a dry run, content that no kept archive, kept backup or the
    /// workspace holds.
    pub gone_for_ever: Vec<OnlyCopies>,
}

impl Report for PruneReport {
    fn text(&self) -> String {
        let verb = if self.is_final { "delete" } else { "remove" };
        let (keeps, takes) = if self.dry_run {
            ("would keep".to_owned(), format!("would {verb}"))
        } else {
            ("kept".to_owned(), format!("{verb}d"))
        };
        let mut shown = String::new();
        for (title, plan) in [("archive", &self.plan.archives), ("backup", &self.plan.backups)] {
            for kept in &plan.keep {
                let reasons = kept.reasons.join("; ");
                shown.push_str(&format!("{keeps:12}  {title:7}  {}  ({reasons})\n", kept.name));
            }
            for name in &plan.remove {
                shown.push_str(&format!("{takes:12}  {title:7}  {name}  (no rule keeps it)\n"));
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
            + &self
                .gone_for_ever
                .iter()
                .map(|copies| self.list_only_copies(copies))
                .collect::<String>()
    }
}

impl PruneReport {
    fn list_only_copies(&self, copies: &OnlyCopies) -> String {
        let name = &copies.name;
        let when = if self.is_final { "" } else { " once the trash is emptied" };
        let Some(files) = &copies.files else {
            return format!(
                "warning: `{name}` does not say what it holds; it may be gone for ever{when}\n"
            );
        };
        let named = files[..files.len().min(N_LOST_FILES_MAX)].join("`, `");
        let more = if files.len() > N_LOST_FILES_MAX { ", …" } else { "" };
        format!(
            "warning: {} ({}) of `{name}` would be gone for ever{when}: `{named}`{more}\n",
            text::count(files.len() as u64, "file"),
            text::size(copies.size_bytes)
        )
    }
}

/// What `undelete` restored, or the content of the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndeleteReport {
    /// The restored items.
    pub restored: Vec<TrashedItem>,
    /// The content of the trash, if only that was requested.
    pub trash: Option<Vec<TrashedItem>>,
}

impl UndeleteReport {
    /// Returns the report on a listing of the trash.
    pub fn listing(trash: Vec<TrashedItem>) -> Self {
        Self { restored: Vec::new(), trash: Some(trash) }
    }

    /// Returns the report on what was brought back.
    pub fn restoring(restored: Vec<TrashedItem>) -> Self {
        Self { restored, trash: None }
    }
}

impl Report for UndeleteReport {
    fn text(&self) -> String {
        let lines: String = match &self.trash {
            Some(trash) => trash
                .iter()
                .map(|trashed| {
                    format!(
                        "{}  removed {} UTC, kept until {} UTC\n",
                        trashed.name,
                        text::time(trashed.trashed_at),
                        text::time(trashed.deleted_from)
                    )
                })
                .collect(),
            None => {
                self.restored.iter().map(|back| format!("brought back  {}\n", back.name)).collect()
            }
        };
        match (&self.trash, lines.is_empty()) {
            (Some(_), true) => "the trash is empty\n".to_owned(),
            (None, true) => "nothing was brought back\n".to_owned(),
            (_, false) => lines,
        }
    }
}

/// The annotations of an archive after `tag`, `pin`, `unpin` or `note`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnnotationReport {
    /// The archive.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it is pinned.
    pub pinned: bool,
    /// Why it is pinned.
    pub pin_reason: Option<String>,
    /// Its note.
    pub note: Option<String>,
}

impl AnnotationReport {
    /// Returns the report on `archive`.
    pub fn of(archive: &Archive) -> Self {
        Self {
            name: archive.name.to_string(),
            tags: archive.tags().to_vec(),
            pinned: archive.is_pinned(),
            pin_reason: archive.pin_reason().map(str::to_owned),
            note: archive.note().map(str::to_owned),
        }
    }
}

impl Report for AnnotationReport {
    fn text(&self) -> String {
        let dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let pinned = match (self.pinned, &self.pin_reason) {
            (true, Some(reason)) => format!("yes: {reason}"),
            (true, None) => "yes".to_owned(),
            (false, _) => "no".to_owned(),
        };
        format!(
            "archive  {}\ntags     {}\npinned   {pinned}\nnote     {}\n",
            self.name,
            dash(&self.tags.join(", ")),
            dash(self.note.as_deref().unwrap_or_default())
        )
    }
}

/// What `doctor` found and did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DoctorReport {
    /// Whether fixes were requested.
    pub fix: bool,
    /// The findings.
    #[serde(flatten)]
    pub diagnosis: Diagnosis,
}

impl Report for DoctorReport {
    fn text(&self) -> String {
        let mut shown = String::new();
        for finding in &self.diagnosis.findings {
            let path = finding.path.as_ref().map(|path| format!("`{path}`: ")).unwrap_or_default();
            shown.push_str(&format!("{path}{}\n", finding.problem));
            let fix = finding.fix.as_deref();
            shown.push_str(&match (fix, finding.is_fixed) {
                (Some(fix), true) => format!("  done: {fix}\n"),
                (Some(fix), false) => format!("  `doctor --fix` would {fix}\n"),
                (None, _) => String::new(),
            });
        }
        if self.diagnosis.findings.is_empty() {
            shown.push_str("nothing is wrong\n");
        }
        shown.push_str(&match &self.diagnosis.holder {
            None => "lock        free\n".to_owned(),
            Some(holder) => format!(
                "lock        held by `{}` (process {}, since {} UTC); leftovers not looked for\n",
                holder.task,
                holder.pid,
                text::time(holder.since)
            ),
        });
        let free = self.diagnosis.free_bytes.map_or_else(|| "unknown".to_owned(), text::size);
        let session = text::size(self.diagnosis.session_bytes);
        shown + &format!("free space  {free} (the session in the workspace has {session})\n")
    }
}
