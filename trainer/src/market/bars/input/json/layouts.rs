//! Layouts in which services and pandas write bars as JSON objects.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::market::bars::lenient::number_in;
use crate::market::bars::timestamp::{is_date, is_numeric_time};

/// The columns of lists by Kraken, whose `result` has a list for each
/// pair.
const KRAKEN: [&str; 8] = ["time", "open", "high", "low", "close", "vwap", "volume", "count"];

/// The columns of lists of six or more values: by ccxt, by Coinbase, by
/// `KuCoin` and Bitfinex, by Gate, by bitbank, by NDAX.
const ORDERS: [&[&str]; 6] = [
    &["time", "open", "high", "low", "close", "volume"],
    &["time", "low", "high", "open", "close", "volume"],
    &["time", "open", "close", "high", "low", "volume"],
    &["time", "quote_volume", "close", "high", "low", "open", "volume"],
    &["open", "high", "low", "close", "volume", "time"],
    &["time", "high", "low", "open", "close", "volume"],
];

/// The fewest columns of candles.
const N_COLUMNS_MIN: usize = 4;

/// Column names and rows.
pub(super) struct JsonTable {
    pub(super) names: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
}

impl JsonTable {
    /// Returns the tables in `object`, each with its symbol if it has one;
    /// none if the layout is unknown. Fails if lists differ in length.
    pub(super) fn all(object: &Map<String, Value>) -> Result<Vec<(Option<String>, Self)>, String> {
        let kraken = kraken(object);
        if !kraken.is_empty() {
            return Ok(kraken);
        }
        let own = match yahoo(object)? {
            Some(own) => Some(own),
            None => columns(object)?,
        };
        let own = match own {
            Some(own) => Some(own),
            None => split(object)?,
        };
        let own = own.or_else(|| named(object)).or_else(|| by_time(object));
        Ok(own.map(|table| (None, table)).into_iter().collect())
    }
}

/// Fails unless all lists, or all objects, have the same length.
fn check_lengths<'a>(lists: impl Iterator<Item = &'a Value>) -> Result<(), String> {
    let length = |value: &Value| {
        let list = value.as_array().map(Vec::len);
        list.or_else(|| value.as_object().map(Map::len))
    };
    let mut lengths: Vec<usize> = lists.filter_map(length).collect();
    lengths.dedup();
    if lengths.len() < 2 { Ok(()) } else { Err("its lists are not of the same length".to_owned()) }
}

/// One list for each column, `{"t": […], "o": […]}`, or one object, as
/// pandas writes a data frame: `{"Open": {"2020-01-06": …}}`.
fn columns(object: &Map<String, Value>) -> Result<Option<JsonTable>, String> {
    let is_flat = |value: &&Value| {
        value
            .as_array()
            .is_some_and(|list| list.first().is_some_and(|v| !v.is_array() && !v.is_object()))
    };
    let lists: Vec<(&String, &Value)> = object.iter().filter(|(_, v)| is_flat(v)).collect();
    if lists.len() >= N_COLUMNS_MIN {
        check_lengths(lists.iter().map(|(_, list)| *list))?;
        let n_rows = lists[0].1.as_array().map_or(0, Vec::len);
        let row = |row: usize| lists.iter().map(|(_, list)| list[row].clone()).collect();
        let names = lists.iter().map(|(name, _)| (*name).clone()).collect();
        return Ok(Some(JsonTable { names, rows: (0..n_rows).map(row).collect() }));
    }
    let is_time = |key: &String| is_date(key.as_bytes()) || is_numeric_time(key.as_bytes());
    let frame = |value: &Value| {
        let frame = value.as_object()?;
        let is_key = frame.keys().all(is_time) || are_row_numbers(frame);
        (!frame.is_empty() && is_key).then(|| frame.clone())
    };
    let frames: Option<Vec<(String, Map<String, Value>)>> =
        object.iter().map(|(name, value)| Some((name.clone(), frame(value)?))).collect();
    let Some(frames) =
        frames.filter(|frames| frames.len() >= N_COLUMNS_MIN && !object.keys().all(is_time))
    else {
        return Ok(None);
    };
    check_lengths(object.values())?;
    let has_times = !are_row_numbers(&frames[0].1);
    let row = |key: &String| {
        let cells = frames.iter().map(|(_, frame)| frame.get(key).cloned().unwrap_or_default());
        has_times.then(|| Value::String(key.clone())).into_iter().chain(cells).collect()
    };
    let names = frames.iter().map(|(name, _)| name.clone());
    let names = has_times.then(|| "time".to_owned()).into_iter().chain(names).collect();
    Ok(Some(JsonTable { names, rows: sorted_keys(&frames[0].1).into_iter().map(row).collect() }))
}

/// Whether the keys of `object` are row numbers, as pandas writes them.
fn are_row_numbers(object: &Map<String, Value>) -> bool {
    let counts: Option<HashSet<usize>> =
        object.keys().map(|key| key.parse().ok().filter(|count| *count < object.len())).collect();
    counts.is_some_and(|counts| counts.len() == object.len())
}

/// Returns the keys of `object`, sorted if they are numbers.
fn sorted_keys(object: &Map<String, Value>) -> Vec<&String> {
    let mut keys: Vec<&String> = object.keys().collect();
    let number = |key: &&String| key.parse::<i64>().ok();
    if keys.iter().all(|key| number(key).is_some()) {
        keys.sort_by_key(number);
    }
    keys
}

/// A list of names and a list of rows, as databases and Quandl write it.
fn named(object: &Map<String, Value>) -> Option<JsonTable> {
    let name =
        |value: &Value| value.as_str().or_else(|| value.get("name")?.as_str()).map(str::to_owned);
    let lists = || object.values().filter_map(Value::as_array).filter(|list| !list.is_empty());
    let row = |value: &Value| value.as_array().cloned();
    let mut rows =
        lists().filter_map(|list| list.iter().map(row).collect::<Option<Vec<Vec<Value>>>>());
    let (rows, None) = (rows.next()?, rows.next()) else {
        return None;
    };
    // Another list of texts may be notes.
    let mut names = lists()
        .filter(|list| list.len() == rows[0].len())
        .filter_map(|list| list.iter().map(name).collect::<Option<Vec<String>>>());
    let (names, None) = (names.next()?, names.next()) else {
        return None;
    };
    let is_table = rows.iter().all(|row| row.len() == names.len());
    is_table.then_some(JsonTable { names, rows })
}

/// `{"timestamp": […], "indicators": {"quote": [{"open": […], …}]}}`
fn yahoo(object: &Map<String, Value>) -> Result<Option<JsonTable>, String> {
    let list = object.get("timestamp").filter(|list| list.is_array());
    let (Some(list), Some(indicators)) = (list, object.get("indicators")) else {
        return Ok(None);
    };
    let times = list.as_array().into_iter().flatten();
    let first = |name: &str| indicators.get(name)?.get(0)?.as_object();
    let Some(quote) = first("quote") else {
        return Ok(None);
    };
    check_lengths([list].into_iter().chain(quote.values()))?;
    let adjusted = first("adjclose").and_then(|adjusted| adjusted.get("adjclose"));
    let adjusted = adjusted.map(|list| ("Adj Close".to_owned(), list));
    let lists = quote.iter().map(|(name, list)| (name.clone(), list)).chain(adjusted);
    let lists: Vec<(String, &Value)> = lists.collect();
    let cell = |list: &Value, row: usize| list.get(row).cloned().unwrap_or_default();
    let row = |(row, time): (usize, &Value)| {
        let cells = lists.iter().map(|(_, list)| cell(list, row));
        [time.clone()].into_iter().chain(cells).collect()
    };
    let rows = times.enumerate().map(row).collect();
    let names = lists.iter().map(|(name, _)| name.clone());
    Ok(Some(JsonTable { names: ["time".to_owned()].into_iter().chain(names).collect(), rows }))
}

/// `{"columns": […], "index": […], "data": [[…], …]}`, by pandas.
fn split(object: &Map<String, Value>) -> Result<Option<JsonTable>, String> {
    let list = |name: &str| object.get(name)?.as_array();
    let (Some(columns), Some(index), Some(data)) = (list("columns"), list("index"), list("data"))
    else {
        return Ok(None);
    };
    check_lengths(["index", "data"].iter().filter_map(|name| object.get(*name)))?;
    let names = columns.iter().map(|name| match name {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    });
    let row = |(time, row): (&Value, &Value)| {
        let cells = row.as_array().into_iter().flatten().cloned();
        [time.clone()].into_iter().chain(cells).collect()
    };
    Ok(Some(JsonTable {
        names: [String::new()].into_iter().chain(names).collect(),
        rows: index.iter().zip(data).map(row).collect(),
    }))
}

/// `{"error": […], "result": {"XXBTZUSD": [[…], …], "last": …}}`
fn kraken(object: &Map<String, Value>) -> Vec<(Option<String>, JsonTable)> {
    let result = object.get("error").and_then(|_| object.get("result")?.as_object());
    let table = |(pair, list): (&String, &Value)| {
        let row = |row: &Value| row.as_array().filter(|row| row.len() == KRAKEN.len()).cloned();
        let rows: Option<Vec<Vec<Value>>> = list.as_array()?.iter().map(row).collect();
        Some((
            Some(pair.clone()),
            JsonTable { names: KRAKEN.map(str::to_owned).into(), rows: rows? },
        ))
    };
    result.into_iter().flatten().filter_map(table).collect()
}

/// `{"2020-01-06": {"1. open": …}, …}`, by Alpha Vantage and pandas.
fn by_time(object: &Map<String, Value>) -> Option<JsonTable> {
    let is_time = |key: &String| is_date(key.as_bytes()) || is_numeric_time(key.as_bytes());
    let is_numbered = are_row_numbers(object);
    if object.is_empty() || !is_numbered && !object.keys().all(is_time) {
        return None;
    }
    let rows: Option<Vec<(&String, &Map<String, Value>)>> = sorted_keys(object)
        .into_iter()
        .map(|time| Some((time, object[time].as_object()?)))
        .collect();
    let rows = rows?;
    let keys: Vec<&String> = rows[0].1.keys().collect();
    if keys.len() < 4 {
        return None;
    }
    let row = |(time, row): (&String, &Map<String, Value>)| {
        let cells = keys.iter().map(|key| row.get(*key).cloned().unwrap_or_default());
        (!is_numbered).then(|| Value::String(time.clone())).into_iter().chain(cells).collect()
    };
    let names = keys.iter().map(|key| without_number(key).to_owned());
    Some(JsonTable {
        names: (!is_numbered).then(|| "time".to_owned()).into_iter().chain(names).collect(),
        rows: rows.into_iter().map(row).collect(),
    })
}

/// Removes the number of names such as `1. open` and `1a. open (USD)`.
pub(super) fn without_number(name: &str) -> &str {
    match name.split_once(". ") {
        Some((number, rest)) if number.starts_with(|l: char| l.is_ascii_digit()) => rest,
        _ => name,
    }
}

/// Returns the names of lists whose prices fit exactly one of the known
/// orders, unless that is open, high, low, close.
pub(super) fn names_of_lists(rows: &[&Vec<Value>]) -> Option<Vec<String>> {
    let fits = |order: &&&[&str]| {
        let at = |name: &str| {
            order.iter().position(|other| *other == name).expect("each order has all prices")
        };
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
    let mut fitting = ORDERS.iter().filter(|order| width >= order.len()).filter(fits);
    let order = fitting.next().filter(|order| **order != ORDERS[0])?;
    if fitting.next().is_some() {
        return None;
    }
    let names = order.iter().map(|name| (*name).to_owned());
    Some(names.chain((order.len() + 1..=width).map(|number| format!("column{number}"))).collect())
}
