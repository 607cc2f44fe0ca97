//! The figures of one account over one stretch of bars.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::PeriodsPerYear;

/// What an account earned over `n_bars` bars, net of all costs.
///
/// With `E_0` the initial cash and `E_i` the equity at the close of bar
/// i, the bar's return is `r_i = E_i / E_(i-1) - 1`; `n` is `n_bars` and
/// `P` is `periods_per_year.value`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Performance {
    /// Bars with a return: those in which a decision could be held. The
    /// first bar of a run only informs the first decision.
    pub n_bars: u64,
    /// `E_0`, in money.
    pub initial_equity: f64,
    /// `E_n`, in money.
    pub final_equity: f64,
    /// `E_n / E_0 - 1`.
    pub net_return: f64,
    /// Compound annual growth rate, `(E_n / E_0)^(P / n) - 1`. Undefined
    /// without bars, when nothing is left, and when it is too large for
    /// a number.
    pub annual_return: Option<f64>,
    /// Annual volatility, the standard deviation (ddof 1) of `r_i` times
    /// `sqrt(P)`. Undefined below two bars.
    pub volatility: Option<f64>,
    /// Annual Sharpe ratio, `mean(r_i) / std(r_i) * sqrt(P)`, ddof 1, with
    /// a risk-free rate of 0 (W. F. Sharpe, "The Sharpe Ratio", Journal of
    /// Portfolio Management 21, 1994). Undefined below two bars, and when
    /// the returns do not vary.
    pub sharpe: Option<f64>,
    /// The largest fall of the equity at the close from its highest
    /// before, as a positive fraction of that: 0.25 is a loss of a quarter.
    /// `E_0` counts as the first high. Above 1 when equity fell below 0.
    pub max_drawdown: f64,
    /// Trades closed, from flat to flat.
    pub n_trades: u64,
    /// Share of those that earned more than their costs. Undefined without
    /// trades.
    pub win_rate: Option<f64>,
    /// Share of the bars in which a position was held after the fills at
    /// the open. Undefined without bars.
    pub exposure: Option<f64>,
    /// Value of all fills, buys and sells, each divided by the equity at
    /// the close before it; over the whole run, not per year. Opening and
    /// closing one position worth the equity is 2.
    pub turnover: f64,
    /// Commission paid, in money.
    pub commission: f64,
    /// What slippage cost against the reference prices, in money.
    pub slippage: f64,
    /// Whether the account went bankrupt: then the bars after are not
    /// counted.
    pub is_bankrupt: bool,
    /// `P`, and where it comes from.
    pub periods_per_year: PeriodsPerYear,
    /// Why each figure that is null has no value, by its name.
    pub undefined: BTreeMap<String, String>,
}
