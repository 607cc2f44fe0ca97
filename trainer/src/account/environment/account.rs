//! Cash, position and open trade of one account.
//!
//! It only executes; its callers decide sizes, prices and margin.

use serde::{Deserialize, Serialize};

use super::config::{CarryRates, Pricing};
use super::event::{AdjustedTrade, ClosedTrade, Fill, FillReason, OpenedTrade, Side, TradeEvent};
use super::outcome::{Carry, Flows};
use super::sizing::split;

/// The open trade; meaningless while the account is flat.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct OpenTrade {
    pub(super) bar_idx: u64,
    pub(super) time_ms: i64,
    pub(super) entry_price: f64,
    pub(super) entry_equity: f64,
    /// Money received less money paid, at the reference prices.
    pub(super) reference_flow: f64,
    pub(super) commission: f64,
    pub(super) slippage: f64,
    pub(super) funding: f64,
    pub(super) carry: Carry,
}

/// When, at which price and why a fill happens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Execution {
    pub(super) bar_idx: u64,
    pub(super) time_ms: i64,
    pub(super) reference_price: f64,
    pub(super) reason: FillReason,
    /// Whether it is at the open: the bar then does not count as held.
    pub(super) is_at_open: bool,
}

impl OpenTrade {
    pub(super) fn net_pnl(&self, position_value: f64) -> f64 {
        let costs = self.commission + self.slippage + self.funding + self.carry.costs();
        self.reference_flow + position_value + self.carry.dividends - costs
    }
}

/// Cash, one position, and what its trade earned and cost so far.
///
/// After every bar `cash + units * close = equity`, and the initial cash
/// plus the net profit of the closed trades and of the open one equals
/// that equity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    pricing: Pricing,
    cash: f64,
    units: f64,
    trade: OpenTrade,
    n_opened: u64,
    /// Since the last `start_bar`.
    flows: Flows,
}

impl Account {
    pub(super) fn new(initial_cash: f64, pricing: Pricing) -> Self {
        Self {
            pricing,
            cash: initial_cash,
            units: 0.0,
            trade: OpenTrade::default(),
            n_opened: 0,
            flows: Flows::default(),
        }
    }

    /// Returns the cash; below 0 when it is borrowed.
    pub fn cash(&self) -> f64 {
        self.cash
    }

    /// Returns the units held; below 0 for a short, 0 when flat.
    pub fn units(&self) -> f64 {
        self.units
    }

    /// Returns the equity with the position valued at `price`.
    pub fn equity(&self, price: f64) -> f64 {
        self.cash + self.units * price
    }

    /// Returns the average price of the held units, after slippage.
    pub fn entry_price(&self) -> Option<f64> {
        (self.units != 0.0).then_some(self.trade.entry_price)
    }

    /// Returns what the open trade earned so far, with its units valued at
    /// `price`, net of the costs paid; 0 when flat.
    pub fn open_net_pnl(&self, price: f64) -> f64 {
        if self.units == 0.0 { 0.0 } else { self.trade.net_pnl(self.units * price) }
    }

    pub(super) fn pricing(&self) -> Pricing {
        self.pricing
    }

    pub(super) fn start_bar(&mut self) {
        self.flows = Flows::default();
    }

    pub(super) fn flows(&self) -> Flows {
        self.flows
    }

    /// Pays the funding of the open position, if any, at `price`.
    pub(super) fn fund(&mut self, rate: f64, price: f64) {
        let funding = self.units * price * rate;
        self.cash -= funding;
        self.trade.funding += funding;
        self.flows.funding += funding;
    }

    /// Charges a held position, last worth `price` per unit, its borrow
    /// fee and interest, and settles a `dividend` per unit.
    pub(super) fn settle_carry(&mut self, rates: CarryRates, price: f64, dividend: f64) {
        if self.units == 0.0 {
            return;
        }
        let carry = Carry {
            borrow_fee: (-self.units).max(0.0) * price.abs() * rates.borrow_fee,
            interest: (-self.cash).max(0.0) * rates.interest,
            dividends: self.units * dividend,
        };
        self.cash += carry.dividends - carry.costs();
        self.trade.carry.add(&carry);
        self.flows.carry.add(&carry);
    }

    /// Changes the position to `units`, which must differ from those held.
    pub(super) fn trade_to(
        &mut self,
        units: f64,
        at: &Execution,
        events: &mut impl FnMut(TradeEvent),
    ) {
        let is_reversal = self.units * units < 0.0;
        let reason = if is_reversal { FillReason::Reversal } else { at.reason };
        let at = Execution { reason, ..*at };
        let [first, second] = split(self.units, units);
        let fill = self.price_fill(first, &at);
        if self.units == 0.0 {
            events(TradeEvent::Opened(self.open(fill)));
        } else if is_reversal || units == 0.0 {
            events(TradeEvent::Closed(self.close(fill, at.is_at_open)));
        } else {
            events(TradeEvent::Adjusted(self.adjust(fill, units)));
        }
        if is_reversal {
            let fill = self.price_fill(second, &at);
            events(TradeEvent::Opened(self.open(fill)));
        }
    }

    fn open(&mut self, fill: Fill) -> OpenedTrade {
        let entry_equity = self.equity(fill.reference_price);
        self.n_opened += 1;
        self.trade = OpenTrade {
            bar_idx: fill.bar_idx,
            time_ms: fill.time_ms,
            entry_price: fill.price,
            entry_equity,
            ..OpenTrade::default()
        };
        self.settle(&fill);
        self.units = fill.units;
        let side = Side::of(fill.units);
        OpenedTrade { trade_id: self.n_opened, side, fill, entry_equity }
    }

    fn adjust(&mut self, fill: Fill, units: f64) -> AdjustedTrade {
        let held = self.units;
        let is_increase = held * fill.units > 0.0;
        let realized = if is_increase {
            self.trade.entry_price =
                (held * self.trade.entry_price + fill.units * fill.price) / units;
            0.0
        } else {
            -fill.units * (fill.price - self.trade.entry_price)
        };
        self.settle(&fill);
        self.units = units;
        AdjustedTrade {
            trade_id: self.n_opened,
            side: Side::of(units),
            fill,
            units_after: units,
            entry_price: self.trade.entry_price,
            realized_pnl: realized - fill.commission,
        }
    }

    fn close(&mut self, fill: Fill, is_at_open: bool) -> ClosedTrade {
        let side = Side::of(self.units);
        self.settle(&fill);
        self.units = 0.0;
        let trade = &self.trade;
        let net_pnl = trade.net_pnl(0.0);
        self.flows.n_closed += 1;
        self.flows.n_liquidated += u64::from(fill.reason == FillReason::Liquidation);
        self.flows.n_won += u64::from(net_pnl > 0.0);
        self.flows.profit += net_pnl.max(0.0);
        self.flows.loss += (-net_pnl).max(0.0);
        self.flows.squared_pnl += net_pnl * net_pnl;
        ClosedTrade {
            trade_id: self.n_opened,
            side,
            fill,
            entry_bar_idx: trade.bar_idx,
            entry_time_ms: trade.time_ms,
            entry_price: trade.entry_price,
            entry_equity: trade.entry_equity,
            total_commission: trade.commission,
            total_slippage: trade.slippage,
            total_funding: trade.funding,
            total_borrow_fee: trade.carry.borrow_fee,
            total_interest: trade.carry.interest,
            total_dividends: trade.carry.dividends,
            gross_pnl: trade.reference_flow,
            net_pnl,
            return_on_equity: net_pnl / trade.entry_equity,
            duration_bars: fill.bar_idx - trade.bar_idx + u64::from(!is_at_open),
            equity: self.cash,
        }
    }

    fn price_fill(&self, units: f64, at: &Execution) -> Fill {
        let price = self.pricing.fill_price(units, at.reference_price);
        Fill {
            bar_idx: at.bar_idx,
            time_ms: at.time_ms,
            units,
            price,
            reference_price: at.reference_price,
            commission: self.pricing.commission(units, price),
            slippage: units * (price - at.reference_price),
            reason: at.reason,
        }
    }

    /// Pays for a fill and records its costs.
    fn settle(&mut self, fill: &Fill) {
        // In the same order as `sizing::cash_after`, so that cash which
        // sufficed there suffices here to the last bit.
        self.cash = self.cash - fill.units * fill.price - fill.commission;
        self.trade.reference_flow -= fill.units * fill.reference_price;
        self.trade.commission += fill.commission;
        self.trade.slippage += fill.slippage;
        self.flows.notional += (fill.units * fill.price).abs();
        self.flows.commission += fill.commission;
        self.flows.slippage += fill.slippage;
    }
}
