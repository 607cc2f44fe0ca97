//! The figures of one account over consecutive bars.

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
    /// Lower end of the Sharpe ratio's 95 % interval, by the stationary
    /// bootstrap (D. N. Politis and J. P. Romano, Journal of the American
    /// Statistical Association 89, 1994): 2,000 resamples of blocks whose
    /// mean length is chosen from the data (D. N. Politis and H. White,
    /// Econometric Reviews 23, 2004). Undefined where the ratio is, below
    /// 20 bars, and where not requested. From 16,384 bars on, groups
    /// of consecutive returns are resampled.
    pub sharpe_low: Option<f64>,
    /// Upper end of that interval.
    pub sharpe_high: Option<f64>,
    /// The probability that the true Sharpe ratio is above 0, by the
    /// formula of D. H. Bailey and M. López de Prado ("The Sharpe ratio
    /// efficient frontier", Journal of Risk 15, 2012), which assumes
    /// independent returns. Undefined where the ratio is.
    pub probabilistic_sharpe: Option<f64>,
    /// Annual Sortino ratio against 0, `mean(r_i) / d * sqrt(P)` with the
    /// downside deviation `d = sqrt(sum(min(r_i, 0)^2) / n)` over all n
    /// bars (F. A. Sortino and R. van der Meer, "Downside risk", Journal
    /// of Portfolio Management 17, 1991). Undefined below two bars, and
    /// when no bar lost.
    pub sortino: Option<f64>,
    /// The largest fall of the equity at the close from its highest
    /// before, as a positive fraction of that: 0.25 is a loss of a quarter.
    /// `E_0` counts as the first high. Above 1 when equity fell below 0.
    pub max_drawdown: f64,
    /// The longest drawdown: consecutive bars that closed below the
    /// highest equity before them, recovered or not.
    pub max_drawdown_bars: u64,
    /// Calmar ratio over the whole run, `annual_return / max_drawdown`
    /// (T. W. Young, "Calmar ratio: a smoother tool", Futures 20, 1991).
    /// Undefined without a drawdown, and where `annual_return` is.
    pub calmar: Option<f64>,
    /// The 95 % quantile of the bar returns over the 5 % quantile, both
    /// without sign: above 1 the good bars are further out. Quantiles are
    /// interpolated between neighbours; exact up to 65,535 bars, beyond
    /// that of every second (fourth, eighth …) bar. Undefined without
    /// bars, when the 5 % quantile is 0, and where not requested.
    pub tail_ratio: Option<f64>,
    /// Value at risk of one bar at 95 %, as a positive fraction: minus the
    /// 5 % quantile of the bar returns. Below 0 when that is a gain.
    pub value_at_risk: Option<f64>,
    /// Conditional value at risk of one bar at 95 % (expected shortfall),
    /// as a positive fraction: minus the mean of the lowest bar returns,
    /// `floor((n - 1) / 20) + 1` of them (R. T. Rockafellar and S. Uryasev,
    /// Journal of Risk 2, 2000).
    pub conditional_value_at_risk: Option<f64>,
    /// Skewness of the bar returns without bias (adjusted Fisher-Pearson,
    /// D. N. Joanes and C. A. Gill, The Statistician 47, 1998). Undefined
    /// below three bars, and when the returns do not vary.
    pub skewness: Option<f64>,
    /// Excess kurtosis of the bar returns without bias (the same source):
    /// 0 for a normal distribution. Undefined below four bars, and when
    /// the returns do not vary.
    pub kurtosis: Option<f64>,
    /// Omega ratio against 0: the sum of the bar returns above 0 over that
    /// of those below, without sign (C. Keating and W. F. Shadwick,
    /// Journal of Performance Measurement 6, 2002). Undefined when no bar
    /// lost and, as the next four, where not requested.
    pub omega: Option<f64>,
    /// Kelly fraction of the bars, `p - (1 - p) / b` with `p` the share of
    /// those that earned among those that earned or lost, and `b` their
    /// mean return over the others' mean loss (J. L. Kelly, Bell System
    /// Technical Journal 35, 1956). Undefined unless some earned and some
    /// lost.
    pub kelly: Option<f64>,
    /// Ulcer index, `sqrt(sum(d_i^2) / n)` with `d_i` the fall from the
    /// highest equity before (P. G. Martin and B. B. `McCann`, "The
    /// Investor's Guide to Fidelity Funds", 1989). Undefined without bars.
    pub ulcer_index: Option<f64>,
    /// The most bars in a row that each earned. Undefined without bars.
    pub consecutive_wins: Option<u64>,
    /// The most bars in a row that each lost. Undefined without bars.
    pub consecutive_losses: Option<u64>,
    /// Trades closed, from flat to flat.
    pub n_trades: u64,
    /// Share of those that earned more than their costs. Undefined without
    /// trades.
    pub win_rate: Option<f64>,
    /// What the winning trades earned over what the others lost, net, in
    /// money. Undefined without trades, and when none lost.
    pub profit_factor: Option<f64>,
    /// Mean net profit of a trade, in money. Undefined without trades.
    pub expectancy: Option<f64>,
    /// System quality number, `sqrt(n) * mean / std` (ddof 1) of the n
    /// trades' net profits (V. K. Tharp, "Trade your way to financial
    /// freedom", 1998). Undefined below two trades, and when all earned
    /// the same.
    pub sqn: Option<f64>,
    /// Share of the bars in which a position was held after the fills at
    /// the open. Undefined without bars.
    pub exposure: Option<f64>,
    /// Value of all fills, buys and sells, each divided by the equity at
    /// the close before it; over the whole run, not per year. Opening and
    /// closing one position worth the equity is 2.
    pub turnover: f64,
    /// Commission paid, in money.
    pub commission: f64,
    /// What slippage and half the spread cost against the reference
    /// prices, in money.
    pub slippage: f64,
    /// Funding paid, in money; below 0 when more was received.
    pub funding: f64,
    /// Paid for the units that shorts borrowed, in money.
    #[serde(default)]
    pub borrow_fee: f64,
    /// Interest paid on borrowed cash, in money.
    #[serde(default)]
    pub interest: f64,
    /// Dividends received, in money; below 0 when shorts paid more. Not a
    /// cost, unlike the figures before it.
    #[serde(default)]
    pub dividends: f64,
    /// Whether the account was ruined: closed a bar with no more than a
    /// thousandth of `E_0`. Then the bars after are not counted, and no
    /// figure that rests on returns is defined.
    pub is_bankrupt: bool,
    /// The open of the bar that ruined it, RFC 3339 in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruined_at: Option<String>,
    /// Positions liquidated.
    #[serde(default)]
    pub n_liquidations: u64,
    /// `P`, and where it comes from.
    pub periods_per_year: PeriodsPerYear,
    /// Why each figure that is null has no value, by its name.
    pub undefined: BTreeMap<String, String>,
}

impl Performance {
    /// Returns the sum of all costs, in money, dividends not among them.
    pub fn costs(&self) -> f64 {
        self.commission + self.slippage + self.funding + self.borrow_fee + self.interest
    }

    /// Returns when the account was ruined, if it was; `yes` where the
    /// time is unknown.
    pub fn ruin(&self) -> Option<&str> {
        self.is_bankrupt.then(|| self.ruined_at.as_deref().unwrap_or("yes"))
    }
}
