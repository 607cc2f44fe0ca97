//! The trainer's command line: reads the clock, the arguments and the
//! settings, and prints the results.

mod cli;

use std::io::{self, BufRead as _, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};
use clap::{Args, Parser, Subcommand};

use trainer::config::{
    ConfigFile, LOGGING_FILE, Level, LoggingConfig, Overrides, TRAINING_FILE, TrainingConfig, load,
};
use trainer::session::{
    Clock, Layout, Locked, LogOptions, Session, Status, TrainerLock, parse_time, subscriber,
};
use trainer::train::{StopFlag, TrainOptions, check, comparison, run, whereabouts};

use cli::Format;
use cli::check_model::CheckModelArguments;
use cli::metrics::MetricsArguments;
use cli::predict::PredictArguments;
use cli::report::ReportCommand;
use cli::simulate::SimulateArguments;

const FAILED: u8 = 1;
const LOCKED: u8 = 11;
const INTERRUPTED: u8 = 130;

/// Trains a trading model on market bars and tells honestly what it earned
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 11 another trainer works in the workspace,
/// 130 interrupted.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(TrainArguments),
    Simulate(SimulateArguments),
    Metrics(MetricsArguments),
    Predict(PredictArguments),
    CheckModel(CheckModelArguments),
    #[command(flatten)]
    Report(ReportCommand),
}

/// Train a model and judge it out of sample, beside buy-and-hold and never-trade
///
/// The first interrupt (Ctrl-C) stops after the batch at hand and saves everything; the second
/// stops at once.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
struct TrainArguments {
    /// Workspace to work in: config/ is read; logs/ and models/ are written
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Use the built-in settings and data, whatever config/ says
    #[arg(long)]
    default: bool,
    /// Bars to train on: CSV (plain, gzip or zstd) or Parquet, or `builtin:btcusd_30m`
    #[arg(long, value_name = "FILE")]
    data: Option<String>,
    /// Passes over the training bars
    #[arg(long, value_name = "N")]
    episodes: Option<NonZeroUsize>,
    /// Bars in a batch; the agent refits after each
    #[arg(long, value_name = "N")]
    steps_per_batch: Option<NonZeroUsize>,
    /// Seed of everything random
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Threads to fit with; 0 takes all cores; the model is the same for any number
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Time to stamp everything with, in place of the clock's
    #[arg(long, value_name = "RFC3339", value_parser = parse_time)]
    now: Option<DateTime<Utc>>,
    /// Form of the result on stdout; json is the sealed logs/session.json
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show no progress, only warnings and errors
    #[arg(long)]
    quiet: bool,
    /// Check the settings and all bars, then exit; nothing is trained or written
    #[arg(long)]
    check: bool,
    /// Commit of the code, for the report
    #[arg(long, value_name = "HASH")]
    commit: Option<String>,
    /// Exit at once when stdin ends, as it does when the parent process dies; a line `stop` on
    /// stdin is an interrupt
    #[arg(long)]
    exit_with_parent: bool,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Train(arguments) => train(&arguments),
        Command::CheckModel(arguments) => {
            cli::check_model::run(&arguments).and_then(|text| told(&text))
        }
        Command::Simulate(arguments) => unless_unread(cli::simulate::run(&arguments, io::stdout())),
        Command::Report(command) => cli::report::run(&command).and_then(|text| told(&text)),
        Command::Metrics(arguments) => cli::metrics::run(&arguments).and_then(|text| told(&text)),
        Command::Predict(arguments) => unless_unread(cli::predict::run(&arguments, io::stdout())),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            // The log may not be open yet.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            let is_locked = error.downcast_ref::<Locked>().is_some();
            ExitCode::from(if is_locked { LOCKED } else { FAILED })
        }
    }
}

fn told(result: &str) -> Result<ExitCode> {
    print(result).map(|()| ExitCode::SUCCESS)
}

fn train(arguments: &TrainArguments) -> Result<ExitCode> {
    let stop = StopFlag::default();
    if arguments.exit_with_parent {
        exit_with_parent(stop.clone());
    }
    let clock = arguments.now.map_or(Clock::reading(system_time), Clock::fixed);
    let root = existing_folder(&arguments.root)?;
    let layout = Layout::new(&root);
    let _lock = TrainerLock::take(&layout.lock(), clock)?;
    let settings = settings(arguments, &root)?;
    if arguments.check {
        let summary = check(&settings.training, &root)?;
        print(&format!("The settings and the bars are good.\n{summary}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    layout.create()?;
    start_log(&settings.logging, &LogTo { layout: &layout, clock, quiet: arguments.quiet })?;
    for file in &settings.absent {
        tracing::info!("no `{file}`: using the built-in settings");
    }
    stop_on_signals(stop.clone())?;
    let result = run(&TrainOptions {
        layout,
        training: settings.training,
        trade_log_frequency: settings.logging.trade_log_frequency,
        clock,
        stop,
        commit: arguments.commit.clone(),
    });
    Ok(match result {
        Ok(session) => {
            print(&result_text(&session, arguments)?)?;
            ExitCode::from(if session.status == Status::Completed { 0 } else { INTERRUPTED })
        }
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(FAILED)
        }
    })
}

/// What the files and the flags say together.
struct Settings {
    training: TrainingConfig,
    logging: LoggingConfig,
    /// Files that are not there.
    absent: Vec<&'static str>,
}

fn settings(arguments: &TrainArguments, root: &Path) -> Result<Settings> {
    let mut absent = Vec::new();
    let (mut training, mut logging) = (None, None);
    if !arguments.default {
        training = load::<TrainingConfig>(root, TRAINING_FILE)?;
        logging = load::<LoggingConfig>(root, LOGGING_FILE)?;
        absent.extend(training.is_none().then_some(TRAINING_FILE));
        absent.extend(logging.is_none().then_some(LOGGING_FILE));
    }
    let overrides = Overrides {
        data: arguments.data.as_deref().map(data_from_here).transpose()?,
        episodes: arguments.episodes,
        steps_per_batch: arguments.steps_per_batch,
        seed: arguments.seed,
        threads: arguments.threads,
    };
    let training = training.unwrap_or_default().with(&overrides);
    training.validate().context("a command-line flag sets a value out of range")?;
    Ok(Settings { training, logging: logging.unwrap_or_default(), absent })
}

/// A file on the command line is meant from where the user stands, not
/// from the workspace.
fn data_from_here(data: &str) -> Result<String> {
    if data.starts_with("builtin:") {
        return Ok(data.to_owned());
    }
    let path = std::path::absolute(data).with_context(|| format!("`{data}` is no path"))?;
    let path = path.into_os_string().into_string();
    path.map_err(|path| anyhow::anyhow!("the path `{}` is not UTF-8", path.display()))
}

fn existing_folder(root: &Path) -> Result<PathBuf> {
    ensure!(
        root.is_dir(),
        "there is no folder `{}`; name the workspace with `--root`",
        root.display()
    );
    std::path::absolute(root).with_context(|| format!("failed to find `{}`", root.display()))
}

struct LogTo<'a> {
    layout: &'a Layout,
    clock: Clock,
    quiet: bool,
}

fn start_log(logging: &LoggingConfig, to: &LogTo<'_>) -> Result<()> {
    let loudest = if to.quiet { Level::Warn } else { Level::Trace };
    let subscriber = subscriber(&LogOptions {
        console: logging.console_level.min(loudest),
        file: logging.file_level,
        path: &to.layout.training_log(),
        clock: to.clock,
    })?;
    tracing::subscriber::set_global_default(subscriber).context("the log was started twice")
}

fn stop_on_signals(stop: StopFlag) -> Result<()> {
    ctrlc::set_handler(move || interrupt(&stop)).context("failed to watch for signals")
}

/// The first interrupt is a wish, the second an order: what was saved
/// until then is whole.
fn interrupt(stop: &StopFlag) {
    if stop.raise() {
        std::process::exit(i32::from(INTERRUPTED));
    }
    let _ = writeln!(io::stderr(), "stopping after this batch; once more to stop at once");
}

/// Waits on stdin, which ends when the parent dies, even by SIGKILL.
fn exit_with_parent(stop: StopFlag) {
    std::thread::spawn(move || {
        // An error is an end, too.
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if line.trim() == "stop" {
                interrupt(&stop);
            }
        }
        std::process::exit(i32::from(INTERRUPTED));
    });
}

fn result_text(session: &Session, arguments: &TrainArguments) -> Result<String> {
    Ok(match arguments.format {
        // The parent says itself what it did with the files.
        Format::Text if arguments.exit_with_parent => comparison(session),
        Format::Text => comparison(session) + &whereabouts(session),
        Format::Json => serde_json::to_string_pretty(session)? + "\n",
    })
}

fn print(text: &str) -> Result<()> {
    unless_unread(io::stdout().write_all(text.as_bytes()).context("failed to print the result"))
        .map(|_| ())
}

/// Who reads no further has what they wanted.
fn unless_unread(printed: Result<()>) -> Result<ExitCode> {
    let is_unread = |error: &anyhow::Error| {
        let error = error.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    printed.or_else(|error| if is_unread(&error) { Ok(()) } else { Err(error) })?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn system_time() -> DateTime<Utc> {
    Utc::now()
}
