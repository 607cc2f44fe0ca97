//! What `list` prints.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Report;
use crate::vault::catalog::{Archive, Catalog, Content};
use crate::vault::name::short_archive_name;
use crate::vault::remote::{RemoteArchive, short_id};
use crate::vault::ruin;
use crate::vault::session::SEED_FIGURES;
use crate::workspace::text;

/// The archives of a workspace, newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListReport {
    /// The archives, newest first.
    pub archives: Vec<ListRow>,
}

/// One archive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListRow {
    /// The file's name.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Its number; null without a manifest.
    pub run_number: Option<u64>,
    /// `previous`, `session`, `manual`, or `foreign` without a manifest.
    pub kind: String,
    /// How its session ended; null if it holds none.
    pub status: Option<String>,
    /// The size of the file in bytes.
    pub size_bytes: u64,
    /// What the session was trained on.
    pub data: Option<String>,
    /// The agent's net return out of sample, as a fraction.
    pub net_return: Option<f64>,
    /// The same over the seeds of the training; absent where there was
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seeds: Option<SeedReturns>,
    /// Its annual Sharpe ratio.
    pub sharpe: Option<f64>,
    /// When the agent was ruined; absent if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ruined: Option<String>,
    /// Its largest drawdown, as a positive fraction.
    pub max_drawdown: Option<f64>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its note.
    pub note: Option<String>,
    /// Whether no prune removes it.
    pub pinned: bool,
    /// Why it is pinned.
    pub pin_reason: Option<String>,
    /// Why it cannot be read; null if it can.
    pub problem: Option<String>,
    /// Its place in the remote repository; absent for a local archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<RemotePlace>,
}

/// The net returns of one training with several seeds, as fractions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SeedReturns {
    /// The number of seeds.
    pub n_seeds: f64,
    /// The median.
    pub median: f64,
    /// The lowest.
    pub min: f64,
    /// The highest.
    pub max: f64,
}

impl SeedReturns {
    /// Returns those among the figures of the agent.
    pub fn of(agent: &ruin::AccountMetrics) -> Option<Self> {
        let [n_seeds, median, min, max] = SEED_FIGURES.map(|name| agent.get(name).copied()?);
        Some(Self { n_seeds: n_seeds?, median: median?, min: min?, max: max? })
    }

    /// Returns the median with its range.
    pub fn text(&self) -> String {
        let [median, min, max] =
            [self.median, self.min, self.max].map(|value| text::signed_percent(Some(value)));
        format!("{median} ({min} to {max})")
    }
}

/// The place of an archive in the remote repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemotePlace {
    /// The machine that pushed it.
    pub host: String,
    /// The workspace on that machine.
    pub workspace: String,
    /// The snapshots that hold it, usually one.
    pub snapshots: Vec<String>,
    /// The digest of the zip; null if unknown.
    pub sha256: Option<String>,
}

impl RemotePlace {
    /// Returns the place of `remote`.
    pub fn of(remote: &RemoteArchive) -> Self {
        let RemoteArchive { host, workspace, snapshots, sha256, .. } = remote.clone();
        Self { host, workspace, snapshots, sha256 }
    }
}

impl ListReport {
    /// Returns the report on `catalog`.
    pub fn of(catalog: &Catalog) -> Self {
        Self { archives: catalog.archives.iter().rev().map(row).collect() }
    }

    /// Returns the report on archives of the remote repository.
    pub fn of_remote(archives: &[RemoteArchive]) -> Self {
        let row = |remote: &RemoteArchive| ListRow {
            remote: Some(RemotePlace::of(remote)),
            ..row(&remote.archive)
        };
        Self { archives: archives.iter().rev().map(row).collect() }
    }
}

fn row(archive: &Archive) -> ListRow {
    let manifest = archive.manifest();
    let session = manifest.and_then(|manifest| manifest.session.as_ref());
    let metric = |name| manifest.and_then(|manifest| manifest.agent_metric(name));
    let (kind, problem) = match &archive.content {
        Content::Sealed(manifest) => (manifest.kind.to_string(), None),
        Content::Foreign => ("foreign".to_owned(), None),
        Content::Unreadable(problem) => ("unreadable".to_owned(), Some(problem.clone())),
    };
    ListRow {
        name: archive.name.to_string(),
        created_at: archive.created_at(),
        run_number: manifest.map(|manifest| manifest.run_number),
        kind,
        status: session.map(|session| session.status.to_string()),
        size_bytes: archive.size_bytes,
        data: session.and_then(|session| session.data.as_ref()?.source.clone()),
        net_return: metric("net_return"),
        seeds: manifest.and_then(|manifest| SeedReturns::of(manifest.agent_metrics()?)),
        sharpe: metric("sharpe"),
        ruined: manifest.and_then(|manifest| ruin::describe(manifest.agent_metrics()?)),
        max_drawdown: metric("max_drawdown"),
        tags: archive.tags().to_vec(),
        note: archive.note().map(str::to_owned),
        pinned: archive.is_pinned(),
        pin_reason: archive.pin_reason().map(str::to_owned),
        problem,
        remote: None,
    }
}

impl Report for ListReport {
    fn text(&self) -> String {
        if self.archives.is_empty() {
            return "no archives yet; `cargo xtask train` makes the first\n".to_owned();
        }
        let mut columns = vec![
            ("archive", false),
            ("when (UTC)", false),
            ("kind", false),
            ("status", false),
            ("size", true),
            ("data", false),
            ("net return", true),
        ];
        let has_seeds = self.archives.iter().any(|row| row.seeds.is_some());
        if has_seeds {
            columns.push(("median of seeds (range)", true));
        }
        columns.extend([("Sharpe", true), ("max drawdown", true), ("tags", false)]);
        if self.archives.iter().any(|row| row.remote.is_some()) {
            columns.extend([("host", false), ("snapshot", false)]);
        }
        let cells = |row| cells(row, has_seeds);
        text::table(&columns, self.archives.iter().map(cells).collect())
    }
}

fn cells(row: &ListRow, has_seeds: bool) -> Vec<String> {
    let short = short_archive_name(&row.name);
    let dash = || "-".to_owned();
    let place =
        row.remote.iter().flat_map(|it| [it.host.clone(), short_id(&it.snapshots).to_owned()]);
    let mut cells = vec![
        short.to_owned(),
        text::time(row.created_at),
        row.kind.clone(),
        row.status.clone().unwrap_or_else(dash),
        text::size(row.size_bytes),
        row.data.as_deref().map_or_else(dash, data_name),
        text::signed_percent(row.net_return),
    ];
    if has_seeds {
        cells.push(row.seeds.map_or_else(dash, |seeds| seeds.text()));
    }
    cells.extend([
        row.ruined.clone().unwrap_or_else(|| text::figure(row.sharpe)),
        text::percent(row.max_drawdown),
        tags(row),
    ]);
    cells.extend(place);
    cells
}

fn tags(row: &ListRow) -> String {
    let pin = row.pinned.then(|| "(pinned)".to_owned());
    row.tags.iter().cloned().chain(pin).collect::<Vec<_>>().join(",")
}

/// Returns the last component of a path or of a built-in name.
fn data_name(source: &str) -> String {
    source.rsplit(['/', '\\', ':']).next().unwrap_or(source).to_owned()
}
