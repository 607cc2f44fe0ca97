//! Tells a ruined account by its figures, however old their record is.
//!
//! The trainer ends the figures of an account at the close that left no
//! more than a thousandth of the start. Records of before it did so hold
//! a Sharpe ratio of what came until then: it is not shown, and judges
//! nothing.

use std::collections::BTreeMap;

use chrono::DateTime;

use crate::workspace::text;

/// The figures of one account, by their names.
pub type AccountMetrics = BTreeMap<String, Option<f64>>;

/// The share of its initial equity with which an account is ruined.
const RUIN_SHARE: f64 = 1e-3;

/// The figures that rest on returns.
const OF_RETURNS: [&str; 16] = [
    "annual_return",
    "calmar",
    "conditional_value_at_risk",
    "deflated_sharpe",
    "kelly",
    "kurtosis",
    "omega",
    "probabilistic_sharpe",
    "sharpe",
    "sharpe_high",
    "sharpe_low",
    "skewness",
    "sortino",
    "tail_ratio",
    "value_at_risk",
    "volatility",
];

/// Whether the account of `figures` was ruined.
pub fn is_ruined(figures: &AccountMetrics) -> bool {
    let number = |name: &str| figures.get(name).copied().flatten();
    let is_little = match (number("final_equity"), number("initial_equity")) {
        (Some(end), Some(start)) if start > 0.0 => end <= RUIN_SHARE * start,
        // A return of -99.9 % is one ulp off as often as not.
        _ => number("net_return").is_some_and(|net| net <= RUIN_SHARE - 1.0 + 1e-12),
    };
    is_little || number("ruined_at_ms").is_some()
}

/// Returns the figure `name` of an account, if it is defined.
pub fn metric(figures: &AccountMetrics, name: &str) -> Option<f64> {
    let is_void = OF_RETURNS.contains(&name) && is_ruined(figures);
    figures.get(name).copied().flatten().filter(|_| !is_void)
}

/// Says that the account was ruined, if it was, and when and after how
/// many liquidations, if that is known.
pub fn describe(figures: &AccountMetrics) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a time are whole")]
    let time = |ms: f64| DateTime::from_timestamp_millis(ms as i64);
    let when = figures.get("ruined_at_ms").copied().flatten().and_then(time);
    let when = when.map(|when| format!(" {}", text::time(when))).unwrap_or_default();
    let after = liquidations(figures).map(|told| format!(", {told}")).unwrap_or_default();
    is_ruined(figures).then(|| format!("ruined{when}{after}"))
}

/// Counts the liquidations, if there were some.
pub fn liquidations(figures: &AccountMetrics) -> Option<String> {
    let n = figures.get("n_liquidations").copied().flatten().filter(|n| *n > 0.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let n = n as u64;
    Some(text::count(n, "liquidation"))
}
