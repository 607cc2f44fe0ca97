//! The flags of `trainer train`, and the settings of flags and files.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use clap::Args;

use crate::config::{
    ConfigFile, LOGGING_FILE, LoggingConfig, Overrides, RequestedSettings, TRAINING_FILE,
    TrainingConfig, WindowMode, load,
};
use crate::session::{Session, parse_time};
use crate::training::train::{Resume, comparison, output_locations};

use crate::cli::bars::ReadingArguments;
use crate::cli::{Format, one_of};

/// Train a model and judge it out of sample, beside buy-and-hold and never-trade
///
/// The first interrupt (Ctrl-C) stops after the batch at hand and saves everything; the second
/// stops at once.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct TrainArguments {
    /// Workspace to work in: config/ is read; logs/ and models/ are written
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub root: PathBuf,
    /// Use the built-in settings and data, whatever config/ says
    #[arg(long)]
    pub default: bool,
    /// Bars to train on: CSV (packed or not), JSON or Parquet, a folder of them for several
    /// symbols, or `builtin:btcusd_30m`
    #[arg(long, value_name = "FILE")]
    pub data: Option<String>,
    /// Passes over the training bars
    #[arg(long, value_name = "N")]
    pub episodes: Option<NonZeroUsize>,
    /// Bars in a batch; the agent refits after each
    #[arg(long, value_name = "N")]
    pub steps_per_batch: Option<NonZeroUsize>,
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Judge the same training with K seeds, this one and those that follow it; the model is this
    /// one's [default: 3 where a training takes at most 2,000,000 steps, else 1]
    #[arg(long, value_name = "K")]
    pub seeds: Option<NonZeroUsize>,
    /// Threads to fit with; 0 takes all cores; the model is the same for any number
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Judge in K windows, each trained on the bars before it, and join them to one curve; the model
    /// that is saved is fitted last, to all bars [default: 5, where the bars are enough]
    #[arg(long, value_name = "K")]
    pub walk_forward: Option<NonZeroUsize>,
    /// Train on the first bars once, judge on the last, and save that model
    #[arg(long, conflicts_with_all = ["walk_forward", "window_mode"])]
    pub split: bool,
    /// Let a later window train on all bars before it, or on as many as the first
    #[arg(long, value_name = "MODE", value_parser = one_of::<WindowMode>(["expanding", "rolling"]))]
    pub window_mode: Option<WindowMode>,
    #[command(flatten)]
    pub reading: ReadingArguments,
    /// Time to stamp everything with, in place of the clock's
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    pub now: Option<DateTime<Utc>>,
    /// Form of the result on stdout; json is the sealed logs/session.json
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Show no progress, only warnings and errors
    #[arg(long)]
    pub quiet: bool,
    /// Go on from the last checkpoint of the interrupted session whose logs/ and models/ lie in DIR;
    /// the model is the one of a run that was never interrupted
    #[arg(long, value_name = "DIR")]
    pub resume_from: Option<PathBuf>,
    /// Count these earlier sessions as trials in the deflated Sharpe ratio: the JSON file that
    /// `cargo xtask train` makes of its archives
    #[arg(long, value_name = "FILE")]
    pub earlier_trials: Option<PathBuf>,
    /// Check the settings and all bars, then exit; nothing is trained or written
    #[arg(long)]
    pub check: bool,
    /// Only look for look-ahead in the features, decisions and figures, with these settings and bars;
    /// nothing is written, and it exits with 13 when there is some
    #[arg(long, conflicts_with_all = ["check", "resume_from", "walk_forward"])]
    pub check_leaks: bool,
    /// After training, look at the figures a second time: filled 1, 2 and 4 bars later, at twice the
    /// costs, beside the same exposures at other times, on shuffled bars, with prices in another
    /// unit; five further trainings of at most two episodes on the latest 20,000 bars at most
    #[arg(long, conflicts_with_all = ["check", "check_leaks"])]
    pub audit: bool,
    /// Commit of the code, for the report
    #[arg(long, value_name = "HASH")]
    pub commit: Option<String>,
    /// Exit at once when stdin ends, as it does when the parent process dies; a line `stop` on
    /// stdin is an interrupt
    #[arg(long)]
    pub exit_with_parent: bool,
}

/// The settings of files and flags.
pub struct Settings {
    pub training: TrainingConfig,
    pub logging: LoggingConfig,
    /// Settings files that do not exist.
    pub absent: Vec<&'static str>,
    /// The settings of the flags.
    pub requested: RequestedSettings,
    /// The session to resume, which has the same settings.
    pub resume: Option<Resume>,
}

/// Reads the settings of the workspace at `root`; flags override files.
pub fn settings(arguments: &TrainArguments, root: &Path) -> Result<Settings> {
    let resume = arguments.resume_from.as_deref().map(Resume::open).transpose()?;
    let requested = requested(arguments)?;
    let requested = match &resume {
        Some(resume) => resume.requested(requested),
        None => requested,
    };
    let mut absent = Vec::new();
    let (mut training, mut logging) = (None, None);
    if !requested.is_default {
        training = load::<TrainingConfig>(root, TRAINING_FILE)?;
        logging = load::<LoggingConfig>(root, LOGGING_FILE)?;
        absent.extend(training.is_none().then_some(TRAINING_FILE));
        absent.extend(logging.is_none().then_some(LOGGING_FILE));
    }
    let training = training.unwrap_or_default().with(&requested.overrides);
    training.validate().context("a command-line flag sets a value out of range")?;
    if let Some(resume) = &resume {
        resume.check_settings(&training)?;
    }
    Ok(Settings { training, logging: logging.unwrap_or_default(), absent, requested, resume })
}

fn requested(arguments: &TrainArguments) -> Result<RequestedSettings> {
    let overrides = Overrides {
        data: arguments.data.as_deref().map(absolute_data).transpose()?,
        episodes: arguments.episodes,
        steps_per_batch: arguments.steps_per_batch,
        seed: arguments.seed,
        seeds: arguments.seeds,
        threads: arguments.threads,
        windows: arguments.walk_forward.map(NonZeroUsize::get).or(arguments.split.then_some(0)),
        window_mode: arguments.window_mode,
        bars: arguments.reading.config()?,
    };
    Ok(RequestedSettings { overrides, is_default: arguments.default })
}

/// Returns `data` as an absolute path: the command line's are relative to
/// the current folder, the settings' to the workspace.
fn absolute_data(data: &str) -> Result<String> {
    if data.starts_with("builtin:") || data == "-" {
        return Ok(data.to_owned());
    }
    let path = std::path::absolute(data).with_context(|| format!("`{data}` is no path"))?;
    let path = path.into_os_string().into_string();
    path.map_err(|path| anyhow::anyhow!("the path `{}` is not UTF-8", path.display()))
}

/// Returns what a training prints.
pub fn result_text(session: &Session, arguments: &TrainArguments) -> Result<String> {
    Ok(match arguments.format {
        // The parent prints where the files are, since it moves them.
        Format::Text if arguments.exit_with_parent => comparison(session),
        Format::Text => comparison(session) + &output_locations(session),
        Format::Json => crate::wording::json(session)? + "\n",
    })
}
