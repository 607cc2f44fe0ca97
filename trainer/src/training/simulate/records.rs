//! The rows and the summary of a replay.

use anyhow::Result;
use serde::Serialize;

use crate::account::environment::{
    ClosedTrade, EnvironmentConfig, Fill, FillReason, InvalidAction, Side, TradeEvent,
};
use crate::account::metrics::{Alarm, Performance};
use crate::market::bars::DataSummary;
use crate::session::time_of_ms;

/// A row of a replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ReplayRow {
    /// A fill; a reversal gives two.
    Fill(FillRow),
    /// A closed trade.
    Trade(TradeRow),
    /// A signal that could not be executed.
    Refused(InvalidAction),
    /// The account's equity at a bar's close.
    Equity(EquityRow),
}

/// Takes the rows of a replay, each kind in order.
pub type RowSink<'a> = dyn FnMut(ReplayRow) -> Result<()> + 'a;

/// The input and performance of a replay; its JSON is format 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReplaySummary {
    /// The format version: 1.
    pub format: u32,
    /// The bars.
    pub data: DataSummary,
    /// The account's rules.
    pub environment: EnvironmentConfig,
    /// The performance of the account.
    pub metrics: Performance,
    /// The implausible figures among the metrics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<Alarm>,
}

/// One fill.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FillRow {
    /// The bar's open, RFC 3339 in UTC.
    pub time: String,
    /// The bar, counted from 0.
    pub bar_idx: u64,
    /// The fill's trade, counted from 1.
    pub trade_id: u64,
    /// Units bought; below 0: sold.
    pub units: f64,
    /// Price after slippage and half the spread.
    pub price: f64,
    /// Price before slippage and spread.
    pub reference_price: f64,
    /// Commission, in money.
    pub commission: f64,
    /// Slippage and half the spread, in money.
    pub slippage: f64,
    /// The reason for the fill.
    pub reason: FillReason,
}

/// One trade, from flat to flat.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeRow {
    /// Counted from 1 in the order of opening.
    pub trade_id: u64,
    /// Long or short.
    pub side: Side,
    /// Units of the closing fill; below 0 for a short.
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
    /// Profit before all costs, in money.
    pub gross_pnl: f64,
    /// Commission of all its fills, in money.
    pub commission: f64,
    /// Slippage and half the spread of all its fills, in money.
    pub slippage: f64,
    /// Funding paid, in money; below 0: received.
    pub funding: f64,
    /// Fee for borrowed units, in money.
    pub borrow_fee: f64,
    /// Interest on borrowed cash, in money.
    pub interest: f64,
    /// Dividends received, in money; below 0: paid by a short.
    pub dividends: f64,
    /// Profit after all costs, in money.
    pub net_pnl: f64,
    /// Net profit as a fraction of the equity at the entry.
    pub return_on_equity: f64,
    /// Bars in which the position was held.
    pub duration_bars: u64,
    /// The reason for the closing fill.
    pub reason: FillReason,
}

/// The account's equity at a bar's close.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EquityRow {
    /// The bar's open, RFC 3339 in UTC.
    pub time: String,
    /// Equity in money; in the last row, after the exit.
    pub equity: f64,
    /// Position value as a multiple of equity.
    pub exposure: f64,
    /// The bar's close.
    pub close: f64,
}

/// Passes `event` to `sink` as rows.
pub(super) fn write_event(sink: &mut RowSink<'_>, event: &TradeEvent) -> Result<()> {
    match event {
        TradeEvent::Opened(trade) => sink(fill_row(trade.trade_id, &trade.fill)),
        TradeEvent::Adjusted(trade) => sink(fill_row(trade.trade_id, &trade.fill)),
        TradeEvent::Closed(trade) => {
            sink(fill_row(trade.trade_id, &trade.fill))?;
            sink(ReplayRow::Trade(trade_row(trade)))
        }
        TradeEvent::Invalid(action) => sink(ReplayRow::Refused(*action)),
    }
}

fn fill_row(trade_id: u64, fill: &Fill) -> ReplayRow {
    ReplayRow::Fill(FillRow {
        time: time_of_ms(fill.time_ms),
        bar_idx: fill.bar_idx,
        trade_id,
        units: fill.units,
        price: fill.price,
        reference_price: fill.reference_price,
        commission: fill.commission,
        slippage: fill.slippage,
        reason: fill.reason,
    })
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
