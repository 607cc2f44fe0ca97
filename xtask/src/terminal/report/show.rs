//! What `show` prints.

use serde::Serialize;

use super::Report;
use super::list::{RemotePlace, SeedReturns};
use crate::vault::catalog::{Archive, Content};
use crate::vault::manifest::{Manifest, SessionSummary};
use crate::vault::remote::{RemoteArchive, short_id};
use crate::vault::ruin;
use crate::workspace::text;

/// How many files the text names.
const N_FILES_MAX: usize = 40;

/// The content of an archive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShowReport {
    /// The file's name.
    pub name: String,
    /// The size of the file in bytes.
    pub size_bytes: u64,
    /// Its current tags; the manifest has the initial ones.
    pub tags: Vec<String>,
    /// Its current note.
    pub note: Option<String>,
    /// Whether no prune removes it.
    pub pinned: bool,
    /// Why it is pinned.
    pub pin_reason: Option<String>,
    /// Its manifest; null for a zip of another tool.
    pub manifest: Option<Manifest>,
    /// Why it cannot be read; null if it can.
    pub problem: Option<String>,
    /// Its place in the remote repository; absent for a local archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemotePlace>,
}

impl ShowReport {
    /// Returns the report on `archive`.
    pub fn of(archive: &Archive) -> Self {
        let problem = match &archive.content {
            Content::Unreadable(problem) => Some(problem.clone()),
            Content::Sealed(_) | Content::Foreign => None,
        };
        Self {
            name: archive.name.to_string(),
            size_bytes: archive.size_bytes,
            tags: archive.tags().to_vec(),
            note: archive.note().map(str::to_owned),
            pinned: archive.is_pinned(),
            pin_reason: archive.pin_reason().map(str::to_owned),
            manifest: archive.manifest().cloned(),
            problem,
            remote: None,
        }
    }

    /// Returns the report on an archive of the remote repository.
    pub fn of_remote(remote: &RemoteArchive) -> Self {
        Self { remote: Some(RemotePlace::of(remote)), ..Self::of(&remote.archive) }
    }
}

impl Report for ShowReport {
    fn text(&self) -> String {
        let head = format!("{}  {}\n", self.name, text::size(self.size_bytes));
        match (&self.manifest, &self.problem) {
            (Some(manifest), _) => head + &describe(manifest, self.label_lines()),
            (None, Some(problem)) => {
                format!("{head}cannot be read: {problem}\n{}", text_of(&self.label_lines()))
            }
            (None, None) => format!(
                "{head}a zip without a manifest, made by another tool\n{}",
                text_of(&self.label_lines())
            ),
        }
    }
}

impl ShowReport {
    /// Returns the lines on its tags, note, pin and place.
    fn label_lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        if let Some(place) = &self.remote {
            lines.push(("pushed", format!("by {}, from {}", place.host, place.workspace)));
            lines.push(("snapshot", short_id(&place.snapshots).to_owned()));
        }
        if !self.tags.is_empty() {
            lines.push(("tags", self.tags.join(", ")));
        }
        lines.extend(self.note.clone().map(|note| ("note", note)));
        if self.pinned {
            let reason = self.pin_reason.as_ref().map(|reason| format!(": {reason}"));
            lines.push(("pinned", format!("yes{}", reason.unwrap_or_default())));
        }
        lines
    }
}

type Line = (&'static str, String);

fn text_of(lines: &[Line]) -> String {
    lines.iter().map(|(key, value)| format!("{key:8}  {value}\n")).collect()
}

fn describe(manifest: &Manifest, labels: Vec<Line>) -> String {
    let mut lines = vec![
        ("kind", manifest.kind.to_string()),
        ("made", format!("{} UTC, run {}", text::time(manifest.created_at), manifest.run_number)),
    ];
    if let Some(session) = &manifest.session {
        lines.extend(session_lines(session));
    }
    if let Some(git) = &manifest.git {
        lines.push(("git", git.describe(git.commit.as_deref())));
    }
    lines.extend(labels);
    let totals = &manifest.totals;
    let files = text::count(totals.n_files, "file");
    lines.push(("holds", format!("{files}, {}", text::size(totals.size_bytes))));
    for skipped in &manifest.skipped {
        lines.push(("skipped", format!("{}: {}", skipped.path, skipped.reason)));
    }
    let mut shown = text_of(&lines);
    if let Some(session) = manifest.session.as_ref().filter(|session| !session.metrics.is_empty()) {
        shown.push('\n');
        shown.push_str(&metrics_table(session));
    }
    shown.push('\n');
    shown.push_str(&files_table(manifest));
    shown
}

fn session_lines(session: &SessionSummary) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let id = session.id.as_deref().unwrap_or("without a name");
    lines.push(("session", format!("{id}, {}", session.status)));
    lines.extend(session.resumed_from.clone().map(|id| ("resumed", format!("from session {id}"))));
    if let (Some(start), Some(end)) = (session.started_at, session.finished_at) {
        let seconds = (end - start).num_seconds();
        lines.push(("trained", format!("{} UTC, for {seconds} s", text::time(start))));
    }
    lines.extend(session.seed.map(|seed| ("seed", seed.to_string())));
    let seeds = session.metrics.get("agent").and_then(SeedReturns::of);
    lines.extend(seeds.map(|seeds| {
        let returns = format!("{}, the median net return is {}", seeds.n_seeds, seeds.text());
        ("seeds", returns)
    }));
    if let Some(data) = &session.data {
        let source = data.source.as_deref().unwrap_or("unnamed");
        let n_bars =
            data.n_bars.map(|n| format!(", {}", text::count(n, "bar"))).unwrap_or_default();
        let range = match (data.first, data.last) {
            (Some(first), Some(last)) => {
                format!(", {} to {}", text::time(first), text::time(last))
            }
            _ => String::new(),
        };
        lines.push(("data", format!("{source}{n_bars}{range}")));
        lines.extend(data.sha256.clone().map(|digest| ("", format!("SHA-256 {digest}"))));
    }
    lines
}

fn metrics_table(session: &SessionSummary) -> String {
    let columns = [
        ("out of sample, net", false),
        ("net return", true),
        ("Sharpe", true),
        ("max drawdown", true),
        ("trades", true),
    ];
    let order = [
        "agent",
        "buy_and_hold",
        "never_trade",
        "constant_exposure",
        "filled_1_bar_later",
        "costs_doubled",
    ];
    let rows = order.iter().filter_map(|policy| Some((*policy, session.metrics.get(*policy)?)));
    let symbols = session.metrics.iter().filter(|(policy, _)| policy.starts_with("agent "));
    let rows = rows.chain(symbols.map(|(policy, figures)| (policy.as_str(), figures)));
    let cells = |(policy, figures): (&str, &std::collections::BTreeMap<String, Option<f64>>)| {
        let figure = |name: &str| ruin::metric(figures, name);
        vec![
            policy.replace('_', " "),
            text::signed_percent(figure("net_return")),
            ruin::describe(figures).unwrap_or_else(|| text::figure(figure("sharpe"))),
            text::percent(figure("max_drawdown")),
            figure("n_trades").map_or_else(|| "-".to_owned(), |n| format!("{n:.0}")),
        ]
    };
    text::table(&columns, rows.map(cells).collect())
}

fn files_table(manifest: &Manifest) -> String {
    let columns = [("file", false), ("size", true), ("modified (UTC)", false), ("SHA-256", false)];
    let rows = manifest.files.iter().take(N_FILES_MAX).map(|file| {
        vec![
            file.path.clone(),
            text::size(file.size_bytes),
            text::time(file.modified_at),
            file.sha256.chars().take(12).collect(),
        ]
    });
    let mut table = text::table(&columns, rows.collect());
    if let Some(n_more) = manifest.files.len().checked_sub(N_FILES_MAX).filter(|n| *n > 0) {
        let more = format!("… and {n_more} more; `--format json` names all\n");
        table.push_str(&more);
    }
    table
}
