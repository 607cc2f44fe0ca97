//! Predictions as CSV, as one JSON document, or as an object a line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;

use crate::session::time_of_ms;

use super::Prediction;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFormat {
    /// `time,exposure,note` below a line of these names.
    Csv,
    /// One document; its rows are written as they come.
    Json,
    /// An object a line.
    JsonLines,
}

/// What a document tells above its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PredictionHeader {
    /// The model's or the archive's file.
    pub model: String,
    /// The kind of the model.
    pub kind: &'static str,
    /// The bars.
    pub data: String,
}

/// Writes rows one by one.
#[derive(Debug)]
pub struct RowWriter<W> {
    out: W,
    format: RowFormat,
    /// Whether each row must be out before the next bar comes.
    is_live: bool,
    has_symbols: bool,
    n_rows: u64,
}

/// One row of JSON.
#[derive(Serialize)]
struct Row<'a> {
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<&'a str>,
    #[serde(flatten)]
    prediction: &'a Prediction,
}

impl<W: Write> RowWriter<W> {
    /// Begins to write to `out`. A live one flushes after each row.
    pub fn new(out: W, format: RowFormat, is_live: bool) -> Self {
        Self { out, format, is_live, has_symbols: false, n_rows: 0 }
    }

    /// Writes what stands above the rows, which name their symbol if
    /// `has_symbols`.
    pub fn begin(&mut self, head: &PredictionHeader, has_symbols: bool) -> io::Result<()> {
        self.has_symbols = has_symbols;
        match self.format {
            RowFormat::Csv if has_symbols => writeln!(self.out, "time,symbol,exposure,note")?,
            RowFormat::Csv => writeln!(self.out, "time,exposure,note")?,
            RowFormat::Json => {
                let head = json!({ "format": 1, "model": head.model, "kind": head.kind,
                                   "data": head.data })
                .to_string();
                write!(self.out, "{},\"exposures\":[", head.trim_end_matches('}'))?;
            }
            RowFormat::JsonLines => {}
        }
        self.flush_live()
    }

    /// Writes one row.
    pub fn row(&mut self, symbol: Option<&str>, prediction: &Prediction) -> io::Result<()> {
        let time = time_of_ms(prediction.time_ms);
        match self.format {
            RowFormat::Csv => {
                write!(self.out, "{time},")?;
                if let Some(symbol) = symbol.filter(|_| self.has_symbols) {
                    write!(self.out, "{},", quoted(symbol))?;
                }
                if let Some(exposure) = prediction.exposure {
                    write!(self.out, "{exposure}")?;
                }
                writeln!(
                    self.out,
                    ",{}",
                    prediction.note.map_or("", super::PredictionNote::as_str)
                )?;
            }
            RowFormat::Json | RowFormat::JsonLines => {
                if self.format == RowFormat::Json {
                    let separator = if self.n_rows == 0 { "\n" } else { ",\n" };
                    write!(self.out, "{separator}")?;
                }
                let symbol = symbol.filter(|_| self.has_symbols);
                serde_json::to_writer(&mut self.out, &Row { time, symbol, prediction })?;
                if self.format == RowFormat::JsonLines {
                    writeln!(self.out)?;
                }
            }
        }
        self.n_rows += 1;
        self.flush_live()
    }

    /// Ends the document.
    pub fn finish(mut self) -> io::Result<()> {
        if self.format == RowFormat::Json {
            writeln!(self.out, "\n]}}")?;
        }
        self.out.flush()
    }

    fn flush_live(&mut self) -> io::Result<()> {
        if self.is_live { self.out.flush() } else { Ok(()) }
    }
}

/// Returns a CSV cell.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
