//! Gives candles in JSON as the CSV text that they could have been.
//!
//! A list of lists, as ccxt and freqtrade write them; a list of objects;
//! objects line by line; an object that holds one of them, or a list for
//! each column. Rows of a list are written out as they come.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Read, Seek as _, Write};

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Value};

use super::layouts::{Table, names_of_lists};

/// Whether text that begins so is JSON.
pub(super) fn is_json(start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    let inner = start.get(1..).unwrap_or_default().trim_ascii_start();
    match start.first() {
        Some(b'[') => matches!(inner.first(), Some(b'[' | b'{' | b']')),
        Some(b'{') => matches!(inner.first(), Some(b'"' | b'}')),
        _ => false,
    }
}

/// Returns the candles in `json` as CSV, in a nameless file.
pub(super) fn open(json: impl Read) -> io::Result<File> {
    let mut rows =
        RowWriter { text: BufWriter::new(tempfile::tempfile()?), names: None, lists: Vec::new() };
    let mut values = Deserializer::from_reader(io::BufReader::new(json));
    loop {
        match (Top { rows: &mut rows }).deserialize(&mut values) {
            Ok(()) => {}
            Err(error) if error.is_eof() && rows.names.is_some() && error.column() == 0 => break,
            Err(error) => return Err(failure(&error)),
        }
        if values.end().is_ok() {
            break;
        }
    }
    rows.end_lists().map_err(io::Error::other)?;
    let mut text = rows.text.into_inner().map_err(io::IntoInnerError::into_error)?;
    text.rewind()?;
    Ok(text)
}

fn failure(error: &serde_json::Error) -> io::Error {
    let problem = if error.is_eof() {
        "is JSON that is cut short; copy or download it again".to_owned()
    } else {
        format!(
            "is JSON, but not a list of candles ({}); write it as `[[time, open, high, low, \
             close, volume], …]`, as a list of objects, or as CSV",
            crate::market::bars::shown(error.to_string().as_bytes())
        )
    };
    io::Error::new(ErrorKind::InvalidData, problem)
}

/// Writes rows below the names that the first of them has.
struct RowWriter {
    text: BufWriter<File>,
    /// Those of objects; none of lists.
    names: Option<Vec<String>>,
    /// The first lists, until the order of their prices is known.
    lists: Vec<Vec<Value>>,
}

/// Lists that tell the order of their prices.
const N_LISTS: usize = 64;

impl RowWriter {
    fn row(&mut self, value: &Value) -> Result<(), String> {
        let cells = match value {
            Value::Array(cells) if self.names.is_none() => {
                self.lists.push(cells.clone());
                return if self.lists.len() < N_LISTS { Ok(()) } else { self.end_lists() };
            }
            Value::Array(cells) => cells.iter().collect::<Vec<_>>(),
            Value::Object(object) => self.object(object)?,
            _ => return Err("a candle is a list or an object".to_owned()),
        };
        self.cells(&cells.into_iter().map(cell).collect::<Vec<_>>())
    }

    /// Writes the first lists, below names where they need some.
    fn end_lists(&mut self) -> Result<(), String> {
        let lists = std::mem::take(&mut self.lists);
        if self.names.is_some() || lists.is_empty() {
            return Ok(());
        }
        let names = names_of_lists(&lists);
        if let Some(names) = &names {
            self.cells(names)?;
        }
        self.names = Some(names.unwrap_or_default());
        lists.iter().try_for_each(|row| self.cells(&row.iter().map(cell).collect::<Vec<_>>()))
    }

    fn table(&mut self, table: &Table) -> Result<(), String> {
        self.cells(&table.names)?;
        self.names = Some(table.names.clone());
        let mut rows = table.rows.iter();
        rows.try_for_each(|row| self.cells(&row.iter().map(cell).collect::<Vec<_>>()))
    }

    fn object<'a>(&mut self, object: &'a Map<String, Value>) -> Result<Vec<&'a Value>, String> {
        if self.names.is_none() {
            let names: Vec<String> = object.keys().cloned().collect();
            self.cells(&names)?;
            self.names = Some(names);
        }
        let names = self.names.as_deref().unwrap_or_default();
        Ok(names.iter().map(|name| object.get(name).unwrap_or(&Value::Null)).collect())
    }

    fn cells(&mut self, cells: &[String]) -> Result<(), String> {
        let mut line = Vec::new();
        for (idx, cell) in cells.iter().enumerate() {
            line.extend(if idx == 0 { None } else { Some(b',') });
            crate::market::bars::parquet::push_quoted(&mut line, cell.as_bytes());
        }
        line.push(b'\n');
        self.text.write_all(&line).map_err(|error| error.to_string())
    }

    /// Writes lists that are one a column: `{"t": […], "o": […]}`, or
    /// `{"Open": {"2020-01-06": …}}` as pandas writes a frame.
    fn columns(&mut self, object: &Map<String, Value>) -> Result<(), String> {
        let lists: Vec<(&String, &Vec<Value>)> =
            object.iter().filter_map(|(name, value)| Some((name, value.as_array()?))).collect();
        let frames: Vec<(&String, &Map<String, Value>)> =
            object.iter().filter_map(|(name, value)| Some((name, value.as_object()?))).collect();
        if lists.len() >= 4 {
            let names: Vec<String> = lists.iter().map(|(name, _)| (*name).clone()).collect();
            self.cells(&names)?;
            self.names = Some(names);
            let n_rows = lists.iter().map(|(_, list)| list.len()).max().unwrap_or_default();
            for row in 0..n_rows {
                let value = |list: &Vec<Value>| list.get(row).map(cell).unwrap_or_default();
                self.cells(&lists.iter().map(|(_, list)| value(list)).collect::<Vec<_>>())?;
            }
            return Ok(());
        }
        if frames.len() >= 4 {
            let names = frames.iter().map(|(name, _)| (*name).clone());
            let names: Vec<String> = ["time".to_owned()].into_iter().chain(names).collect();
            self.cells(&names)?;
            self.names = Some(names);
            for time in frames[0].1.keys() {
                let value =
                    |frame: &Map<String, Value>| frame.get(time).map(cell).unwrap_or_default();
                let cells = frames.iter().map(|(_, frame)| value(frame));
                self.cells(&[time.clone()].into_iter().chain(cells).collect::<Vec<_>>())?;
            }
            return Ok(());
        }
        Err("there is no list of them in the object".to_owned())
    }

    /// Takes an object that is a candle, or holds the candles.
    fn top_object(&mut self, object: &Map<String, Value>) -> Result<(), String> {
        if let Some(table) = Table::find(object) {
            return self.table(&table);
        }
        let is_rows = |value: &&Value| {
            let list = value.as_array().filter(|list| !list.is_empty());
            list.is_some_and(|list| list[0].is_array() || list[0].is_object())
        };
        let mut holders = object.values().filter(is_rows);
        match (holders.next(), holders.next()) {
            (Some(Value::Array(rows)), None) => rows.iter().try_for_each(|row| self.row(row)),
            (Some(_), _) => Err("the object has several lists".to_owned()),
            (None, _) if object.values().any(|value| value.is_array() || value.is_object()) => {
                let nested = object.values().find_map(Value::as_object);
                match nested.filter(|_| object.values().filter(|v| v.is_object()).count() == 1) {
                    Some(inner) => self.top_object(inner),
                    None => self.columns(object),
                }
            }
            (None, _) => self.row(&Value::Object(object.clone())),
        }
    }
}

/// Writes a value as a cell; numbers keep every bit.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// One value of the file.
struct Top<'a> {
    rows: &'a mut RowWriter,
}

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of candles")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(row) = list.next_element::<Value>()? {
            self.rows.row(&row).map_err(serde::de::Error::custom)?;
        }
        self.rows.end_lists().map_err(serde::de::Error::custom)?;
        self.rows.names.get_or_insert_default();
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let object = Map::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        self.rows.top_object(&object).map_err(serde::de::Error::custom)
    }
}
