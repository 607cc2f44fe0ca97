//! Finds what says that JSON is one page of several.

use serde_json::{Map, Value};

use crate::market::bars::printable;

/// Keys, in small letters and digits alone, of what the next page is
/// asked for by, or of whether there is one.
const MARKS: [&str; 18] = [
    "nextpagetoken",
    "nexttoken",
    "nexturl",
    "nextpage",
    "nextpageurl",
    "nextpagecursor",
    "nextcursor",
    "nextcursorid",
    "nextlink",
    "nexthref",
    "nextkey",
    "next",
    "hasmore",
    "hasnext",
    "hasnextpage",
    "morepages",
    "more",
    "cursor",
];

/// Keys of how many candles there are in all pages.
const TOTALS: [&str; 4] = ["total", "totalcount", "totalresults", "totalrecords"];
/// What stands beside such a count.
const PAGES: [&str; 7] = ["limit", "offset", "page", "pagesize", "perpage", "pages", "totalpages"];

/// Objects in each other that are looked into.
const DEPTH_MAX: usize = 3;

/// Says that `object`, with so many candles, is one page of several.
pub(super) fn warning(object: &Map<String, Value>, n_candles: usize) -> Option<String> {
    let (key, value) = find(object, n_candles, 0)?;
    let [key, value] = [key, value].map(|text| printable(text.as_bytes()));
    Some(format!(
        "it is one page of several (`{key}` is `{value}`), and bars before or after it lack: ask for \
         the others, and put all pages into one folder or file"
    ))
}

fn find(object: &Map<String, Value>, n_candles: usize, depth: usize) -> Option<(String, String)> {
    let plain = |key: &str| -> String {
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
    };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_mark = |(key, value): &(&String, &Value)| {
        let says_more = match value {
            Value::Bool(is_more) => *is_more,
            Value::String(text) => !matches!(text.as_str(), "" | "0" | "null" | "false"),
            Value::Number(number) => number.as_f64().is_some_and(|number| number > 0.0),
            _ => false,
        };
        says_more && MARKS.contains(&plain(key).as_str())
    };
    let has_pages = object.keys().any(|key| PAGES.contains(&plain(key).as_str()));
    let is_total = |(key, value): &(&String, &Value)| {
        let is_more = value.as_u64().is_some_and(|total| total > n_candles as u64);
        is_more && has_pages && TOTALS.contains(&plain(key).as_str())
    };
    let own = object.iter().find(is_mark).or_else(|| object.iter().find(is_total));
    let own = own.map(|(key, value)| (key.clone(), text(value)));
    let inner = || {
        let objects = object.values().filter_map(Value::as_object);
        objects.filter(|_| depth < DEPTH_MAX).find_map(|inner| find(inner, n_candles, depth + 1))
    };
    own.or_else(inner)
}
