//! `logs/trades/trade_traces_YYYYMMDD_HHMMSS.jsonl`: every event of the
//! account as one JSON object per line.
//!
//! Every event is written unchanged. Lines are buffered until the batch
//! ends; a kill leaves only whole lines.
//!
//! # Format 1
//!
//! UTF-8, one object per line. The first line is the header:
//!
//! ```json
//! {"event":"TRACE_STARTED","format":1,"session":"20260131_120000","tool_version":"0.1.0"}
//! ```
//!
//! Every other line has `event` and these fields:
//!
//! | field     | meaning                                               |
//! |-----------|-------------------------------------------------------|
//! | `event`   | `TRADE_OPENED`, `TRADE_ADJUSTED`, `TRADE_CLOSED` or `INVALID_ACTION` |
//! | `phase`   | `train` or `test`                                     |
//! | `episode` | counted from 1                                        |
//! | `batch`   | counted from 1 within the episode; on test bars, the last one before |
//! | `step`    | training bars seen so far, over all episodes          |
//! | `time`    | the bar's open, RFC 3339 in UTC                       |
//!
//! and all fields of its own event: see [`OpenedTrade`],
//! [`AdjustedTrade`], [`ClosedTrade`], [`InvalidAction`] and, in the
//! first three, [`Fill`]. Prices are after slippage, money is in the
//! quote currency, `net_pnl` is after all costs, `duration_bars` counts
//! bars, `reason` says why. Readers must skip events and fields that
//! they do not know; a change of meaning raises `format`.
//!
//! [`OpenedTrade`]: crate::account::environment::OpenedTrade
//! [`AdjustedTrade`]: crate::account::environment::AdjustedTrade
//! [`ClosedTrade`]: crate::account::environment::ClosedTrade
//! [`InvalidAction`]: crate::account::environment::InvalidAction
//! [`Fill`]: crate::account::environment::Fill

use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::account::environment::TradeEvent;
use crate::session::{LineFile, Session, StepContext, time_of_ms};

/// The number in the header's `format`.
pub const TRACE_FORMAT: u32 = 1;

/// Writes the events of one run.
#[derive(Debug)]
pub struct TradeTracer {
    file: LineFile,
}

#[derive(Serialize)]
struct Header<'a> {
    event: &'static str,
    format: u32,
    session: &'a str,
    tool_version: &'a str,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    event: &'a TradeEvent,
    #[serde(flatten)]
    at: &'a StepContext,
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<&'a str>,
}

impl TradeTracer {
    /// Creates the file of `session` in the folder `trades`, with its
    /// header. Where the name is taken it ends in `_2`, `_3` and so on.
    pub fn create(trades: &Path, session: &Session) -> Result<Self> {
        let path = trades.join(format!("trade_traces_{}.jsonl", session.id));
        let mut file = LineFile::create_beside(&path)?;
        file.push(&serde_json::to_string(&Header {
            event: "TRACE_STARTED",
            format: TRACE_FORMAT,
            session: &session.id,
            tool_version: &session.tool_version,
        })?)?;
        file.flush()?;
        Ok(Self { file })
    }

    /// Returns the file's path.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Adds `event`, which happened at `at`, to `symbol` in a portfolio.
    pub fn trace(
        &mut self,
        at: &StepContext,
        symbol: Option<&str>,
        event: &TradeEvent,
    ) -> Result<()> {
        let time = time_of_ms(time_ms(event));
        self.file.push(&serde_json::to_string(&Line { event, at, time, symbol })?)
    }

    /// Writes the buffered lines.
    pub fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }

    /// Writes the buffered lines and syncs the file to disk.
    pub fn sync(&mut self) -> Result<()> {
        self.file.sync()
    }
}

fn time_ms(event: &TradeEvent) -> i64 {
    match event {
        TradeEvent::Opened(trade) => trade.fill.time_ms,
        TradeEvent::Adjusted(trade) => trade.fill.time_ms,
        TradeEvent::Closed(trade) => trade.fill.time_ms,
        TradeEvent::Invalid(action) => action.time_ms,
    }
}
