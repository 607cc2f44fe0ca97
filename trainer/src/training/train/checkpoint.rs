//! `models/checkpoints/training_state.bin`: the state of a run, to resume it.
//!
//! A line of JSON (the head), the learner's own bytes, and the SHA-256
//! of both. It appears whole or not at all; a completed run has none.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::config::TrainingConfig;
use crate::learning::model::Learner;
use crate::session::{
    EpisodeRecord, MetricsRecord, SymbolRecord, TrialsRecord, WalkForwardRecord, rename,
    sync_folder,
};

use super::log_lengths::LogLength;
use super::requested::RequestedSettings;
use super::training_episode::{EpisodeState, TrainingEpisode};

/// The number of the stored form.
const FORMAT: u32 = 3;
const DIGEST_BYTES: u64 = 32;
const BUFFER_BYTES: usize = 1 << 16;

/// How far a run has come.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// Whole episodes behind.
    pub(super) n_episodes: usize,
    /// Training bars seen, over all episodes.
    pub(super) step: u64,
    /// The lesson that was cut short, if one was.
    #[serde(rename = "study")]
    pub(super) episode_state: Option<EpisodeState>,
    /// Of several symbols, what the current episode did before it.
    #[serde(rename = "tour")]
    pub(super) schedule: Option<SymbolSchedule>,
}

/// An episode over several symbols, between two of them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SymbolSchedule {
    /// Symbols whose lesson is over.
    pub(super) n_done: usize,
    /// Their lessons together.
    pub(super) whole: TrainingEpisode,
}

/// All that a run is, but for its learner.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointHeader {
    pub(super) format: u32,
    pub(super) tool_version: String,
    pub(super) tree_library: String,
    /// The id of the session that wrote it.
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
    /// How long the logs are at this point.
    pub(super) logs: Vec<LogLength>,
}

/// Read before the head proper: another version may have other keys.
#[derive(Deserialize)]
struct WrittenBy {
    format: u32,
    tool_version: String,
    tree_library: String,
}

impl CheckpointHeader {
    /// The number of the form that this program writes.
    pub(super) const FORMAT: u32 = FORMAT;
}

/// Puts `header` and `learner` at `path`, in place of what is there.
pub(super) fn write(path: &Path, header: &CheckpointHeader, learner: &dyn Learner) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.tmp"));
    let write = || -> Result<()> {
        let file = Digested { out: File::create(&temporary)?, digest: Sha256::new() };
        // The learner writes number by number; the digest takes more.
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
        serde_json::to_writer(&mut out, header)?;
        out.write_all(b"\n")?;
        learner.write_state(&mut out)?;
        let written = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        let Digested { out: mut file, digest } = written;
        file.write_all(&digest.finalize())?;
        file.sync_all()?;
        rename(&temporary, path)?;
        Ok(sync_folder(path.parent().unwrap_or(Path::new(".")))?)
    };
    let written = write();
    if written.is_err() {
        // This error says more than one of the clean-up would.
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(|| format!("failed to save `{}`; is the disk full?", path.display()))
}

/// Checks every byte of the file at `path`, and returns its head.
pub(super) fn read_header(path: &Path) -> Result<CheckpointHeader> {
    let read = || {
        check_digest(path)?;
        let (line, _) = open(path)?;
        check_version(&line)?;
        serde_json::from_slice(&line).context("its head is damaged")
    };
    read().with_context(|| format!("failed to resume from `{}`", path.display()))
}

/// Lets `learner` become the one in the file at `path`.
pub(super) fn read_learner(path: &Path, learner: &mut dyn Learner) -> Result<()> {
    open(path)
        .and_then(|(_, mut rest)| learner.read_state(&mut rest))
        .with_context(|| format!("failed to resume from `{}`", path.display()))
}

fn check_digest(path: &Path) -> Result<()> {
    let mut file = File::open(path)?;
    let n_bytes = file.metadata()?.len().checked_sub(DIGEST_BYTES).context("it is cut short")?;
    let mut digest = Digested { out: io::sink(), digest: Sha256::new() };
    io::copy(&mut (&mut file).take(n_bytes), &mut digest)?;
    let mut stored = Vec::new();
    file.read_to_end(&mut stored)?;
    let is_whole = digest.digest.finalize().as_slice() == stored;
    ensure!(is_whole, "it is damaged: its SHA-256 is not its own");
    Ok(())
}

fn check_version(line: &[u8]) -> Result<()> {
    let WrittenBy { format, tool_version, tree_library } =
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

/// Returns the head's line, and the reader at what follows it.
fn open(path: &Path) -> Result<(Vec<u8>, BufReader<File>)> {
    let mut file = BufReader::new(File::open(path)?);
    let mut line = Vec::new();
    file.read_until(b'\n', &mut line)?;
    Ok((line, file))
}

/// Passes bytes on and digests them.
struct Digested<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Write for Digested<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_bytes = self.out.write(bytes)?;
        self.digest.update(&bytes[..n_bytes]);
        Ok(n_bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
