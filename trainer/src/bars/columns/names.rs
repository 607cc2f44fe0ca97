//! Knows the names that files give to the columns of bars.

use anyhow::{Result, bail};

use super::TimeColumn;

/// Names of a time column, the most telling first.
const TIME_NAMES: [&str; 15] = [
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
    "datetimeutc",
    "opentimestamp",
    "date",
    "time",
    "ts",
];

const SYMBOL_NAMES: [&str; 7] = ["symbol", "ticker", "tic", "instrument", "pair", "asset", "name"];

/// Words that make a column something else: `Adj Close`,
/// `quote_volume`, `taker_buy_volume`.
const FOREIGN_WORDS: [&str; 9] =
    ["adj", "adjusted", "quote", "taker", "asset", "prev", "previous", "mean", "avg"];

/// Splits `BTC.open` and `Open time` into lower-case words.
pub(super) fn words(name: &str) -> Vec<String> {
    name.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(super) fn find_time(words: &[Vec<String>]) -> Option<TimeColumn> {
    let named = |name: &str| words.iter().position(|words| words.concat() == name);
    let whole = TIME_NAMES.iter().find_map(|name| named(name));
    match (named("date"), named("time"), whole) {
        (Some(date), Some(clock), Some(whole)) if whole == date => {
            Some(TimeColumn::Split(date, clock))
        }
        (.., Some(whole)) => Some(TimeColumn::Whole(whole)),
        _ => words
            .iter()
            .position(|words| is_prefixed(words, |last| TIME_NAMES.contains(&last)))
            // What pandas writes for an index without a name.
            .or_else(|| (words.first()?.is_empty()).then_some(0))
            .map(TimeColumn::Whole),
    }
}

/// Returns whether a column of this name tells some time, if not the
/// bar's own.
pub(super) fn is_time(words: &[String]) -> bool {
    let is_role = |word: &String| TIME_NAMES.contains(&word.as_str());
    TIME_NAMES.contains(&words.concat().as_str()) || words.last().is_some_and(is_role)
}

/// A prefix such as `BTC.`; but `close_time` is another time.
fn is_prefixed(words: &[String], is_role: impl Fn(&str) -> bool) -> bool {
    let Some((last, prefix)) = words.split_last() else {
        return false;
    };
    let is_foreign = |word: &String| {
        FOREIGN_WORDS.contains(&word.as_str()) || (word == "close" && last != "close")
    };
    !prefix.is_empty() && is_role(last) && !prefix.iter().any(is_foreign)
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

pub(super) fn find_volume(words: &[Vec<String>], names: &[String]) -> Result<Option<usize>> {
    for role in ["volume", "vol"] {
        if let Some(idx) = find_part(words, names, role)? {
            return Ok(Some(idx));
        }
    }
    // `Volume BTC` comes before `Volume USD`: the first is the base's.
    let base =
        |words: &Vec<String>| words.first().is_some_and(|word| word == "volume" || word == "vol");
    Ok(words.iter().position(base).or_else(|| {
        words.iter().position(|words| words.concat() == "tickvol" || words.concat() == "tickvolume")
    }))
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
            bail!(
                "has {} columns for `{role}`: {}; keep one, or name one of them just `{role}`",
                fitting.len(),
                quoted(&names)
            )
        }
    }
}

pub(super) fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Returns whether a column of this name tells symbols apart.
pub(super) fn is_symbol(words: &[String]) -> bool {
    SYMBOL_NAMES.contains(&words.concat().as_str())
}
