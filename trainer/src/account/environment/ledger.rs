//! The totals of an account: of its open trade, of all trades and of the
//! current bar.

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
    #[serde(default)]
    pub(super) carry: Carry,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Totals {
    pub(super) commission: f64,
    pub(super) slippage: f64,
    pub(super) funding: f64,
    #[serde(default)]
    pub(super) carry: Carry,
    pub(super) closed_net_pnl: f64,
    pub(super) n_closed: u64,
    pub(super) n_won: u64,
}

/// The sums of one bar.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Flows {
    pub(super) notional: f64,
    pub(super) commission: f64,
    pub(super) slippage: f64,
    pub(super) funding: f64,
    #[serde(default)]
    pub(super) carry: Carry,
    pub(super) n_closed: u32,
    #[serde(default)]
    pub(super) n_liquidated: u32,
    pub(super) n_won: u32,
    pub(super) profit: f64,
    pub(super) loss: f64,
    pub(super) squared_pnl: f64,
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
