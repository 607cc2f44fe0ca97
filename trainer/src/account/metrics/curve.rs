//! The figures of an equity curve.

use serde::{Deserialize, Serialize};

use super::bars::BarReturns;
use super::bootstrap::{Interval, sharpe_interval};
use super::moments::Moments;
use super::returns::{Groups, KeptReturns, mean_of_lowest, quantile};
use super::sharpe::SharpeSample;

/// A standard deviation up to this is rounding error: each return is a
/// quotient near 1, less 1, with an error of about one epsilon.
const DEVIATION_MIN: f64 = 4.0 * f64::EPSILON;
/// The share of the bars in each tail.
const TAIL: f64 = 0.05;

const NO_BARS: &str = "no bars";
const FEW_BARS: &str = "fewer than 2 bars";

/// An equity curve up to some bar.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Curve {
    initial_equity: f64,
    equity: f64,
    peak: f64,
    max_drawdown: f64,
    /// Bars since the peak.
    n_below_peak: u64,
    max_drawdown_bars: u64,
    returns: Moments,
    /// Sum of the squared returns below 0.
    squared_losses: f64,
    /// Not stored: it may take megabytes.
    #[serde(skip)]
    risk: Option<Risk>,
}

/// Returns of single bars, for the figures that need more than moments.
#[derive(Debug, Clone)]
struct Risk {
    seed: u64,
    groups: Groups,
    kept: KeptReturns,
    bars: BarReturns,
}

impl Curve {
    pub(super) fn new(initial_equity: f64) -> Self {
        Self {
            initial_equity,
            equity: initial_equity,
            peak: initial_equity,
            max_drawdown: 0.0,
            n_below_peak: 0,
            max_drawdown_bars: 0,
            returns: Moments::default(),
            squared_losses: 0.0,
            risk: None,
        }
    }

    pub(super) fn with_risk(mut self, seed: u64) -> Self {
        self.risk = Some(Risk {
            seed,
            groups: Groups::new(),
            kept: KeptReturns::new(),
            bars: BarReturns::default(),
        });
        self
    }

    pub(super) fn push(&mut self, equity: f64) {
        let value = equity / self.equity - 1.0;
        self.equity = equity;
        self.returns.push(value);
        self.squared_losses += value.min(0.0).powi(2);
        if let Some(risk) = &mut self.risk {
            risk.groups.push(value);
            risk.kept.push(value);
            risk.bars.push(value, 1.0 - equity / self.peak.max(equity));
        }
        self.n_below_peak = if equity < self.peak { self.n_below_peak + 1 } else { 0 };
        self.max_drawdown_bars = self.max_drawdown_bars.max(self.n_below_peak);
        self.peak = self.peak.max(equity);
        self.max_drawdown = self.max_drawdown.max(1.0 - equity / self.peak);
    }

    pub(super) fn n_returns(&self) -> u64 {
        self.returns.n()
    }

    pub(super) fn equity(&self) -> f64 {
        self.equity
    }

    pub(super) fn max_drawdown(&self) -> f64 {
        self.max_drawdown
    }

    pub(super) fn max_drawdown_bars(&self) -> u64 {
        self.max_drawdown_bars
    }

    pub(super) fn annual_return(&self, periods: f64) -> Result<f64, &'static str> {
        if self.returns.n() == 0 {
            return Err(NO_BARS);
        }
        if self.equity <= 0.0 {
            return Err("nothing is left");
        }
        let n_years = self.returns.n() as f64 / periods;
        let annual = (self.equity / self.initial_equity).powf(1.0 / n_years) - 1.0;
        annual.is_finite().then_some(annual).ok_or("too large for a number: too few bars")
    }

    pub(super) fn volatility(&self, periods: f64) -> Result<f64, &'static str> {
        if self.returns.n() < 2 {
            return Err(FEW_BARS);
        }
        Ok(self.returns.standard_deviation() * periods.sqrt())
    }

    pub(super) fn sharpe(&self, periods: f64) -> Result<f64, &'static str> {
        Ok(self.bar_sharpe()? * periods.sqrt())
    }

    /// Returns the interval of the annual Sharpe ratio.
    pub(super) fn sharpe_interval(&self, periods: f64) -> Result<Interval, &'static str> {
        self.bar_sharpe()?;
        let risk = self.risk()?;
        let Interval { low, high } = sharpe_interval(&risk.groups.clone().finish(), risk.seed)?;
        Ok(Interval { low: low * periods.sqrt(), high: high * periods.sqrt() })
    }

    pub(super) fn probabilistic_sharpe(&self) -> Result<f64, &'static str> {
        self.sharpe_sample()?.probabilistic(0.0).ok_or("the returns take too few values")
    }

    pub(super) fn sharpe_sample(&self) -> Result<SharpeSample, &'static str> {
        Ok(SharpeSample {
            sharpe: self.bar_sharpe()?,
            n: self.returns.n(),
            skewness: self.returns.skewness(),
            kurtosis: self.returns.kurtosis(),
        })
    }

    pub(super) fn sortino(&self, periods: f64) -> Result<f64, &'static str> {
        if self.returns.n() < 2 {
            return Err(FEW_BARS);
        }
        if self.squared_losses == 0.0 {
            return Err("no bar lost");
        }
        let downside = (self.squared_losses / self.returns.n() as f64).sqrt();
        Ok(self.returns.mean() / downside * periods.sqrt())
    }

    pub(super) fn calmar(&self, periods: f64) -> Result<f64, &'static str> {
        let annual = self.annual_return(periods)?;
        if self.max_drawdown == 0.0 {
            return Err("there was no drawdown");
        }
        Ok(annual / self.max_drawdown)
    }

    /// Returns the sorted returns, for the figures of the tails.
    pub(super) fn tails(&self) -> Result<Tails, &'static str> {
        let risk = self.risk()?;
        if self.returns.n() == 0 { Err(NO_BARS) } else { Ok(Tails(risk.kept.sorted())) }
    }

    /// Returns the gains and losses of the bars, if there are any.
    pub(super) fn bars(&self) -> Result<&BarReturns, &'static str> {
        let risk = self.risk()?;
        if self.returns.n() == 0 { Err(NO_BARS) } else { Ok(&risk.bars) }
    }

    /// Returns the unbiased skewness: the adjusted Fisher-Pearson
    /// coefficient.
    pub(super) fn skewness(&self) -> Result<f64, &'static str> {
        self.bar_sharpe()?;
        let n = self.returns.n() as f64;
        if n < 3.0 {
            return Err("fewer than 3 bars");
        }
        Ok(self.returns.skewness() * (n * (n - 1.0)).sqrt() / (n - 2.0))
    }

    /// Returns the unbiased excess kurtosis.
    pub(super) fn kurtosis(&self) -> Result<f64, &'static str> {
        self.bar_sharpe()?;
        let n = self.returns.n() as f64;
        if n < 4.0 {
            return Err("fewer than 4 bars");
        }
        let excess = self.returns.kurtosis() - 3.0;
        Ok((n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * excess + 6.0))
    }

    fn risk(&self) -> Result<&Risk, &'static str> {
        self.risk.as_ref().ok_or("not asked for")
    }

    /// Returns the Sharpe ratio per bar.
    fn bar_sharpe(&self) -> Result<f64, &'static str> {
        if self.returns.n() < 2 {
            return Err(FEW_BARS);
        }
        let deviation = self.returns.standard_deviation();
        if deviation <= DEVIATION_MIN {
            return Err("the returns do not vary: their standard deviation is 0");
        }
        Ok(self.returns.mean() / deviation)
    }
}

/// Returns of bars, sorted from the lowest.
pub(super) struct Tails(Vec<f64>);

impl Tails {
    pub(super) fn ratio(&self) -> Result<f64, &'static str> {
        let low = quantile(&self.0, TAIL);
        if low == 0.0 {
            return Err("the 5 % quantile of the returns is 0");
        }
        Ok((quantile(&self.0, 1.0 - TAIL) / low).abs())
    }

    pub(super) fn value_at_risk(&self) -> f64 {
        0.0 - quantile(&self.0, TAIL)
    }

    pub(super) fn conditional_value_at_risk(&self) -> f64 {
        0.0 - mean_of_lowest(&self.0, TAIL)
    }
}
