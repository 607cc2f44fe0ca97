//! The headline figures, beside the rules that anyone can follow.

use serde_json::{Value, json};

use crate::session::judgement_line;

use super::input::ReportInput;
use super::text::Unit;

/// Every figure: its name in `session.json`, its label, its unit.
pub(super) const FIGURES: &[(&str, &str, Unit)] = &[
    ("net_return", "Net return", Unit::Share),
    ("annual_return", "Annual return", Unit::Share),
    ("volatility", "Annual volatility", Unit::Share),
    ("sharpe", "Sharpe ratio", Unit::Ratio),
    ("probabilistic_sharpe", "P(true Sharpe > 0)", Unit::Share),
    ("deflated_sharpe", "Deflated Sharpe", Unit::Share),
    ("sortino", "Sortino ratio", Unit::Ratio),
    ("calmar", "Calmar ratio", Unit::Ratio),
    ("max_drawdown", "Maximum drawdown", Unit::Share),
    ("max_drawdown_bars", "Longest drawdown, bars", Unit::Count),
    ("tail_ratio", "Tail ratio", Unit::Ratio),
    ("value_at_risk", "Value at risk of a bar, 95 %", Unit::Share),
    ("conditional_value_at_risk", "Expected shortfall of a bar", Unit::Share),
    ("skewness", "Skewness of bars", Unit::Ratio),
    ("kurtosis", "Excess kurtosis of bars", Unit::Ratio),
    ("omega", "Omega ratio", Unit::Ratio),
    ("kelly", "Kelly fraction of bars", Unit::Share),
    ("ulcer_index", "Ulcer index", Unit::Share),
    ("consecutive_wins", "Most bars won in a row", Unit::Count),
    ("consecutive_losses", "Most bars lost in a row", Unit::Count),
    ("n_trades", "Trades", Unit::Count),
    ("win_rate", "Won trades", Unit::Share),
    ("profit_factor", "Profit factor", Unit::Ratio),
    ("expectancy", "Mean net profit of a trade", Unit::Money),
    ("sqn", "System quality number", Unit::Ratio),
    ("exposure", "Bars with a position", Unit::Share),
    ("turnover", "Turnover, times equity", Unit::Ratio),
    ("commission", "Commission", Unit::Money),
    ("slippage", "Slippage and spread", Unit::Money),
    ("funding", "Funding", Unit::Money),
    ("borrow_fee", "Borrow fee of shorts", Unit::Money),
    ("interest", "Interest on borrowed cash", Unit::Money),
    ("dividends", "Dividends received", Unit::Money),
    ("initial_equity", "Equity at the start", Unit::Money),
    ("final_equity", "Equity at the end", Unit::Money),
    ("n_bars", "Bars with a return", Unit::Count),
];

/// A column: whose figures, and which account's.
struct Column {
    session_idx: usize,
    account: &'static str,
    label: String,
}

/// Returns the table: `columns`, and for each figure its cells.
pub(super) fn table(sessions: &[ReportInput]) -> Value {
    let columns = columns(sessions);
    let rows = FIGURES.iter().filter_map(|&(name, label, unit)| {
        let cells: Vec<Value> = columns
            .iter()
            .map(|column| cell(&sessions[column.session_idx], (column.account, name), unit))
            .collect();
        // A figure that no record has is none of its version.
        let is_known = cells.iter().any(|cell| cell["is_known"] == true);
        is_known.then(|| json!({ "name": name, "label": label, "cells": cells }))
    });
    let rows: Vec<Value> = rows.collect();
    let labels: Vec<Value> = columns
        .iter()
        .map(|column| json!({ "label": column.label, "is_agent": column.account == "agent" }))
        .collect();
    json!({ "columns": labels, "rows": rows })
}

fn columns(sessions: &[ReportInput]) -> Vec<Column> {
    let is_alone = sessions.len() == 1;
    let of = |account: &'static str, label: &str| {
        let each = sessions.iter().enumerate().map(move |(session_idx, session)| {
            let label =
                if is_alone { label.to_owned() } else { format!("{} {label}", session.name) };
            Column { session_idx, account, label }
        });
        each.collect::<Vec<_>>()
    };
    let mut columns = of("agent", "agent");
    let holding = of("buy_and_hold", "buy and hold");
    // Once for all that were tested on the same bars.
    columns.extend(holding.into_iter().filter(|column| {
        let before = &sessions[..column.session_idx];
        !before.iter().any(|other| held_alike(other, &sessions[column.session_idx]))
    }));
    // It is the same for all: nothing.
    columns.extend(of("never_trade", "never trade").into_iter().take(1));
    columns
}

/// Whether buy-and-hold is the same account in both.
fn held_alike(a: &ReportInput, b: &ReportInput) -> bool {
    let at = ["/data/sha256", "/split/test", "/metrics/buy_and_hold/final_equity"];
    at.iter().all(|pointer| a.record.0.pointer(pointer) == b.record.0.pointer(pointer))
}

fn cell(session: &ReportInput, (account, name): (&str, &str), unit: Unit) -> Value {
    let path = format!("/metrics/{account}/{name}");
    let number = |suffix: &str| session.record.number(&format!("{path}{suffix}"));
    let interval = number("_low").zip(number("_high"));
    let interval = interval.map(|(low, high)| format!("{} … {}", unit.text(low), unit.text(high)));
    let value = number("");
    let raw = session.record.0.pointer(&path);
    json!({
        "is_known": raw.is_some(),
        "key": format!("{account}.{name}"),
        "session": session.name,
        // As the record has it, for machines.
        "digits": value.and(raw).map(Value::to_string).unwrap_or_default(),
        "text": value.map_or_else(|| "–".to_owned(), |value| unit.text(value)),
        "interval": interval,
        "undefined": session.record.text(&format!("/metrics/{account}/undefined/{name}")),
    })
}

/// Returns the few figures that stand at the top, for each session.
pub(super) fn tiles(session: &ReportInput) -> Value {
    const NAMES: [&str; 5] = ["net_return", "sharpe", "max_drawdown", "n_trades", "final_equity"];
    let chosen = FIGURES.iter().filter(|(name, ..)| NAMES.contains(name));
    let tiles = chosen.map(|&(name, label, unit)| {
        json!({
            "label": label,
            "agent": cell(session, ("agent", name), unit),
            "hold": cell(session, ("buy_and_hold", name), unit),
            "never": cell(session, ("never_trade", name), unit),
        })
    });
    tiles.collect()
}

/// Says whether later training bars found an edge, and what the Sharpe
/// ratio's interval means.
pub(super) fn verdict(session: &ReportInput) -> String {
    let lines = [judgement_line(&session.record.0), luck(session).map(str::to_owned)];
    lines.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn luck(session: &ReportInput) -> Option<&'static str> {
    let number = |name: &str| session.record.number(&format!("/metrics/agent/{name}"));
    let (low, high) = number("sharpe_low").zip(number("sharpe_high"))?;
    Some(if low <= 0.0 && high >= 0.0 {
        "The agent's Sharpe ratio cannot be told from luck: its 95 % interval includes 0."
    } else if low > 0.0 {
        "The 95 % interval of the agent's Sharpe ratio lies above 0."
    } else {
        "The 95 % interval of the agent's Sharpe ratio lies below 0."
    })
}
