//! The figures as lines of text.

use std::fmt::Write as _;

use crate::wording::{counted, money, percent};

use super::Performance;

type Figure = fn(&Performance) -> Option<String>;

/// Figures of the equity alone.
const CURVE_ROWS: [(&str, Figure); 24] = [
    ("bars", |p| Some(p.n_bars.to_string())),
    ("bars per year", |p| Some(number(p.periods_per_year.value))),
    ("initial equity", |p| Some(money(p.initial_equity, 2))),
    ("final equity", |p| Some(money(p.final_equity, 2))),
    ("net return", |p| Some(percent(p.net_return))),
    ("annual return", |p| p.annual_return.map(percent)),
    ("volatility", |p| p.volatility.map(percent)),
    ("Sharpe", |p| p.sharpe.map(number)),
    ("95 % interval", |p| Some(format!("{:.2} .. {:.2}", p.sharpe_low?, p.sharpe_high?))),
    ("P(Sharpe > 0)", |p| p.probabilistic_sharpe.map(percent)),
    ("Sortino", |p| p.sortino.map(number)),
    ("max drawdown", |p| Some(percent(p.max_drawdown))),
    ("longest drawdown", |p| Some(counted(p.max_drawdown_bars, "bar"))),
    ("Calmar", |p| p.calmar.map(number)),
    ("tail ratio", |p| p.tail_ratio.map(number)),
    ("VaR 95 %", |p| p.value_at_risk.map(percent)),
    ("CVaR 95 %", |p| p.conditional_value_at_risk.map(percent)),
    ("skewness", |p| p.skewness.map(number)),
    ("excess kurtosis", |p| p.kurtosis.map(number)),
    ("omega", |p| p.omega.map(number)),
    ("Kelly", |p| p.kelly.map(percent)),
    ("ulcer index", |p| p.ulcer_index.map(percent)),
    ("won in a row", |p| p.consecutive_wins.map(|n| counted(n, "bar"))),
    ("lost in a row", |p| p.consecutive_losses.map(|n| counted(n, "bar"))),
];

/// Figures that need an account.
const ACCOUNT_ROWS: [(&str, Figure); 13] = [
    ("trades", |p| Some(p.n_trades.to_string())),
    ("win rate", |p| p.win_rate.map(percent)),
    ("profit factor", |p| p.profit_factor.map(number)),
    ("expectancy", |p| p.expectancy.map(|value| money(value, 2))),
    ("SQN", |p| p.sqn.map(number)),
    ("exposure", |p| p.exposure.map(percent)),
    ("turnover", |p| Some(number(p.turnover))),
    ("commission", |p| Some(money(p.commission, 2))),
    ("slippage", |p| Some(money(p.slippage, 2))),
    ("funding", |p| Some(money(p.funding, 2))),
    ("borrow fee", |p| Some(money(p.borrow_fee, 2))),
    ("interest", |p| Some(money(p.interest, 2))),
    ("dividends", |p| Some(money(p.dividends, 2))),
];

/// The names of the figures that an equity curve alone does not have.
pub const ACCOUNT_FIGURES: [&str; 14] = [
    "n_trades",
    "win_rate",
    "profit_factor",
    "expectancy",
    "sqn",
    "exposure",
    "turnover",
    "commission",
    "slippage",
    "funding",
    "borrow_fee",
    "interest",
    "dividends",
    "n_liquidations",
];

/// Returns the figures of the equity alone, a line each; an undefined one
/// shows as `-`.
pub fn curve_table(performance: &Performance) -> String {
    let ruin = performance.ruin().map(|when| format!("{:<18}{when:>18}\n", "ruined"));
    let range = performance.periods_per_year.range_warning().map(|warning| warning + "\n");
    ruin.unwrap_or_default() + &range.unwrap_or_default() + &lines(&CURVE_ROWS, performance)
}

/// Returns all figures of an account, a line each.
pub fn account_table(performance: &Performance) -> String {
    let n = performance.n_liquidations;
    let liquidations = (n > 0).then(|| format!("{:<18}{n:>18}\n", "liquidations"));
    curve_table(performance)
        + &lines(&ACCOUNT_ROWS, performance)
        + liquidations.as_deref().unwrap_or_default()
}

fn lines(figures: &[(&str, Figure)], performance: &Performance) -> String {
    figures.iter().fold(String::new(), |mut text, (name, figure)| {
        let value = figure(performance).unwrap_or_else(|| "-".to_owned());
        let _ = writeln!(text, "{name:<18}{value:>18}");
        text
    })
}

fn number(value: f64) -> String {
    // Adding 0 avoids "-0.00".
    format!("{:.2}", value + 0.0)
}
