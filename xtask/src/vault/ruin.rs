//! Recognizes ruined accounts by their metrics, also in old sessions.
//!
//! The trainer ends an account at the close that left at most a
//! thousandth of its initial equity. Older sessions have a Sharpe ratio
//! of the bars until then: it is neither shown nor used for ranking.

use std::collections::BTreeMap;

use chrono::DateTime;

use crate::workspace::text;

/// The metrics of one account, by name.
pub type AccountMetrics = BTreeMap<String, Option<f64>>;

/// The fraction of its initial equity below which an account is ruined.
const RUIN_SHARE: f64 = 1e-3;

/// The metrics that are computed from returns.
const RETURN_METRICS: [&str; 16] = [
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

/// Whether the account with these metrics was ruined.
pub fn is_ruined(metrics: &AccountMetrics) -> bool {
    let number = |name: &str| metrics.get(name).copied().flatten();
    let is_below_share = match (number("final_equity"), number("initial_equity")) {
        (Some(end), Some(start)) if start > 0.0 => end <= RUIN_SHARE * start,
        // A return of -99.9 % may be off by one ulp.
        _ => number("net_return").is_some_and(|net| net <= RUIN_SHARE - 1.0 + 1e-12),
    };
    is_below_share || number("ruined_at_ms").is_some()
}

/// Returns the metric `name` of an account, if it is defined.
pub fn metric(metrics: &AccountMetrics, name: &str) -> Option<f64> {
    let is_void = RETURN_METRICS.contains(&name) && is_ruined(metrics);
    metrics.get(name).copied().flatten().filter(|_| !is_void)
}

/// Describes the ruin of the account, if it was ruined: when, and after
/// how many liquidations, if known.
pub fn describe(metrics: &AccountMetrics) -> Option<String> {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a time are whole")]
    let time = |ms: f64| DateTime::from_timestamp_millis(ms as i64);
    let when = metrics.get("ruined_at_ms").copied().flatten().and_then(time);
    let when = when.map(|when| format!(" {}", text::time(when))).unwrap_or_default();
    let after = liquidations(metrics).map(|text| format!(", {text}")).unwrap_or_default();
    is_ruined(metrics).then(|| format!("ruined{when}{after}"))
}

/// Describes the number of liquidations, if there were any.
pub fn liquidations(metrics: &AccountMetrics) -> Option<String> {
    let n = metrics.get("n_liquidations").copied().flatten().filter(|n| *n > 0.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
    let n = n as u64;
    Some(text::count(n, "liquidation"))
}
