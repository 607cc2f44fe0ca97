//! The events of the account, with all fields of a trace.
//!
//! The serialized names are part of the trace format: they do not
//! change with the names here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An event of the account.
///
/// Serialized as one flat object, tagged by `event`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event")]
pub enum TradeEvent {
    /// A position was opened from flat, or by a reversal.
    #[serde(rename = "TRADE_OPENED")]
    Opened(OpenedTrade),
    /// Units were added to, or taken from, a position that stays open.
    #[serde(rename = "TRADE_ADJUSTED")]
    Adjusted(AdjustedTrade),
    /// A whole position was closed.
    #[serde(rename = "TRADE_CLOSED")]
    Closed(ClosedTrade),
    /// A target was executed only as far as possible.
    #[serde(rename = "INVALID_ACTION")]
    Invalid(InvalidAction),
}

/// The side of a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Earns when the price rises.
    Long,
    /// Earns when the price falls.
    Short,
}

impl Side {
    /// Returns the side of `units`, which are not 0.
    pub(super) fn of(units: f64) -> Self {
        if units > 0.0 { Self::Long } else { Self::Short }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Why a fill happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FillReason {
    /// The target changed.
    Target,
    /// The target changed to the other side.
    Reversal,
    /// The equity fell below the maintenance margin.
    Liquidation,
    /// The bars ended.
    EndOfData,
}

impl fmt::Display for FillReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Target => "target",
            Self::Reversal => "reversal",
            Self::Liquidation => "liquidation",
            Self::EndOfData => "end of data",
        })
    }
}

/// Why a target was not executed as requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvalidReason {
    /// The target is not a finite number and was ignored.
    NotFinite,
    /// The target is below -1 or above 1 and was clamped.
    OutOfRange,
    /// The target is below 0 and `allow_short` is off: the account went
    /// flat, or stayed so.
    ShortNotAllowed,
    /// The target is worth less than one lot or the fill's costs: the
    /// account went flat, or stayed so.
    TooSmall,
    /// The account is bankrupt; the target was ignored.
    Bankrupt,
    /// The target was set on the last bar: no bar follows to fill it.
    NoBarFollows,
}

impl fmt::Display for InvalidReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotFinite => "the target is no number",
            Self::OutOfRange => "the target is not from -1 to 1",
            Self::ShortNotAllowed => "`allow_short` is off",
            Self::TooSmall => "too small for a lot or its costs",
            Self::Bankrupt => "the account is bankrupt",
            Self::NoBarFollows => "no bar follows to fill it",
        })
    }
}

/// One execution, or the part of it that belongs to one trade.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    /// The bar, counted from 0 at the account's first step.
    pub bar_idx: u64,
    /// UTC epoch milliseconds of that bar's open; the fill itself is
    /// later in the bar for a liquidation and at its close for
    /// `end_of_data`.
    pub time_ms: i64,
    /// Units bought; below 0: sold.
    pub units: f64,
    /// The price paid or received, after slippage.
    pub price: f64,
    /// The price before slippage: the bar's open, the liquidation price,
    /// or the last close.
    pub reference_price: f64,
    /// Commission, in money.
    pub commission: f64,
    /// What slippage and half the spread cost against the reference
    /// price, in money.
    pub slippage: f64,
    /// The reason for the fill.
    pub reason: FillReason,
}

/// The opening of a position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OpenedTrade {
    /// Counted from 1 in the order of opening.
    pub trade_id: u64,
    /// The side of the position.
    pub side: Side,
    /// The opening fill.
    #[serde(flatten)]
    pub fill: Fill,
    /// Equity at the reference price, before this fill's costs.
    pub entry_equity: f64,
}

/// The enlargement or reduction of a position.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AdjustedTrade {
    /// The trade's number.
    pub trade_id: u64,
    /// The side of the position.
    pub side: Side,
    /// The fill that changed it.
    #[serde(flatten)]
    pub fill: Fill,
    /// Units held after the fill; below 0 for a short.
    pub units_after: f64,
    /// Average price of the held units, after slippage.
    pub entry_price: f64,
    /// Profit of the units sold off against the average entry price, less
    /// this fill's commission; for added units minus the commission.
    pub realized_pnl: f64,
}

/// The closing of a position, with the totals of the whole trade.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClosedTrade {
    /// The trade's number.
    pub trade_id: u64,
    /// The side of the position.
    pub side: Side,
    /// The closing fill.
    #[serde(flatten)]
    pub fill: Fill,
    /// The bar of the opening fill.
    pub entry_bar_idx: u64,
    /// UTC epoch milliseconds of that bar's open.
    pub entry_time_ms: i64,
    /// Average price of the units closed here, after slippage.
    pub entry_price: f64,
    /// Equity at the opening fill's reference price, before its costs.
    pub entry_equity: f64,
    /// Commission of all the trade's fills, in money.
    pub total_commission: f64,
    /// Slippage of all the trade's fills, in money.
    pub total_slippage: f64,
    /// Funding paid while it was open, in money; below 0: received.
    #[serde(default)]
    pub total_funding: f64,
    /// Paid for borrowed units while it was open, in money.
    #[serde(default)]
    pub total_borrow_fee: f64,
    /// Interest paid on borrowed cash while it was open, in money.
    #[serde(default)]
    pub total_interest: f64,
    /// Dividends received while it was open, in money; below 0: paid.
    #[serde(default)]
    pub total_dividends: f64,
    /// Profit at the reference prices, before all costs.
    pub gross_pnl: f64,
    /// Net profit: gross plus dividends, less commission, slippage,
    /// funding, borrow fee and interest.
    pub net_pnl: f64,
    /// Net profit as a fraction of the entry equity.
    pub return_on_equity: f64,
    /// Bars in which the position was held, in whole or in part.
    pub duration_bars: u64,
    /// Equity after this fill, and before a reversal's next one.
    pub equity: f64,
}

/// A target that was not executed as requested.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct InvalidAction {
    /// The bar at whose open the target would have filled.
    pub bar_idx: u64,
    /// UTC epoch milliseconds of that bar's open.
    pub time_ms: i64,
    /// The requested target; `None` when it is not a finite number.
    pub target: Option<f64>,
    /// Why it was not executed.
    pub reason: InvalidReason,
}
