//! Knows what tells series of one thing apart that are no symbols: its
//! intervals, such as `1h` and `1d`, and its kinds of prices, such as
//! bid and ask.

use super::names::words;

/// Names of columns that tell the interval of a bar.
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

/// Units of an interval, as in `15min`, `4 hours` and `1d`.
const UNITS: [&str; 36] = [
    "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes", "t", "h",
    "hr", "hrs", "hour", "hours", "d", "day", "days", "b", "bd", "w", "wk", "wks", "week", "weeks",
    "mn", "mo", "mon", "mth", "month", "months", "y", "yr", "year", "years",
];

/// Minutes and seconds that intervals have.
const COUNTS: [u32; 24] = [
    1, 2, 3, 4, 5, 6, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 360, 480, 720, 900, 1440,
    3600, 10080,
];

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

/// What tells kinds of prices of one thing apart.
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

/// What says whether a row is of a kind.
const FLAGS: [&str; 6] = ["true", "false", "yes", "no", "0", "1"];

/// Several series of one thing in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variants {
    Intervals,
    Prices,
}

impl Variants {
    /// Returns what the different texts of a column called `name` are,
    /// where all of them are of one kind.
    pub(super) fn of_texts(name: &str, texts: &[&str]) -> Option<Self> {
        if texts.len() < 2 {
            return None;
        }
        let is_named = INTERVAL_NAMES.contains(&words(name).concat().as_str());
        // Numbers alone may be anything: `60` and `1440` need the name.
        let is_count = |text: &&str| text.parse().is_ok_and(|count: u32| COUNTS.contains(&count));
        if texts.iter().all(|text| is_interval(text) || is_named && is_count(text)) {
            return Some(Self::Intervals);
        }
        let is_kind = |text: &&str| PRICE_KINDS.contains(&text.to_lowercase().as_str());
        let is_flag = |text: &&str| FLAGS.contains(&text.to_lowercase().as_str());
        let are_flags = has_price_kind(name) && texts.iter().all(is_flag);
        (are_flags || texts.iter().all(is_kind)).then_some(Self::Prices)
    }

    /// Returns what they are called.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Intervals => "intervals",
            Self::Prices => "kinds of prices",
        }
    }
}

/// Whether a column's name holds a word for a kind of prices.
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
    // A count and its unit, or as MetaTrader has it.
    let (number, unit) = text.split_at(text.find(digits(false)).unwrap_or(text.len()));
    let (unit_first, number_last) = text.split_at(text.find(digits(true)).unwrap_or(text.len()));
    is_short(number) && UNITS.contains(&unit.trim_start_matches([' ', '_', '-']))
        || is_short(number_last) && ["m", "h", "d", "w", "mn"].contains(&unit_first)
}
