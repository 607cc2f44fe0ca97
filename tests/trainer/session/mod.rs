//! The record of a run, its trade log, its messages and its lock.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

pub mod tensorboard;
pub mod trace;

use std::fs;
use std::path::Path;

use serde_json::Value;
use trainer::account::environment::{ClosedTrade, Fill, FillReason, Side};
use trainer::config::{Level, TrainingConfig};
use trainer::session::{
    Clock, Layout, Locked, LogOptions, Phase, SessionLogger, SessionOptions, Status, StepContext,
    TrainerLock, parse_time, subscriber, write_atomically,
};

const AT: StepContext = StepContext { episode: 2, batch: 3, step: 4000, phase: Phase::Train };

pub(crate) fn noon() -> Clock {
    Clock::fixed(parse_time("2026-01-31T12:00:00Z").unwrap())
}

pub(crate) fn start(root: &Path, training: &TrainingConfig) -> (Layout, SessionLogger) {
    start_every(root, training, 1)
}

fn start_every(root: &Path, training: &TrainingConfig, every: usize) -> (Layout, SessionLogger) {
    let layout = Layout::new(root);
    layout.create().unwrap();
    let logger = SessionLogger::start(&SessionOptions {
        layout: &layout,
        clock: noon(),
        training,
        trade_log_frequency: every,
    });
    (layout, logger.unwrap())
}

pub(crate) fn closed_trade(trade_id: u64) -> ClosedTrade {
    ClosedTrade {
        trade_id,
        side: Side::Long,
        fill: Fill {
            bar_idx: 120,
            time_ms: 1_517_400_000_000,
            units: -0.02,
            price: 50_500.0,
            reference_price: 50_500.0,
            commission: 0.505,
            slippage: 0.0,
            reason: FillReason::Target,
        },
        entry_bar_idx: 100,
        entry_time_ms: 1_517_364_000_000,
        entry_price: 50_000.0,
        entry_equity: 10_000.0,
        total_commission: 1.005,
        total_slippage: 0.0,
        total_funding: 0.0,
        total_borrow_fee: 0.0,
        total_interest: 0.0,
        total_dividends: 0.0,
        gross_pnl: 10.0,
        net_pnl: 8.995,
        return_on_equity: 0.000_899_5,
        duration_bars: 20,
        equity: 10_008.995,
    }
}

fn record(layout: &Layout) -> Value {
    serde_json::from_slice(&fs::read(layout.session()).unwrap()).unwrap()
}

#[test]
fn a_session_starts_as_running_with_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, _logger) = start(folder.path(), &TrainingConfig::default());
    let mut record = record(&layout);
    record["config"]["training"]["environment"] = "[environment]".into();
    record["config"]["training"]["agent"] = "[agent]".into();
    record["config"]["sha256"] = "[digest]".into();
    insta::assert_json_snapshot!(record);
}

#[test]
fn sealing_stamps_the_end_and_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, mut logger) = start(folder.path(), &TrainingConfig::default());
    logger.save_session(Status::Failed, Some("bar 17 is bad")).unwrap();
    let record = record(&layout);
    assert_eq!(record["status"], "failed");
    assert_eq!(record["reason"], "bar 17 is bad");
    assert_eq!(record["finished_at"], "2026-01-31T12:00:00Z");
}

#[test]
fn the_record_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, logger) = start(folder.path(), &TrainingConfig::default());
    let read: trainer::session::Session =
        serde_json::from_slice(&fs::read(layout.session()).unwrap()).unwrap();
    assert_eq!(&read, logger.session());
}

#[test]
fn an_earlier_record_is_set_aside_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, mut first) = start(folder.path(), &TrainingConfig::default());
    first.save_session(Status::Completed, None).unwrap();
    fs::write(layout.equity(), "first").unwrap();
    let (_, mut second) = start(folder.path(), &TrainingConfig::default());
    second.save_session(Status::Failed, Some("second")).unwrap();
    start(folder.path(), &TrainingConfig::default());

    let status = |name: &str| -> Value {
        let bytes = fs::read(layout.logs().join(name)).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()["status"].clone()
    };
    assert_eq!(status("session_20260131_120000.json"), "completed");
    assert_eq!(status("session_20260131_120000_2.json"), "failed");
    assert_eq!(status("session.json"), "running");
    let equity = layout.trades().join("equity_20260131_120000.csv");
    assert_eq!(fs::read_to_string(equity).unwrap(), "first");
}

#[test]
fn a_trade_is_one_readable_line() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, mut logger) = start(folder.path(), &TrainingConfig::default());
    logger.log_trade(&AT, None, &closed_trade(7)).unwrap();
    logger.flush().unwrap();
    insta::assert_snapshot!(
        fs::read_to_string(layout.trade_log()).unwrap(),
        @"2018-01-31T12:00:00Z train episode 2 batch 3 trade 7: long 0.02 from 50000 to 50500, net +8.9950 (gross +10.0000, commission 1.0050, slippage 0.0000), 20 bars, target, equity 10008.9950"
    );
}

#[test]
fn a_trade_log_frequency_of_ten_logs_each_tenth_trade() {
    let folder = tempfile::tempdir().unwrap();
    let (layout, mut logger) = start_every(folder.path(), &TrainingConfig::default(), 10);
    for id in 1..=25 {
        logger.log_trade(&AT, None, &closed_trade(id)).unwrap();
    }
    logger.flush().unwrap();
    let text = fs::read_to_string(layout.trade_log()).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("trade 10:") && text.contains("trade 20:"), "{text}");
}

#[test]
fn disabled_trade_logging_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let training = TrainingConfig { enable_trade_logging: false, ..TrainingConfig::default() };
    let (layout, mut logger) = start(folder.path(), &training);
    logger.log_trade(&AT, None, &closed_trade(7)).unwrap();
    logger.save_session(Status::Completed, None).unwrap();
    assert!(!layout.trade_log().exists());
}

#[test]
fn a_failed_save_leaves_the_old_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.json");
    write_atomically(&path, b"old").unwrap();
    // A folder in the way of the temporary file stops the save.
    fs::create_dir(folder.path().join(".record.json.tmp")).unwrap();
    let error = write_atomically(&path, b"new").unwrap_err();
    assert!(format!("{error:#}").contains("failed to save"), "{error:#}");
    assert_eq!(fs::read(&path).unwrap(), b"old");
}

#[cfg(unix)]
#[test]
fn the_record_is_readable_by_whom_the_umask_lets() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let (layout, _logger) = start(folder.path(), &TrainingConfig::default());
    fs::write(folder.path().join("plain"), "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&layout.session()), mode(&folder.path().join("plain")));
}

#[test]
fn a_held_lock_names_its_holder() {
    let folder = tempfile::tempdir().unwrap();
    let path = Layout::new(folder.path()).lock();
    let held = TrainerLock::take(&path, noon()).unwrap();
    let error = TrainerLock::take(&path, noon()).unwrap_err();
    assert!(error.downcast_ref::<Locked>().is_some(), "{error:#}");
    let expected = format!("process {} since 2026-01-31T12:00:00Z", std::process::id());
    assert!(error.to_string().contains(&expected), "{error:#}");
    drop(held);
    TrainerLock::take(&path, noon()).unwrap();
}

#[test]
fn messages_reach_the_file_at_once_with_the_time_given() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("training.log");
    let options = LogOptions { console: Level::Off, file: Level::Info, path: &path, clock: noon() };
    tracing::subscriber::with_default(subscriber(&options).unwrap(), || {
        tracing::info!(n_bars = 3, "read the bars");
        tracing::debug!("not wanted");
        tracing::warn!("2 gaps");
        insta::assert_snapshot!(fs::read_to_string(&path).unwrap(), @r"
        2026-01-31T12:00:00Z  INFO read the bars n_bars=3
        2026-01-31T12:00:00Z  WARN 2 gaps
        ");
    });
}
