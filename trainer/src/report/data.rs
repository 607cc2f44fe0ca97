//! What the page's script draws: one JSON document, tightly packed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::material::Material;
use super::pack;
use super::periods::Level;
use super::spread;
use super::trades::{Book, Trade};

/// Returns the document of all `sessions`.
pub(super) fn document(sessions: &[Material]) -> Value {
    let each: Vec<Value> = sessions.iter().map(session).collect();
    json!({ "format": 1, "sessions": each })
}

fn session(session: &Material) -> Value {
    let test = session.test.as_ref();
    let bars = session.bars.as_ref().map_or_else(
        // The price at the closes of the test bars, where that is all.
        || test.map_or(Value::Null, |test| test.series.packed(&["close"])),
        |bars| bars.packed(&["close", "high", "low", "volume"]),
    );
    json!({
        "name": session.name,
        "start_equity": session.record.number("/metrics/agent/initial_equity"),
        "spans": spans(session),
        "is_portfolio": session.record.is_portfolio(),
        "bars": bars,
        "train": session.train.as_ref().map_or(Value::Null, |train| {
            train.series.packed(&["equity", "drawdown", "exposure"])
        }),
        "test": test.map_or(Value::Null, |test| {
            test.series.packed(&["equity", "drawdown", "exposure", "hold", "hold_drawdown"])
        }),
        "rolling": rolling(session),
        "matched": test.map_or(Value::Null, |test| matched(&test.days.returns())),
        "returns": test.map_or(Value::Null, |test| {
            spread::histogram(&test.fine.returns())
        }),
        "month_returns": test.map_or(Value::Null, |test| {
            spread::histogram(&test.months.returns())
        }),
        "normal": test.map_or(Value::Null, |test| {
            spread::against_normal(&test.fine.returns())
        }),
        "daily": test.map_or(Value::Null, |test| daily(&test.fine.returns())),
        "episodes": session.record.0.get("episodes"),
        "trades": session.books.as_ref().map_or(Value::Null, |books| json!({
            "test": book(&books.test),
            "train": book(&books.train),
        })),
    })
}

/// Where each part begins and ends, in milliseconds.
fn spans(session: &Material) -> Value {
    let parts = session.record.parts();
    json!({ "train": parts.train, "embargo": parts.embargo, "test": parts.test })
}

fn rolling(session: &Material) -> Value {
    let rolling = session.test.as_ref().and_then(|test| test.rolling.as_ref());
    rolling.map_or(Value::Null, |rolling| {
        let names = ["sharpe", "hold_sharpe", "sortino", "volatility", "hold_volatility", "beta"];
        json!({ "window": rolling.window(), "series": rolling.series().packed(&names) })
    })
}

/// Returns what 1 became, day by day: the agent, and buy-and-hold with
/// its returns scaled to the agent's deviation.
fn matched(days: &[Level]) -> Value {
    let deviation = |idx: usize| {
        let n = days.len() as f64;
        let mean = days.iter().map(|day| day.values[idx]).sum::<f64>() / n;
        let squares = days.iter().map(|day| (day.values[idx] - mean).powi(2));
        (squares.sum::<f64>() / (n - 1.0)).sqrt()
    };
    let scale = deviation(0) / deviation(1);
    if days.len() < 3 || !scale.is_finite() {
        return Value::Null;
    }
    let mut levels = [1.0, 1.0];
    let mut columns = [Vec::new(), Vec::new()];
    for day in days {
        levels[0] *= 1.0 + day.values[0];
        levels[1] *= 1.0 + scale * day.values[1];
        for (column, level) in columns.iter_mut().zip(levels) {
            column.push(single(level));
        }
    }
    let times: Vec<i64> = days.iter().map(|day| day.time_ms).collect();
    json!({
        "scale": scale,
        "times": pack::times(&times),
        "columns": { "agent": pack::floats(&columns[0]), "hold": pack::floats(&columns[1]) },
    })
}

/// The returns that the histogram counts, in order of time.
fn daily(returns: &[Level]) -> Value {
    let times: Vec<i64> = returns.iter().map(|level| level.time_ms).collect();
    let column = |idx: usize| {
        let values: Vec<f32> = returns.iter().map(|level| single(level.values[idx])).collect();
        pack::floats(&values)
    };
    json!({
        "times": pack::times(&times),
        "columns": { "agent": column(0), "hold": column(1) },
    })
}

/// The listed trades as columns.
fn book(book: &Book) -> Value {
    let listed = book.listed();
    let column = |of: fn(&Trade) -> f64| {
        let values: Vec<f32> = listed.iter().map(|trade| single(of(trade))).collect();
        pack::floats(&values)
    };
    let entries: Vec<i64> = listed.iter().map(|trade| trade.entry_time_ms).collect();
    let held_ms = listed
        .iter()
        .map(|trade| u64::try_from(trade.time_ms - trade.entry_time_ms).unwrap_or_default());
    let ids = listed.iter().map(|trade| trade.id);
    let names: BTreeSet<&str> = listed.iter().filter_map(|trade| trade.symbol.as_deref()).collect();
    let symbols = listed.iter().map(|trade| {
        let own = trade.symbol.as_deref().unwrap_or_default();
        names.iter().position(|name| *name == own).unwrap_or_default() as u64
    });
    json!({
        "n": book.all.n,
        "every": book.every(),
        "n_listed": listed.len(),
        "entries": pack::times(&entries),
        "held_ms": pack::counts(held_ms),
        "ids": pack::counts(ids),
        "symbols": pack::counts(symbols),
        "symbol_names": names,
        "bars": pack::counts(listed.iter().map(|trade| trade.duration_bars)),
        // Bit 0: short. Bit 1: liquidated. Bit 2: at the end of the data.
        "flags": pack::counts(listed.iter().map(|trade| flags(trade))),
        "columns": {
            "entry_price": column(|trade| trade.entry_price),
            "price": column(|trade| trade.price),
            "units": column(|trade| trade.units.abs()),
            "net_pnl": column(|trade| trade.net_pnl),
            "net_return": column(|trade| trade.return_on_equity),
            "costs": column(Trade::costs),
        },
    })
}

fn flags(trade: &Trade) -> u64 {
    u64::from(trade.side == "short")
        | u64::from(trade.is_liquidation()) << 1
        | u64::from(trade.reason == "end_of_data") << 2
}

#[expect(clippy::cast_possible_truncation, reason = "a chart has no use for more digits")]
fn single(value: f64) -> f32 {
    value as f32
}
