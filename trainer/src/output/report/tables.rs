//! The tables of a session: months, years, drawdowns, quantiles, costs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::account::metrics::is_ruined;

use super::curve::Curve;
use super::distribution::quantiles;
use super::input::ReportInput;
use super::periods::{Level, Levels};
use super::text::{Unit, day, duration, percent};
use super::trades::TradeTotals;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Returns the agent's return of each month, a row a year, with how
/// strong a colour it gets, from 0 to 1.
pub(super) fn months(curve: &Curve) -> Value {
    let returns = curve.months.returns();
    let strongest = returns.iter().map(|month| month.values[0].abs()).fold(0.0, f64::max);
    let mut years: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for month in &returns {
        let cells = years.entry(month.period / 12).or_insert_with(|| vec![Value::Null; 12]);
        let value = month.values[0];
        let idx = usize::try_from(month.period % 12).unwrap_or_default();
        cells[idx] = json!({
            "value": value,
            "text": if value.is_finite() { percent(value) } else { "–".to_owned() },
            "strength": format!("{:.3}", if strongest > 0.0 { value.abs() / strongest } else { 0.0 }),
            "is_loss": value < 0.0,
        });
    }
    let yearly: BTreeMap<i64, Level> =
        curve.years.returns().into_iter().map(|level| (level.period, level)).collect();
    let rows = years.into_iter().map(|(year, cells)| {
        let total = yearly.get(&year).map(|level| share(level.values[0]));
        json!({ "year": year, "cells": cells, "total": total })
    });
    json!({ "names": MONTHS, "rows": rows.collect::<Vec<_>>() })
}

/// Returns the returns of each year beside buy-and-hold's.
pub(super) fn years(curve: &Curve) -> Value {
    let each = curve.years.returns().into_iter().map(|year| {
        let [agent, hold] = year.values;
        json!({
            "year": year.period,
            "agent": share(agent),
            "hold": share(hold),
            "difference": share(agent - hold),
        })
    });
    each.collect()
}

/// Returns how the agent moved with buy-and-hold, and what both earned
/// in the last month and year.
pub(super) fn beside(session: &ReportInput) -> Value {
    let Some(test) = &session.test else { return Value::Null };
    let periods = session.record.number("/metrics/agent/periods_per_year/value");
    let found = test.beside.figures(periods.unwrap_or(f64::NAN));
    let figures = [
        ("alpha", "Alpha, annual", found.alpha, Unit::Share),
        ("beta", "Beta", found.beta, Unit::Ratio),
        ("r_squared", "R²", found.r_squared, Unit::Ratio),
        ("information_ratio", "Information ratio of a bar", found.information_ratio, Unit::Ratio),
    ];
    let rows = figures.map(|(name, label, value, unit)| {
        json!({
            "name": name,
            "label": label,
            "value": value,
            "text": value.map(|value| unit.text(value)),
            "undefined": found.undefined.get(name),
        })
    });
    let [own, hold] = [0, 1].map(|idx| test.to_date[idx].figures());
    let told = |value: Option<f64>| value.filter(|value| value.is_finite()).map(percent);
    let row = |label: &str, pair: [Option<f64>; 2]| {
        let [own, hold] = pair.map(told);
        json!({ "label": label, "agent": own, "hold": hold })
    };
    json!({
        "rows": rows,
        "to_date": [
            row("Month to date", [own.month_to_date, hold.month_to_date]),
            row("Year to date", [own.year_to_date, hold.year_to_date]),
        ],
    })
}

/// Returns the worst drawdowns.
pub(super) fn drawdowns(curve: &Curve) -> Value {
    let each = curve.worst_drawdowns().into_iter().map(|fall| {
        json!({
            "depth": share(fall.depth),
            "peak": day(fall.peak_ms),
            "low": day(fall.low_ms),
            "recovered": fall.recovered_ms.map_or_else(|| "not yet".to_owned(), day),
            "length": duration(fall.end_ms - fall.peak_ms),
            "n_bars": Unit::Count.text(fall.n_bars as f64),
        })
    });
    each.collect()
}

/// Returns the quantiles of the returns over each length of time.
pub(super) fn quantile_rows(curve: &Curve) -> Value {
    let levels = [
        ("day", &curve.days),
        ("week", &curve.weeks),
        ("month", &curve.months),
        ("quarter", &curve.quarters),
        ("year", &curve.years),
    ];
    let row = |name: &str, whose: &str, levels: &Levels, idx: usize| {
        let returns = levels.returns();
        let five = quantiles(returns.iter().map(|level| level.values[idx]))?;
        let cells: Vec<String> = five.iter().map(|&value| percent(value)).collect();
        Some(json!({ "name": name, "whose": whose, "n": returns.len(), "cells": cells }))
    };
    let rows = levels.into_iter().flat_map(|(name, levels)| {
        [row(name, "agent", levels, 0), row(name, "buy and hold", levels, 1)]
    });
    rows.flatten().collect()
}

/// Returns where the money went: from before costs to after them.
pub(super) fn costs(session: &ReportInput) -> Value {
    let accounts = [("agent", "agent"), ("buy_and_hold", "buy and hold")];
    let rows = accounts.into_iter().filter_map(|(account, label)| {
        let number = |name: &str| session.record.number(&format!("/metrics/{account}/{name}"));
        let start = number("initial_equity")?;
        let net = number("final_equity")? - start;
        // Records of before these were told of have none.
        let later = |name: &str| number(name).unwrap_or_default();
        let parts = [
            number("commission")?,
            number("slippage")?,
            number("funding")?,
            later("borrow_fee"),
            later("interest"),
        ];
        let dividends = later("dividends");
        let total: f64 = parts.iter().sum();
        let before = net + total;
        let money = |value: f64| Unit::Money.text(value);
        Some(json!({
            "label": label,
            "before": money(before),
            "commission": money(parts[0]),
            "slippage": money(parts[1]),
            "funding": money(parts[2]),
            "borrow_fee": money(parts[3]),
            "interest": money(parts[4]),
            "dividends": money(dividends),
            "total": money(total),
            "net": money(net),
            "of_equity": percent(total / start),
            "of_profit": (before > 0.0).then(|| percent(total / before)),
            "bars": parts.map(|part| if total > 0.0 { (part / total).max(0.0) } else { 0.0 }),
        }))
    });
    rows.collect()
}

/// Returns the trades out of sample by their side, all counted.
pub(super) fn trade_tallies(session: &ReportInput) -> Value {
    let Some(ledgers) = &session.ledgers else { return Value::Null };
    let ledger = &ledgers.test;
    // In the money of the figures, whichever account it was earned in.
    let share = session.record.account_share();
    let money = |value: f64| Unit::Money.text(value * share);
    let row = |label: &str, tally: &TradeTotals| {
        let n = tally.n as f64;
        let of_n = |sum: f64| (tally.n > 0).then_some(sum / n);
        json!({
            "label": label,
            "n": Unit::Count.text(n),
            "won": of_n(tally.n_won as f64).map(percent),
            "gross": money(tally.gross_pnl),
            "costs": money(tally.costs),
            "net": money(tally.net_pnl),
            "mean": of_n(tally.net_pnl).map(money),
            "best": of_n(tally.best * n).map(percent),
            "worst": of_n(tally.worst * n).map(percent),
            "mean_bars": of_n(tally.n_bars as f64).map(|bars| format!("{bars:.1}")),
            "longest": Unit::Count.text(tally.n_bars_max as f64),
        })
    };
    let rows = [("all", &ledger.all), ("long", &ledger.long), ("short", &ledger.short)];
    json!({
        "n_liquidated": ledger.n_liquidated,
        "share": session.record.is_portfolio().then(|| percent(share)),
        "rows": rows.map(|(label, tally)| row(label, tally)),
    })
}

/// Returns the figures of each window of a walk forward.
pub(super) fn windows(session: &ReportInput) -> Value {
    let windows = session.record.list("/walk_forward/windows").iter();
    windows.map(|window| apart(window, window.get("window"))).collect()
}

/// Returns the figures of each symbol of a portfolio.
pub(super) fn symbols(session: &ReportInput) -> Value {
    let symbols = session.record.list("/symbols").iter();
    symbols.map(|symbol| apart(symbol, symbol.get("symbol"))).collect()
}

/// A part of a session that has a split and figures of its own.
fn apart(part: &Value, name: Option<&Value>) -> Value {
    let figure = |account: &str, name: &str| part.pointer(&format!("/metrics/{account}/{name}"));
    json!({
        "name": name,
        "test": part.pointer("/split/test"),
        "net_return": figure("agent", "net_return"),
        "hold": figure("buy_and_hold", "net_return"),
        "is_ruined": part.pointer("/metrics/agent").is_some_and(is_ruined),
        "sharpe": figure("agent", "sharpe"),
        "max_drawdown": figure("agent", "max_drawdown"),
        "n_trades": figure("agent", "n_trades"),
    })
}

/// Returns each episode's figures as the record has them.
pub(super) fn episodes(session: &ReportInput) -> Value {
    session.record.0.get("episodes").cloned().unwrap_or_default()
}

fn share(value: f64) -> Value {
    let text = if value.is_finite() { percent(value) } else { "–".to_owned() };
    json!({ "value": value, "text": text, "is_loss": value < 0.0 })
}
