//! Names that files give to the columns of bars.

use anyhow::{Result, bail};

use super::languages;
use crate::market::bars::printable;

/// Names that a message shows.
const N_SHOWN: usize = 24;

/// Words that give a column another meaning: `Adj Close`, `quote_volume`,
/// `taker_buy_volume`.
const FOREIGN_WORDS: [&str; 26] = [
    "adj",
    "adjusted",
    "quote",
    "taker",
    "asset",
    "prev",
    "previous",
    "mean",
    "avg",
    "time",
    "timestamp",
    "ts",
    // Derived prices, at which nothing is traded.
    "log",
    "ln",
    "norm",
    "normalized",
    "scaled",
    "zscore",
    "diff",
    "ret",
    "return",
    "returns",
    "pct",
    "change",
    "ha",
    "heikin",
];

/// Other names of a price than the plain one, best first.
const OPEN_NAMES: [&[&str]; 3] =
    [&["open", "o"], &["openprice", "priceopen", "openingprice"], languages::OPEN];
const HIGH_NAMES: [&[&str]; 3] =
    [&["high", "h"], &["highprice", "pricehigh", "highestprice", "max"], languages::HIGH];
const LOW_NAMES: [&[&str]; 3] =
    [&["low", "l"], &["lowprice", "pricelow", "lowestprice", "min"], languages::LOW];
const CLOSE_NAMES: [&[&str]; 5] = [
    &["close", "c"],
    &["closeprice", "priceclose", "closingprice", "closelast", "legalcloseprice"],
    &["last", "lastprice", "latest", "tradeprice"],
    &["price", "settle", "settlement"],
    languages::CLOSE,
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

/// Whether the last word is a role, after a prefix such as `BTC.` that
/// does not change its meaning.
pub(super) fn is_prefixed(words: &[String], is_role: impl Fn(&str) -> bool) -> bool {
    let Some((last, prefix)) = words.split_last() else {
        return false;
    };
    let is_foreign = |word: &String| {
        FOREIGN_WORDS.contains(&word.as_str()) || (word == "close" && last != "close")
    };
    !prefix.is_empty() && is_role(last) && !prefix.iter().any(is_foreign)
}

/// Returns the column for the price `role`: one with the plain name, else
/// with a prefix, else with another word for it, else with a suffix that
/// all four prices have.
///
/// Fails if several match equally well.
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

/// Whether `candidate` is `role` with a suffix, as in `Close_AAPL`, that
/// the other prices have, too.
fn is_suffixed(words: &[Vec<String>], candidate: &[String], role: &str) -> bool {
    let has = |role: &str, suffix: &[String]| {
        words.iter().any(|words| words.first().is_some_and(|w| w == role) && words[1..] == *suffix)
    };
    match candidate.split_first() {
        Some((first, suffix)) if first == role => {
            let is_foreign = |word: &String| FOREIGN_WORDS.contains(&word.as_str());
            !suffix.is_empty()
                && !suffix.iter().any(is_foreign)
                && ["open", "high", "low", "close"].iter().all(|r| has(r, suffix))
        }
        _ => false,
    }
}

/// Returns the column for `role`: one with the plain name, else with a
/// prefix. Fails if several match equally well.
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

/// Returns the column of adjusted closes.
pub(super) fn find_adjusted(words: &[Vec<String>]) -> Option<usize> {
    let is_adjusted = |words: &Vec<String>| {
        let concat = words.concat();
        ["adjclose", "adjustedclose", "closeadj", "closeadjusted"]
            .iter()
            .any(|name| concat.starts_with(name))
    };
    words.iter().position(is_adjusted)
}

/// Returns the column of split ratios.
pub(super) fn find_splits(words: &[Vec<String>]) -> Option<usize> {
    words.iter().position(|words| words.iter().any(|word| word == "split" || word == "splits"))
}

/// Returns the column of the funding rate: `funding` or `funding_rate`,
/// with or without a prefix.
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
    // Exchanges that use both `l` and `L` mean the price by `l`.
    let is_small =
        |idx: &&usize| names[**idx].len() == 1 && names[**idx] == names[**idx].to_lowercase();
    let small: Vec<&usize> = fitting.iter().filter(is_small).collect();
    match (&fitting[..], &small[..]) {
        ([], _) => Ok(None),
        ([idx], _) => Ok(Some(*idx)),
        (_, [idx]) => Ok(Some(**idx)),
        _ => {
            let names: Vec<String> = fitting.iter().map(|&idx| names[idx].clone()).collect();
            // Series of signals or equity have no such option.
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

/// Returns the names in backticks, separated by commas; of many the first.
pub(super) fn quoted(names: &[String]) -> String {
    let shown = names.iter().take(N_SHOWN);
    let shown: Vec<String> =
        shown.map(|name| format!("`{}`", printable(name.as_bytes()))).collect();
    let more = if names.len() > N_SHOWN { ", …" } else { "" };
    shown.join(", ") + more
}
