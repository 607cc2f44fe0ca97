//! Writes the record of a run and its trade log.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::account::environment::ClosedTrade;
use crate::account::metrics::Alarm;
use crate::config::TrainingConfig;
use crate::digest::sha256_of_bytes;
use crate::session::clock::{Clock, time_text};
use crate::session::layout::Layout;
use crate::session::lines::{LineFile, numbered};
use crate::session::metrics::MetricsRecord;
use crate::session::record::{ConfigRecord, Session, Status, SymbolRecord};
use crate::session::trades::{StepContext, TradeLog};
use crate::session::write::write_atomically;

/// The options of a session.
#[derive(Debug)]
pub struct SessionOptions<'a> {
    /// The workspace.
    pub layout: &'a Layout,
    /// The clock of the start and the end.
    pub clock: Clock,
    /// The settings in force, `enable_trade_logging` among them.
    pub training: &'a TrainingConfig,
    /// One in this many closed trades is logged; at least 1.
    pub trade_log_frequency: usize,
}

/// Writes `logs/session.json` and `logs/trades/trade_execution.log`.
#[derive(Debug)]
pub struct SessionLogger {
    layout: Layout,
    clock: Clock,
    session: Session,
    trades: Option<TradeLog>,
}

impl SessionLogger {
    /// Starts a session and saves it with the status `running`.
    ///
    /// The record of an earlier run in `logs/` is not overwritten: it is
    /// renamed to `logs/session_ID.json`, and its equity curves and report
    /// likewise.
    pub fn start(options: &SessionOptions<'_>) -> Result<Self> {
        let layout = options.layout.clone();
        move_previous_aside(&layout)?;
        let trades = if options.training.enable_trade_logging {
            let file = LineFile::append(&layout.trade_log())?;
            Some(TradeLog { file, every: options.trade_log_frequency.max(1) })
        } else {
            None
        };
        let session = new_session(options)?;
        let mut logger = Self { layout, clock: options.clock, session, trades };
        logger.save_session(Status::Running, None)?;
        Ok(logger)
    }

    /// Returns the record so far.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the record to change; [`SessionLogger::save_session`] saves
    /// it.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Logs a closed trade, or skips it by the trade log's frequency.
    pub fn log_trade(
        &mut self,
        at: &StepContext,
        symbol: Option<&str>,
        trade: &ClosedTrade,
    ) -> Result<()> {
        match &mut self.trades {
            Some(trades) => trades.push(at, symbol, trade),
            None => Ok(()),
        }
    }

    /// Writes the buffered trades.
    pub fn flush(&mut self) -> Result<()> {
        self.trades.as_mut().map_or(Ok(()), |trades| trades.file.flush())
    }

    /// Saves the record with `status` and `reason`; the file is replaced
    /// atomically.
    ///
    /// Any status but `running` seals the record: its end is set after all
    /// other files of the session are on the disk.
    pub fn save_session(&mut self, status: Status, reason: Option<&str>) -> Result<()> {
        self.session.status = status;
        self.session.reason = reason.map(str::to_owned);
        let sealed = status != Status::Running;
        self.session.alarms = alarms(&self.session);
        self.session.finished_at = sealed.then(|| time_text(self.clock.now()));
        let trades_synced = match &mut self.trades {
            Some(trades) if sealed => trades.file.sync(),
            _ => Ok(()),
        };
        if sealed {
            self.layout.sync();
        }
        let mut bytes = serde_json::to_vec_pretty(&self.session)?;
        bytes.push(b'\n');
        // The record is sealed even if the trades could not be written.
        write_atomically(&self.layout.session(), &bytes)?;
        trades_synced
    }
}

/// Returns the alarms raised by the portfolio's figures, then by each
/// symbol's.
fn alarms(session: &Session) -> Vec<Alarm> {
    let whole = session.metrics.agent.iter().flat_map(Alarm::of);
    let of_symbols = session.symbols.iter().flat_map(|SymbolRecord { symbol, metrics, .. }| {
        let found = metrics.agent.iter().flat_map(Alarm::of);
        found.map(|alarm| alarm.of_symbol(symbol))
    });
    whole.chain(of_symbols).collect()
}

fn new_session(options: &SessionOptions<'_>) -> Result<Session> {
    let started_at = options.clock.now();
    let mut training = options.training.clone();
    training.schema = None;
    Ok(Session {
        format: 1,
        id: started_at.format("%Y%m%d_%H%M%S").to_string(),
        status: Status::Running,
        reason: None,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: time_text(started_at),
        finished_at: None,
        seed: training.seed,
        resumed_from: None,
        data: None,
        config: ConfigRecord { sha256: sha256_of_bytes(&serde_json::to_vec(&training)?), training },
        split: None,
        walk_forward: None,
        episodes: Vec::new(),
        seeds: Vec::new(),
        symbols: Vec::new(),
        metrics: MetricsRecord::default(),
        trials: None,
        alarms: Vec::new(),
        audit: None,
        judgement: None,
        model: None,
    })
}

fn move_previous_aside(layout: &Layout) -> Result<()> {
    let record = layout.session();
    if !record.exists() {
        return Ok(());
    }
    let id = previous_id(&record).unwrap_or_else(|| "unreadable".to_owned());
    move_aside(&record, &format!("session_{id}.json"))?;
    let others = [
        (layout.equity(), format!("equity_{id}.csv")),
        (layout.train_equity(), format!("train_equity_{id}.csv")),
        (layout.report(), format!("report_{id}.html")),
    ];
    for (path, name) in others.iter().filter(|(path, _)| path.exists()) {
        move_aside(path, name)?;
    }
    Ok(())
}

/// Reads only the id, so that records of any format can be moved aside.
fn previous_id(record: &Path) -> Option<String> {
    let session: serde_json::Value = serde_json::from_slice(&fs::read(record).ok()?).ok()?;
    let id = session.get("id")?.as_str()?;
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (plain && !id.is_empty()).then(|| id.to_owned())
}

fn move_aside(from: &Path, name: &str) -> Result<()> {
    let mut number = 1;
    let mut to = from.with_file_name(name);
    while to.exists() {
        number += 1;
        to = numbered(&from.with_file_name(name), number);
    }
    fs::rename(from, &to)
        .with_context(|| format!("failed to move `{}` to `{}`", from.display(), to.display()))
}
