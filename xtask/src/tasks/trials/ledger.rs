//! The ledger of trials: one line of JSON for each evaluated session,
//! kept after its archive is removed.
//!
//! Lines are only appended. A line that was truncated by a kill is
//! ignored; its session is added again.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::vault::manifest::SessionStatus;
use crate::workspace::files;

/// One session, evaluated out of sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// 1.
    pub format: u32,
    /// The session's name.
    pub session: Option<String>,
    /// How it ended.
    pub status: SessionStatus,
    /// The archive that held it when it was added; null without one.
    pub archive: Option<String>,
    /// The session that it resumed.
    pub resumed_from: Option<String>,
    /// The digest of its settings, seed included.
    pub config_sha256: Option<String>,
    /// The digest of its data.
    pub data_sha256: String,
    /// The number of bars that it was evaluated on.
    pub n_bars: u64,
    /// Its Sharpe ratio per bar, not per year; null when it is not
    /// defined, as for one that never traded or was ruined.
    pub sharpe: Option<f64>,
}

/// The session's name, its settings, its data and its number of bars.
pub type LineKey<'a> = (Option<&'a str>, Option<&'a str>, &'a str, u64);

impl LedgerLine {
    /// Returns what identifies a session: not its archive, unless nothing
    /// else does, and not its metrics, whose last digit may vary.
    pub fn key(&self) -> LineKey<'_> {
        let has_name = self.session.is_some() || self.config_sha256.is_some();
        let archive = self.archive.as_deref().filter(|_| !has_name);
        let session = self.session.as_deref();
        (session.or(archive), self.config_sha256.as_deref(), &self.data_sha256, self.n_bars)
    }
}

/// Reads the lines of the ledger at `path`; none if it is missing.
pub fn read(path: &Path) -> Result<Vec<LedgerLine>> {
    let bytes = files::read_existing(path)?.unwrap_or_default();
    let lines = bytes.split(|byte| *byte == b'\n');
    let lines = lines.filter_map(|line| serde_json::from_slice::<LedgerLine>(line).ok());
    Ok(lines.filter(|line| line.format == 1).collect())
}

/// Appends `lines` to the ledger at `path` and syncs it. Other processes
/// may append at the same time.
pub fn add(path: &Path, lines: &[&LedgerLine]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let write = || {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut text = if ends_in_a_line(&mut file)? { Vec::new() } else { vec![b'\n'] };
        for line in lines {
            serde_json::to_writer(&mut text, line)?;
            text.push(b'\n');
        }
        // In one write, so that lines of other processes do not mix with it.
        file.write_all(&text)?;
        file.sync_all()?;
        files::sync_folder(path.parent().unwrap_or(Path::new(".")))
    };
    write().with_context(|| format!("failed to add to `{}`", path.display()))
}

/// Whether `file` is empty or ends with a complete line.
fn ends_in_a_line(file: &mut File) -> std::io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}
