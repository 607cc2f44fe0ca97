//! What the tasks on the remote repository print.

use super::Report;
use crate::tasks::pull::PullReport;
use crate::tasks::push::{PushOutcome, PushReport, PushedArchive};
use crate::tasks::remote::RemoteReport;
use crate::tasks::remote::verify::RemoteVerifyReport;
use crate::workspace::text;

impl Report for PushReport {
    fn text(&self) -> String {
        if self.archives.is_empty() {
            return "no archives yet; `cargo xtask train` makes the first\n".to_owned();
        }
        self.archives.iter().map(pushed).collect()
    }

    fn json(&self) -> String {
        super::json(self)
    }
}

/// Returns the line on a pushed archive.
pub(super) fn pushed(archive: &PushedArchive) -> String {
    let PushedArchive { name, size_bytes, outcome, problem } = archive;
    let size = text::size(*size_bytes);
    match outcome {
        PushOutcome::Pushed => format!("pushed    {name}  ({size}, read back)\n"),
        PushOutcome::Present => format!("present   {name}  ({size})\n"),
        PushOutcome::Retagged => format!("retagged  {name}  ({size})\n"),
        PushOutcome::Failed => {
            format!("failed    {name}  {}\n", problem.as_deref().unwrap_or_default())
        }
    }
}

impl Report for PullReport {
    fn text(&self) -> String {
        let (size, host) = (text::size(self.size_bytes), &self.host);
        if self.is_new {
            format!("pulled    {}  ({size}, of {host}, verified)\n", self.path)
        } else {
            format!("present   {}  ({size}, the same bytes as of {host})\n", self.path)
        }
    }
}

impl Report for RemoteReport {
    fn text(&self) -> String {
        let made = if self.is_new { ", made just now" } else { "" };
        let mut lines = vec![
            ("restic", self.restic.clone()),
            ("repository", format!("{}{made}", self.repository)),
            ("id", self.id.clone()),
            ("holds", text::count(self.n_archives, "archive")),
        ];
        for lock in &self.locks {
            let kind = if lock.exclusive { "exclusive, of" } else { "of" };
            let since = text::time(lock.since);
            lines.push((
                "lock",
                format!("{kind} process {} on {}, {since} UTC", lock.pid, lock.host),
            ));
        }
        lines.iter().map(|(key, value)| format!("{key:10}  {value}\n")).collect()
    }
}

impl Report for RemoteVerifyReport {
    fn text(&self) -> String {
        if self.archives.is_empty() {
            return "there is no archive in the remote repository yet\n".to_owned();
        }
        let mut shown = String::new();
        for archive in &self.archives {
            let verdict = if archive.is_good { "good" } else { "damaged" };
            let size = text::size(archive.size_bytes);
            let (name, host, id) = (&archive.name, &archive.host, &archive.snapshot);
            shown.push_str(&format!("{verdict:7}  {name}  ({size}, of {host}, snapshot {id})\n"));
            for line in archive.problem.iter().flat_map(|problem| problem.lines()) {
                shown.push_str(&format!("         {line}\n"));
            }
        }
        let n_good = self.archives.iter().filter(|archive| archive.is_good).count();
        let of = text::count(self.archives.len() as u64, "archive");
        shown.push_str(&format!("{n_good} of {of} good"));
        if (self.archives.len() as u64) < self.n_archives {
            shown.push_str(&format!(", a sample of {}", self.n_archives));
        }
        shown + "\n"
    }
}
