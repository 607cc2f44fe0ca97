//! Layouts of JSON that services give bars in, as tables.

use serde_json::{Map, Value};

use crate::market::bars::loose::number_in;
use crate::market::bars::timestamp::{is_count, is_date};

/// Lists of Kraken, whose `result` is by pair.
const KRAKEN: [&str; 8] = ["time", "open", "high", "low", "close", "vwap", "volume", "count"];

/// Orders that lists have their prices in, after the time: those of
/// ccxt, of Coinbase, of `KuCoin` and Bitfinex.
const ORDERS: [[&str; 4]; 3] = [
    ["open", "high", "low", "close"],
    ["low", "high", "open", "close"],
    ["open", "close", "high", "low"],
];

/// Names and rows.
pub(super) struct Table {
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl Table {
    /// Finds the table that `object`, or what is in it, is; none where
    /// there are several, as of several symbols.
    pub(super) fn find(object: &Map<String, Value>) -> Option<Self> {
        let mut tables = Self::all(object);
        if tables.len() == 1 { tables.pop() } else { None }
    }

    fn all(object: &Map<String, Value>) -> Vec<Self> {
        let own = yahoo(object)
            .or_else(|| split(object))
            .or_else(|| kraken(object))
            .or_else(|| by_time(object));
        if let Some(own) = own {
            return vec![own];
        }
        let inner = object.values().flat_map(|value| match value {
            Value::Object(inner) => Self::all(inner),
            Value::Array(list) => list.iter().filter_map(|item| yahoo(item.as_object()?)).collect(),
            _ => Vec::new(),
        });
        inner.collect()
    }
}

/// `{"timestamp": […], "indicators": {"quote": [{"open": […], …}]}}`
fn yahoo(object: &Map<String, Value>) -> Option<Table> {
    let times = object.get("timestamp")?.as_array()?;
    let indicators = object.get("indicators")?;
    let first = |name: &str| indicators.get(name)?.get(0)?.as_object();
    let quote = first("quote")?;
    let adjusted = first("adjclose").and_then(|adjusted| adjusted.get("adjclose"));
    let adjusted = adjusted.map(|list| ("Adj Close".to_owned(), list));
    let lists = quote.iter().map(|(name, list)| (name.clone(), list)).chain(adjusted);
    let lists: Vec<(String, &Value)> = lists.collect();
    let cell = |list: &Value, row: usize| list.get(row).cloned().unwrap_or_default();
    let row = |(row, time): (usize, &Value)| {
        let cells = lists.iter().map(|(_, list)| cell(list, row));
        [time.clone()].into_iter().chain(cells).collect()
    };
    let rows = times.iter().enumerate().map(row).collect();
    let names = lists.iter().map(|(name, _)| name.clone());
    Some(Table { names: ["time".to_owned()].into_iter().chain(names).collect(), rows })
}

/// `{"columns": […], "index": […], "data": [[…], …]}`, of pandas.
fn split(object: &Map<String, Value>) -> Option<Table> {
    let list = |name: &str| object.get(name)?.as_array();
    let (columns, index, data) = (list("columns")?, list("index")?, list("data")?);
    let names = columns.iter().map(|name| match name {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    });
    let row = |(time, row): (&Value, &Value)| {
        let cells = row.as_array().into_iter().flatten().cloned();
        [time.clone()].into_iter().chain(cells).collect()
    };
    Some(Table {
        names: [String::new()].into_iter().chain(names).collect(),
        rows: index.iter().zip(data).map(row).collect(),
    })
}

/// `{"error": […], "result": {"XXBTZUSD": [[…], …], "last": …}}`
fn kraken(object: &Map<String, Value>) -> Option<Table> {
    object.get("error")?.as_array()?;
    let result = object.get("result")?.as_object()?;
    let mut lists = result.values().filter_map(Value::as_array);
    let (list, None) = (lists.next()?, lists.next()) else {
        return None;
    };
    let rows: Option<Vec<Vec<Value>>> = list.iter().map(|row| row.as_array().cloned()).collect();
    let rows = rows.filter(|rows| rows.iter().all(|row| row.len() == KRAKEN.len()))?;
    Some(Table { names: KRAKEN.map(str::to_owned).into(), rows })
}

/// `{"2020-01-06": {"1. open": …}, …}`, of Alpha Vantage and pandas.
fn by_time(object: &Map<String, Value>) -> Option<Table> {
    let is_time = |key: &String| is_date(key.as_bytes()) || is_count(key.as_bytes());
    if object.is_empty() || !object.keys().all(is_time) {
        return None;
    }
    let rows: Option<Vec<(&String, &Map<String, Value>)>> =
        object.iter().map(|(time, row)| Some((time, row.as_object()?))).collect();
    let rows = rows?;
    let keys: Vec<&String> = rows[0].1.keys().collect();
    if keys.len() < 4 {
        return None;
    }
    let row = |(time, row): (&String, &Map<String, Value>)| {
        let cells = keys.iter().map(|key| row.get(*key).cloned().unwrap_or_default());
        [Value::String(time.clone())].into_iter().chain(cells).collect()
    };
    let names = keys.iter().map(|key| without_number(key).to_owned());
    Some(Table {
        names: ["time".to_owned()].into_iter().chain(names).collect(),
        rows: rows.into_iter().map(row).collect(),
    })
}

/// `1. open` and `1a. open (USD)` are numbered names.
fn without_number(name: &str) -> &str {
    match name.split_once(". ") {
        Some((number, rest)) if number.starts_with(|l: char| l.is_ascii_digit()) => rest,
        _ => name,
    }
}

/// Returns names for `rows` of six numbers or more, a time first, if
/// their prices are in another order than open, high, low, close, and in
/// no other.
pub(super) fn names_of_lists(rows: &[Vec<Value>]) -> Option<Vec<String>> {
    let fits = |order: &&[&str; 4]| {
        let at = |name: &str| order.iter().position(|other| *other == name).expect("it has it") + 1;
        rows.iter().all(|row| {
            let price = |name: &str| match row.get(at(name)) {
                Some(Value::Number(number)) => number.as_f64(),
                Some(Value::String(text)) => number_in(text),
                _ => None,
            };
            let [open, high, low, close] = ["open", "high", "low", "close"].map(price);
            let (Some(open), Some(high), Some(low), Some(close)) = (open, high, low, close) else {
                return false;
            };
            low <= open.min(close) && open.max(close) <= high
        })
    };
    let width = rows.first()?.len();
    let mut fitting = ORDERS.iter().filter(fits);
    let order = fitting.next().filter(|order| **order != ORDERS[0] && width >= 6)?;
    if fitting.next().is_some() {
        return None;
    }
    let names = ["time"].into_iter().chain(*order).chain(["volume"]).map(str::to_owned);
    Some(names.chain((7..=width).map(|number| format!("column{number}"))).collect())
}
