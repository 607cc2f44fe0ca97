//! Finds ruined accounts in session records of any version.
//!
//! Records from before figures ended at ruin hold a Sharpe ratio of the
//! bars until then; it is voided before a record is shown or exported.

use serde_json::{Value, json};

use crate::account::environment::RUIN_SHARE;
use crate::wording::counted;

/// Why a return-based figure is void.
pub(super) const RUINED: &str = "the account was ruined";

/// The figures that are based on returns, which mean nothing after ruin.
const RETURN_BASED: [&str; 16] = [
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

/// Whether the figure `name` is based on returns.
pub(crate) fn is_return_based(name: &str) -> bool {
    RETURN_BASED.contains(&name)
}

/// Whether a net return means ruin.
pub(crate) fn is_ruinous(net_return: f64) -> bool {
    // A return of exactly -99.9 % may be off by an ulp.
    net_return <= RUIN_SHARE - 1.0 + 1e-12
}

/// Whether the account with these `figures` of a record was ruined.
pub(crate) fn is_ruined(figures: &Value) -> bool {
    let number = |name: &str| figures.get(name).and_then(Value::as_f64);
    let has_lost_all = match (number("final_equity"), number("initial_equity")) {
        (Some(end), Some(start)) if start > 0.0 => end <= RUIN_SHARE * start,
        _ => number("net_return").is_some_and(is_ruinous),
    };
    has_lost_all || figures.get("ruined_at").is_some_and(Value::is_string)
}

/// Sets the return-based figures of ruined accounts in a session's record
/// to null, with the reason.
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

/// Voids the ruined accounts of a session, a symbol or a window.
fn void_accounts(part: &mut Value) {
    let accounts = part.get_mut("metrics").and_then(Value::as_object_mut);
    for figures in accounts.into_iter().flatten().map(|(_, figures)| figures) {
        if !is_ruined(figures) {
            continue;
        }
        let Some(figures) = figures.as_object_mut() else { continue };
        let reasons = figures.get("undefined").filter(|reasons| reasons.is_object());
        let mut reasons = reasons.cloned().unwrap_or_else(|| json!({}));
        for (name, value) in figures.iter_mut().filter(|(name, _)| is_return_based(name)) {
            *value = Value::Null;
            reasons[name] = RUINED.into();
        }
        figures.insert("undefined".to_owned(), reasons);
    }
}

/// Returns a sentence for each account of a session that was ruined or
/// had liquidations.
pub(crate) fn ruin_lines(session: &Value) -> Vec<String> {
    let lines_of = |part: &Value, of: &str| {
        let accounts = [("agent", "agent"), ("buy_and_hold", "buy and hold")];
        let lines = accounts.map(|(name, who)| {
            account_line(part.get("metrics")?.get(name)?, &format!("{who}{of}"))
        });
        lines.into_iter().flatten().collect::<Vec<_>>()
    };
    let symbols = session.get("symbols").and_then(Value::as_array);
    let of_symbols = symbols.into_iter().flatten().flat_map(|part| {
        let symbol = part.get("symbol").and_then(Value::as_str).unwrap_or_default();
        lines_of(part, &format!(" of {symbol}"))
    });
    lines_of(session, "").into_iter().chain(of_symbols).collect()
}

fn account_line(figures: &Value, who: &str) -> Option<String> {
    let n = figures.get("n_liquidations").and_then(Value::as_u64).filter(|n| *n > 0);
    let liquidations = n.map(|n| counted(n, "liquidation"));
    if is_ruined(figures) {
        let when = figures.get("ruined_at").and_then(Value::as_str);
        let when = when.map(|when| format!(" at {when}")).unwrap_or_default();
        let after = liquidations.map(|count| format!(", after {count}")).unwrap_or_default();
        return Some(format!("The {who} was ruined{when}{after}."));
    }
    liquidations.map(|count| format!("The {who} had {count}."))
}
