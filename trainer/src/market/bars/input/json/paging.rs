//! Detects that a JSON object is one page of several.

use serde_json::{Map, Value};

use crate::market::bars::printable;

/// Keys of the next page's token or address, or of whether there is a
/// next page; in lower case, without other characters than letters and
/// digits.
const NEXT_PAGE_KEYS: [&str; 18] = [
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

/// Keys of the number of candles on all pages.
const TOTAL_KEYS: [&str; 4] = ["total", "totalcount", "totalresults", "totalrecords"];
/// Keys that objects with such a number have, too.
const PAGE_KEYS: [&str; 7] =
    ["limit", "offset", "page", "pagesize", "perpage", "pages", "totalpages"];

/// The depth to which nested objects are searched.
const DEPTH_MAX: usize = 3;

/// Returns the warning that `object` is one page of several.
pub(super) fn warning(object: &Map<String, Value>, n_candles: usize) -> Option<String> {
    let (key, value) = find(object, n_candles, 0)?;
    let [key, value] = [key, value].map(|text| printable(text.as_bytes()));
    Some(format!(
        "it is one page of several (`{key}` is `{value}`), and bars before or after it are \
         missing: download the other pages, and put all of them into one folder or file"
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
    let has_next_page = |(key, value): &(&String, &Value)| {
        let says_more = match value {
            Value::Bool(is_more) => *is_more,
            Value::String(text) => !matches!(text.as_str(), "" | "0" | "null" | "false"),
            Value::Number(number) => number.as_f64().is_some_and(|number| number > 0.0),
            _ => false,
        };
        says_more && NEXT_PAGE_KEYS.contains(&plain(key).as_str())
    };
    let has_pages = object.keys().any(|key| PAGE_KEYS.contains(&plain(key).as_str()));
    let is_total = |(key, value): &(&String, &Value)| {
        let is_more = value.as_u64().is_some_and(|total| total > n_candles as u64);
        is_more && has_pages && TOTAL_KEYS.contains(&plain(key).as_str())
    };
    let own = object.iter().find(has_next_page).or_else(|| object.iter().find(is_total));
    let own = own.map(|(key, value)| (key.clone(), text(value)));
    let inner = || {
        let objects = object.values().filter_map(Value::as_object);
        objects.filter(|_| depth < DEPTH_MAX).find_map(|inner| find(inner, n_candles, depth + 1))
    };
    own.or_else(inner)
}
