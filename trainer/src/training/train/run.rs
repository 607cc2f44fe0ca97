//! Runs a training; its session record is sealed however it ends.

use std::any::Any;
use std::fs;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use tracing::{debug, error, info, warn};

use crate::config::{TrainingConfig, WINDOWS_DEFAULT};
use crate::market::bars::{BarSource, DataSummary, Volume};
use crate::output::report::{Report, ReportContext, SessionSource};
use crate::session::{DataRecord, Layout, Session, SessionLogger, Status, time_of_ms};
use crate::wording::counted;

use super::options::{RunEnd, TrainOptions};
use super::outputs::RunOutputs;
use super::prepare::prepare;
use super::robustness;
use super::split::Split;
use super::training_data::TrainingData;
use super::training_run::TrainingRun;

/// Trains with `options` and returns the sealed record, whose status is
/// `completed` or `interrupted`. A kill leaves it `running`.
///
/// # Errors
///
/// Fails when the training fails or panics; the record is then sealed as
/// `failed`, with the reason.
pub fn run(options: &TrainOptions) -> Result<Session> {
    let mut logger = SessionLogger::start(&options.session())?;
    let mut bars = None;
    let outcome = catch_unwind(AssertUnwindSafe(|| train(options, &mut logger, &mut bars)))
        .unwrap_or_else(|panic| Err(anyhow!("the trainer panicked: {}", panic_message(&*panic))));
    let sealed = match &outcome {
        Ok(RunEnd::Completed) => logger
            .save_session(Status::Completed, None)
            .and_then(|()| remove_training_state(&options.layout)),
        Ok(RunEnd::Interrupted) => {
            logger.save_session(Status::Interrupted, Some("stopped by a signal"))
        }
        Err(failure) => logger.save_session(Status::Failed, Some(&format!("{failure:#}"))),
    };
    write_report(options, bars.as_ref());
    options.layout.sync();
    match (outcome, sealed) {
        (Ok(_), Ok(())) => Ok(logger.session().clone()),
        (Ok(_), Err(unsealed)) => Err(unsealed),
        (Err(failure), Ok(())) => Err(failure),
        (Err(failure), Err(unsealed)) => {
            error!("{unsealed:#}");
            Err(failure)
        }
    }
}

/// Removes the checkpoint of a completed run, which cannot be resumed.
fn remove_training_state(layout: &Layout) -> Result<()> {
    let path = layout.training_state();
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("failed to remove `{}`", path.display()))
        }
        _ => Ok(()),
    }
}

/// Writes `logs/report.html`. The session is sealed already, so a failure
/// is only a warning. The bars are read again unless `bars` keeps them in
/// memory.
pub(crate) fn write_report(options: &TrainOptions, bars: Option<&BarSource>) {
    let path = options.layout.report();
    let write = || {
        let context = ReportContext {
            data_root: options.layout.root(),
            commit: options.commit.as_deref(),
            bars: bars.filter(|bars| bars.is_kept()),
        };
        let source = SessionSource::Folder(options.layout.root().to_owned());
        Report::read(&[source], &context)?.write_page(&path)
    };
    let written = catch_unwind(AssertUnwindSafe(write))
        .unwrap_or_else(|panic| Err(anyhow!("the report panicked: {}", panic_message(&*panic))));
    match written {
        Ok(_) => debug!("wrote `{}`", path.display()),
        Err(failure) => warn!("there is no report of this session: {failure:#}"),
    }
}

/// Checks that the validated `config` can train in the workspace at
/// `root`: reads all bars once, writes nothing, and returns the summary
/// of the bars. No bar may be after `latest_ms`.
pub fn check(config: &TrainingConfig, root: &Path, latest_ms: i64) -> Result<DataSummary> {
    Ok(prepare(config, root, latest_ms)?.summary)
}

/// Trains, and sets `bars` to the source of the bars once it is read.
fn train(
    options: &TrainOptions,
    logger: &mut SessionLogger,
    bars: &mut Option<BarSource>,
) -> Result<RunEnd> {
    let config = &options.training;
    info!("session {}, seed {}", logger.session().id, config.seed);
    let training_data = prepare(config, options.layout.root(), options.clock.tomorrow_ms())?;
    let TrainingData { source, features, summary, kind, splits, records, n_windows, symbols } =
        &training_data;
    *bars = Some(source.clone());
    info!("{summary}");
    log_summary(summary);
    if let Some(resume) = &options.resume {
        resume.check_data(summary)?;
        logger.session_mut().resumed_from = Some(resume.record());
    }
    if summary.n_gaps > 0 {
        warn!("bars are missing in {}; none is made up", counted(summary.n_gaps, "place"));
    }
    if features.windows().is_some() && kind.volume != Volume::Varies {
        warn!("the volume {}: the feature of it says nothing", kind.volume.problem());
    }
    logger.session_mut().data = Some(data_record(summary));
    logger.session_mut().split = records.first().cloned();
    logger.save_session(Status::Running, None)?;
    if options.stop.is_raised() {
        return Ok(RunEnd::Interrupted);
    }
    if symbols[0].name.is_some() {
        info!("{}, one model", counted(symbols.len() as u64, "symbol"));
    }
    if *n_windows == 0 && config.walk_forward.windows.is_none() {
        info!("too few bars for {WINDOWS_DEFAULT} windows: one split");
    }
    if *n_windows > 0 {
        warn_of_unused(config);
    }
    for Split { n_train, n_embargo, n_test, .. } in splits {
        let n_train = counted(*n_train, "bar");
        if *n_test == 0 {
            info!("{n_train} train the model that is saved, none test it");
        } else {
            info!("{n_train} train, {n_embargo} of embargo, {n_test} test");
        }
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(config.threads)
        .build()
        .context("failed to start the threads; set `threads` lower")?;
    pool.install(|| {
        let outputs = RunOutputs::open(options, logger)?;
        let end = TrainingRun::new(options, training_data.clone(), outputs)?.run()?;
        robustness::add(options, &training_data, logger.session_mut());
        Ok(end)
    })
}

/// Warns of changed settings that apply only to a single split.
fn warn_of_unused(config: &TrainingConfig) {
    let default = TrainingConfig::default();
    let unused = [
        ("train_ratio", config.train_ratio.to_bits() == default.train_ratio.to_bits()),
        ("embargo_bars", config.embargo_bars == default.embargo_bars),
    ];
    for (setting, _) in unused.iter().filter(|(_, is_default)| !is_default) {
        warn!("`{setting}` changes nothing where windows judge; `--split` judges on one split");
    }
}

/// Logs how the bars were interpreted, and warnings about them.
fn log_summary(summary: &DataSummary) {
    let Some(read_report) = &summary.read_report else {
        return;
    };
    for line in &read_report.lines {
        info!("{line}");
    }
    for warning in &read_report.warnings {
        warn!("{warning}");
    }
}

fn data_record(summary: &DataSummary) -> DataRecord {
    DataRecord {
        source: summary.source.clone(),
        sha256: summary.sha256.clone(),
        n_bars: summary.n_bars,
        first: time_of_ms(summary.first_ms),
        last: time_of_ms(summary.last_ms),
        interval_seconds: summary.interval_ms as f64 / 1000.0,
        n_gaps: summary.n_gaps,
        n_missing_bars: summary.n_missing_bars,
        read_report: summary.read_report.clone(),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
