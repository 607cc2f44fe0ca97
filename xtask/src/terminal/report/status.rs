//! What `status` prints.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Report;
use crate::tasks::status::{NextTrain, SessionState, WorkspaceStatus};
use crate::workspace::text;

/// The state of the workspace, and what the next train would do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusReport {
    /// The current time.
    pub now: DateTime<Utc>,
    /// The state.
    #[serde(flatten)]
    pub status: WorkspaceStatus,
}

impl Report for StatusReport {
    fn text(&self) -> String {
        let WorkspaceStatus { root, running, session, archives, next_train, .. } = &self.status;
        let mut lines = vec![("root", root.clone())];
        if let Some(holder) = running {
            let since = text::time(holder.since);
            lines.push((
                "running",
                format!("{} since {since} UTC, process {}", holder.task, holder.pid),
            ));
        }
        lines.push(("session", session.as_ref().map_or_else(|| "none".to_owned(), describe)));
        let files = text::count(self.status.n_files, "file");
        lines.push(("holds", format!("{files}, {}", text::size(self.status.size_bytes))));
        let n_backups = text::count(self.status.n_backups, "backup");
        lines.push((
            "stored",
            format!(
                "{}, {}; {n_backups}",
                text::count(archives.n_archives, "archive"),
                text::size(archives.size_bytes)
            ),
        ));
        if let (Some(name), Some(time)) = (&archives.newest, archives.last_archived_at) {
            lines.push(("newest", format!("{name}, {} ago", age(self.now, time))));
        }
        for pending in &self.status.unpushed {
            lines.push(("unpushed", format!("{}: {}", pending.name, pending.reason)));
        }
        match next_train {
            Some(next) => lines.extend(next_lines(next)),
            None => lines
                .push(("next", "a `train` now would say that the workspace is locked".to_owned())),
        }
        lines.iter().map(|(key, value)| format!("{key:8}  {value}\n")).collect()
    }
}

fn describe(session: &SessionState) -> String {
    let id = session.id.as_deref().unwrap_or("without a name");
    let mut line = format!("{id}, {}", session.status);
    if let (Some(n_done), Some(n)) = (session.n_episodes_done, session.n_episodes) {
        line += &format!(", {n_done} of {}", text::count(n, "episode"));
    }
    if session.net_return.is_some() {
        line += &format!(
            ", out of sample {} net, {}",
            text::signed_percent(session.net_return),
            session
                .ruined
                .clone()
                .unwrap_or_else(|| format!("Sharpe {}", text::figure(session.sharpe)))
        );
    }
    line
}

fn next_lines(next: &NextTrain) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    if let Some(refusal) = &next.refusal {
        return vec![("next", format!("a `train` now would stop: {refusal}"))];
    }
    match (&next.backup, &next.held_by) {
        (None, _) => lines.push(("next", "train at once: the workspace is clean".to_owned())),
        (Some(backup), Some(archive)) => {
            lines.push(("next", format!("nothing to archive: {archive} holds the session")));
            lines.push(("", format!("move {} to backups/{backup}", next.moves.join(", "))));
        }
        (Some(backup), None) => {
            lines.push(("next", "archive the session: no archive holds it yet".to_owned()));
            lines.push(("", format!("move {} to backups/{backup}", next.moves.join(", "))));
        }
    }
    lines.push(("", "train, and archive the new session".to_owned()));
    if !next.removes.is_empty() {
        lines.push(("", format!("move to the trash: {}", next.removes.join(", "))));
    }
    if let Some(problem) = &next.problem {
        lines.push(("", format!("prune nothing: {problem}")));
    }
    lines
}

/// Returns how long ago `then` was, such as `2 hours`.
fn age(now: DateTime<Utc>, then: DateTime<Utc>) -> String {
    let seconds = (now - then).num_seconds().max(0);
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
    let (unit, name) =
        units.into_iter().find(|(unit, _)| seconds >= *unit).unwrap_or((1, "second"));
    text::count(u64::try_from(seconds / unit).unwrap_or(0), name)
}
