//! `logs/trades/trade_execution.log`: closed trades, a line each.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::environment::{ClosedTrade, FillReason, Side};
use crate::session::clock::time_of_ms;
use crate::session::lines::LineFile;

/// Which part of the run an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Trading on the bars that teach.
    Train,
    /// Trading on the bars that judge.
    Test,
}

/// Where in the run an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Counted from 1.
    pub episode: usize,
    /// Counted from 1 within the episode; in the test phase, the last
    /// batch before it.
    pub batch: usize,
    /// Training bars seen so far, over all episodes.
    pub step: u64,
    /// Which bars are traded.
    pub phase: Phase,
}

/// Writes every so many closed trades.
#[derive(Debug)]
pub(super) struct TradeLines {
    pub(super) file: LineFile,
    pub(super) every: usize,
    /// Of the trades to come, where there are several symbols.
    pub(super) symbol: Option<String>,
}

impl TradeLines {
    pub(super) fn push(&mut self, at: &Moment, trade: &ClosedTrade) -> Result<()> {
        if trade.trade_id.is_multiple_of(self.every as u64) {
            match &self.symbol {
                Some(symbol) => self.file.push(&format!("{symbol} {}", line(at, trade)))?,
                None => self.file.push(&line(at, trade))?,
            }
        }
        Ok(())
    }
}

fn line(at: &Moment, trade: &ClosedTrade) -> String {
    let phase = match at.phase {
        Phase::Train => "train",
        Phase::Test => "test",
    };
    let side = match trade.side {
        Side::Long => "long",
        Side::Short => "short",
    };
    let reason = match trade.fill.reason {
        FillReason::Target => "target",
        FillReason::Reversal => "reversal",
        FillReason::Liquidation => "liquidation",
        FillReason::EndOfData => "end of data",
    };
    format!(
        "{time} {phase} episode {episode} batch {batch} trade {id}: {side} {units:.8} \
         from {entry:.8} to {exit:.8}, net {net:+.4} (gross {gross:+.4}, commission {commission:.4}, \
         slippage {slippage:.4}), {bars} bars, {reason}, equity {equity:.4}",
        time = time_of_ms(trade.fill.time_ms),
        episode = at.episode,
        batch = at.batch,
        id = trade.trade_id,
        units = trade.fill.units.abs(),
        entry = trade.entry_price,
        exit = trade.fill.price,
        net = trade.net_pnl,
        gross = trade.gross_pnl,
        commission = trade.total_commission,
        slippage = trade.total_slippage,
        bars = trade.duration_bars,
        equity = trade.equity,
    )
}
