//! What `restore` prints.

use serde::Serialize;

use super::Report;
use crate::vault::restore::{Overwrite, RestorePlan, RestoreResult};
use crate::vault::verify::Damage;
use crate::workspace::exit::Exit;
use crate::workspace::text;

/// The most files of each section of the text.
const N_FILES_MAX: usize = 40;

/// What a restore did or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// The archive's file name.
    pub archive: String,
    /// The folder that was restored to; null for the workspace.
    pub into: Option<String>,
    /// Whether nothing was done.
    pub dry_run: bool,
    /// What to do with existing files.
    pub overwrite: Overwrite,
    /// The archive of the previous content of the workspace; null if there
    /// was none, or nothing was written.
    pub previous: Option<String>,
    /// The files that were written, by archive path.
    pub restored: Vec<String>,
    /// What could not be restored, and why. Everything else is intact.
    pub lost: Vec<Damage>,
    /// What was restored without its time or permissions, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bare: Vec<Damage>,
    /// What was planned before the archive was unpacked.
    pub plan: RestorePlan,
}

impl RestoreReport {
    /// Adds the result of the writing.
    pub fn finish(&mut self, written: RestoreResult) {
        self.restored = written.restored;
        self.bare = written.bare;
        self.lost.extend(written.lost);
        self.lost.sort();
    }

    /// Whether all files were there already.
    pub fn is_idle(&self) -> bool {
        self.plan.write.is_empty() && self.lost.is_empty() && !self.plan.unchanged.is_empty()
    }

    /// Returns the exit for what is known so far.
    pub fn exit(&self) -> Exit {
        let is_void = self.restored.is_empty()
            && self.plan.unchanged.is_empty()
            && !self.plan.write.is_empty()
            && !self.dry_run;
        if !self.plan.conflicts.is_empty() || (is_void && !self.lost.is_empty()) {
            Exit::Failed
        } else if self.lost.is_empty() && self.bare.is_empty() {
            Exit::Done
        } else {
            Exit::Warnings
        }
    }

    fn summary(&self) -> String {
        let place = self.into.as_deref().map_or("the workspace".to_owned(), |i| format!("`{i}`"));
        if !self.plan.conflicts.is_empty() {
            let n_conflicts = text::count(self.plan.conflicts.len() as u64, "file");
            let would = if self.dry_run { "would restore" } else { "restored" };
            return format!(
                "{would}  nothing: {n_conflicts} in the way in {place}; pass `--overwrite \
                 if-changed` to replace files, or choose another folder by `--into DIR`\n"
            );
        }
        let (would, n_files) = if self.dry_run {
            ("would restore", self.plan.write.len())
        } else {
            ("restored", self.restored.len())
        };
        let unchanged = match self.plan.unchanged.len() {
            0 => String::new(),
            n_unchanged => format!(", {n_unchanged} already there"),
        };
        let n_files = text::count(n_files as u64, "file");
        format!("{would}  {n_files} of {} to {place}{unchanged}\n", self.archive)
    }
}

impl Report for RestoreReport {
    fn text(&self) -> String {
        let mut shown = self.summary();
        if self.dry_run {
            let steps = self.plan.write.iter().map(|step| {
                let how = if step.replaces { "replace" } else { "create" };
                let (target, size) = (step.target.display(), text::size(step.size_bytes));
                format!("  {how:8}  {target}  ({size})\n")
            });
            shown.push_str(&some(steps, self.plan.write.len()));
        }
        let named = |kind: &str, damage: &[Damage]| {
            let lines = damage.iter().map(|damage| {
                let path = damage.path.as_deref().unwrap_or("the archive");
                format!("  {kind:8}  {path}: {}\n", damage.problem)
            });
            some(lines, damage.len())
        };
        shown.push_str(&named("in way", &self.plan.conflicts));
        shown.push_str(&named("lost", &self.lost));
        shown.push_str(&named("warning", &self.bare));
        shown
    }
}

fn some(lines: impl Iterator<Item = String>, n_lines: usize) -> String {
    let mut shown: String = lines.take(N_FILES_MAX).collect();
    if let Some(n_more) = n_lines.checked_sub(N_FILES_MAX).filter(|n_more| *n_more > 0) {
        shown.push_str(&format!("  … and {n_more} more; `--format json` names all\n"));
    }
    shown
}
