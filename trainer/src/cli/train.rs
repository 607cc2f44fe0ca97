//! `trainer train`: checks settings, trains, audits, searches for leaks.

mod arguments;

pub use arguments::TrainArguments;

use std::io::{self, BufRead as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::config::{Level, LoggingConfig};
use crate::market::bars::DataSummary;
use crate::missing_feature::MissingFeature;
use crate::progress;
use crate::session::{
    AuditRecord, Clock, Layout, LogOptions, Session, Status, TrainerLock, subscriber,
};
use crate::training::audit::audit;
use crate::training::leaks::{check_configured_leaks, leak_table};
use crate::training::train::{EarlierTrials, StopFlag, TrainOptions, check, run};

use super::exit::{FAILED, INTERRUPTED, LEAK, WARNINGS, print};
use super::{Format, check_root};
use arguments::{Settings, result_text, settings};

/// Trains as `arguments` say, or checks the settings, or searches for leaks.
pub fn train(arguments: &TrainArguments, clock: Clock) -> Result<ExitCode> {
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
        // Fail before anything is written if it cannot be resumed.
        checked(&settings, &root, clock.tomorrow_ms())?;
        resume.copy_into(&layout)?;
    }
    layout.create()?;
    if !arguments.quiet {
        progress::show();
    }
    start_log(&settings.logging, &LogTarget { layout: &layout, clock, quiet: arguments.quiet })?;
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
            let (session, is_done) = audited(&options, session, arguments.audit);
            print(&result_text(&session, arguments)?)?;
            if is_done { exit_code(&session) } else { ExitCode::from(WARNINGS) }
        }
        Err(error) if error.is::<MissingFeature>() => return Err(error),
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::from(FAILED)
        }
    })
}

/// Audits a completed session if `is_wanted`; returns it, and whether
/// nothing failed. A failure is a warning: the session is sealed.
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
        Format::Json => crate::wording::json(&report)? + "\n",
    })?;
    Ok(ExitCode::from(if report.is_clean { 0 } else { LEAK }))
}

fn checked(settings: &Settings, root: &Path, latest_ms: i64) -> Result<DataSummary> {
    let summary = check(&settings.training, root, latest_ms)?;
    settings.resume.as_ref().map_or(Ok(()), |resume| resume.check_data(&summary))?;
    Ok(summary)
}

fn existing_folder(root: &Path) -> Result<PathBuf> {
    check_root(root)?;
    std::path::absolute(root).with_context(|| format!("failed to find `{}`", root.display()))
}

struct LogTarget<'a> {
    layout: &'a Layout,
    clock: Clock,
    quiet: bool,
}

fn start_log(logging: &LoggingConfig, target: &LogTarget<'_>) -> Result<()> {
    let level_max = if target.quiet { Level::Warn } else { Level::Trace };
    let subscriber = subscriber(&LogOptions {
        console: logging.console_level.min(level_max),
        file: logging.file_level,
        path: &target.layout.training_log(),
        clock: target.clock,
    })?;
    tracing::subscriber::set_global_default(subscriber).context("the log was started twice")
}

fn stop_on_signals(stop: StopFlag) -> Result<()> {
    ctrlc::set_handler(move || interrupt(&stop)).context("failed to watch for signals")
}

/// Requests a stop at the first interrupt and exits at the second, which
/// leaves only complete files.
fn interrupt(stop: &StopFlag) {
    if stop.raise() {
        progress::end();
        std::process::exit(i32::from(INTERRUPTED));
    }
    progress::print_line("stopping after this batch; once more to stop at once");
}

/// Exits when stdin ends, as when the parent dies, even by SIGKILL; a
/// line `stop` is an interrupt.
fn exit_with_parent(stop: StopFlag) {
    std::thread::spawn(move || {
        // A read error counts as the end.
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if line.trim() == "stop" {
                interrupt(&stop);
            }
        }
        std::process::exit(i32::from(INTERRUPTED));
    });
}
