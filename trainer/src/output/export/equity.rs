//! The equity curve as a table.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};
use csv::StringRecord;

use crate::session::parse_time;

use super::cell::{Cell, Column, ColumnType};

/// The column that holds times.
const TIME: &str = "time";

/// The known columns with their meanings: times and numbers. Unknown ones
/// stay text.
const MEANINGS: [(&str, &str); 5] = [
    (TIME, "the bar's open, UTC"),
    ("equity", "the agent's at the bar's close, money"),
    ("exposure", "position value as a multiple of equity; below 0: short"),
    ("buy_and_hold", "equity of buying and holding, money"),
    ("close", "the bar's close"),
];

/// Reads a curve row by row.
pub(super) struct CurveReader {
    reader: csv::Reader<File>,
    pub(super) columns: Vec<Column>,
}

impl CurveReader {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let open = || -> csv::Result<_> {
            let mut reader = csv::Reader::from_path(path)?;
            let columns = reader.headers()?.iter().map(column).collect();
            Ok(Self { reader, columns })
        };
        open().with_context(|| format!("failed to read `{}`", path.display()))
    }

    /// Calls `each` with the cells of every row, in order.
    pub(super) fn read(mut self, each: &mut dyn FnMut(&[Cell<'_>]) -> Result<()>) -> Result<()> {
        let mut record = StringRecord::new();
        while self.reader.read_record(&mut record)? {
            let line = record.position().map_or(0, csv::Position::line);
            let fields = record.iter().zip(&self.columns);
            let cells = fields.map(|(field, column)| cell(field, column));
            let cells = cells.collect::<Result<Vec<_>>>();
            each(&cells.with_context(|| format!("line {line} is no row of a curve"))?)?;
        }
        Ok(())
    }
}

fn column(name: &str) -> Column {
    let meaning = MEANINGS.iter().find(|(known, _)| *known == name);
    let column_type = match meaning {
        Some((TIME, _)) => ColumnType::Time,
        Some(_) => ColumnType::Number,
        None => ColumnType::Text,
    };
    Column {
        name: name.to_owned(),
        column_type,
        meaning: meaning.map_or("", |(_, meaning)| meaning).to_owned(),
    }
}

fn cell<'a>(field: &'a str, column: &Column) -> Result<Cell<'a>> {
    match column.column_type {
        _ if field.is_empty() => Ok(Cell::Null),
        ColumnType::Time => Ok(Cell::Time(parse_time(field)?.timestamp_millis())),
        ColumnType::Text => Ok(Cell::Text(field)),
        ColumnType::Integer | ColumnType::Number => {
            let value = field.parse::<f64>().map(Cell::Number);
            value.with_context(|| format!("`{field}` in `{}` is no number", column.name))
        }
    }
}
