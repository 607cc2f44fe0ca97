//! What `train` may be told.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::LabelArgs;

/// What `train` may be told.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct TrainArgs {
    /// Use the built-in settings and the shipped data, whatever config/ says
    #[arg(long)]
    pub default: bool,
    /// Make no archives; the old session still moves to backups/
    #[arg(long)]
    pub no_archive: bool,
    /// Train on these bars: a CSV file, gzipped or not
    #[arg(long, value_name = "FILE")]
    pub data: Option<PathBuf>,
    /// Pass this many times over the training bars
    #[arg(long, value_name = "N")]
    pub episodes: Option<NonZeroUsize>,
    /// Refit the model after this many bars
    #[arg(long, value_name = "N")]
    pub steps_per_batch: Option<NonZeroUsize>,
    /// Derive every random choice from this number
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Compute on this many threads; the model is the same for any number
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Go on from the last checkpoint of the interrupted session: archive it and move it aside all
    /// the same, and end with the model of a run that was never interrupted
    #[arg(long)]
    pub resume: bool,
    /// Train and judge this many times, each time on later bars, and join the results
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub walk_forward: Option<u16>,
    /// Whether a later window trains on all bars before it or on as many as the first
    #[arg(long, value_name = "MODE")]
    pub window_mode: Option<WindowMode>,
    /// Look for look-ahead in features, decisions and accounts, and train nothing; 1 when there is
    /// some
    #[arg(long, conflicts_with_all = ["resume", "no_archive", "walk_forward", "note", "tags"])]
    pub check_leaks: bool,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
    /// What to say of the new session's archive.
    #[command(flatten)]
    pub label: LabelArgs,
}

/// What a later window of a walk-forward trains on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WindowMode {
    /// All bars before it
    Expanding,
    /// As many bars as the first
    Rolling,
}
