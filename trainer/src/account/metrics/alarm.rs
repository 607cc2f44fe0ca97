//! Figures that no market gives, which are treated as a bug.
//!
//! Pure bounds on one account's figures: which bar knew too much they
//! cannot say. `--check-leaks` and `train --audit` look for that.

use serde::{Deserialize, Serialize};

use super::Performance;

/// The greatest annual Sharpe ratio out of sample that is believed.
pub const SHARPE_MAX: f64 = 4.0;
/// Fewest bars that make a Sharpe ratio more than an anecdote: from here
/// on it has an interval.
pub const N_SHARPE_BARS_MIN: u64 = 20;
/// The greatest share of winning trades that is believed.
pub const WIN_RATE_MAX: f64 = 0.9;
/// The greatest profit factor that is believed.
pub const PROFIT_FACTOR_MAX: f64 = 5.0;
/// Fewest trades that make a win rate and a profit factor more than that.
pub const N_TRADES_MIN: u64 = 30;
/// Fewest bars in the market that must have a drawdown.
pub const N_EXPOSED_BARS_MIN: f64 = 100.0;

/// What to do about an alarm.
pub const REMEDY: &str = "treat as a bug until `train --check-leaks` (columns and features that \
                          know the future) and `train --audit` (filled one bar later, shuffled \
                          bars, and more) have found nothing";

/// A figure that no market gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// `sharpe`, `win_rate`, `profit_factor` or `max_drawdown`.
    pub figure: String,
    /// The symbol, where there are several and it is not of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The figure; null for a profit factor when no trade lost.
    pub value: Option<f64>,
    /// What it must not lie beyond.
    pub bound: f64,
    /// The same as a sentence.
    pub text: String,
}

impl Alarm {
    /// Returns the alarms at the figures of one account out of sample.
    pub fn of(earned: &Performance) -> Vec<Self> {
        let found = [sharpe(earned), win_rate(earned), profit_factor(earned), drawdown(earned)];
        found.into_iter().flatten().collect()
    }

    /// Returns the same alarm of one symbol of several.
    #[must_use]
    pub fn of_symbol(self, symbol: &str) -> Self {
        let text = format!("`{symbol}`: {}", self.text);
        Self { symbol: Some(symbol.to_owned()), text, ..self }
    }
}

fn alarm(figure: &str, value: Option<f64>, bound: f64, text: String) -> Alarm {
    Alarm { figure: figure.to_owned(), symbol: None, value, bound, text }
}

fn sharpe(earned: &Performance) -> Option<Alarm> {
    let sharpe = earned.sharpe.filter(|sharpe| *sharpe > SHARPE_MAX)?;
    let text =
        format!("a Sharpe ratio of {sharpe:.2} over {} bars is above {SHARPE_MAX}", earned.n_bars);
    let is_enough = earned.n_bars >= N_SHARPE_BARS_MIN;
    is_enough.then(|| alarm("sharpe", Some(sharpe), SHARPE_MAX, text))
}

fn win_rate(earned: &Performance) -> Option<Alarm> {
    let rate = earned.win_rate.filter(|rate| *rate > WIN_RATE_MAX)?;
    let text = format!(
        "{:.1} % of {} trades won, more than {:.0} %",
        rate * 100.0,
        earned.n_trades,
        WIN_RATE_MAX * 100.0
    );
    let is_enough = earned.n_trades >= N_TRADES_MIN;
    is_enough.then(|| alarm("win_rate", Some(rate), WIN_RATE_MAX, text))
}

fn profit_factor(earned: &Performance) -> Option<Alarm> {
    let is_enough = earned.n_trades >= N_TRADES_MIN;
    let n_trades = earned.n_trades;
    let text = match earned.profit_factor {
        Some(factor) if factor > PROFIT_FACTOR_MAX => format!(
            "a profit factor of {factor:.2} over {n_trades} trades is above {PROFIT_FACTOR_MAX}"
        ),
        // Undefined, since nothing was lost to divide by.
        None if earned.win_rate == Some(1.0) => format!("none of {n_trades} trades lost"),
        _ => return None,
    };
    is_enough.then(|| alarm("profit_factor", earned.profit_factor, PROFIT_FACTOR_MAX, text))
}

/// An account in the market that never fell further below a peak than
/// one bar's standard deviation: of 100 bars of any market one does.
fn drawdown(earned: &Performance) -> Option<Alarm> {
    let n_bars = earned.n_bars as f64;
    // A curve alone does not tell its exposure.
    let is_curve = earned.turnover == 0.0 && earned.exposure.is_none_or(|share| share == 0.0);
    let n_exposed = if is_curve { n_bars } else { n_bars * earned.exposure.unwrap_or_default() };
    if n_exposed < N_EXPOSED_BARS_MIN || earned.net_return <= 0.0 {
        return None;
    }
    let deviation = earned.volatility.unwrap_or_default() / earned.periods_per_year.value.sqrt();
    let text = format!(
        "the deepest drawdown in {n_exposed:.0} bars in the market, {:.3} %, is not above one \
         bar's standard deviation, {:.3} %",
        earned.max_drawdown * 100.0,
        deviation * 100.0
    );
    let is_none = earned.max_drawdown <= deviation;
    is_none.then(|| alarm("max_drawdown", Some(earned.max_drawdown), deviation, text))
}

/// Returns the alarms as lines for a person to read, and what to do;
/// nothing where there is none.
pub fn alarm_lines(alarms: &[Alarm]) -> String {
    if alarms.is_empty() {
        return String::new();
    }
    let lines: String = alarms.iter().map(|alarm| format!("ALARM  {}\n", alarm.text)).collect();
    format!("{lines}       No market gives such figures: {REMEDY}.\n\n")
}
