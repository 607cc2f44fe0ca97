//! The portfolio's account: the mean of the symbols' accounts.
//!
//! Each symbol's account starts with the cash of the settings. The
//! portfolio's equity is their mean, a symbol without a bar at a time
//! counting as it was last; so it is an account with the same cash,
//! an equal part of it in each symbol, and nothing shifted between
//! them. Money is divided likewise; trades are counted.

use crate::environment::{BarOutcome, StepStatus};
use crate::metrics::{PerformanceTracker, PeriodsPerYear};

/// One symbol's account as it was last.
#[derive(Debug, Clone, Copy)]
struct Holding {
    equity: f64,
    exposure: f64,
    is_exposed: bool,
    is_over: bool,
}

/// The portfolio, told of all symbols' bars of one time, then of the
/// next.
pub(crate) struct PortfolioAccount {
    holdings: Vec<Holding>,
    /// What happened at the time at hand.
    now: BarOutcome,
    exits: Vec<(usize, BarOutcome)>,
    n_times: u64,
    pub(crate) tracker: PerformanceTracker,
}

impl PortfolioAccount {
    /// Returns the account of `n_symbols` symbols of `initial_cash` each,
    /// whose Sharpe ratio's interval is drawn with `seed`.
    pub(crate) fn new(
        n_symbols: usize,
        (initial_cash, periods): (f64, PeriodsPerYear),
        seed: u64,
    ) -> Self {
        let holding =
            Holding { equity: initial_cash, exposure: 0.0, is_exposed: false, is_over: false };
        Self {
            holdings: vec![holding; n_symbols],
            now: BarOutcome::idle(0.0),
            exits: Vec::new(),
            n_times: 0,
            tracker: PerformanceTracker::new(initial_cash, periods).with_risk(seed),
        }
    }

    /// Takes in what symbol `idx` did in its bar of the time at hand.
    pub(crate) fn bar(&mut self, idx: usize, outcome: &BarOutcome) {
        self.holdings[idx] = Holding {
            equity: outcome.equity,
            exposure: outcome.exposure,
            is_exposed: outcome.is_exposed,
            is_over: outcome.status != StepStatus::Running,
        };
        let share = 1.0 / self.holdings.len() as f64;
        add(&mut self.now, outcome, share);
    }

    /// Takes in what the exit after the last bar of symbol `idx` did.
    pub(crate) fn exit(&mut self, idx: usize, outcome: BarOutcome) {
        self.exits.push((idx, outcome));
    }

    /// Ends the time at hand and returns the portfolio at its close,
    /// after the exits.
    pub(crate) fn end_time(&mut self) -> BarOutcome {
        let outcome = self.whole(self.now);
        self.n_times += 1;
        // No decision could be held in the first bar.
        if self.n_times > 1 {
            self.tracker.push(&outcome);
        }
        self.now = BarOutcome::idle(0.0);
        for holding in &mut self.holdings {
            // Without a bar of its own it holds on.
            holding.is_exposed = holding.exposure != 0.0;
        }
        if self.exits.is_empty() {
            return outcome;
        }
        let share = 1.0 / self.holdings.len() as f64;
        let mut flows = BarOutcome::idle(0.0);
        for (idx, exit) in self.exits.drain(..) {
            let holding = &mut self.holdings[idx];
            *holding =
                Holding { equity: exit.equity, exposure: 0.0, is_exposed: false, ..*holding };
            add(&mut flows, &exit, share);
        }
        let after = self.whole(flows);
        self.tracker.settle(&after);
        BarOutcome { equity: after.equity, ..outcome }
    }

    /// Returns the portfolio as it is, in which `flows` happened.
    fn whole(&self, flows: BarOutcome) -> BarOutcome {
        let equity: f64 = self.holdings.iter().map(|holding| holding.equity).sum();
        let value: f64 =
            self.holdings.iter().map(|holding| holding.exposure * holding.equity).sum();
        let is_over = self.holdings.iter().all(|holding| holding.is_over);
        BarOutcome {
            equity: equity / self.holdings.len() as f64,
            exposure: if value == 0.0 { 0.0 } else { value / equity },
            is_exposed: self.holdings.iter().any(|holding| holding.is_exposed),
            status: if is_over { StepStatus::Bankrupt } else { StepStatus::Running },
            ..flows
        }
    }
}

/// Adds what happened in one account, of which `share` is the
/// portfolio's.
fn add(sum: &mut BarOutcome, flows: &BarOutcome, share: f64) {
    sum.traded_notional += flows.traded_notional * share;
    sum.commission += flows.commission * share;
    sum.slippage += flows.slippage * share;
    sum.funding += flows.funding * share;
    sum.n_closed += flows.n_closed;
    sum.n_won += flows.n_won;
    sum.profit += flows.profit * share;
    sum.loss += flows.loss * share;
    sum.squared_pnl += flows.squared_pnl * share * share;
}
