//! What a replay tells, row by row.

use anyhow::Result;
use serde::Serialize;

use crate::account::environment::{
    ClosedTrade, EnvironmentConfig, Fill, FillReason, InvalidAction, Side, TradeEvent,
};
use crate::account::metrics::{Alarm, Performance};
use crate::market::bars::DataSummary;
use crate::session::time_of_ms;

/// Receives what happens in a replay.
pub trait RowSink {
    /// Takes a fill.
    fn fill(&mut self, fill: FillRow) -> Result<()>;
    /// Takes a trade that was closed.
    fn trade(&mut self, trade: TradeRow) -> Result<()>;
    /// Takes a signal that could not be executed.
    fn refused(&mut self, action: InvalidAction) -> Result<()>;
    /// Takes the account at a bar's close.
    fn equity(&mut self, row: EquityRow) -> Result<()>;
}

/// What a replay was and what it earned; its JSON is format 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplaySummary {
    /// The format's number: 1.
    pub format: u32,
    /// The bars.
    pub data: DataSummary,
    /// The account's rules.
    pub environment: EnvironmentConfig,
    /// What was earned.
    pub metrics: Performance,
    /// Figures of it that no market gives.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<Alarm>,
}

/// The rows of a replay, all of them in memory.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rows {
    /// Every fill, in order; a reversal is two.
    pub fills: Vec<FillRow>,
    /// Every trade, in the order of closing.
    pub trades: Vec<TradeRow>,
    /// Signals that could not be executed.
    pub refused: Vec<InvalidAction>,
    /// The account at each bar's close.
    pub equity: Vec<EquityRow>,
}

/// One fill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FillRow {
    /// The bar's open, RFC 3339 in UTC.
    pub time: String,
    /// The bar, counted from 0.
    pub bar_idx: u64,
    /// The trade it belongs to, counted from 1.
    pub trade_id: u64,
    /// Units bought; below 0: sold.
    pub units: f64,
    /// Price after slippage and half the spread.
    pub price: f64,
    /// Price before them.
    pub reference_price: f64,
    /// In money.
    pub commission: f64,
    /// Slippage and half the spread, in money.
    pub slippage: f64,
    /// Why it happened.
    pub reason: FillReason,
}

/// One trade, from flat to flat.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeRow {
    /// Counted from 1 in the order of opening.
    pub trade_id: u64,
    /// Long or short.
    pub side: Side,
    /// Units closed at the end; below 0 for a short.
    pub units: f64,
    /// The opening bar's open, RFC 3339 in UTC.
    pub entry_time: String,
    /// The opening bar, counted from 0.
    pub entry_bar_idx: u64,
    /// Average price of those units, after slippage.
    pub entry_price: f64,
    /// The closing bar's open.
    pub exit_time: String,
    /// The closing bar.
    pub exit_bar_idx: u64,
    /// Price of the closing fill, after slippage.
    pub exit_price: f64,
    /// What it would have earned without costs.
    pub gross_pnl: f64,
    /// In money.
    pub commission: f64,
    /// Slippage and half the spread, in money.
    pub slippage: f64,
    /// Funding paid, in money.
    pub funding: f64,
    /// Paid for borrowed units, in money.
    pub borrow_fee: f64,
    /// Paid on borrowed cash, in money.
    pub interest: f64,
    /// Received, in money; below 0: paid by a short.
    pub dividends: f64,
    /// What it earned after all costs.
    pub net_pnl: f64,
    /// That, as a fraction of the equity at its entry.
    pub return_on_equity: f64,
    /// Bars in which it was held.
    pub duration_bars: u64,
    /// Why it ended.
    pub reason: FillReason,
}

/// The account at one bar's close.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EquityRow {
    /// The bar's open, RFC 3339 in UTC.
    pub time: String,
    /// In money; the last row is after the exit.
    pub equity: f64,
    /// Position value as a multiple of equity.
    pub exposure: f64,
    /// The price.
    pub close: f64,
}

impl RowSink for Rows {
    fn fill(&mut self, fill: FillRow) -> Result<()> {
        self.fills.push(fill);
        Ok(())
    }

    fn trade(&mut self, trade: TradeRow) -> Result<()> {
        self.trades.push(trade);
        Ok(())
    }

    fn refused(&mut self, action: InvalidAction) -> Result<()> {
        self.refused.push(action);
        Ok(())
    }

    fn equity(&mut self, row: EquityRow) -> Result<()> {
        self.equity.push(row);
        Ok(())
    }
}

/// Passes what an event tells on to `sink`.
pub(super) fn write_event(sink: &mut impl RowSink, event: &TradeEvent) -> Result<()> {
    match event {
        TradeEvent::Opened(trade) => sink.fill(fill_row(trade.trade_id, &trade.fill)),
        TradeEvent::Adjusted(trade) => sink.fill(fill_row(trade.trade_id, &trade.fill)),
        TradeEvent::Closed(trade) => {
            sink.fill(fill_row(trade.trade_id, &trade.fill))?;
            sink.trade(trade_row(trade))
        }
        TradeEvent::Invalid(action) => sink.refused(*action),
    }
}

fn fill_row(trade_id: u64, fill: &Fill) -> FillRow {
    FillRow {
        time: time_of_ms(fill.time_ms),
        bar_idx: fill.bar_idx,
        trade_id,
        units: fill.units,
        price: fill.price,
        reference_price: fill.reference_price,
        commission: fill.commission,
        slippage: fill.slippage,
        reason: fill.reason,
    }
}

fn trade_row(trade: &ClosedTrade) -> TradeRow {
    TradeRow {
        trade_id: trade.trade_id,
        side: trade.side,
        units: -trade.fill.units,
        entry_time: time_of_ms(trade.entry_time_ms),
        entry_bar_idx: trade.entry_bar_idx,
        entry_price: trade.entry_price,
        exit_time: time_of_ms(trade.fill.time_ms),
        exit_bar_idx: trade.fill.bar_idx,
        exit_price: trade.fill.price,
        gross_pnl: trade.gross_pnl,
        commission: trade.total_commission,
        slippage: trade.total_slippage,
        funding: trade.total_funding,
        borrow_fee: trade.total_borrow_fee,
        interest: trade.total_interest,
        dividends: trade.total_dividends,
        net_pnl: trade.net_pnl,
        return_on_equity: trade.return_on_equity,
        duration_bars: trade.duration_bars,
        reason: trade.fill.reason,
    }
}
