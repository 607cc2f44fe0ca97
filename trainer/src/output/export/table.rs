//! Tables that are written row by row.

mod parquet;

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::session::time_of_ms;

use super::draft::Draft;
use super::tables::TableFormat;

/// What a column holds. Every value may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// A moment in UTC, to the millisecond.
    Time,
    /// UTF-8.
    Text,
    /// 64 bits with a sign.
    Integer,
    /// 64 bits.
    Number,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// What it tells, with its unit.
    pub meaning: String,
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell<'a> {
    Null,
    /// Milliseconds since 1970 in UTC.
    Time(i64),
    Text(&'a str),
    Integer(i64),
    Number(f64),
}

/// A table that is being written.
pub(super) struct TableWriter {
    draft: Draft,
    sink: Sink,
    n_rows: u64,
}

enum Sink {
    Csv(Box<csv::Writer<std::fs::File>>),
    Parquet(Box<parquet::ParquetSink>),
}

impl TableWriter {
    /// Starts the table `name` of `columns` in `folder`.
    pub(super) fn create(
        folder: &Path,
        (name, format): (&str, TableFormat),
        columns: &[Column],
    ) -> Result<Self> {
        let (draft, file) = Draft::create(&folder.join(format!("{name}.{format}")))?;
        let sink = match format {
            TableFormat::Csv => {
                let mut writer = csv::Writer::from_writer(file);
                writer.write_record(columns.iter().map(|column| &column.name))?;
                Sink::Csv(Box::new(writer))
            }
            TableFormat::Parquet => {
                let file = BufWriter::new(file);
                Sink::Parquet(Box::new(parquet::ParquetSink::new(file, columns)?))
            }
        };
        Ok(Self { draft, sink, n_rows: 0 })
    }

    /// Adds a row, a cell a column.
    pub(super) fn push<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<()> {
        self.n_rows += 1;
        match &mut self.sink {
            Sink::Csv(writer) => {
                for cell in cells {
                    write_field(writer, cell)?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            Sink::Parquet(sink) => sink.push(cells)?,
        }
        Ok(())
    }

    /// Ends the table; returns where it lies and its number of rows.
    pub(super) fn finish(self) -> Result<(PathBuf, u64)> {
        match self.sink {
            Sink::Csv(mut writer) => writer.flush().context("failed to write a table")?,
            Sink::Parquet(sink) => sink.finish()?,
        }
        Ok((self.draft.publish()?, self.n_rows))
    }
}

fn write_field(writer: &mut csv::Writer<std::fs::File>, cell: Cell<'_>) -> csv::Result<()> {
    match cell {
        Cell::Null => writer.write_field(""),
        Cell::Time(time_ms) => writer.write_field(time_of_ms(time_ms)),
        Cell::Text(text) => writer.write_field(text),
        Cell::Integer(value) => writer.write_field(value.to_string()),
        Cell::Number(value) => writer.write_field(value.to_string()),
    }
}
