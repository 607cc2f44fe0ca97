//! Gathers an account's figures bar by bar in constant memory.

use std::collections::BTreeMap;

use crate::environment::{BarOutcome, StepStatus};

use super::moments::Moments;
use super::{Performance, PeriodsPerYear};

/// A spread of returns up to this is rounding: each is a quotient near
/// 1 less 1, so its error is about one epsilon.
const NO_SPREAD: f64 = 4.0 * f64::EPSILON;

/// Gathers the figures of one account, fed once a bar.
#[derive(Debug, Clone, Copy)]
pub struct PerformanceTracker {
    periods_per_year: PeriodsPerYear,
    initial_equity: f64,
    curve: Curve,
    /// The last bar's equity, open to change until the next bar.
    last_equity: Option<f64>,
    n_exposed: u64,
    n_trades: u64,
    n_won: u64,
    turnover: f64,
    commission: f64,
    slippage: f64,
    is_bankrupt: bool,
}

/// The equity curve up to the bar before the last.
#[derive(Debug, Clone, Copy)]
struct Curve {
    equity: f64,
    peak: f64,
    max_drawdown: f64,
    returns: Moments,
}

impl PerformanceTracker {
    /// Returns a tracker of an account that starts with `initial_equity`
    /// (above 0), on bars of which a year has `periods_per_year`.
    pub fn new(initial_equity: f64, periods_per_year: PeriodsPerYear) -> Self {
        Self {
            periods_per_year,
            initial_equity,
            curve: Curve {
                equity: initial_equity,
                peak: initial_equity,
                max_drawdown: 0.0,
                returns: Moments::default(),
            },
            last_equity: None,
            n_exposed: 0,
            n_trades: 0,
            n_won: 0,
            turnover: 0.0,
            commission: 0.0,
            slippage: 0.0,
            is_bankrupt: false,
        }
    }

    /// Takes in the next bar. A refused step is not a bar.
    pub fn push(&mut self, outcome: &BarOutcome) {
        if outcome.status == StepStatus::Refused {
            return;
        }
        if let Some(equity) = self.last_equity {
            self.curve.push(equity);
        }
        self.add_fills(outcome);
        self.n_exposed += u64::from(outcome.is_exposed);
        self.last_equity = Some(outcome.equity);
    }

    /// Takes in what [`Environment::finish`] did at the last bar's close:
    /// that bar then ends with the equity after the exit's costs.
    ///
    /// [`Environment::finish`]: crate::environment::Environment::finish
    pub fn settle(&mut self, outcome: &BarOutcome) {
        self.add_fills(outcome);
        if let Some(equity) = &mut self.last_equity {
            *equity = outcome.equity;
        }
    }

    /// Returns the figures so far.
    pub fn performance(&self) -> Performance {
        let mut curve = self.curve;
        if let Some(equity) = self.last_equity {
            curve.push(equity);
        }
        let mut undefined = BTreeMap::new();
        let mut figure = |name: &str, value: Result<f64, &str>| {
            value.map_err(|reason| undefined.insert(name.to_owned(), reason.to_owned())).ok()
        };
        Performance {
            n_bars: curve.returns.n(),
            initial_equity: self.initial_equity,
            final_equity: curve.equity,
            net_return: curve.equity / self.initial_equity - 1.0,
            annual_return: figure("annual_return", self.annual_return(&curve)),
            volatility: figure("volatility", self.volatility(&curve)),
            sharpe: figure("sharpe", self.sharpe(&curve)),
            max_drawdown: curve.max_drawdown,
            n_trades: self.n_trades,
            win_rate: figure("win_rate", share(self.n_won, self.n_trades, "no trade was closed")),
            exposure: figure("exposure", share(self.n_exposed, curve.returns.n(), "no bars")),
            turnover: self.turnover,
            commission: self.commission,
            slippage: self.slippage,
            is_bankrupt: self.is_bankrupt,
            periods_per_year: self.periods_per_year,
            undefined,
        }
    }

    fn add_fills(&mut self, outcome: &BarOutcome) {
        if outcome.traded_notional > 0.0 {
            let equity_before = self.last_equity.unwrap_or(self.initial_equity);
            self.turnover += outcome.traded_notional / equity_before;
            self.commission += outcome.commission;
            self.slippage += outcome.slippage;
        }
        self.n_trades += u64::from(outcome.n_closed);
        self.n_won += u64::from(outcome.n_won);
        self.is_bankrupt |= outcome.status == StepStatus::Bankrupt;
    }

    fn annual_return(&self, curve: &Curve) -> Result<f64, &'static str> {
        if curve.returns.n() == 0 {
            return Err("no bars");
        }
        if curve.equity <= 0.0 {
            return Err("nothing is left");
        }
        let n_years = curve.returns.n() as f64 / self.periods_per_year.value;
        let annual = (curve.equity / self.initial_equity).powf(1.0 / n_years) - 1.0;
        annual.is_finite().then_some(annual).ok_or("too large for a number: too few bars")
    }

    fn volatility(&self, curve: &Curve) -> Result<f64, &'static str> {
        if curve.returns.n() < 2 {
            return Err("fewer than 2 bars");
        }
        Ok(curve.returns.standard_deviation() * self.periods_per_year.value.sqrt())
    }

    fn sharpe(&self, curve: &Curve) -> Result<f64, &'static str> {
        if curve.returns.n() < 2 {
            return Err("fewer than 2 bars");
        }
        let deviation = curve.returns.standard_deviation();
        if deviation <= NO_SPREAD {
            return Err("the returns do not vary: their standard deviation is 0");
        }
        Ok(curve.returns.mean() / deviation * self.periods_per_year.value.sqrt())
    }
}

impl Curve {
    fn push(&mut self, equity: f64) {
        self.returns.push(equity / self.equity - 1.0);
        self.equity = equity;
        self.peak = self.peak.max(equity);
        self.max_drawdown = self.max_drawdown.max(1.0 - equity / self.peak);
    }
}

fn share(part: u64, whole: u64, reason: &'static str) -> Result<f64, &'static str> {
    if whole == 0 { Err(reason) } else { Ok(part as f64 / whole as f64) }
}
