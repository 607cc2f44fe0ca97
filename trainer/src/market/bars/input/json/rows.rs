//! Writes candles as lines of CSV, below the names that the first of
//! them show.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write as _};

use serde_json::Value;

use super::candles::flat;
use super::layouts::names_of_lists;
use crate::market::bars::parquet::push_quoted;

/// Rows that tell the names, and the order of prices in lists.
const N_FIRST: usize = 64;

/// What lists have where they need names.
const LIST: [&str; 6] = ["time", "open", "high", "low", "close", "volume"];

/// Rows in a nameless file.
pub(super) struct JsonRows {
    text: BufWriter<File>,
    /// The first rows, until their names are known.
    first: Vec<(Value, Option<String>)>,
    names: Option<Vec<String>>,
    /// Whether the rows of several symbols follow each other.
    has_labels: bool,
    is_begun: bool,
}

impl JsonRows {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            text: BufWriter::new(tempfile::tempfile()?),
            first: Vec::new(),
            names: None,
            has_labels: false,
            is_begun: false,
        })
    }

    /// Takes the names of the lists that follow; none where they are to
    /// be found.
    pub(super) fn name(
        &mut self,
        names: Option<Vec<String>>,
        rows: &[Value],
    ) -> Result<(), String> {
        let names = names.or_else(|| {
            let lists: Vec<&Vec<Value>> = rows.iter().filter_map(Value::as_array).collect();
            (lists.len() == rows.len()).then(|| named_lists(&lists)).flatten()
        });
        match (&self.names, names) {
            (Some(known), Some(names)) if *known != names => {
                Err("the lists of several symbols are not alike".to_owned())
            }
            (None, names) => {
                self.names = names;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn push(&mut self, row: Value, label: Option<String>) -> Result<(), String> {
        if self.is_begun {
            return self.write(&row, label);
        }
        self.has_labels |= label.is_some();
        self.first.push((row, label));
        if self.first.len() < N_FIRST { Ok(()) } else { self.begin() }
    }

    /// Writes the names, and the first rows below.
    fn begin(&mut self) -> Result<(), String> {
        self.is_begun = true;
        let first = std::mem::take(&mut self.first);
        let lists: Vec<&Vec<Value>> = first.iter().filter_map(|(row, _)| row.as_array()).collect();
        if self.names.is_none() && !lists.is_empty() {
            self.names = names_of_lists(&lists);
            if self.names.is_none() && self.has_labels {
                self.names = named_lists(&lists);
            }
        } else if self.names.is_none() {
            let mut names: Vec<String> = Vec::new();
            for (name, _) in first.iter().flat_map(|(row, _)| flat(row)) {
                names.extend((!names.contains(&name)).then_some(name));
            }
            self.names = Some(names);
        }
        if let Some(mut names) = self.names.clone() {
            names.extend(self.has_labels.then(|| "symbol".to_owned()));
            self.line(&names)?;
        }
        first.iter().try_for_each(|(row, label)| self.write(row, label.clone()))
    }

    fn write(&mut self, row: &Value, label: Option<String>) -> Result<(), String> {
        let mut cells: Vec<String> = match (row, &self.names) {
            (Value::Array(cells), _) => cells.iter().map(cell).collect(),
            (Value::Object(_), Some(names)) => {
                let flat = flat(row);
                let of = |name: &String| flat.iter().find(|(known, _)| known == name);
                names
                    .iter()
                    .map(|name| of(name).map(|(_, value)| cell(value)))
                    .map(Option::unwrap_or_default)
                    .collect()
            }
            _ => return Err("a candle is a list or an object".to_owned()),
        };
        if self.has_labels {
            cells.push(label.unwrap_or_default());
        }
        self.line(&cells)
    }

    fn line(&mut self, cells: &[String]) -> Result<(), String> {
        let mut line = Vec::new();
        for (idx, cell) in cells.iter().enumerate() {
            line.extend(if idx == 0 { None } else { Some(b',') });
            push_quoted(&mut line, cell.as_bytes());
        }
        line.push(b'\n');
        self.text.write_all(&line).map_err(|error| error.to_string())
    }

    /// Returns the file, from its start.
    pub(super) fn finish(mut self) -> io::Result<File> {
        if !self.is_begun {
            self.begin().map_err(io::Error::other)?;
        }
        let mut text = self.text.into_inner().map_err(io::IntoInnerError::into_error)?;
        text.rewind()?;
        Ok(text)
    }
}

/// Returns names for lists beside which a symbol stands.
fn named_lists(lists: &[&Vec<Value>]) -> Option<Vec<String>> {
    let width = lists.first()?.len();
    names_of_lists(lists).or_else(|| {
        let names = LIST.into_iter().take(width).map(str::to_owned);
        Some(
            names.chain((LIST.len() + 1..=width).map(|number| format!("column{number}"))).collect(),
        )
    })
}

/// Writes a value as a cell; numbers keep every bit.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
