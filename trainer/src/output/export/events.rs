//! Trade traces as tables: one of all events, one of closed trades.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

use crate::session::trace::TRACE_FORMAT;

use super::cell::{Cell, Column, ColumnType};

/// The event of the rows in the table of closed trades.
const CLOSED: &str = "TRADE_CLOSED";
/// The event of the header line.
const STARTED: &str = "TRACE_STARTED";

/// A line of a trace. Fields that an event lacks are `None`; unknown ones
/// are skipped.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct TraceLine {
    event: String,
    format: Option<u32>,
    session: Option<String>,
    symbol: Option<String>,
    phase: Option<String>,
    episode: Option<i64>,
    batch: Option<i64>,
    step: Option<i64>,
    time_ms: Option<i64>,
    bar_idx: Option<i64>,
    trade_id: Option<i64>,
    side: Option<String>,
    units: Option<f64>,
    price: Option<f64>,
    reference_price: Option<f64>,
    commission: Option<f64>,
    slippage: Option<f64>,
    reason: Option<String>,
    target: Option<f64>,
    entry_bar_idx: Option<i64>,
    entry_time_ms: Option<i64>,
    entry_price: Option<f64>,
    entry_equity: Option<f64>,
    units_after: Option<f64>,
    realized_pnl: Option<f64>,
    total_commission: Option<f64>,
    total_slippage: Option<f64>,
    total_funding: Option<f64>,
    total_borrow_fee: Option<f64>,
    total_interest: Option<f64>,
    total_dividends: Option<f64>,
    gross_pnl: Option<f64>,
    net_pnl: Option<f64>,
    return_on_equity: Option<f64>,
    duration_bars: Option<i64>,
    equity: Option<f64>,
}

/// A column: its name, type and meaning, and its cell in a line's row.
struct EventColumn(&'static str, ColumnType, &'static str, fn(&TraceLine) -> Cell<'_>);

const COLUMNS: [EventColumn; 35] = [
    EventColumn("session", ColumnType::Text, "the session's id", |e| text(e.session.as_deref())),
    EventColumn("event", ColumnType::Text, "what happened", |e| Cell::Text(&e.event)),
    EventColumn("symbol", ColumnType::Text, "of several that trade", |e| text(e.symbol.as_deref())),
    EventColumn("phase", ColumnType::Text, "`train` or `test`", |e| text(e.phase.as_deref())),
    EventColumn("episode", ColumnType::Integer, "counted from 1", |e| integer(e.episode)),
    EventColumn("batch", ColumnType::Integer, "counted from 1 in the episode", |e| {
        integer(e.batch)
    }),
    EventColumn("step", ColumnType::Integer, "training bars seen before", |e| integer(e.step)),
    EventColumn("time", ColumnType::Time, "the open of the fill's bar, UTC", |e| time(e.time_ms)),
    EventColumn("bar_idx", ColumnType::Integer, "the bar since the account began", |e| {
        integer(e.bar_idx)
    }),
    EventColumn("trade_id", ColumnType::Integer, "counted from 1 for the account", |e| {
        integer(e.trade_id)
    }),
    EventColumn("side", ColumnType::Text, "`long` or `short`", |e| text(e.side.as_deref())),
    EventColumn("units", ColumnType::Number, "of the fill; below 0: sold", |e| number(e.units)),
    EventColumn("price", ColumnType::Number, "of the fill, after slippage", |e| number(e.price)),
    EventColumn("reference_price", ColumnType::Number, "before slippage", |e| {
        number(e.reference_price)
    }),
    EventColumn("commission", ColumnType::Number, "of the fill, money", |e| number(e.commission)),
    EventColumn("slippage", ColumnType::Number, "of the fill, money", |e| number(e.slippage)),
    EventColumn("reason", ColumnType::Text, "why it happened", |e| text(e.reason.as_deref())),
    EventColumn("target", ColumnType::Number, "the refused target", |e| number(e.target)),
    EventColumn("units_after", ColumnType::Number, "held after the fill", |e| {
        number(e.units_after)
    }),
    EventColumn("realized_pnl", ColumnType::Number, "of the units taken off, money", |e| {
        number(e.realized_pnl)
    }),
    EventColumn("entry_bar_idx", ColumnType::Integer, "the bar of the entry", |e| {
        integer(e.entry_bar_idx)
    }),
    EventColumn("entry_time", ColumnType::Time, "the open of that bar, UTC", |e| {
        time(e.entry_time_ms)
    }),
    EventColumn("entry_price", ColumnType::Number, "average, after slippage", |e| {
        number(e.entry_price)
    }),
    EventColumn("entry_equity", ColumnType::Number, "before the entry's costs, money", |e| {
        number(e.entry_equity)
    }),
    EventColumn("total_commission", ColumnType::Number, "of the whole trade, money", |e| {
        number(e.total_commission)
    }),
    EventColumn("total_slippage", ColumnType::Number, "of the whole trade, money", |e| {
        number(e.total_slippage)
    }),
    EventColumn("total_funding", ColumnType::Number, "paid; below 0: received, money", |e| {
        number(e.total_funding)
    }),
    EventColumn("total_borrow_fee", ColumnType::Number, "paid by a short, money", |e| {
        number(e.total_borrow_fee)
    }),
    EventColumn("total_interest", ColumnType::Number, "paid on borrowed cash, money", |e| {
        number(e.total_interest)
    }),
    EventColumn("total_dividends", ColumnType::Number, "received; below 0: paid, money", |e| {
        number(e.total_dividends)
    }),
    EventColumn("gross_pnl", ColumnType::Number, "before costs, money", |e| number(e.gross_pnl)),
    EventColumn("net_pnl", ColumnType::Number, "after all costs, money", |e| number(e.net_pnl)),
    EventColumn("return_on_equity", ColumnType::Number, "net, as a fraction of the entry's", |e| {
        number(e.return_on_equity)
    }),
    EventColumn("duration_bars", ColumnType::Integer, "bars with the position", |e| {
        integer(e.duration_bars)
    }),
    EventColumn("equity", ColumnType::Number, "after the fill, money", |e| number(e.equity)),
];

/// Columns that a closed trade never fills.
const NOT_OF_TRADES: [&str; 4] = ["event", "target", "units_after", "realized_pnl"];

/// Returns the columns of the table of all events.
pub(super) fn trace_columns() -> Vec<Column> {
    COLUMNS.iter().map(EventColumn::described).collect()
}

/// Returns the columns of the table of closed trades.
pub(super) fn trade_columns() -> Vec<Column> {
    COLUMNS.iter().filter(|column| column.is_of_trades()).map(EventColumn::described).collect()
}

impl EventColumn {
    fn described(&self) -> Column {
        let Self(name, column_type, meaning, _) = *self;
        Column { name: name.to_owned(), column_type, meaning: meaning.to_owned() }
    }

    fn is_of_trades(&self) -> bool {
        !NOT_OF_TRADES.contains(&self.0)
    }
}

impl TraceLine {
    /// Whether the event closes a trade.
    pub(super) fn is_closed_trade(&self) -> bool {
        self.event == CLOSED
    }

    /// Returns its row in the table of all events.
    pub(super) fn trace_cells(&self) -> impl Iterator<Item = Cell<'_>> {
        COLUMNS.iter().map(|column| (column.3)(self))
    }

    /// Returns its row in the table of closed trades.
    pub(super) fn trade_cells(&self) -> impl Iterator<Item = Cell<'_>> {
        COLUMNS.iter().filter(|column| column.is_of_trades()).map(|column| (column.3)(self))
    }
}

/// Calls `each` with every event of the trace at `path`, in order.
/// Returns whether its last line is truncated, as after a kill.
pub(super) fn read(path: &Path, each: &mut dyn FnMut(&TraceLine) -> Result<()>) -> Result<bool> {
    let open = || format!("failed to read `{}`", path.display());
    let mut reader = BufReader::new(File::open(path).with_context(open)?);
    let mut session = None;
    let mut line = String::new();
    for number in 1_u64.. {
        line.clear();
        if reader.read_line(&mut line).with_context(open)? == 0 {
            break;
        }
        let parsed = serde_json::from_str::<TraceLine>(&line);
        if parsed.is_err() && !line.ends_with('\n') {
            return Ok(true);
        }
        let at = || format!("`{}` line {number} is no event of a trace", path.display());
        let mut event = parsed.with_context(at)?;
        if event.event == STARTED {
            let format = event.format.unwrap_or_default();
            ensure!(
                format == TRACE_FORMAT,
                "`{}` has format {format}; this program reads {TRACE_FORMAT}",
                path.display()
            );
            session = event.session.take();
            continue;
        }
        event.session.clone_from(&session);
        each(&event)?;
    }
    Ok(false)
}

fn text(value: Option<&str>) -> Cell<'_> {
    value.map_or(Cell::Null, Cell::Text)
}

fn integer(value: Option<i64>) -> Cell<'static> {
    value.map_or(Cell::Null, Cell::Integer)
}

fn time(time_ms: Option<i64>) -> Cell<'static> {
    time_ms.map_or(Cell::Null, Cell::Time)
}

fn number(value: Option<f64>) -> Cell<'static> {
    value.map_or(Cell::Null, Cell::Number)
}
