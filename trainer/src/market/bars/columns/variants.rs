//! Variants of one series in one file: intervals such as `1h` and `1d`,
//! and kinds of prices such as bid and ask.

use super::names::words;

/// Names of a column with the interval of a bar.
const INTERVAL_NAMES: [&str; 14] = [
    "interval",
    "timeframe",
    "tf",
    "period",
    "resolution",
    "frequency",
    "freq",
    "granularity",
    "aggregation",
    "barsize",
    "bartype",
    "candle",
    "scale",
    "timespan",
];

/// Units of intervals, as in `15min`, `4 hours` and `1d`.
const UNITS: [&str; 36] = [
    "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes", "t", "h",
    "hr", "hrs", "hour", "hours", "d", "day", "days", "b", "bd", "w", "wk", "wks", "week", "weeks",
    "mn", "mo", "mon", "mth", "month", "months", "y", "yr", "year", "years",
];

/// Intervals that are given as a number of minutes or seconds.
const COUNTS: [u32; 24] = [
    1, 2, 3, 4, 5, 6, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 360, 480, 720, 900, 1440,
    3600, 10080,
];

/// Words for an interval.
const INTERVAL_WORDS: [&str; 13] = [
    "hourly",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "yearly",
    "annual",
    "intraday",
    "minutely",
    "minute",
    "hour",
    "week",
    "month",
];

/// Words for a kind of price.
const PRICE_KINDS: [&str; 16] = [
    "bid",
    "ask",
    "mid",
    "midpoint",
    "mark",
    "index",
    "adj",
    "adjusted",
    "raw",
    "unadjusted",
    "prev",
    "previous",
    "ha",
    "heikin",
    "offer",
    "trades",
];

/// Values of a column that says whether a row is of a kind.
const FLAGS: [&str; 6] = ["true", "false", "yes", "no", "0", "1"];

/// How the variants of one series differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variants {
    Intervals,
    Prices,
}

impl Variants {
    /// Returns what kind of variants the distinct `texts` of the column
    /// `name` are; `None` unless all of them are of one kind.
    pub(super) fn of_texts(name: &str, texts: &[&str]) -> Option<Self> {
        if texts.len() < 2 {
            return None;
        }
        let is_named = INTERVAL_NAMES.contains(&words(name).concat().as_str());
        // Plain numbers such as `60` are intervals only by the name of the
        // column.
        let is_count = |text: &&str| text.parse().is_ok_and(|count: u32| COUNTS.contains(&count));
        if texts.iter().all(|text| is_interval(text) || is_named && is_count(text)) {
            return Some(Self::Intervals);
        }
        let is_kind = |text: &&str| PRICE_KINDS.contains(&text.to_lowercase().as_str());
        let is_flag = |text: &&str| FLAGS.contains(&text.to_lowercase().as_str());
        let are_flags = has_price_kind(name) && texts.iter().all(is_flag);
        (are_flags || texts.iter().all(is_kind)).then_some(Self::Prices)
    }

    /// Returns the word for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Intervals => "intervals",
            Self::Prices => "kinds of prices",
        }
    }
}

/// Whether `name` has a word for a kind of price.
pub(super) fn has_price_kind(name: &str) -> bool {
    words(name).iter().any(|word| PRICE_KINDS.contains(&word.as_str()))
}

/// Whether `text` is an interval: `1d`, `15 min`, `H4`, `PT1H`, `daily`.
pub(in crate::market::bars) fn is_interval(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    if INTERVAL_WORDS.contains(&text.as_str()) {
        return true;
    }
    let text = text.strip_prefix("pt").or_else(|| text.strip_prefix('p')).unwrap_or(&text);
    let is_short = |number: &str| {
        (1..=4).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let digits = |is_digit: bool| move |byte: char| byte.is_ascii_digit() == is_digit;
    // A number and its unit, or the reverse as in MetaTrader.
    let (number, unit) = text.split_at(text.find(digits(false)).unwrap_or(text.len()));
    let (unit_first, number_last) = text.split_at(text.find(digits(true)).unwrap_or(text.len()));
    is_short(number) && UNITS.contains(&unit.trim_start_matches([' ', '_', '-']))
        || is_short(number_last) && ["m", "h", "d", "w", "mn"].contains(&unit_first)
}
