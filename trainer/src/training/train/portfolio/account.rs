//! The portfolio's account: the mean of the symbols' accounts.
//!
//! Each symbol's account starts with the cash of the settings. The
//! portfolio's equity is their mean, a symbol without a bar at a time
//! counting as it was last; so it is an account with the same cash,
//! an equal part of it in each symbol, and nothing shifted between
//! them. Money is divided likewise; trades are counted.

use crate::account::environment::{BarOutcome, Carry, StepStatus};
use crate::account::metrics::PerformanceTracker;

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
    /// What happened to each at the current time.
    now: Vec<BarOutcome>,
    exits: Vec<(usize, BarOutcome)>,
    n_times: u64,
    pub(crate) tracker: PerformanceTracker,
}

impl PortfolioAccount {
    /// Returns the account of `n_symbols` symbols of `initial_cash` each,
    /// whose Sharpe ratio's interval is drawn with `seed`.
    pub(crate) fn new(n_symbols: usize, initial_cash: f64, seed: u64) -> Self {
        let holding =
            Holding { equity: initial_cash, exposure: 0.0, is_exposed: false, is_over: false };
        Self {
            holdings: vec![holding; n_symbols],
            now: vec![BarOutcome::idle(0.0); n_symbols],
            exits: Vec::new(),
            n_times: 0,
            tracker: PerformanceTracker::new(initial_cash, None).with_risk(seed),
        }
    }

    /// Records what symbol `idx` did in its bar of the current time.
    pub(crate) fn bar(&mut self, idx: usize, outcome: &BarOutcome) {
        self.holdings[idx] = Holding {
            equity: outcome.equity,
            exposure: outcome.exposure,
            is_exposed: outcome.is_exposed,
            is_over: outcome.status != StepStatus::Running,
        };
        self.now[idx] = *outcome;
    }

    /// Records what the exit after the last bar of symbol `idx` did.
    pub(crate) fn exit(&mut self, idx: usize, outcome: BarOutcome) {
        self.exits.push((idx, outcome));
    }

    /// Ends the current time, `time_ms`, and returns the portfolio at its close,
    /// after the exits.
    pub(crate) fn end_time(&mut self, time_ms: i64) -> BarOutcome {
        let outcome = self.whole(&self.now);
        self.tracker.begin_bar(time_ms);
        self.n_times += 1;
        // No decision could be held in the first bar.
        if self.n_times > 1 {
            self.tracker.push(&outcome);
        }
        self.now.fill(BarOutcome::idle(0.0));
        for holding in &mut self.holdings {
            // Without a bar of its own it holds on.
            holding.is_exposed = holding.exposure != 0.0;
        }
        if self.exits.is_empty() {
            return outcome;
        }
        let mut flows = vec![BarOutcome::idle(0.0); self.holdings.len()];
        for (idx, exit) in self.exits.drain(..) {
            let holding = &mut self.holdings[idx];
            *holding =
                Holding { equity: exit.equity, exposure: 0.0, is_exposed: false, ..*holding };
            flows[idx] = exit;
        }
        let after = self.whole(&flows);
        self.tracker.settle(&after);
        BarOutcome { equity: after.equity, ..outcome }
    }

    /// Returns what is held, as a multiple of equity: of equal exposures
    /// that very one, to the last bit.
    fn exposure(&self) -> f64 {
        let first = self.holdings[0].exposure;
        let over = |holding: &Holding| (holding.exposure - first) * holding.equity;
        let over: f64 = self.holdings.iter().map(over).sum();
        let equity: f64 = self.holdings.iter().map(|holding| holding.equity).sum();
        if over == 0.0 { first } else { first + over / equity }
    }

    /// Returns the portfolio as it is, in which `flows` happened to its
    /// symbols' accounts.
    fn whole(&self, flows: &[BarOutcome]) -> BarOutcome {
        let equity = mean(&self.holdings, |holding| holding.equity);
        let is_over = self.holdings.iter().all(|holding| holding.is_over);
        let n_symbols = self.holdings.len() as f64;
        BarOutcome {
            equity,
            exposure: self.exposure(),
            is_exposed: self.holdings.iter().any(|holding| holding.is_exposed),
            traded_notional: mean(flows, |flow| flow.traded_notional),
            commission: mean(flows, |flow| flow.commission),
            slippage: mean(flows, |flow| flow.slippage),
            funding: mean(flows, |flow| flow.funding),
            carry: Carry {
                borrow_fee: mean(flows, |flow| flow.carry.borrow_fee),
                interest: mean(flows, |flow| flow.carry.interest),
                dividends: mean(flows, |flow| flow.carry.dividends),
            },
            n_closed: flows.iter().map(|flow| flow.n_closed).sum(),
            n_liquidated: flows.iter().map(|flow| flow.n_liquidated).sum(),
            n_won: flows.iter().map(|flow| flow.n_won).sum(),
            profit: mean(flows, |flow| flow.profit),
            loss: mean(flows, |flow| flow.loss),
            squared_pnl: mean(flows, |flow| flow.squared_pnl) / n_symbols,
            status: if is_over { StepStatus::Bankrupt } else { StepStatus::Running },
        }
    }
}

/// Returns the mean of `value` over `of`, which are some: of equal
/// values that very value, to the last bit.
fn mean<T>(of: &[T], value: impl Fn(&T) -> f64) -> f64 {
    let first = value(&of[0]);
    first + of.iter().map(|one| value(one) - first).sum::<f64>() / of.len() as f64
}
