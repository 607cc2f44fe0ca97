//! Alarms at implausibly good figures, which are treated as bugs.
//!
//! They are fixed bounds on one account's figures and do not find the
//! cause; `--check-leaks` and `train --audit` look for that.

use serde::{Deserialize, Serialize};

use super::Performance;

/// The greatest plausible annual Sharpe ratio out of sample.
pub const SHARPE_MAX: f64 = 4.0;
/// Fewest bars of a Sharpe ratio that is judged: with fewer it has no
/// interval.
pub const N_SHARPE_BARS_MIN: u64 = 20;
/// The greatest plausible share of winning trades.
pub const WIN_RATE_MAX: f64 = 0.9;
/// The greatest plausible profit factor.
pub const PROFIT_FACTOR_MAX: f64 = 5.0;
/// Fewest trades of a win rate and a profit factor that are judged.
pub const N_TRADES_MIN: u64 = 30;
/// Fewest bars with a position of a drawdown that is judged.
pub const N_EXPOSED_BARS_MIN: f64 = 100.0;

/// What to do about an alarm.
pub const REMEDY: &str = "treat as a bug until `train --check-leaks` (columns and features that \
                          know the future) and `train --audit` (filled one bar later, shuffled \
                          bars, and more) have found nothing";

/// An implausible figure of one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// `sharpe`, `win_rate`, `profit_factor` or `max_drawdown`.
    pub figure: String,
    /// The symbol of a portfolio; `None` for the account as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The figure; null for a profit factor when no trade lost.
    pub value: Option<f64>,
    /// The bound that it violates.
    pub bound: f64,
    /// The alarm as a sentence.
    pub text: String,
}

impl Alarm {
    /// Returns the alarms raised by one account's figures out of sample.
    pub fn of(account: &Performance) -> Vec<Self> {
        let found = [sharpe(account), win_rate(account), profit_factor(account), drawdown(account)];
        found.into_iter().flatten().collect()
    }

    /// Returns this alarm as one of `symbol` in a portfolio.
    #[must_use]
    pub fn of_symbol(self, symbol: &str) -> Self {
        let text = format!("`{symbol}`: {}", self.text);
        Self { symbol: Some(symbol.to_owned()), text, ..self }
    }
}

fn alarm(figure: &str, value: Option<f64>, bound: f64, text: String) -> Alarm {
    Alarm { figure: figure.to_owned(), symbol: None, value, bound, text }
}

fn sharpe(account: &Performance) -> Option<Alarm> {
    let sharpe = account.sharpe.filter(|sharpe| *sharpe > SHARPE_MAX)?;
    let text =
        format!("a Sharpe ratio of {sharpe:.2} over {} bars is above {SHARPE_MAX}", account.n_bars);
    let is_enough = account.n_bars >= N_SHARPE_BARS_MIN;
    is_enough.then(|| alarm("sharpe", Some(sharpe), SHARPE_MAX, text))
}

fn win_rate(account: &Performance) -> Option<Alarm> {
    let rate = account.win_rate.filter(|rate| *rate > WIN_RATE_MAX)?;
    let text = format!(
        "{:.1} % of {} trades won, more than {:.0} %",
        rate * 100.0,
        account.n_trades,
        WIN_RATE_MAX * 100.0
    );
    let is_enough = account.n_trades >= N_TRADES_MIN;
    is_enough.then(|| alarm("win_rate", Some(rate), WIN_RATE_MAX, text))
}

fn profit_factor(account: &Performance) -> Option<Alarm> {
    let is_enough = account.n_trades >= N_TRADES_MIN;
    let n_trades = account.n_trades;
    let text = match account.profit_factor {
        Some(factor) if factor > PROFIT_FACTOR_MAX => format!(
            "a profit factor of {factor:.2} over {n_trades} trades is above {PROFIT_FACTOR_MAX}"
        ),
        // Undefined: there is no loss to divide by.
        None if account.win_rate == Some(1.0) => format!("none of {n_trades} trades lost"),
        _ => return None,
    };
    is_enough.then(|| alarm("profit_factor", account.profit_factor, PROFIT_FACTOR_MAX, text))
}

/// Raises an alarm where the maximum drawdown of a profitable account is
/// no more than one bar's standard deviation: within 100 bars of any
/// market it is larger.
fn drawdown(account: &Performance) -> Option<Alarm> {
    let n_bars = account.n_bars as f64;
    // A curve alone has no exposure: count all of its bars.
    let is_curve = account.turnover == 0.0 && account.exposure.is_none_or(|share| share == 0.0);
    let n_exposed = if is_curve { n_bars } else { n_bars * account.exposure.unwrap_or_default() };
    if n_exposed < N_EXPOSED_BARS_MIN || account.net_return <= 0.0 {
        return None;
    }
    let deviation = account.volatility.unwrap_or_default() / account.periods_per_year.value.sqrt();
    let text = format!(
        "the deepest drawdown in {n_exposed:.0} bars in the market, {:.3} %, is not above one \
         bar's standard deviation, {:.3} %",
        account.max_drawdown * 100.0,
        deviation * 100.0
    );
    let is_too_small = account.max_drawdown <= deviation;
    is_too_small.then(|| alarm("max_drawdown", Some(account.max_drawdown), deviation, text))
}

/// Returns the alarms as lines of text with the remedy; empty without
/// alarms.
pub fn alarm_lines(alarms: &[Alarm]) -> String {
    if alarms.is_empty() {
        return String::new();
    }
    let lines: String = alarms.iter().map(|alarm| format!("ALARM  {}\n", alarm.text)).collect();
    format!("{lines}       No market gives such figures: {REMEDY}.\n\n")
}
