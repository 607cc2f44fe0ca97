//! Computes an account's figures bar by bar, in bounded memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bars::BarReturns;
use super::curve::{Curve, Tails};
use super::ruin::{RUINED, is_return_based};
use super::{BarCalendar, Performance, PeriodsPerYear, SharpeSample};
use crate::account::environment::{BarOutcome, Flows, RUIN_SHARE, StepStatus};
use crate::wording::time_of_ms;

/// Computes the figures of one account, fed once per bar.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PerformanceTracker {
    /// `None` infers them from the calendar.
    periods_per_year: Option<PeriodsPerYear>,
    /// Of all bars, also those without a return.
    calendar: BarCalendar,
    initial_equity: f64,
    /// Up to the bar before the last.
    curve: Curve,
    /// The last bar's equity, which may change until the next bar.
    last_equity: Option<f64>,
    n_exposed: u64,
    turnover: f64,
    /// Of all bars.
    flows: Flows,
    is_bankrupt: bool,
    /// The open of the bar that ruined it, where times are known.
    ruined_ms: Option<i64>,
    /// The open of the current bar, where times are known.
    now_ms: Option<i64>,
}

impl PerformanceTracker {
    /// Returns a tracker of an account that starts with `initial_equity`
    /// (above 0, in money); `None` for `periods_per_year` infers them
    /// from the times of the bars.
    pub fn new(initial_equity: f64, periods_per_year: impl Into<Option<PeriodsPerYear>>) -> Self {
        Self {
            periods_per_year: periods_per_year.into(),
            calendar: BarCalendar::default(),
            initial_equity,
            curve: Curve::new(initial_equity),
            last_equity: None,
            n_exposed: 0,
            turnover: 0.0,
            flows: Flows::default(),
            is_bankrupt: false,
            ruined_ms: None,
            now_ms: None,
        }
    }

    /// Turns on the figures that need the returns themselves: the Sharpe
    /// ratio's interval, drawn with `seed`, and the tails, in up to 1 MB.
    /// Call it before the first bar.
    #[must_use]
    pub fn with_risk(mut self, seed: u64) -> Self {
        self.curve = self.curve.with_risk(seed);
        self
    }

    /// Begins the bar that opens at `time_ms`, with or without a return:
    /// the calendar counts all bars up to ruin, as the written curve does.
    pub fn begin_bar(&mut self, time_ms: i64) {
        self.now_ms = Some(time_ms);
        if !self.is_bankrupt {
            self.calendar.push(time_ms);
        }
    }

    /// Returns the calendar of the bars so far.
    pub fn calendar(&self) -> &BarCalendar {
        &self.calendar
    }

    fn periods_per_year(&self) -> PeriodsPerYear {
        let observed = || PeriodsPerYear::from_calendar(&self.calendar);
        self.periods_per_year.unwrap_or_else(|| observed().unwrap_or(PeriodsPerYear::UNKNOWN))
    }

    /// Records the next bar; ignores refused steps and bars after ruin.
    pub fn push(&mut self, outcome: &BarOutcome) {
        if outcome.status == StepStatus::Refused || self.is_bankrupt {
            return;
        }
        self.end_bar();
        self.add_flows(outcome);
        self.n_exposed += u64::from(outcome.is_exposed);
        self.last_equity = Some(outcome.equity);
        self.check_ruin(outcome.equity);
    }

    /// Records the outcome of [`Environment::finish`]: the last bar then
    /// ends with the equity after the exit's costs.
    ///
    /// [`Environment::finish`]: crate::account::environment::Environment::finish
    pub fn settle(&mut self, outcome: &BarOutcome) {
        if self.is_bankrupt && self.ruined_ms != self.now_ms {
            return;
        }
        self.add_flows(outcome);
        if let Some(equity) = &mut self.last_equity {
            *equity = outcome.equity;
            self.check_ruin(outcome.equity);
        }
    }

    /// Marks the account as ruined if `equity` at a close is that low.
    fn check_ruin(&mut self, equity: f64) {
        if !self.is_bankrupt && equity <= RUIN_SHARE * self.initial_equity {
            self.is_bankrupt = true;
            self.ruined_ms = self.now_ms;
        }
    }

    /// Returns the equity after the latest bar, in money.
    pub fn equity(&self) -> f64 {
        self.last_equity.unwrap_or(self.initial_equity)
    }

    /// Returns the Sharpe ratio per bar with its sample, where defined.
    pub fn sharpe_sample(&self) -> Option<SharpeSample> {
        let mut whole = self.clone();
        whole.end_bar();
        whole.curve.sharpe_sample().ok().filter(|_| !self.is_bankrupt)
    }

    /// Returns the figures so far.
    pub fn performance(&self) -> Performance {
        let mut whole = self.clone();
        whole.end_bar();
        let Self { curve, flows, .. } = &whole;
        let n_bars = curve.n_returns();
        let periods_per_year = self.periods_per_year();
        let periods = periods_per_year.value;
        let is_bankrupt = self.is_bankrupt;
        let interval = curve.sharpe_interval(periods);
        let tails = curve.tails();
        let tails = tails.as_ref().map_err(|reason| *reason);
        let bars = curve.bars();
        let mut undefined = BTreeMap::new();
        let mut counts = |name: &str, count: fn(&BarReturns) -> u64| {
            let count = bars.map(count);
            count.map_err(|reason| undefined.insert(name.to_owned(), reason.to_owned())).ok()
        };
        let consecutive_wins = counts("consecutive_wins", BarReturns::consecutive_wins);
        let consecutive_losses = counts("consecutive_losses", BarReturns::consecutive_losses);
        let mut figure = |name: &str, value: Result<f64, &str>| {
            let is_void = is_bankrupt && is_return_based(name);
            let value = if is_void { Err(RUINED) } else { value };
            value.map_err(|reason| undefined.insert(name.to_owned(), reason.to_owned())).ok()
        };
        Performance {
            n_bars,
            initial_equity: self.initial_equity,
            final_equity: curve.equity(),
            net_return: curve.equity() / self.initial_equity - 1.0,
            annual_return: figure("annual_return", curve.annual_return(periods)),
            volatility: figure("volatility", curve.volatility(periods)),
            sharpe: figure("sharpe", curve.sharpe(periods)),
            sharpe_low: figure("sharpe_low", interval.map(|interval| interval.low)),
            sharpe_high: figure("sharpe_high", interval.map(|interval| interval.high)),
            probabilistic_sharpe: figure("probabilistic_sharpe", curve.probabilistic_sharpe()),
            sortino: figure("sortino", curve.sortino(periods)),
            max_drawdown: curve.max_drawdown(),
            max_drawdown_bars: curve.max_drawdown_bars(),
            calmar: figure("calmar", curve.calmar(periods)),
            tail_ratio: figure("tail_ratio", tails.and_then(Tails::ratio)),
            value_at_risk: figure("value_at_risk", tails.map(Tails::value_at_risk)),
            conditional_value_at_risk: figure(
                "conditional_value_at_risk",
                tails.map(Tails::conditional_value_at_risk),
            ),
            skewness: figure("skewness", curve.skewness()),
            kurtosis: figure("kurtosis", curve.kurtosis()),
            omega: figure("omega", bars.and_then(BarReturns::omega)),
            kelly: figure("kelly", bars.and_then(BarReturns::kelly)),
            ulcer_index: figure("ulcer_index", bars.map(BarReturns::ulcer_index)),
            consecutive_wins,
            consecutive_losses,
            n_trades: flows.n_closed,
            win_rate: figure("win_rate", win_rate(flows)),
            profit_factor: figure("profit_factor", profit_factor(flows)),
            expectancy: figure("expectancy", expectancy(flows)),
            sqn: figure("sqn", sqn(flows)),
            exposure: figure("exposure", whole.exposure()),
            turnover: self.turnover,
            commission: flows.commission,
            slippage: flows.slippage,
            funding: flows.funding,
            borrow_fee: flows.carry.borrow_fee,
            interest: flows.carry.interest,
            dividends: flows.carry.dividends,
            is_bankrupt,
            ruined_at: self.ruined_ms.map(time_of_ms),
            n_liquidations: flows.n_liquidated,
            periods_per_year,
            undefined,
        }
    }

    fn end_bar(&mut self) {
        if let Some(equity) = self.last_equity {
            self.curve.push(equity);
        }
    }

    fn add_flows(&mut self, outcome: &BarOutcome) {
        if outcome.flows.notional > 0.0 {
            self.turnover += outcome.flows.notional / self.equity();
        }
        self.flows.add(&outcome.flows);
    }

    fn exposure(&self) -> Result<f64, &'static str> {
        match self.curve.n_returns() {
            0 => Err("no bars"),
            n_bars => Ok(self.n_exposed as f64 / n_bars as f64),
        }
    }
}

const NO_TRADES: &str = "no trade was closed";

fn win_rate(flows: &Flows) -> Result<f64, &'static str> {
    if flows.n_closed == 0 {
        Err(NO_TRADES)
    } else {
        Ok(flows.n_won as f64 / flows.n_closed as f64)
    }
}

fn profit_factor(flows: &Flows) -> Result<f64, &'static str> {
    match flows {
        Flows { n_closed: 0, .. } => Err(NO_TRADES),
        Flows { loss: 0.0, .. } => Err("no trade lost"),
        _ => Ok(flows.profit / flows.loss),
    }
}

fn expectancy(flows: &Flows) -> Result<f64, &'static str> {
    if flows.n_closed == 0 {
        Err(NO_TRADES)
    } else {
        Ok((flows.profit - flows.loss) / flows.n_closed as f64)
    }
}

fn sqn(flows: &Flows) -> Result<f64, &'static str> {
    if flows.n_closed < 2 {
        return Err("fewer than 2 trades were closed");
    }
    let n = flows.n_closed as f64;
    let mean = expectancy(flows)?;
    let variance = (flows.squared_pnl - n * mean * mean) / (n - 1.0);
    // Of equal profits only rounding error is left.
    if variance <= 1e-12 * flows.squared_pnl / n {
        return Err("all trades earned the same");
    }
    Ok(n.sqrt() * mean / variance.sqrt())
}
