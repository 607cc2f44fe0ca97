//! The lengths of the logs at a checkpoint: on resuming, they are cut
//! to these.

use std::path::PathBuf;
use std::{fs, io};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::session::Layout;

/// The length of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogLength {
    /// Relative to the workspace.
    pub(super) path: PathBuf,
    pub(super) n_bytes: u64,
}

/// Returns the length on the disk of every log that is appended to.
pub(super) fn log_lengths(layout: &Layout) -> Result<Vec<LogLength>> {
    let mut lengths = Vec::new();
    for folder in [layout.trades(), layout.tensorboard()] {
        let read = || -> io::Result<Vec<LogLength>> {
            let entries = fs::read_dir(&folder)?.map(|entry| {
                let entry = entry?;
                let path = entry.path();
                let path = path.strip_prefix(layout.root()).unwrap_or(&path).to_owned();
                Ok(LogLength { path, n_bytes: entry.metadata()?.len() })
            });
            entries.collect()
        };
        lengths.extend(read().with_context(|| format!("failed to read `{}`", folder.display()))?);
    }
    // Curves are replaced, not appended to.
    lengths.retain(|log| log.path.extension().is_none_or(|kind| kind != "csv" && kind != "tmp"));
    lengths.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(lengths)
}
