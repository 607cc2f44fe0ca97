//! Finds the lists of candles in a JSON object, at any depth, and their
//! symbols.

use serde_json::{Map, Value};

use super::layouts::{JsonTable, without_number};
use crate::market::bars::columns::is_name_in_language;
use crate::market::bars::lenient::number_in;
use crate::market::bars::timestamp::{TimeZone, is_date};

/// A list of candles.
pub(super) struct Candles {
    /// The column names of rows that are lists, if the object has them.
    pub(super) names: Option<Vec<String>>,
    pub(super) rows: Vec<Value>,
    /// The symbol, if there are several.
    pub(super) label: Option<String>,
}

/// The fewest values of a candle that is a list.
const N_CELLS_MIN: usize = 5;

/// The depth to which nested objects are searched.
const DEPTH_MAX: usize = 8;

/// Keys of a symbol.
const SYMBOLS: [&str; 7] = ["symbol", "ticker", "pair", "instrument", "market", "coin", "code"];

impl Candles {
    /// Returns all lists of candles in `object`. The error says why there
    /// are none.
    pub(super) fn all(object: &Map<String, Value>) -> Result<Vec<Self>, String> {
        let mut found = Vec::new();
        let at = JsonNode { label: None, zone: zone_in(object), depth: 0 };
        at.collect(object, &mut found)?;
        let mut found: Vec<Self> =
            found.into_iter().filter(|candles| !candles.rows.is_empty()).collect();
        if found.is_empty() {
            return Err(no_candles(object));
        }
        if found.len() == 1 && !found[0].is_labelled_itself(object) {
            found[0].label = None;
        }
        let labels: Vec<&Option<String>> = found.iter().map(|candles| &candles.label).collect();
        let are_apart = (1..labels.len()).all(|idx| !labels[..idx].contains(&labels[idx]));
        if are_apart { Ok(found) } else { Err("several lists have no symbol".to_owned()) }
    }

    /// Whether the label is the symbol that `object` itself names.
    fn is_labelled_itself(&self, object: &Map<String, Value>) -> bool {
        let own = symbol_of(object);
        own.is_some() && own == self.label
    }
}

/// The context of a nested object.
struct JsonNode {
    label: Option<String>,
    zone: Option<String>,
    depth: usize,
}

impl JsonNode {
    fn collect(&self, object: &Map<String, Value>, found: &mut Vec<Candles>) -> Result<(), String> {
        let label = symbol_of(object).or_else(|| self.label.clone());
        let tables = JsonTable::all(object)?;
        if !tables.is_empty() {
            found.extend(tables.into_iter().map(|(name, JsonTable { names, rows })| {
                let rows: Vec<Value> = rows.into_iter().map(Value::Array).collect();
                let names = self.in_zone(names, rows.first());
                Candles { names: Some(names), rows, label: name.or_else(|| label.clone()) }
            }));
            return Ok(());
        }
        let lists = object.iter().filter_map(|(key, value)| Some((key, value.as_array()?)));
        let lists: Vec<(&String, &Vec<Value>)> = lists.filter(|(_, l)| is_candles(l)).collect();
        for (key, list) in &lists {
            let is_only = lists.len() == 1;
            let label = if is_only { label.clone() } else { None };
            let label = label.or_else(|| Some((*key).clone()));
            let rows = self.rows_in_zone(list).into_iter().map(split_row).collect();
            found.push(Candles { names: None, rows, label });
        }
        if self.depth == DEPTH_MAX || !lists.is_empty() {
            return Ok(());
        }
        for (key, value) in object {
            let inner: Vec<&Map<String, Value>> = match value {
                Value::Object(inner) => vec![inner],
                Value::Array(list) => list.iter().filter_map(Value::as_object).collect(),
                _ => Vec::new(),
            };
            for inner in inner {
                let label = symbol_of(object).or_else(|| Some(key.clone()));
                let at = Self { label, zone: self.zone.clone(), depth: self.depth + 1 };
                if is_candle(inner) {
                    let row = vec![Value::Object(inner.clone())];
                    found.push(Candles { names: None, rows: row, label: at.label });
                } else {
                    at.collect(inner, found)?;
                }
            }
        }
        Ok(())
    }

    /// Adds the time zone to the name of the time column, if its values
    /// have a clock time.
    fn in_zone(&self, mut names: Vec<String>, first: Option<&Value>) -> Vec<String> {
        let is_clock = |value: Option<&Value>| {
            value.and_then(Value::as_str).is_some_and(|text| text.contains(':'))
        };
        if let (Some(zone), Some(name)) = (&self.zone, names.first_mut())
            && is_clock(first.and_then(|row| row.get(0)))
        {
            *name = format!("{name} ({zone})");
        }
        names
    }

    /// Does the same for rows that are objects.
    fn rows_in_zone(&self, rows: &[Value]) -> Vec<Value> {
        let Some(zone) = &self.zone else {
            return rows.to_vec();
        };
        let is_time = |key: &str| ["datetime", "date", "time", "timestamp"].contains(&key);
        let named = |(key, value): (&String, &Value)| {
            let is_clock = is_time(key) && value.as_str().is_some_and(|text| text.contains(':'));
            let key = if is_clock { format!("{key} ({zone})") } else { key.clone() };
            (key, value.clone())
        };
        let row = |row: &Value| match row {
            Value::Object(object) => Value::Object(object.iter().map(named).collect()),
            other => other.clone(),
        };
        rows.iter().map(row).collect()
    }
}

/// Whether `list` is a list of candles.
fn is_candles(list: &[Value]) -> bool {
    list.first().is_some_and(|first| match first {
        Value::Array(cells) => {
            cells.len() >= N_CELLS_MIN && !cells.iter().any(|c| c.is_array() || c.is_object())
        }
        Value::Object(_) => has_range(flat(first).into_iter()),
        Value::String(text) => cells_of(text).is_some(),
        _ => false,
    })
}

/// Returns the cells of a candle in one text, `"2020-01-06,100,…"`.
fn cells_of(text: &str) -> Option<Vec<Value>> {
    let cells: Vec<&str> = text.split(',').collect();
    let is_candle = cells.len() >= N_CELLS_MIN
        && is_date(cells[0].as_bytes())
        && cells[1..].iter().all(|cell| number_in(cell).is_some());
    is_candle.then(|| cells.iter().map(|cell| Value::String((*cell).to_owned())).collect())
}

/// Splits a candle in one text into a list.
fn split_row(row: Value) -> Value {
    match row.as_str().and_then(cells_of) {
        Some(cells) => Value::Array(cells),
        None => row,
    }
}

/// Whether a row of a list is a candle, with its prices in an object of
/// its own or not: `{"time": …, "mid": {"o": …, "h": …}}`.
pub(super) fn is_row(row: &Value) -> bool {
    let has_cells = row
        .as_object()
        .is_some_and(|object| object.values().any(|value| !value.is_array() && !value.is_object()));
    has_cells && has_range(flat(row).into_iter())
}

/// Whether `object` has a high and a low itself, under any name.
pub(super) fn is_candle(object: &Map<String, Value>) -> bool {
    has_range(object.iter().map(|(key, value)| (key.clone(), value)))
}

fn has_range<'a>(cells: impl Iterator<Item = (String, &'a Value)>) -> bool {
    let is_single = |(_, value): &(String, &Value)| !value.is_array() && !value.is_object();
    let keys: Vec<String> = cells.filter(is_single).map(|(key, _)| key).collect();
    let has = |word: &str| {
        keys.iter().any(|key| {
            let last = without_number(key.rsplit('.').next().unwrap_or_default()).to_lowercase();
            last == word[..1] || key.to_lowercase().contains(word)
        })
    };
    let n_in_language = || keys.iter().filter(|key| is_name_in_language(key)).count();
    has("high") && has("low") || n_in_language() >= N_CELLS_MIN
}

/// Returns the values of a row with their keys; the keys of nested
/// objects are joined by a point.
pub(super) fn flat(row: &Value) -> Vec<(String, &Value)> {
    let mut cells = Vec::new();
    let own = row.as_object();
    for (key, value) in own.into_iter().flatten() {
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                // `{"quote": {"USD": {"open": …}}}`, by CoinMarketCap, or
                // without the currency.
                let only = inner.values().next().filter(|_| inner.len() == 1);
                let inner = only.and_then(Value::as_object).unwrap_or(inner);
                let is_new = |name: &String| own.is_some_and(|own| !own.contains_key(name));
                let is_row = key == "quote" && inner.keys().all(is_new);
                let named = |name: &String| match name.as_str() {
                    // It is a value in the currency of the quote.
                    "volume" if is_row => "quote_volume".to_owned(),
                    _ if is_row => name.clone(),
                    _ => format!("{key}.{name}"),
                };
                cells.extend(inner.iter().map(|(name, value)| (named(name), value)));
            }
            value => cells.push((key.clone(), value)),
        }
    }
    cells
}

/// Returns the symbol that `object` or its `meta` names.
fn symbol_of(object: &Map<String, Value>) -> Option<String> {
    let own = |object: &Map<String, Value>| {
        SYMBOLS.iter().find_map(|key| object.get(*key)?.as_str()).map(str::to_owned)
    };
    own(object).or_else(|| own(object.get("meta")?.as_object()?))
}

/// Returns the time zone that `object` or an object in it names.
fn zone_in(object: &Map<String, Value>) -> Option<String> {
    let own = |object: &Map<String, Value>| {
        object.iter().find_map(|(key, value)| {
            let letters: String = key.chars().filter(|letter| letter.is_alphabetic()).collect();
            let zone = value.as_str().filter(|_| letters.to_lowercase().contains("timezone"))?;
            TimeZone::parse(zone).map(|_| zone.to_owned())
        })
    };
    own(object).or_else(|| object.values().filter_map(Value::as_object).find_map(own))
}

/// Returns the error that there are no candles, with a text of the object
/// that may explain it.
fn no_candles(object: &Map<String, Value>) -> String {
    let text = |(key, value): (&String, &Value)| Some(format!("`{key}`: {}", value.as_str()?));
    match object.iter().find_map(text) {
        Some(text) => format!("there are none, but {text}"),
        None => "there is no list of them in the object".to_owned(),
    }
}
