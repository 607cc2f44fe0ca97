//! `logs/trades/trade_execution.log`: one line for each closed trade.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::account::environment::ClosedTrade;
use crate::session::clock::time_of_ms;
use crate::session::lines::LineFile;
use crate::wording::{counted, money, price};

/// Which part of the run an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Trading on the training bars.
    Train,
    /// Trading on the test bars.
    Test,
}

/// Where in the run an event happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepContext {
    /// Counted from 1.
    pub episode: usize,
    /// Counted from 1 within the episode; in the test phase, the last
    /// batch before it.
    pub batch: usize,
    /// Training bars seen so far, over all episodes.
    pub step: u64,
    /// The part of the bars.
    pub phase: Phase,
}

/// Writes one in `every` closed trades.
#[derive(Debug)]
pub(super) struct TradeLog {
    pub(super) file: LineFile,
    pub(super) every: usize,
}

impl TradeLog {
    /// Writes `trade`, of `symbol` in a portfolio.
    pub(super) fn push(
        &mut self,
        at: &StepContext,
        symbol: Option<&str>,
        trade: &ClosedTrade,
    ) -> Result<()> {
        if trade.trade_id.is_multiple_of(self.every as u64) {
            match symbol {
                Some(symbol) => self.file.push(&format!("{symbol} {}", line(at, trade)))?,
                None => self.file.push(&line(at, trade))?,
            }
        }
        Ok(())
    }
}

fn line(at: &StepContext, trade: &ClosedTrade) -> String {
    let phase = match at.phase {
        Phase::Train => "train",
        Phase::Test => "test",
    };
    let signed = |value: f64| format!("{}{}", if value < 0.0 { "" } else { "+" }, money(value, 4));
    format!(
        "{time} {phase} episode {episode} batch {batch} trade {id}: {side} {units} \
         from {entry} to {exit}, net {net} (gross {gross}, commission {commission}, \
         slippage {slippage}), {bars}, {reason}, equity {equity}",
        time = time_of_ms(trade.fill.time_ms),
        episode = at.episode,
        batch = at.batch,
        id = trade.trade_id,
        side = trade.side,
        units = price(trade.fill.units.abs()),
        entry = price(trade.entry_price),
        exit = price(trade.fill.price),
        net = signed(trade.net_pnl),
        gross = signed(trade.gross_pnl),
        commission = money(trade.total_commission, 4),
        slippage = money(trade.total_slippage, 4),
        bars = counted(trade.duration_bars, "bar"),
        reason = trade.fill.reason,
        equity = money(trade.equity, 4),
    )
}
