//! The result of one step of the account.

use serde::{Deserialize, Serialize};

/// Costs and income of holding a position, other than funding, in money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carry {
    /// Paid for the units that a short borrowed.
    pub borrow_fee: f64,
    /// Paid on borrowed cash.
    pub interest: f64,
    /// Received by longs; below 0 when shorts paid more.
    pub dividends: f64,
}

impl Carry {
    /// Returns the borrow fee plus the interest.
    pub fn costs(&self) -> f64 {
        self.borrow_fee + self.interest
    }

    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.borrow_fee += other.borrow_fee;
        self.interest += other.interest;
        self.dividends += other.dividends;
    }
}

/// What the fills and the holding of one bar, or of several, moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Flows {
    /// Value of all fills, at their prices.
    pub notional: f64,
    /// Commission of all fills, in money.
    pub commission: f64,
    /// What slippage and half the spread cost in all fills, in money.
    pub slippage: f64,
    /// Funding paid at the close, in money; below 0: received.
    pub funding: f64,
    /// Borrow fee, interest and dividends since the bar before.
    pub carry: Carry,
    /// Trades closed.
    pub n_closed: u64,
    /// Positions liquidated.
    pub n_liquidated: u64,
    /// Trades closed that earned more than they cost.
    pub n_won: u64,
    /// Net profit of the trades closed at a profit, in money.
    pub profit: f64,
    /// Net loss of the other closed trades, in money, at least 0.
    pub loss: f64,
    /// Sum of the squared net profits and losses of the trades closed.
    pub squared_pnl: f64,
}

impl Flows {
    /// Adds `other`.
    pub fn add(&mut self, other: &Self) {
        self.notional += other.notional;
        self.commission += other.commission;
        self.slippage += other.slippage;
        self.funding += other.funding;
        self.carry.add(&other.carry);
        self.n_closed += other.n_closed;
        self.n_liquidated += other.n_liquidated;
        self.n_won += other.n_won;
        self.profit += other.profit;
        self.loss += other.loss;
        self.squared_pnl += other.squared_pnl;
    }
}

/// The result of one step, for metrics and rewards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarOutcome {
    /// Equity at the bar's close.
    pub equity: f64,
    /// Position value at the close as a multiple of equity, below 0 for
    /// a short.
    pub exposure: f64,
    /// Whether a position was held after the fills at the open.
    pub is_exposed: bool,
    /// What the bar moved.
    pub flows: Flows,
    /// Whether the account can trade on.
    pub status: StepStatus,
}

impl BarOutcome {
    /// Returns the outcome of a bar without position, fills or flows;
    /// `equity` is in money.
    pub fn idle(equity: f64) -> Self {
        let (flows, status) = (Flows::default(), StepStatus::Running);
        Self { equity, exposure: 0.0, is_exposed: false, flows, status }
    }
}

/// Whether the account can trade on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepStatus {
    /// The account can trade.
    Running,
    /// The account went bankrupt in this step: the episode ends here.
    Bankrupt,
    /// The account was bankrupt already: the step changed nothing.
    Refused,
}
