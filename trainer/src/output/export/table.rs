//! Writes tables row by row.

use std::fmt;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::session::time_of_ms;

use super::cell::{Cell, Column};
use super::draft::Draft;
use super::parquet::ParquetWriter;

/// How tables are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableFormat {
    /// Typed columns, compressed by Snappy.
    Parquet,
    /// Text, with a header line.
    Csv,
}

impl fmt::Display for TableFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Writes a table in any format.
pub(super) struct TableWriter {
    draft: Draft,
    writer: FormatWriter,
    n_rows: u64,
}

enum FormatWriter {
    Csv(Box<csv::Writer<std::fs::File>>),
    Parquet(Box<ParquetWriter>),
}

impl TableWriter {
    /// Creates the table of `columns` that becomes the file `path`.
    pub(super) fn create(path: &Path, format: TableFormat, columns: &[Column]) -> Result<Self> {
        let (draft, file) = Draft::create(path)?;
        let writer = match format {
            TableFormat::Csv => {
                let mut writer = csv::Writer::from_writer(file);
                writer.write_record(columns.iter().map(|column| &column.name))?;
                FormatWriter::Csv(Box::new(writer))
            }
            TableFormat::Parquet => {
                let file = BufWriter::new(file);
                FormatWriter::Parquet(Box::new(ParquetWriter::new(file, columns)?))
            }
        };
        Ok(Self { draft, writer, n_rows: 0 })
    }

    /// Adds a row with one cell per column.
    pub(super) fn push<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) -> Result<()> {
        self.n_rows += 1;
        match &mut self.writer {
            FormatWriter::Csv(writer) => {
                for cell in cells {
                    write_field(writer, cell)?;
                }
                writer.write_record(None::<&[u8]>)?;
            }
            FormatWriter::Parquet(writer) => writer.push(cells)?,
        }
        Ok(())
    }

    /// Completes the table; returns its path and number of rows.
    pub(super) fn finish(self) -> Result<(PathBuf, u64)> {
        match self.writer {
            FormatWriter::Csv(mut writer) => writer.flush().context("failed to write a table")?,
            FormatWriter::Parquet(writer) => writer.finish()?,
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
