//! Knows the names that files give to the columns of bars.

use anyhow::{Result, bail};

use super::TimeColumn;
use crate::market::bars::shown;
use crate::market::bars::timestamp::TimeZone;

/// Names of a time column, the most telling first.
const TIME_NAMES: [&str; 21] = [
    "opentime",
    "timestamp",
    "datetime",
    "unix",
    "unixtime",
    "unixtimestamp",
    "epoch",
    "timeutc",
    "utctime",
    "gmttime",
    "localtime",
    "datetimeutc",
    "opentimestamp",
    "tsevent",
    "date",
    "datum",
    "fecha",
    "dtyyyymmdd",
    "time",
    "ts",
    "t",
];

/// Names of a column that tells the day, where another tells the clock.
const DATE_NAMES: [&str; 6] = ["date", "dtyyyymmdd", "day", "tradedate", "tradingdate", "yyyymmdd"];
const CLOCK_NAMES: [&str; 5] = ["time", "clock", "hour", "tradetime", "hhmmss"];

/// Words that may stand beside the word for the time.
const TIME_WORDS: [&str; 26] = [
    "time",
    "date",
    "timestamp",
    "datetime",
    "ts",
    "utc",
    "gmt",
    "local",
    "est",
    "edt",
    "et",
    "eet",
    "cet",
    "open",
    "opening",
    "start",
    "begin",
    "event",
    "bar",
    "candle",
    "trade",
    "iso",
    "unix",
    "epoch",
    "exchange",
    "ms",
];

/// Words of which one must be there.
const TIME_ROOTS: [&str; 5] = ["time", "date", "timestamp", "datetime", "ts"];

/// Words that make a date one of the contract, not of the bar.
const CONTRACT_WORDS: [&str; 7] =
    ["expiry", "expiration", "expire", "maturity", "delivery", "listing", "settlement"];

/// Words that make a column something else: `Adj Close`,
/// `quote_volume`, `taker_buy_volume`.
const FOREIGN_WORDS: [&str; 9] =
    ["adj", "adjusted", "quote", "taker", "asset", "prev", "previous", "mean", "avg"];

/// Other names of a price, after the plain one: the better first.
const OPEN_NAMES: [&[&str]; 2] = [&["open", "o"], &["openprice", "priceopen", "openingprice"]];
const HIGH_NAMES: [&[&str]; 2] =
    [&["high", "h"], &["highprice", "pricehigh", "highestprice", "max"]];
const LOW_NAMES: [&[&str]; 2] = [&["low", "l"], &["lowprice", "pricelow", "lowestprice", "min"]];
const CLOSE_NAMES: [&[&str]; 4] = [
    &["close", "c"],
    &["closeprice", "priceclose", "closingprice", "closelast"],
    &["last", "lastprice", "latest"],
    &["price", "settle", "settlement"],
];

/// Splits `BTC.open`, `Open time` and `baseVolume` into lower-case words.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        if before.is_lowercase() && letter.is_uppercase() {
            spaced.push(' ');
        }
        spaced.push(letter);
        before = letter;
    }
    spaced
        .to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(super) fn find_time(words: &[Vec<String>]) -> Option<TimeColumn> {
    let named = |name: &str| words.iter().position(|words| words.concat() == name);
    let one_of = |names: &[&str]| names.iter().find_map(|name| named(name));
    let whole = TIME_NAMES.iter().find_map(|name| named(name));
    match (one_of(&DATE_NAMES), one_of(&CLOCK_NAMES), whole) {
        (Some(date), Some(clock), Some(whole)) if whole == date || whole == clock => {
            Some(TimeColumn::Split(date, clock))
        }
        (Some(date), Some(clock), None) => Some(TimeColumn::Split(date, clock)),
        (.., Some(whole)) => Some(TimeColumn::Whole(whole)),
        _ => words
            .iter()
            .position(|words| is_prefixed_time(words))
            .or_else(|| words.iter().position(|words| is_time_of_bar(words)))
            // What pandas writes for an index without a name.
            .or_else(|| (words.first()?.is_empty()).then_some(0))
            .map(TimeColumn::Whole),
    }
}

/// A prefix such as `BTC.`; but an expiry date is another time.
fn is_prefixed_time(words: &[String]) -> bool {
    let is_of_contract = |word: &String| CONTRACT_WORDS.contains(&word.as_str());
    is_prefixed(words, |last| TIME_NAMES.contains(&last)) && !words.iter().any(is_of_contract)
}

/// Whether each of the words speaks of when a bar begins.
fn is_time_of_bar(words: &[String]) -> bool {
    words.iter().any(|word| TIME_ROOTS.contains(&word.as_str()))
        && words.iter().all(|word| TIME_WORDS.contains(&word.as_str()))
}

/// Returns the zone that the name of a time column tells: `Time (EET)`,
/// `timestamp_utc`.
pub(super) fn zone_of(name: &str) -> Option<TimeZone> {
    let inner = name.split_once(['(', '[']).map(|(_, inner)| inner.trim_end_matches([')', ']']));
    let whole = inner.and_then(|inner| TimeZone::parse(inner.trim()));
    whole.or_else(|| {
        let upper: Vec<String> = words(name).iter().map(|word| word.to_uppercase()).collect();
        upper.iter().filter(|word| word.len() > 1).find_map(|word| TimeZone::parse(word))
    })
}

/// Returns whether a column of this name tells some time, if not the
/// bar's own.
pub(super) fn is_time(words: &[String]) -> bool {
    let is_role = |word: &String| TIME_NAMES.contains(&word.as_str());
    let concat = words.concat();
    TIME_NAMES.contains(&concat.as_str())
        || DATE_NAMES.contains(&concat.as_str())
        || words.last().is_some_and(is_role)
}

/// A prefix such as `BTC.`; but `close_time` is another time.
pub(super) fn is_prefixed(words: &[String], is_role: impl Fn(&str) -> bool) -> bool {
    let Some((last, prefix)) = words.split_last() else {
        return false;
    };
    let is_foreign = |word: &String| {
        FOREIGN_WORDS.contains(&word.as_str()) || (word == "close" && last != "close")
    };
    !prefix.is_empty() && is_role(last) && !prefix.iter().any(is_foreign)
}

/// Returns the one column for `role`; the plain name wins, then a name
/// with a prefix, then other words for it, then a name with a suffix
/// that all four prices have.
pub(super) fn find_price(
    words: &[Vec<String>],
    names: &[String],
    role: &str,
) -> Result<Option<usize>> {
    let others: &[&[&str]] = match role {
        "open" => &OPEN_NAMES,
        "high" => &HIGH_NAMES,
        "low" => &LOW_NAMES,
        _ => &CLOSE_NAMES,
    };
    if let Some(idx) = find_part(words, names, role)? {
        return Ok(Some(idx));
    }
    for tier in others {
        let plain = |words: &Vec<String>| tier.contains(&words.concat().as_str());
        let prefixed = |words: &Vec<String>| is_prefixed(words, |last| tier.contains(&last));
        if let Some(idx) = one_of(words, names, role, plain)? {
            return Ok(Some(idx));
        }
        if let Some(idx) = one_of(words, names, role, prefixed)? {
            return Ok(Some(idx));
        }
    }
    one_of(words, names, role, |candidate| is_suffixed(words, candidate, role))
}

/// Whether it is `role` and a suffix, as `Close_AAPL`, and the other
/// prices have the same.
fn is_suffixed(words: &[Vec<String>], candidate: &[String], role: &str) -> bool {
    let has = |role: &str, suffix: &[String]| {
        words.iter().any(|words| words.first().is_some_and(|w| w == role) && words[1..] == *suffix)
    };
    match candidate.split_first() {
        Some((first, suffix)) if first == role => {
            !suffix.is_empty() && ["open", "high", "low", "close"].iter().all(|r| has(r, suffix))
        }
        _ => false,
    }
}

/// Returns the one column for `role`; the plain name wins.
pub(super) fn find_part(
    words: &[Vec<String>],
    names: &[String],
    role: &str,
) -> Result<Option<usize>> {
    let plain = |words: &Vec<String>| words.concat() == role;
    let prefixed = |words: &Vec<String>| is_prefixed(words, |last| last == role);
    match one_of(words, names, role, plain)? {
        Some(idx) => Ok(Some(idx)),
        None => one_of(words, names, role, prefixed),
    }
}

/// Returns the column of closes that are adjusted for splits and
/// dividends.
pub(super) fn find_adjusted(words: &[Vec<String>]) -> Option<usize> {
    let is_adjusted = |words: &Vec<String>| {
        let concat = words.concat();
        ["adjclose", "adjustedclose", "closeadj", "closeadjusted"]
            .iter()
            .any(|name| concat.starts_with(name))
    };
    words.iter().position(is_adjusted)
}

/// Returns the column that tells the ratios of splits.
pub(super) fn find_splits(words: &[Vec<String>]) -> Option<usize> {
    words.iter().position(|words| words.iter().any(|word| word == "split" || word == "splits"))
}

/// The rate that a long pays: `funding`, `funding_rate`, with a prefix
/// or without.
pub(super) fn find_funding(words: &[Vec<String>], names: &[String]) -> Result<Option<usize>> {
    if let Some(idx) = find_part(words, names, "funding")? {
        return Ok(Some(idx));
    }
    let is_rate = |words: &Vec<String>| {
        words.concat() == "fundingrate" || words.ends_with(&["funding".into(), "rate".into()])
    };
    one_of(words, names, "funding_rate", is_rate)
}

fn one_of(
    words: &[Vec<String>],
    names: &[String],
    role: &str,
    fits: impl Fn(&Vec<String>) -> bool,
) -> Result<Option<usize>> {
    let fitting: Vec<usize> = (0..words.len()).filter(|&idx| fits(&words[idx])).collect();
    match fitting[..] {
        [] => Ok(None),
        [idx] => Ok(Some(idx)),
        _ => {
            let names: Vec<String> = fitting.iter().map(|&idx| names[idx].clone()).collect();
            // A series of signals or equity has no such flag.
            let is_of_bars = ["open", "high", "low", "close"].contains(&role);
            let flag = if is_of_bars {
                format!(", or say which by `--column {role}=NAME`")
            } else {
                String::new()
            };
            bail!(
                "has {} columns for `{role}`: {}; keep one, or name one of them just `{role}`{flag}",
                fitting.len(),
                quoted(&names)
            )
        }
    }
}

pub(super) fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{}`", shown(name.as_bytes()))).collect::<Vec<_>>().join(", ")
}
