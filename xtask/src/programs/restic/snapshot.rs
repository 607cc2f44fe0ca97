//! Creates and lists snapshots and the files in them.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{FailureKind, Restic, failure_of, is_id};

/// A snapshot of the repository. Its content is not trusted: anyone who
/// may push can write anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Snapshot {
    /// Its id, 64 digits.
    pub id: String,
    /// The id of its tree, which does not change with its tags.
    pub tree: String,
    /// Its time.
    pub time: DateTime<Utc>,
    /// The machine that made it.
    pub hostname: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// The content and metadata of a snapshot to create.
#[derive(Debug, Clone, Copy)]
pub struct NewSnapshot<'a> {
    /// The folder that `files` are relative to.
    pub folder: &'a Path,
    /// The files, whose paths in the snapshot are the same.
    pub files: &'a [&'a str],
    /// The snapshot's time.
    pub time: DateTime<Utc>,
    /// Its tags.
    pub tags: &'a [String],
}

impl Restic<'_> {
    /// Stores files as a new snapshot, and returns its id, which may be
    /// abbreviated.
    ///
    /// # Errors
    /// When restic fails. A snapshot that lacks a file is forgotten again.
    pub fn backup(&self, backup: &NewSnapshot<'_>) -> Result<String> {
        self.retry_while_locked(|| self.backup_once(backup))
    }

    fn backup_once(&self, backup: &NewSnapshot<'_>) -> Result<String> {
        let time = backup.time.format("%Y-%m-%d %H:%M:%S").to_string();
        let mut arguments = vec!["backup", "--json", "--time", &time];
        arguments.extend(backup.tags.iter().flat_map(|tag| ["--tag", tag.as_str()]));
        arguments.push("--");
        arguments.extend(backup.files);
        let mut bytes = Vec::new();
        let end = self.call_in(backup.folder, &arguments, &mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut messages = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let summary = messages.rfind(|message| message["message_type"] == "summary");
        let number = |summary: &Value, key: &str| summary[key].as_u64().unwrap_or(0);
        let taken = |summary: &Value| {
            let keys = ["files_new", "files_changed", "files_unmodified"];
            keys.iter().map(|key| number(summary, key)).sum::<u64>()
        };
        let id = summary.as_ref().and_then(|summary| summary["snapshot_id"].as_str());
        let id = id.map(str::to_owned).filter(|id| id.bytes().all(|it| it.is_ascii_hexdigit()));
        let is_whole =
            summary.as_ref().is_some_and(|summary| taken(summary) == backup.files.len() as u64);
        match (end.code, id) {
            (Some(0), Some(id)) if is_whole => Ok(id),
            // Restic continues after files that it could not read.
            (Some(0 | 3), Some(id)) => {
                self.forget(&[id])?;
                let error = FailureKind::Other.error(&end.error_output);
                Err(anyhow!(error).context("a file vanished or changed while it was pushed"))
            }
            _ => Err(failure_of(&end)),
        }
    }

    /// Returns the snapshots with `tag`, ordered by time.
    pub fn snapshots(&self, tag: &str) -> Result<Vec<Snapshot>> {
        let bytes = self.output(&["snapshots", "--json", "--no-lock", "--tag", tag])?;
        let found: Option<Vec<Snapshot>> =
            serde_json::from_slice(&bytes).context("failed to read what restic lists")?;
        let mut snapshots = found.unwrap_or_default();
        snapshots.retain(|snapshot| is_id(&snapshot.id) && is_id(&snapshot.tree));
        snapshots.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok(snapshots)
    }

    /// Returns the sizes in bytes of the files that match `pattern` in the
    /// snapshots with `tag`, by snapshot id and absolute path.
    pub fn find(&self, tag: &str, pattern: &str) -> Result<BTreeMap<(String, String), u64>> {
        let bytes = self.output(&["find", "--json", "--no-lock", "--tag", tag, pattern])?;
        let found: Option<Vec<Found>> =
            serde_json::from_slice(&bytes).context("failed to read what restic finds")?;
        let mut sizes = BTreeMap::new();
        for Found { matches, snapshot } in found.into_iter().flatten() {
            sizes.extend(matches.into_iter().map(|it| ((snapshot.clone(), it.path), it.size)));
        }
        Ok(sizes)
    }
}

#[derive(Deserialize)]
struct Found {
    matches: Vec<FoundFile>,
    snapshot: String,
}

#[derive(Deserialize)]
struct FoundFile {
    path: String,
    #[serde(default)]
    size: u64,
}
