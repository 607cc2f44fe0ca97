//! The portfolio's account: the mean of the symbols' accounts.
//!
//! Each symbol's account starts with the configured cash. The equity of
//! the portfolio is their mean; a symbol without a bar at some time
//! keeps its last equity. So the portfolio starts with the same cash, an
//! equal part of it in each symbol, and is never rebalanced. Money is
//! averaged, trades are counted.

use crate::account::environment::{BarOutcome, Carry, Flows, StepStatus};
use crate::account::metrics::PerformanceTracker;

/// The latest state of one symbol's account.
#[derive(Debug, Clone, Copy)]
struct Holding {
    equity: f64,
    exposure: f64,
    is_exposed: bool,
    is_over: bool,
}

/// The portfolio, updated with the bars of all symbols, time by time.
pub(crate) struct PortfolioAccount {
    holdings: Vec<Holding>,
    /// The flows of each symbol at the current time.
    flows: Vec<Flows>,
    exits: Vec<(usize, BarOutcome)>,
    n_times: u64,
    pub(crate) tracker: PerformanceTracker,
}

impl PortfolioAccount {
    /// Returns the account of `n_symbols` symbols with `initial_cash` each;
    /// `seed` is that of the bootstrap of the Sharpe ratio's interval.
    pub(crate) fn new(n_symbols: usize, initial_cash: f64, seed: u64) -> Self {
        let holding =
            Holding { equity: initial_cash, exposure: 0.0, is_exposed: false, is_over: false };
        Self {
            holdings: vec![holding; n_symbols],
            flows: vec![Flows::default(); n_symbols],
            exits: Vec::new(),
            n_times: 0,
            tracker: PerformanceTracker::new(initial_cash, None).with_risk(seed),
        }
    }

    /// Records the outcome of symbol `idx` at the current time.
    pub(crate) fn bar(&mut self, idx: usize, outcome: &BarOutcome) {
        self.holdings[idx] = Holding {
            equity: outcome.equity,
            exposure: outcome.exposure,
            is_exposed: outcome.is_exposed,
            is_over: outcome.status != StepStatus::Running,
        };
        self.flows[idx] = outcome.flows;
    }

    /// Records the exit after the last bar of symbol `idx`.
    pub(crate) fn exit(&mut self, idx: usize, outcome: BarOutcome) {
        self.exits.push((idx, outcome));
    }

    /// Ends the current time, `time_ms`, and returns the portfolio's
    /// outcome after the exits.
    pub(crate) fn end_time(&mut self, time_ms: i64) -> BarOutcome {
        let outcome = self.combine(&self.flows);
        self.tracker.begin_bar(time_ms);
        self.n_times += 1;
        // In the first bar no decision is filled yet.
        if self.n_times > 1 {
            self.tracker.push(&outcome);
        }
        self.flows.fill(Flows::default());
        for holding in &mut self.holdings {
            // A symbol without a bar at the next time keeps its position.
            holding.is_exposed = holding.exposure != 0.0;
        }
        if self.exits.is_empty() {
            return outcome;
        }
        let mut flows = vec![Flows::default(); self.holdings.len()];
        for (idx, exit) in self.exits.drain(..) {
            let holding = &mut self.holdings[idx];
            *holding =
                Holding { equity: exit.equity, exposure: 0.0, is_exposed: false, ..*holding };
            flows[idx] = exit.flows;
        }
        let after = self.combine(&flows);
        self.tracker.settle(&after);
        BarOutcome { equity: after.equity, ..outcome }
    }

    /// Returns the exposure as a multiple of equity. Of equal exposures it
    /// is exactly that one, without rounding.
    fn exposure(&self) -> f64 {
        let first = self.holdings[0].exposure;
        let excess = |holding: &Holding| (holding.exposure - first) * holding.equity;
        let excess: f64 = self.holdings.iter().map(excess).sum();
        let equity: f64 = self.holdings.iter().map(|holding| holding.equity).sum();
        if excess == 0.0 { first } else { first + excess / equity }
    }

    /// Returns the portfolio's outcome: the current holdings with the
    /// costs and trades of `flows`, one for each symbol.
    fn combine(&self, flows: &[Flows]) -> BarOutcome {
        let equity = mean(&self.holdings, |holding| holding.equity);
        let is_over = self.holdings.iter().all(|holding| holding.is_over);
        let n_symbols = self.holdings.len() as f64;
        BarOutcome {
            equity,
            exposure: self.exposure(),
            is_exposed: self.holdings.iter().any(|holding| holding.is_exposed),
            flows: Flows {
                notional: mean(flows, |flow| flow.notional),
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
            },
            status: if is_over { StepStatus::Bankrupt } else { StepStatus::Running },
        }
    }
}

/// Returns the mean of `value` over `items`, which are not empty. Of
/// equal values it is exactly that one, without rounding.
fn mean<T>(items: &[T], value: impl Fn(&T) -> f64) -> f64 {
    let first = value(&items[0]);
    first + items.iter().map(|item| value(item) - first).sum::<f64>() / items.len() as f64
}
