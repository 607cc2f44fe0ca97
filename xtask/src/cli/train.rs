//! The arguments of `train` and of the tasks that run the trainer.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::global::NameArgs;
use crate::tasks::gate::Gate;
use crate::tasks::steps::ArchiveLabel;

/// The arguments of `train`.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct TrainArgs {
    /// Use the built-in settings and the shipped data, whatever config/ says
    #[arg(long)]
    pub default: bool,
    /// Make no archives; the old session still moves to backups/
    #[arg(long)]
    pub no_archive: bool,
    /// Train on these bars: CSV or Parquet, or a folder with a file for each symbol
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
    /// Judge the same training with K seeds, this one and those that follow it; the model is this one's
    /// [default: 3 where a training takes at most 2,000,000 steps, else 1]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub seeds: Option<u16>,
    /// Compute on this many threads; the model is the same for any number
    #[arg(long, value_name = "N")]
    pub threads: Option<NonZeroUsize>,
    /// Go on from the last checkpoint of the interrupted session, archived and moved aside first
    #[arg(long)]
    pub resume: bool,
    /// Judge in K windows, each trained on the bars before it, and join them; the model that is saved
    /// is fitted last, to all bars [default: 5, where the bars are enough]
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub walk_forward: Option<u16>,
    /// Train on the first bars once, judge on the last, and save that model
    #[arg(long, conflicts_with_all = ["walk_forward", "window_mode"])]
    pub split: bool,
    /// Let a later window train on all bars before it, or on as many as the first
    #[arg(long, value_name = "expanding|rolling", hide_possible_values = true)]
    pub window_mode: Option<WindowMode>,
    /// After training, look at the figures a second time: filled 1, 2 and 4 bars later, at twice the
    /// costs, beside a placebo, on shuffled bars, with prices in another unit; exit with 3 when one
    /// does not stand
    #[arg(long)]
    pub audit: bool,
    /// Only look for look-ahead in features, decisions and figures; exit with 13 when there is some
    #[arg(long, conflicts_with_all = ["audit", "resume", "no_archive", "walk_forward", "note", "tags", "gates", "summary", "push"])]
    pub check_leaks: bool,
    /// How the bars are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
    /// Exit with 12 unless a figure out of sample is so, as in 'sharpe>=0.5'; may be repeated
    #[arg(long = "gate", value_name = "RULE")]
    pub gates: Vec<Gate>,
    /// Append a summary in Markdown to this file
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Push the new session's archive to the remote repository; when that fails, the next push makes it
    /// up, and the exit code is 3
    #[arg(long, conflicts_with = "no_archive")]
    pub push: bool,
    /// The tags and the note of the new session's archive.
    #[command(flatten)]
    pub label: ArchiveLabel,
    /// Let the command after `--` take this long to end when it is asked to
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "command")]
    pub grace: u32,
    /// Train by this command in place of the trainer, as in `-- python train.py`
    #[arg(last = true, value_name = "COMMAND", conflicts_with_all = [
        "trainer_bin", "default", "data", "episodes", "steps_per_batch", "seeds", "threads",
        "resume",
        "walk_forward", "split", "window_mode", "audit", "check_leaks", "ReadingArgs",
    ])]
    pub command: Vec<OsString>,
}

/// What a later window of a walk-forward trains on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WindowMode {
    /// All bars before it
    Expanding,
    /// As many bars as the first
    Rolling,
}

/// The arguments of a task that is forwarded to the trainer.
#[derive(Debug, Args)]
pub struct ForwardArgs {
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
    /// The trainer's own arguments
    #[arg(value_name = "ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<OsString>,
}

/// The arguments of `predict`.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// Use this model: a zip of `models/`, an archive's name, path or time alone, or `latest`
    #[arg(long, value_name = "ZIP|ARCHIVE|latest")]
    pub model: PathBuf,
    /// Read these bars, in any form that `train` reads; `-` is CSV on stdin
    #[arg(long, value_name = "FILE")]
    pub data: OsString,
    /// Begin at this bar, flat; earlier ones only warm the features up [default: the first, and
    /// anew at the first that the model was tested on]
    #[arg(long, value_name = "TIME")]
    pub from: Option<OsString>,
    /// Take this exposure as held at the beginning [default: 0]
    #[arg(long, value_name = "EXPOSURE", allow_negative_numbers = true)]
    pub position: Option<f64>,
    /// Accept bars of another interval than those that the model was trained on
    #[arg(long)]
    pub any_bars: bool,
    /// How the bars are read.
    #[command(flatten)]
    pub reading: ReadingArgs,
    /// Print one JSON object a line in place of CSV
    #[arg(long)]
    pub json_lines: bool,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
}

/// The arguments of `reproduce`.
#[derive(Debug, Args)]
pub struct ReproduceArgs {
    /// The archive.
    #[command(flatten)]
    pub archive: NameArgs,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
}

/// The arguments of `watch`.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Print one picture and exit
    #[arg(long)]
    pub once: bool,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
}

/// Details that a file of bars does not contain; the trainer checks them.
#[derive(Debug, Args)]
pub struct ReadingArgs {
    /// Take the times as `day_first`, `month_first`, `unix_s`, `excel`, a pattern such as `%d.%m.%y`, …
    #[arg(long, value_name = "FORM")]
    pub time_format: Option<OsString>,
    /// Read times without a zone in this one, such as `America/New_York`
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    pub time_zone: Option<OsString>,
    /// Take this column for that role, as in close=Last; may be repeated
    #[arg(long = "column", value_name = "ROLE=NAME")]
    pub columns: Vec<OsString>,
    /// Read this symbol only, if a file or folder has several
    #[arg(long, value_name = "SYMBOL")]
    pub symbol: Option<OsString>,
    /// Take this as the decimal sign of the numbers
    #[arg(long, value_name = "point|comma")]
    pub decimal: Option<OsString>,
    /// Adjust all four prices and the volume by the column of adjusted closes
    #[arg(long)]
    pub adjusted: bool,
    /// Stop at invalid rows, drop them, or widen their range
    #[arg(long, value_name = "stop|drop|widen")]
    pub bad_rows: Option<OsString>,
    /// Say why a model cannot take prices of 0 and below
    #[arg(long, hide = true)]
    pub negative_prices: bool,
}

impl ReadingArgs {
    /// Returns them as arguments of the trainer.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments = Vec::new();
        let single = [
            ("--time-format", &self.time_format),
            ("--time-zone", &self.time_zone),
            ("--symbol", &self.symbol),
            ("--decimal", &self.decimal),
            ("--bad-rows", &self.bad_rows),
        ];
        let single = single.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let columns = self.columns.iter().map(|column| ("--column", column));
        for (name, value) in single.chain(columns) {
            arguments.extend([OsString::from(name), value.clone()]);
        }
        let switches = [("--adjusted", self.adjusted), ("--negative-prices", self.negative_prices)];
        for (name, is_set) in switches {
            arguments.extend(is_set.then(|| OsString::from(name)));
        }
        arguments
    }
}
