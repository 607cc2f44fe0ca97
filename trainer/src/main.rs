//! The trainer's command line: reads the clock, the arguments and the
//! settings, and prints the results.

mod cli;

use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand};
use dlmalloc::GlobalDlmalloc;

use trainer::account::metrics::Alarm;
use trainer::config::{Level, LoggingConfig};
use trainer::market::bars::DataSummary;
use trainer::missing_part::MissingPart;
use trainer::progress;
use trainer::session::{
    AuditRecord, Clock, Layout, Locked, LogOptions, Session, Status, TrainerLock, subscriber,
};
use trainer::training::audit::audit;
use trainer::training::leaks::{check_configured_leaks, leak_table};
use trainer::training::train::{EarlierTrials, StopFlag, TrainOptions, check, run};

use cli::Format;
use cli::bars::BarsArguments;
use cli::check_model::CheckModelArguments;
use cli::metrics::MetricsArguments;
use cli::predict::PredictArguments;
use cli::report::ReportCommand;
use cli::simulate::SimulateArguments;
use cli::train::{Settings, TrainArguments, settings};

/// The C library's heap keeps what was freed, in parts for each thread:
/// with each refit it grew, and so memory grew with the data.
#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

const FAILED: u8 = 1;
/// Done, and something was told that the results rest on.
const WARNINGS: u8 = 3;
const LOCKED: u8 = 11;
const LEAK: u8 = 13;
/// This build leaves out what the task needs; nothing was written.
const MISSING_PART: u8 = 14;
const INTERRUPTED: u8 = 130;

/// Trains a trading model on market bars and tells honestly what it earned
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done with warnings (a figure is implausible, an
/// audit failed, the bars are others than the model's), 11 another trainer works in the workspace,
/// 13 a leak was found, 14 this build leaves out what the task needs, 130 interrupted.
#[derive(Debug, Parser)]
#[command(version, bin_name = "trainer")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(TrainArguments),
    Bars(BarsArguments),
    Simulate(SimulateArguments),
    Metrics(MetricsArguments),
    #[cfg(feature = "full")]
    Watch(cli::watch::WatchArguments),
    Predict(PredictArguments),
    #[cfg(feature = "full")]
    Export(cli::export::ExportArguments),
    CheckModel(CheckModelArguments),
    #[command(flatten)]
    Report(ReportCommand),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let clock = Clock::reading(system_time);
    let done = match Cli::parse().command {
        Command::Train(arguments) => train(&arguments, clock),
        Command::CheckModel(arguments) => told(cli::check_model::run(&arguments)),
        Command::Simulate(arguments) => {
            cli::simulate::run(&arguments, clock.tomorrow_ms(), io::stdout())
                .map(|alarms| judged(&alarms))
        }
        Command::Bars(arguments) => told(cli::bars::run(&arguments, clock.tomorrow_ms())),
        Command::Report(command) => told(cli::report::run(&command)),
        #[cfg(feature = "full")]
        Command::Watch(arguments) => {
            let shown = cli::watch::run(&arguments, system_time);
            shown.and_then(|text| text.map_or(Ok(INTERRUPTED.into()), |text| told(Ok(text))))
        }
        #[cfg(feature = "full")]
        Command::Export(arguments) => told(cli::export::run(&arguments)),
        Command::Metrics(arguments) => cli::metrics::run(&arguments, clock.tomorrow_ms())
            .and_then(|(text, alarms)| print(&text).map(|()| judged(&alarms))),
        Command::Predict(arguments) => {
            let mut has_warned = false;
            let done = cli::predict::run(&arguments, clock.tomorrow_ms(), io::stdout());
            let done = unless_unread(done.map(|warned| has_warned = warned));
            done.map(|()| if has_warned { ExitCode::from(WARNINGS) } else { ExitCode::SUCCESS })
        }
    };
    match done {
        Ok(code) => code,
        // Who can build the rest does, so this need not be an error.
        Err(error) if error.is::<MissingPart>() => {
            progress::print_line(&format!("{error:#}"));
            ExitCode::from(MISSING_PART)
        }
        Err(error) => {
            progress::print_line(&format!("{} {error:#}", progress::colored_label("error:")));
            ExitCode::from(if error.is::<Locked>() { LOCKED } else { FAILED })
        }
    }
}

fn told(result: Result<String>) -> Result<ExitCode> {
    print(&result?).map(|()| ExitCode::SUCCESS)
}

/// Returns the exit code of figures with these alarms.
fn judged(alarms: &[Alarm]) -> ExitCode {
    ExitCode::from(if alarms.is_empty() { 0 } else { WARNINGS })
}

fn train(arguments: &TrainArguments, clock: Clock) -> Result<ExitCode> {
    let stop = StopFlag::default();
    if arguments.exit_with_parent {
        exit_with_parent(stop.clone());
    }
    let clock = arguments.now.map_or(clock, Clock::fixed);
    let root = existing_folder(&arguments.root)?;
    if arguments.check_leaks {
        return search_leaks(arguments, &root, clock.tomorrow_ms());
    }
    let layout = Layout::new(&root);
    let _lock = TrainerLock::take(&layout.lock(), clock)?;
    let settings = settings(arguments, &root)?;
    if arguments.check {
        let summary = checked(&settings, &root, clock.tomorrow_ms())?;
        print(&format!("The settings and the bars are good.\n{summary}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let earlier_trials =
        arguments.earlier_trials.as_deref().map(EarlierTrials::load).transpose()?;
    if let Some(resume) = &settings.resume {
        // What cannot go on is refused before anything is written.
        checked(&settings, &root, clock.tomorrow_ms())?;
        resume.copy_into(&layout)?;
    }
    layout.create()?;
    if !arguments.quiet {
        progress::show();
    }
    start_log(&settings.logging, &LogTo { layout: &layout, clock, quiet: arguments.quiet })?;
    for file in &settings.absent {
        tracing::info!("no `{file}`: using the built-in settings");
    }
    stop_on_signals(stop.clone())?;
    let options = TrainOptions {
        layout,
        training: settings.training,
        trade_log_frequency: settings.logging.trade_log_frequency,
        clock,
        stop,
        requested: settings.requested,
        earlier_trials: earlier_trials.unwrap_or_default(),
        resume: settings.resume,
        commit: arguments.commit.clone(),
    };
    Ok(match run(&options) {
        Ok(session) => {
            let (session, is_whole) = audited(&options, session, arguments.audit);
            print(&cli::train::result_text(&session, arguments)?)?;
            if is_whole { exit_code(&session) } else { ExitCode::from(WARNINGS) }
        }
        Err(error) if error.is::<MissingPart>() => return Err(error),
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(FAILED)
        }
    })
}

/// Audits a completed session if that is wanted; returns it, and whether
/// nothing went wrong. It is sealed: a failure is a warning.
fn audited(options: &TrainOptions, session: Session, is_wanted: bool) -> (Session, bool) {
    if !is_wanted || session.status != Status::Completed {
        return (session, true);
    }
    match audit(options, session.clone()) {
        Ok(session) => (session, true),
        Err(error) => {
            tracing::warn!("the session is not audited: {error:#}");
            (session, false)
        }
    }
}

fn exit_code(session: &Session) -> ExitCode {
    let is_doubtful =
        !session.alarms.is_empty() || session.audit.as_ref().is_some_and(AuditRecord::has_failed);
    ExitCode::from(match session.status {
        Status::Completed if is_doubtful => WARNINGS,
        Status::Completed => 0,
        _ => INTERRUPTED,
    })
}

fn search_leaks(arguments: &TrainArguments, root: &Path, latest_ms: i64) -> Result<ExitCode> {
    let settings = settings(arguments, root)?;
    let report = check_configured_leaks(&settings.training, root, latest_ms)?;
    print(&match arguments.format {
        Format::Text => leak_table(&report),
        Format::Json => serde_json::to_string_pretty(&report)? + "\n",
    })?;
    Ok(ExitCode::from(if report.is_clean { 0 } else { LEAK }))
}

fn checked(settings: &Settings, root: &Path, latest_ms: i64) -> Result<DataSummary> {
    let summary = check(&settings.training, root, latest_ms)?;
    settings.resume.as_ref().map_or(Ok(()), |resume| resume.check_data(&summary))?;
    Ok(summary)
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

/// The first interrupt asks to stop, the second ends at once: what was saved
/// until then is whole.
fn interrupt(stop: &StopFlag) {
    if stop.raise() {
        progress::end();
        std::process::exit(i32::from(INTERRUPTED));
    }
    progress::print_line("stopping after this batch; once more to stop at once");
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

fn print(text: &str) -> Result<()> {
    unless_unread(io::stdout().write_all(text.as_bytes()).context("failed to print the result"))
}

/// Who reads no further has what they wanted.
fn unless_unread(printed: Result<()>) -> Result<()> {
    let is_unread = |error: &anyhow::Error| {
        let error = error.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    printed.or_else(|error| if is_unread(&error) { Ok(()) } else { Err(error) })
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
fn system_time() -> DateTime<Utc> {
    Utc::now()
}
