//! The data of the page's charts: one compact JSON document.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::distribution;
use super::input::ReportInput;
use super::pack::{self, single};
use super::periods::PeriodValues;
use super::trades::{Trade, TradeLedger};

/// Returns the document of all sessions.
pub(super) fn document(sessions: &[ReportInput]) -> Value {
    json!({ "format": 1, "sessions": sessions.iter().map(of_session).collect::<Vec<_>>() })
}

fn of_session(session: &ReportInput) -> Value {
    let (record, test) = (&session.record, session.test.as_ref());
    let parts = record.parts();
    // Without the bars, the price is that of the test bars.
    let bars = match &session.bars {
        Some(bars) => bars.packed(&["close", "high", "low", "volume"]),
        None => test.and_then(|test| test.series.packed(&["close"])),
    };
    let rolling = test.and_then(|test| test.rolling.as_ref()).map(|rolling| {
        let names = ["sharpe", "hold_sharpe", "sortino", "volatility", "hold_volatility", "beta"];
        json!({ "series": rolling.series().packed(&names), "window": rolling.window() })
    });
    let test_columns = ["equity", "drawdown", "exposure", "hold", "hold_drawdown"];
    let train = session.train.as_ref();
    let returns = test.map(|test| test.fine.returns());
    let returns = returns.as_deref();
    json!({
        "account_share": record.account_share(),
        "bars": bars,
        "daily": returns.map(levels),
        "episodes": record.0.get("episodes"),
        "is_portfolio": record.is_portfolio(),
        "matched": test.and_then(|test| matched_risk(test.days.returns())),
        "month_returns": test.map(|test| distribution::histogram(&test.months.returns())),
        "name": session.name,
        "normal": returns.map(distribution::against_normal),
        "returns": returns.map(distribution::histogram),
        "rolling": rolling,
        "spans": { "train": parts.train, "embargo": parts.embargo, "test": parts.test },
        "start_equity": record.number("/metrics/agent/initial_equity"),
        "test": test.and_then(|test| test.series.packed(&test_columns)),
        "trades": session.ledgers.as_ref().map(|ledgers| {
            json!({ "test": trades(&ledgers.test), "train": trades(&ledgers.train) })
        }),
        "train": train.and_then(|train| train.series.packed(&test_columns[..3])),
    })
}

/// Returns the growth of 1 by day: the agent, and buy-and-hold with its
/// returns scaled to the agent's standard deviation.
fn matched_risk(mut days: Vec<PeriodValues>) -> Option<Value> {
    let deviation = |idx: usize| {
        let n = days.len() as f64;
        let mean = days.iter().map(|day| day.values[idx]).sum::<f64>() / n;
        let squares = days.iter().map(|day| (day.values[idx] - mean).powi(2));
        (squares.sum::<f64>() / (n - 1.0)).sqrt()
    };
    let scale = deviation(0) / deviation(1);
    if days.len() < 3 || !scale.is_finite() {
        return None;
    }
    let mut growth = [1.0, 1.0];
    for day in &mut days {
        growth[0] *= 1.0 + day.values[0];
        growth[1] *= 1.0 + scale * day.values[1];
        day.values = growth;
    }
    let mut matched = levels(&days);
    matched["scale"] = json!(scale);
    Some(matched)
}

fn levels(levels: &[PeriodValues]) -> Value {
    let column = |idx: usize| pack::floats(levels.iter().map(|level| single(level.values[idx])));
    json!({
        "columns": { "agent": column(0), "hold": column(1) },
        "times": pack::times(levels.iter().map(|level| level.time_ms)),
    })
}

type TradeNumber = fn(&Trade) -> f32;

/// Returns the listed trades, column by column.
fn trades(ledger: &TradeLedger) -> Value {
    let trades = ledger.listed();
    let listed = || trades.iter().copied();
    let names: BTreeSet<&str> = listed().filter_map(|trade| trade.symbol.as_deref()).collect();
    let symbol = |trade: &Trade| {
        let own = trade.symbol.as_deref().unwrap_or_default();
        names.iter().position(|name| *name == own).unwrap_or_default() as u64
    };
    let held_ms =
        |trade: &Trade| u64::try_from(trade.time_ms - trade.entry_time_ms).unwrap_or_default();
    let columns: [(&str, TradeNumber); 6] = [
        ("costs", |trade| trade.costs),
        ("entry_price", |trade| trade.entry_price),
        ("net_pnl", |trade| single(trade.net_pnl)),
        ("net_return", |trade| trade.return_on_equity),
        ("price", |trade| trade.price),
        ("units", |trade| trade.units),
    ];
    let columns = columns.map(|(name, number)| (name, pack::floats(listed().map(number))));
    json!({
        "bars": pack::counts(listed().map(|trade| trade.duration_bars)),
        "columns": BTreeMap::from(columns),
        "entries": pack::times(trades.iter().map(|trade| trade.entry_time_ms)),
        "every": ledger.every(),
        "flags": pack::counts(listed().map(|trade| trade.flags.into())),
        "held_ms": pack::counts(listed().map(held_ms)),
        "ids": pack::counts(listed().map(|trade| trade.id)),
        "n": ledger.all.n,
        "n_listed": trades.len(),
        "symbol_names": names,
        "symbols": pack::counts(listed().map(symbol)),
    })
}
