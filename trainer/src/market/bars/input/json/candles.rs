//! Finds the candles in an object of JSON, wherever in it they are, and
//! of which symbol.

use serde_json::{Map, Value};

use super::layouts::{JsonTable, without_number};
use crate::market::bars::timestamp::TimeZone;

/// A list of candles.
pub(super) struct Candles {
    /// Those of lists, where the object tells them.
    pub(super) names: Option<Vec<String>>,
    pub(super) rows: Vec<Value>,
    /// The symbol, where there are several.
    pub(super) label: Option<String>,
}

/// A list of fewer numbers is no candle.
const N_CELLS_MIN: usize = 5;

/// Objects in each other that are looked into.
const DEPTH_MAX: usize = 8;

/// Keys of what is traded.
const SYMBOLS: [&str; 7] = ["symbol", "ticker", "pair", "instrument", "market", "coin", "code"];

impl Candles {
    /// Returns all lists of candles in `object`. An error says why there
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

    /// Whether the object is one of several in a list.
    fn is_labelled_itself(&self, object: &Map<String, Value>) -> bool {
        let own = symbol_of(object);
        own.is_some() && own == self.label
    }
}

/// Where in the object something is.
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
            found.push(Candles { names: None, rows: self.rows_in_zone(list), label });
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

    /// Adds the zone to the name of the time, where its text is that of
    /// a clock.
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

/// Whether it is a list of candles.
fn is_candles(list: &[Value]) -> bool {
    list.first().is_some_and(|first| match first {
        Value::Array(cells) => {
            cells.len() >= N_CELLS_MIN && !cells.iter().any(|c| c.is_array() || c.is_object())
        }
        Value::Object(_) => has_range(flat(first).into_iter()),
        _ => false,
    })
}

/// Whether it has a high and a low itself, whatever they are called.
pub(super) fn is_candle(object: &Map<String, Value>) -> bool {
    has_range(object.iter().map(|(key, value)| (key.clone(), value)))
}

fn has_range<'a>(cells: impl Iterator<Item = (String, &'a Value)>) -> bool {
    let is_single = |(_, value): &(String, &Value)| !value.is_array() && !value.is_object();
    let keys: Vec<String> = cells.filter(is_single).map(|(key, _)| key).collect();
    let has = |word: &str| {
        keys.iter().any(|key| {
            let key = without_number(key.rsplit('.').next().unwrap_or_default()).to_lowercase();
            key == word[..1] || key.contains(word)
        })
    };
    has("high") && has("low")
}

/// Returns the cells of a row by their names; those of objects in it
/// have both.
pub(super) fn flat(row: &Value) -> Vec<(String, &Value)> {
    let mut cells = Vec::new();
    for (key, value) in row.as_object().into_iter().flatten() {
        match value {
            Value::Object(inner) if !inner.is_empty() => {
                cells.extend(inner.iter().map(|(name, value)| (format!("{key}.{name}"), value)));
            }
            value => cells.push((key.clone(), value)),
        }
    }
    cells
}

/// Returns what is traded, as the object or its description says.
fn symbol_of(object: &Map<String, Value>) -> Option<String> {
    let own = |object: &Map<String, Value>| {
        SYMBOLS.iter().find_map(|key| object.get(*key)?.as_str()).map(str::to_owned)
    };
    own(object).or_else(|| own(object.get("meta")?.as_object()?))
}

/// Returns the zone that the object or what describes it names.
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

/// Says what is there in place of candles.
fn no_candles(object: &Map<String, Value>) -> String {
    let text = |(key, value): (&String, &Value)| Some(format!("`{key}`: {}", value.as_str()?));
    match object.iter().find_map(text) {
        Some(text) => format!("there are none, but {text}"),
        None => "there is no list of them in the object".to_owned(),
    }
}
