//! Writes predictions as CSV, JSON or JSON Lines.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::session::time_of_ms;

use super::Prediction;

/// The format of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RowFormat {
    /// `time,exposure,note`, below a header.
    #[serde(alias = "text")]
    Csv,
    /// One document, written row by row.
    Json,
    /// One object per line.
    #[serde(rename = "jsonl")]
    JsonLines,
}

/// The fields of a JSON document before its rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PredictionHeader {
    /// The file of the model or the archive.
    pub model: String,
    /// The kind of the model.
    pub kind: &'static str,
    /// The source of the bars.
    pub data: String,
}

/// Writes rows one by one.
#[derive(Debug)]
pub struct RowWriter<W> {
    out: W,
    format: RowFormat,
    /// Whether each row is flushed before the next bar is read.
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
    /// Returns a writer to `out`. A live one flushes after each row.
    pub fn new(out: W, format: RowFormat, is_live: bool) -> Self {
        Self { out, format, is_live, has_symbols: false, n_rows: 0 }
    }

    /// Writes the header. With `has_symbols` each row names its symbol.
    pub fn begin(&mut self, header: &PredictionHeader, has_symbols: bool) -> io::Result<()> {
        self.has_symbols = has_symbols;
        match self.format {
            RowFormat::Csv if has_symbols => writeln!(self.out, "time,symbol,exposure,note")?,
            RowFormat::Csv => writeln!(self.out, "time,exposure,note")?,
            RowFormat::Json => {
                let header = json!({ "format": 1, "model": header.model, "kind": header.kind,
                                     "data": header.data })
                .to_string();
                write!(self.out, "{},\"exposures\":[", header.trim_end_matches('}'))?;
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

/// Returns `text` as a CSV cell, quoted where necessary.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
