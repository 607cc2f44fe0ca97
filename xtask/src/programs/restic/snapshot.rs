//! Snapshots: made, listed, and what files are in them.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::{FailureKind, Restic, failure_of, is_id};

/// One snapshot, as the repository tells of it. It is not to be trusted:
/// anyone who may push writes what they like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Snapshot {
    /// Its id, 64 digits.
    pub id: String,
    /// The id of what it holds, which stays when its tags change.
    pub tree: String,
    /// Its time.
    pub time: DateTime<Utc>,
    /// The machine that made it.
    pub hostname: String,
    /// Its tags.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A file of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The snapshot's id.
    pub snapshot: String,
    /// The path in it, from `/` on.
    pub path: String,
    /// The size in bytes.
    pub size_bytes: u64,
}

/// What a new snapshot is to hold, and what is said of it.
#[derive(Debug, Clone, Copy)]
pub struct Backup<'a> {
    /// The folder that `files` are relative to.
    pub folder: &'a Path,
    /// The files; their paths in the snapshot are these.
    pub files: &'a [&'a str],
    /// The snapshot's time.
    pub time: DateTime<Utc>,
    /// Its tags.
    pub tags: &'a [String],
}

impl Restic<'_> {
    /// Stores files as a new snapshot, and returns its id, which may be
    /// a short one.
    ///
    /// # Errors
    /// As restic. A snapshot that lacks a file is forgotten again.
    pub fn backup(&self, backup: &Backup<'_>) -> Result<String> {
        self.patiently(|| self.backup_once(backup))
    }

    fn backup_once(&self, backup: &Backup<'_>) -> Result<String> {
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
            // It reports files that it could not read, and continues.
            (Some(0 | 3), Some(id)) => {
                self.forget(&[id])?;
                let error = FailureKind::Other.error(&end.complaint);
                Err(anyhow!(error).context("a file vanished or changed while it was pushed"))
            }
            _ => Err(failure_of(&end)),
        }
    }

    /// Returns the snapshots with `tag`, in the order of their times.
    ///
    /// # Errors
    /// As restic.
    pub fn snapshots(&self, tag: &str) -> Result<Vec<Snapshot>> {
        let bytes = self.output(&["snapshots", "--json", "--no-lock", "--tag", tag])?;
        let found: Option<Vec<Snapshot>> =
            serde_json::from_slice(&bytes).context("failed to read what restic lists")?;
        let mut snapshots = found.unwrap_or_default();
        snapshots.retain(|snapshot| is_id(&snapshot.id) && is_id(&snapshot.tree));
        snapshots.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        Ok(snapshots)
    }

    /// Returns the files of the snapshots with `tag` whose names fit
    /// `pattern`.
    ///
    /// # Errors
    /// As restic.
    pub fn find(&self, tag: &str, pattern: &str) -> Result<Vec<StoredFile>> {
        let bytes = self.output(&["find", "--json", "--no-lock", "--tag", tag, pattern])?;
        let found: Option<Vec<Found>> =
            serde_json::from_slice(&bytes).context("failed to read what restic finds")?;
        let files = |found: Found| {
            let snapshot = found.snapshot;
            let of = move |it: FoundFile| StoredFile {
                snapshot: snapshot.clone(),
                path: it.path,
                size_bytes: it.size,
            };
            found.matches.into_iter().map(of)
        };
        Ok(found.unwrap_or_default().into_iter().flat_map(files).collect())
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
