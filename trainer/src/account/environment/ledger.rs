//! The open trade of an account, and what a fill of it takes.

use serde::{Deserialize, Serialize};

use super::event::FillReason;
use super::outcome::Carry;

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
