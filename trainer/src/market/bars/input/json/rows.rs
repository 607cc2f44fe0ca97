//! Writes candles as CSV, with a header found from the first of them.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write as _};

use serde_json::Value;

use super::candles::flat;
use super::layouts::names_of_lists;
use super::values;
use crate::market::bars::columns::is_volume_name;
use crate::market::bars::parquet::push_quoted;
use crate::market::bars::printable;

/// The number of rows from which the names and the order of prices are
/// found.
const N_FIRST: usize = 64;

/// The names of lists that have no others.
const LIST: [&str; 6] = ["time", "open", "high", "low", "close", "volume"];

/// Writes rows to an unnamed temporary file.
pub(super) struct JsonRows {
    text: BufWriter<File>,
    /// The first rows with their symbols, until the header is written.
    first: Vec<(Value, Option<String>)>,
    names: Option<Vec<String>>,
    /// Whether there is a column of symbols.
    has_labels: bool,
    /// Whether the header is written.
    is_begun: bool,
    /// Keys that are only in rows after the header was written.
    late_keys: BTreeSet<String>,
}

impl JsonRows {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            text: BufWriter::new(tempfile::tempfile()?),
            first: Vec::new(),
            names: None,
            has_labels: false,
            is_begun: false,
            late_keys: BTreeSet::new(),
        })
    }

    /// Sets the column names of the `rows` that follow; `None` if they are
    /// to be found from the rows. Fails if earlier rows had other names.
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

    /// Adds a row, a list or an object, of the symbol `label`.
    pub(super) fn push(&mut self, mut row: Value, label: Option<String>) -> Result<(), String> {
        values::unwrap(&mut row);
        if self.is_begun {
            return self.write(&row, label);
        }
        self.has_labels |= label.is_some();
        self.first.push((row, label));
        if self.first.len() < N_FIRST { Ok(()) } else { self.begin() }
    }

    /// Writes the header and the first rows.
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
                for (key, _) in &flat {
                    if !names.contains(key) && !self.late_keys.contains(key) {
                        self.late_keys.insert(key.clone());
                    }
                }
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

    /// Writes what is left, and returns the file at its start, with
    /// warnings.
    pub(super) fn finish(mut self) -> io::Result<(File, Option<String>)> {
        if !self.is_begun {
            self.begin().map_err(io::Error::other)?;
        }
        let volume = self.late_keys.into_iter().find(|key| is_volume_name(key));
        let warning = volume.map(|key| {
            let key = printable(key.as_bytes());
            format!(
                "`{key}` is not read: it is only in candles after the first {N_FIRST}; write it in \
                 all of them, as 0 or null"
            )
        });
        let mut text = self.text.into_inner().map_err(io::IntoInnerError::into_error)?;
        text.rewind()?;
        Ok((text, warning))
    }
}

/// Returns names for lists of a file with a column of symbols, which
/// needs a header.
fn named_lists(lists: &[&Vec<Value>]) -> Option<Vec<String>> {
    let width = lists.first()?.len();
    names_of_lists(lists).or_else(|| {
        let names = LIST.into_iter().take(width).map(str::to_owned);
        Some(
            names.chain((LIST.len() + 1..=width).map(|number| format!("column{number}"))).collect(),
        )
    })
}

/// Returns a value as the text of a cell; numbers keep all digits.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
