//! Tells a ruined account by its record, however old that is.
//!
//! Records of before figures ended at ruin hold a Sharpe ratio of what
//! came until then. Whoever shows or exports a record voids it first.

use serde_json::{Value, json};

use crate::account::environment::RUIN_SHARE;
use crate::wording::counted;

/// Why a figure that rests on returns is void.
pub(super) const RUINED: &str = "the account was ruined";

/// The figures that rest on returns, which mean nothing after ruin.
const OF_RETURNS: [&str; 16] = [
    "annual_return",
    "volatility",
    "sharpe",
    "sharpe_low",
    "sharpe_high",
    "probabilistic_sharpe",
    "deflated_sharpe",
    "sortino",
    "calmar",
    "tail_ratio",
    "value_at_risk",
    "conditional_value_at_risk",
    "skewness",
    "kurtosis",
    "omega",
    "kelly",
];

/// Whether the figure `name` rests on returns.
pub(crate) fn is_of_returns(name: &str) -> bool {
    OF_RETURNS.contains(&name)
}

/// Whether a net return tells of ruin.
pub(crate) fn is_ruinous(net_return: f64) -> bool {
    // A return of -99.9 % is one ulp off as often as not.
    net_return <= RUIN_SHARE - 1.0 + 1e-12
}

/// Whether the account of `figures`, as a record has them, was ruined.
pub(crate) fn is_ruined(figures: &Value) -> bool {
    let number = |name: &str| figures.get(name).and_then(Value::as_f64);
    let is_little = match (number("final_equity"), number("initial_equity")) {
        (Some(end), Some(start)) if start > 0.0 => end <= RUIN_SHARE * start,
        _ => number("net_return").is_some_and(is_ruinous),
    };
    is_little || figures.get("ruined_at").is_some_and(Value::is_string)
}

/// Takes from the record of a session what rests on the returns of
/// ruined accounts, and gives the reason.
pub(crate) fn void_ruined(session: &mut Value) {
    let is_ruined_agent = session.pointer("/metrics/agent").is_some_and(is_ruined);
    let deflated = session.pointer_mut("/trials/deflated_sharpe");
    if let Some(deflated) = deflated.filter(|_| is_ruined_agent) {
        *deflated = Value::Null;
    }
    void_accounts(session);
    for pointer in ["/symbols", "/walk_forward/windows"] {
        let parts = session.pointer_mut(pointer).and_then(Value::as_array_mut);
        parts.into_iter().flatten().for_each(void_accounts);
    }
    let episodes = session.get_mut("episodes").and_then(Value::as_array_mut);
    for episode in episodes.into_iter().flatten() {
        let net_return = episode.get("test_net_return").and_then(Value::as_f64);
        if net_return.is_some_and(is_ruinous) {
            episode["test_sharpe"] = Value::Null;
        }
    }
}

/// Does so for the accounts of a session, a symbol or a window.
fn void_accounts(part: &mut Value) {
    let accounts = part.get_mut("metrics").and_then(Value::as_object_mut);
    for figures in accounts.into_iter().flatten().map(|(_, figures)| figures) {
        if !is_ruined(figures) {
            continue;
        }
        let Some(figures) = figures.as_object_mut() else { continue };
        let reasons = figures.get("undefined").filter(|reasons| reasons.is_object());
        let mut reasons = reasons.cloned().unwrap_or_else(|| json!({}));
        for (name, value) in figures.iter_mut().filter(|(name, _)| is_of_returns(name)) {
            *value = Value::Null;
            reasons[name] = RUINED.into();
        }
        figures.insert("undefined".to_owned(), reasons);
    }
}

/// Says which accounts of a session were ruined or liquidated, and when,
/// a sentence each.
pub(crate) fn ruin_lines(session: &Value) -> Vec<String> {
    let told = |part: &Value, of: &str| {
        let accounts = [("agent", "agent"), ("buy_and_hold", "buy and hold")];
        let lines = accounts.map(|(name, who)| {
            account_line(part.get("metrics")?.get(name)?, &format!("{who}{of}"))
        });
        lines.into_iter().flatten().collect::<Vec<_>>()
    };
    let symbols = session.get("symbols").and_then(Value::as_array);
    let of_symbols = symbols.into_iter().flatten().flat_map(|part| {
        let symbol = part.get("symbol").and_then(Value::as_str).unwrap_or_default();
        told(part, &format!(" of {symbol}"))
    });
    told(session, "").into_iter().chain(of_symbols).collect()
}

fn account_line(figures: &Value, who: &str) -> Option<String> {
    let n = figures.get("n_liquidations").and_then(Value::as_u64).filter(|n| *n > 0);
    let liquidations = n.map(|n| counted(n, "liquidation"));
    if is_ruined(figures) {
        let when = figures.get("ruined_at").and_then(Value::as_str);
        let when = when.map(|when| format!(" at {when}")).unwrap_or_default();
        let after = liquidations.map(|told| format!(", after {told}")).unwrap_or_default();
        return Some(format!("The {who} was ruined{when}{after}."));
    }
    liquidations.map(|told| format!("The {who} had {told}."))
}
