//! How long the logs are: on going on, what came later is left behind.

use std::path::PathBuf;
use std::{fs, io};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::session::Layout;

/// The length of a log at some point of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogLength {
    /// Relative to the workspace.
    pub(super) path: PathBuf,
    pub(super) n_bytes: u64,
}

/// Returns the length of every log that grows, as it is on the disk.
pub(super) fn log_lengths(layout: &Layout) -> Result<Vec<LogLength>> {
    let mut ends = Vec::new();
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
        ends.extend(read().with_context(|| format!("failed to read `{}`", folder.display()))?);
    }
    // The curve is replaced whole, never added to.
    ends.retain(|end| end.path.extension().is_none_or(|kind| kind != "csv" && kind != "tmp"));
    ends.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(ends)
}
