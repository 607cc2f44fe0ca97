//! `MANIFEST.json`: what an archive holds and where it came from.
//!
//! Archives are kept for years: a field that matters is added only
//! together with a new format number.

mod entries;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

pub use crate::programs::process::GitState;
pub use entries::{FileEntry, FolderEntry, Skipped};

use crate::vault::ruin;

/// The archive's own description of itself.
pub const MANIFEST_PATH: &str = "MANIFEST.json";
/// The digests, in the form that `sha256sum --check` reads.
pub const SUMS_PATH: &str = "SHA256SUMS";
/// The difference of the work tree from the commit.
pub const PATCH_PATH: &str = "git/dirty.patch";
/// The folder in an archive for files from the workspace's root.
pub const ROOT_FOLDER: &str = "root_checkpoints";
/// The oldest format, written where it suffices, so that older versions
/// can read the archive.
pub const FORMAT: u32 = 1;
/// The format that can express an unknown state of git and the modes of
/// folders.
const NEWEST_FORMAT: u32 = 2;

/// Why an archive was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ArchiveKind {
    /// What a train or clean found in the workspace.
    Previous,
    /// A session, sealed when its training ended.
    Session,
    /// By `cargo xtask archive`.
    Manual,
}

impl fmt::Display for ArchiveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// It ran to its end.
    Completed,
    /// The trainer reported an error.
    Failed,
    /// A signal, a kill or a power cut ended it.
    Interrupted,
    /// The session's record does not say.
    #[value(help = "Its record does not say")]
    Unknown,
}

impl fmt::Display for SessionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// The content of `MANIFEST.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// 1, or 2 where something is recorded that format 1 cannot express.
    pub format: u32,
    /// The archive's file name.
    pub name: String,
    /// Why the archive was made.
    pub kind: ArchiveKind,
    /// When the archive was made.
    pub created_at: DateTime<Utc>,
    /// Grows by at least one with each archive of a workspace, whatever
    /// the clock does.
    pub run_number: u64,
    /// The version of this tool.
    pub tool_version: String,
    /// The content of `logs/session.json`, where there is one.
    pub session: Option<SessionSummary>,
    /// The commit, where the workspace is in a git work tree.
    pub git: Option<GitState>,
    /// Words to find the archive by.
    pub tags: Vec<String>,
    /// A sentence on the archive.
    pub note: Option<String>,
    /// Whether it was pinned when it was made.
    pub pinned: bool,
    /// Every file, sorted by path; not this manifest and `SHA256SUMS`.
    pub files: Vec<FileEntry>,
    /// Folders that hold no file.
    pub empty_folders: Vec<String>,
    /// Folders whose permission bits are not 0755, or whose name is not
    /// UTF-8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<FolderEntry>,
    /// What was matched but could not be archived.
    pub skipped: Vec<Skipped>,
    /// Sums over `files`.
    pub totals: Totals,
}

/// A session as `logs/session.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionSummary {
    /// The session's name.
    pub id: Option<String>,
    /// How it ended.
    pub status: SessionStatus,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// The seed of its random choices.
    pub seed: Option<u64>,
    /// What it was trained on.
    pub data: Option<DataSummary>,
    /// The digest of its settings.
    pub config_sha256: Option<String>,
    /// The session from whose checkpoint it was resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_from: Option<String>,
    /// Figures by name, of `agent`, `buy_and_hold` and `never_trade`;
    /// null where a figure is undefined. `ruined_at_ms` is when the
    /// account was ruined, in milliseconds since 1970.
    pub metrics: BTreeMap<String, BTreeMap<String, Option<f64>>>,
}

/// What a session was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DataSummary {
    /// The file's path or the name of built-in data.
    pub source: Option<String>,
    /// The digest of the file.
    pub sha256: Option<String>,
    /// The number of bars.
    pub n_bars: Option<u64>,
    /// The time of the first bar.
    pub first: Option<DateTime<Utc>>,
    /// The time of the last bar.
    pub last: Option<DateTime<Utc>>,
}

/// Sums over an archive's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Totals {
    /// The number of files.
    pub n_files: u64,
    /// Their size in bytes, uncompressed.
    pub size_bytes: u64,
}

impl Totals {
    /// Returns the sums over `files`.
    pub fn of(files: &[FileEntry]) -> Self {
        Self {
            n_files: files.len() as u64,
            size_bytes: files.iter().map(|file| file.size_bytes).sum(),
        }
    }
}

impl Manifest {
    /// Parses the bytes of `MANIFEST.json`.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_slice(bytes)
            .with_context(|| format!("`{MANIFEST_PATH}` is not a manifest"))?;
        if !(FORMAT..=NEWEST_FORMAT).contains(&format) {
            bail!(
                "`{MANIFEST_PATH}` has format {format}, and this version reads formats {FORMAT} \
                 to {NEWEST_FORMAT}; use a newer version of the tool"
            );
        }
        serde_json::from_slice(bytes).with_context(|| format!("`{MANIFEST_PATH}` is not valid"))
    }

    /// Returns the oldest format that can express this manifest.
    pub fn least_format(&self) -> u32 {
        let is_unknown = self.git.as_ref().is_some_and(|git| git.dirty.is_none());
        if is_unknown || !self.folders.is_empty() { NEWEST_FORMAT } else { FORMAT }
    }

    /// Returns the bytes of `MANIFEST.json`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes).expect("a manifest is plain data");
        bytes
    }

    /// Writes `MANIFEST.json` to `out`.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// Returns a copy without the list of files, which may be long.
    pub fn without_files(&self) -> Self {
        Self {
            name: self.name.clone(),
            tool_version: self.tool_version.clone(),
            session: self.session.clone(),
            git: self.git.clone(),
            tags: self.tags.clone(),
            note: self.note.clone(),
            files: Vec::new(),
            empty_folders: self.empty_folders.clone(),
            folders: self.folders.clone(),
            skipped: self.skipped.clone(),
            ..*self
        }
    }

    /// Returns the agent's `metric`, if it is defined.
    pub fn agent_metric(&self, metric: &str) -> Option<f64> {
        ruin::metric(self.agent_metrics()?, metric)
    }

    /// Returns the agent's metrics, if there are any.
    pub fn agent_metrics(&self) -> Option<&ruin::AccountMetrics> {
        self.session.as_ref()?.metrics.get("agent")
    }

    /// Writes `SHA256SUMS`, the files and the manifest, to `out`.
    pub fn write_sums(&self, manifest_sha256: &str, out: &mut impl Write) -> io::Result<()> {
        for file in &self.files {
            writeln!(out, "{}  {}", file.sha256, file.path)?;
        }
        writeln!(out, "{manifest_sha256}  {MANIFEST_PATH}")
    }
}
