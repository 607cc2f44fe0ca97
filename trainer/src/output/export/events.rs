//! Trade traces as tables: one of all events, one of closed trades.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Map, Value};

use crate::session::trace::TRACE_FORMAT;

use super::cell::{Cell, Column, ColumnType};

/// Takes the cells of an event, and whether it closed a trade.
pub(super) type EachEvent<'a> = dyn FnMut(&[Cell<'_>], bool) -> Result<()> + 'a;

/// The columns: name, type and meaning. A line of a trace has the same
/// fields, that of a time with `_ms` behind its name.
const COLUMNS: [(&str, ColumnType, &str); 35] = [
    ("session", ColumnType::Text, "the session's id"),
    ("event", ColumnType::Text, "what happened"),
    ("symbol", ColumnType::Text, "of several that trade"),
    ("phase", ColumnType::Text, "`train` or `test`"),
    ("episode", ColumnType::Integer, "counted from 1"),
    ("batch", ColumnType::Integer, "counted from 1 in the episode"),
    ("step", ColumnType::Integer, "training bars seen before"),
    ("time", ColumnType::Time, "the open of the fill's bar, UTC"),
    ("bar_idx", ColumnType::Integer, "the bar since the account began"),
    ("trade_id", ColumnType::Integer, "counted from 1 for the account"),
    ("side", ColumnType::Text, "`long` or `short`"),
    ("units", ColumnType::Number, "of the fill; below 0: sold"),
    ("price", ColumnType::Number, "of the fill, after slippage"),
    ("reference_price", ColumnType::Number, "before slippage"),
    ("commission", ColumnType::Number, "of the fill, money"),
    ("slippage", ColumnType::Number, "of the fill, money"),
    ("reason", ColumnType::Text, "why it happened"),
    ("target", ColumnType::Number, "the refused target"),
    ("units_after", ColumnType::Number, "held after the fill"),
    ("realized_pnl", ColumnType::Number, "of the units taken off, money"),
    ("entry_bar_idx", ColumnType::Integer, "the bar of the entry"),
    ("entry_time", ColumnType::Time, "the open of that bar, UTC"),
    ("entry_price", ColumnType::Number, "average, after slippage"),
    ("entry_equity", ColumnType::Number, "before the entry's costs, money"),
    ("total_commission", ColumnType::Number, "of the whole trade, money"),
    ("total_slippage", ColumnType::Number, "of the whole trade, money"),
    ("total_funding", ColumnType::Number, "paid; below 0: received, money"),
    ("total_borrow_fee", ColumnType::Number, "paid by a short, money"),
    ("total_interest", ColumnType::Number, "paid on borrowed cash, money"),
    ("total_dividends", ColumnType::Number, "received; below 0: paid, money"),
    ("gross_pnl", ColumnType::Number, "before costs, money"),
    ("net_pnl", ColumnType::Number, "after all costs, money"),
    ("return_on_equity", ColumnType::Number, "net, as a fraction of the entry's"),
    ("duration_bars", ColumnType::Integer, "bars with the position"),
    ("equity", ColumnType::Number, "after the fill, money"),
];

/// The columns that the table of closed trades lacks.
const NOT_OF_TRADES: [&str; 4] = ["event", "target", "units_after", "realized_pnl"];

/// Returns the columns of all events.
pub(super) fn trace_columns() -> Vec<Column> {
    let column = |(name, column_type, meaning): (&str, ColumnType, &str)| Column {
        name: name.to_owned(),
        column_type,
        meaning: meaning.to_owned(),
    };
    COLUMNS.map(column).into()
}

/// Returns those of `columns`, one for each of [`trace_columns`], that the
/// closed trades have.
pub(super) fn of_trades<T>(columns: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    let all = COLUMNS.into_iter().zip(columns);
    all.filter(|((name, ..), _)| !NOT_OF_TRADES.contains(name)).map(|(_, column)| column)
}

/// Returns the cells of `line`, an event of `session`. Fields that an event
/// lacks are null; unknown ones are skipped.
fn cells<'a>(line: &'a Map<String, Value>, session: &'a Value) -> Result<Vec<Cell<'a>>> {
    let cell = |(name, column_type, _): (&str, ColumnType, &str)| {
        let value = match column_type {
            ColumnType::Time => line.get(&format!("{name}_ms")),
            _ if name == "session" => Some(session),
            _ => line.get(name),
        };
        let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Cell::Null) };
        let cell = match column_type {
            ColumnType::Time => value.as_i64().map(Cell::Time),
            ColumnType::Text => value.as_str().map(Cell::Text),
            ColumnType::Integer => value.as_i64().map(Cell::Integer),
            ColumnType::Number => value.as_f64().map(Cell::Number),
        };
        cell.with_context(|| format!("`{name}` is `{value}`"))
    };
    COLUMNS.into_iter().map(cell).collect()
}

/// Calls `each` with every event of the trace at `path`, in order: its
/// cells, and whether it closed a trade. Returns whether the last line is
/// truncated, as after a kill.
pub(super) fn read(path: &Path, each: &mut EachEvent<'_>) -> Result<bool> {
    let open = || format!("failed to read `{}`", path.display());
    let mut reader = BufReader::new(File::open(path).with_context(open)?);
    let mut session = Value::Null;
    let mut line = String::new();
    for number in 1_u64.. {
        line.clear();
        if reader.read_line(&mut line).with_context(open)? == 0 {
            break;
        }
        let parsed = serde_json::from_str::<Map<String, Value>>(&line);
        if parsed.is_err() && !line.ends_with('\n') {
            return Ok(true);
        }
        let at = || format!("`{}` line {number} is no event of a trace", path.display());
        let mut event = parsed.with_context(at)?;
        let is = |name: &str| event.get("event").is_some_and(|event| event == name);
        let (is_start, is_closed) = (is("TRACE_STARTED"), is("TRADE_CLOSED"));
        if is_start {
            let format = event.get("format").and_then(Value::as_u64).unwrap_or_default();
            ensure!(
                format == u64::from(TRACE_FORMAT),
                "`{}` has format {format}; this program reads {TRACE_FORMAT}",
                path.display()
            );
            session = event.remove("session").unwrap_or_default();
            continue;
        }
        each(&cells(&event, &session).with_context(at)?, is_closed)?;
    }
    Ok(false)
}
