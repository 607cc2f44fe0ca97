//! `models/checkpoints/training_state.bin`: the state to resume a run.
//!
//! It holds a header (one line of JSON), the learner's own bytes, and
//! the SHA-256 of both. It is written atomically, and removed when the
//! run is completed.

use std::fs;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use digest_io::{HashWriter, IoWrapper};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::training_episode::{EpisodeState, TrainingEpisode};
use crate::config::{RequestedSettings, TrainingConfig};
use crate::learning::Learner;
use crate::session::{
    EpisodeRecord, Layout, MetricsRecord, SymbolRecord, TrialsRecord, WalkForwardRecord,
    replace_unsynced, sync_folder,
};

/// The format version that this program writes.
pub(super) const FORMAT: u32 = 6;
const DIGEST_BYTES: u64 = 32;
const BUFFER_BYTES: usize = 1 << 16;

/// The progress of a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// Completed episodes.
    pub(super) n_episodes: usize,
    /// Training bars seen, over all episodes.
    pub(super) step: u64,
    /// The state within an episode, if it was interrupted.
    #[serde(rename = "study")]
    pub(super) episode_state: Option<EpisodeState>,
    /// With several symbols, those the episode has finished.
    #[serde(rename = "tour")]
    pub(super) schedule: Option<SymbolSchedule>,
}

/// The symbols of an episode that are finished.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SymbolSchedule {
    /// Number of symbols trained on so far.
    pub(super) n_done: usize,
    /// The sum of their figures.
    #[serde(rename = "whole")]
    pub(super) total: TrainingEpisode,
}

/// The state of a run without its learner.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointHeader {
    pub(super) format: u32,
    pub(super) tool_version: String,
    pub(super) tree_library: String,
    /// The id of the session that wrote the checkpoint.
    pub(super) session: String,
    #[serde(rename = "asked")]
    pub(super) requested: RequestedSettings,
    /// The settings in force.
    pub(super) training: TrainingConfig,
    pub(super) data_sha256: String,
    pub(super) progress: Progress,
    pub(super) episodes: Vec<EpisodeRecord>,
    pub(super) metrics: MetricsRecord,
    pub(super) symbols: Vec<SymbolRecord>,
    pub(super) trials: Option<TrialsRecord>,
    pub(super) walk_forward: Option<WalkForwardRecord>,
    /// The lengths of the logs at this point.
    pub(super) logs: Vec<LogLength>,
}

/// Read before the whole header: other versions may have other keys.
#[derive(Deserialize)]
struct HeaderVersion {
    format: u32,
    tool_version: String,
    tree_library: String,
}

/// Writes `header` and `learner` to `path`, replacing an earlier state.
pub(super) fn write(path: &Path, header: &CheckpointHeader, learner: &dyn Learner) -> Result<()> {
    replace_unsynced(path, &mut |file| {
        // The learner makes tiny writes; hashing is faster in blocks.
        let mut out =
            BufWriter::with_capacity(BUFFER_BYTES, HashWriter::<Sha256, _>::new(&mut *file));
        serde_json::to_writer(&mut out, header)?;
        out.write_all(b"\n")?;
        learner.write_state(&mut out)?;
        let written = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let digest = written.finalize();
        file.write_all(&digest)?;
        Ok(file.sync_all()?)
    })?;
    let synced = sync_folder(path.parent().unwrap_or(Path::new(".")));
    synced.with_context(|| format!("failed to save `{}`; is the disk full?", path.display()))
}

/// Checks the digest of the file at `path` and returns its header.
pub(super) fn read_header(path: &Path) -> Result<CheckpointHeader> {
    let read = || {
        check_digest(path)?;
        let (line, _) = open(path)?;
        check_version(&line)?;
        serde_json::from_slice(&line).context("its head is damaged")
    };
    read().with_context(|| format!("failed to resume from `{}`", path.display()))
}

/// Restores the state of `learner` from the file at `path`.
pub(super) fn read_learner(path: &Path, learner: &mut dyn Learner) -> Result<()> {
    open(path)
        .and_then(|(_, mut rest)| learner.read_state(&mut rest))
        .with_context(|| format!("failed to resume from `{}`", path.display()))
}

fn check_digest(path: &Path) -> Result<()> {
    let mut file = File::open(path)?;
    let n_bytes = file.metadata()?.len().checked_sub(DIGEST_BYTES).context("it is cut short")?;
    let mut digest = IoWrapper(Sha256::new());
    io::copy(&mut (&mut file).take(n_bytes), &mut digest)?;
    let mut stored = Vec::new();
    file.read_to_end(&mut stored)?;
    let is_whole = digest.0.finalize().as_slice() == stored;
    ensure!(is_whole, "it is damaged: its SHA-256 is not its own");
    Ok(())
}

fn check_version(line: &[u8]) -> Result<()> {
    let HeaderVersion { format, tool_version, tree_library } =
        serde_json::from_slice(line).context("its head is damaged")?;
    let own = env!("CARGO_PKG_VERSION");
    let library = crate::learning::forest::LIBRARY;
    ensure!(
        format == FORMAT && tool_version == own && tree_library == library,
        "trainer {tool_version} (format {format}, {tree_library}) wrote it, and this is {own} \
         (format {FORMAT}, {library}); go on with that version, or train without `--resume`"
    );
    Ok(())
}

/// Returns the header line, and a reader of the bytes after it.
fn open(path: &Path) -> Result<(Vec<u8>, BufReader<File>)> {
    let mut file = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line)?;
    Ok((line, file))
}

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
