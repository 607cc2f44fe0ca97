//! Names that files give to the times of bars.

use super::TimeColumn;
use super::hour_ending::is_hour_ending;
use super::languages::is_any;
use super::names::{is_prefixed, words};
use super::time_parts::{ClockColumns, DateColumns, PartNames, TimeParts};
use super::zone_names::{unknown_zone_of, zone_of};
use crate::market::bars::letters::has_word;
use crate::market::bars::timestamp::DigitClock;

/// Names of a time column, best first.
const TIME_NAMES: [&str; 27] = [
    "opentime",
    "opentimestamp",
    "timeperiodstart",
    "periodstart",
    "intervalstart",
    "windowstart",
    "timeopen",
    "candledatetimeutc",
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
    "tsevent",
    "date",
    "datum",
    "fecha",
    "dtyyyymmdd",
    "time",
    "ts",
    "t",
];

/// Names of a time column that are used if no better one is found.
const OTHER_TIME_NAMES: [&str; 20] = [
    "starttime",
    "startedat",
    "start",
    "begintime",
    "begin",
    "bartime",
    "candletime",
    "tradedate",
    "tradingdate",
    "tradingday",
    "tradedt",
    "traddt",
    "datadate",
    "dlycaldt",
    "day",
    "ticks",
    "ctm",
    "bob",
    "from",
    "snappedat",
];

/// Names of a column with the date, if another one has the clock time.
const DATE_NAMES: [&str; 8] = [
    "date",
    "dtyyyymmdd",
    "day",
    "tradedate",
    "tradingdate",
    "yyyymmdd",
    "deliverydate",
    "operday",
];
const CLOCK_NAMES: [&str; 26] = [
    "time",
    "clock",
    "tradetime",
    "hhmmss",
    "timeofday",
    "hour",
    "hr",
    "hh",
    "stunde",
    "hourofday",
    "hhmm",
    "hourbeginning",
    "hb",
    "secondofday",
    "secondsofday",
    "secondssincemidnight",
    "msofday",
    "millisecondsofday",
    "mssincemidnight",
    "millisecondssincemidnight",
    "minuteofday",
    "minutesofday",
    "ms",
    "timems",
    "seconds",
    "minute",
];

/// Names that say what clock times in digits mean.
const DIGIT_CLOCKS: [(&str, DigitClock); 4] = [
    ("hhmm", DigitClock::Minutes),
    ("minuteofday minutesofday minutessincemidnight", DigitClock::MinutesOfDay),
    ("secondofday secondsofday secondssincemidnight seconds", DigitClock::SecondsOfDay),
    (
        "msofday millisecondsofday mssincemidnight millisecondssincemidnight ms timems",
        DigitClock::MsOfDay,
    ),
];

/// Words that the name of a time column may consist of.
const TIME_WORDS: [&str; 29] = [
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
    "he",
    "hour",
    "ending",
];

/// Words of which it must have at least one.
const TIME_ROOTS: [&str; 5] = ["time", "date", "timestamp", "datetime", "ts"];

/// Words that make a date one of a contract, not of a bar.
const CONTRACT_WORDS: [&str; 7] =
    ["expiry", "expiration", "expire", "maturity", "delivery", "listing", "settlement"];

/// Returns the columns of the time, by the names of all columns.
pub(super) fn find_time(names: &[String]) -> Option<TimeColumn> {
    let words: Vec<Vec<String>> = names.iter().map(|name| words(without_zone(name))).collect();
    let position = |name: &str| {
        let mut found = (0..names.len()).filter(|&idx| words[idx].concat() == name);
        let first = found.next()?;
        // Exchanges that use both `t` and `T` mean the open time by `t`.
        found.find(|&idx| names[idx] == name).filter(|_| names[first] != name).or(Some(first))
    };
    let one_of = |names: &[&str]| names.iter().find_map(|name| position(name));
    let whole = TIME_NAMES.iter().find_map(|name| position(name));
    let in_language =
        || words.iter().position(|words| is_any(&words.concat(), |language| language.time));
    let other = || OTHER_TIME_NAMES.iter().find_map(|name| position(name)).or_else(in_language);
    let hour_ending = || names.iter().position(|name| is_hour_ending(name));
    let (date, clock) = (one_of(&DATE_NAMES), one_of(&CLOCK_NAMES).or_else(hour_ending));
    if let Some(parts) = find_parts(names, NamedTimes { whole, date, clock }) {
        return Some(TimeColumn::Parts(parts));
    }
    match (date, clock, whole) {
        (Some(date), Some(clock), Some(whole)) if whole == date || whole == clock => {
            Some(TimeColumn::Split(date, clock))
        }
        (Some(date), Some(clock), None) => Some(TimeColumn::Split(date, clock)),
        (.., Some(whole)) => Some(TimeColumn::Whole(whole)),
        _ => words
            .iter()
            .position(|words| is_prefixed_time(words))
            .or_else(|| words.iter().position(|words| is_time_of_bar(words)))
            .or_else(other)
            // An index without a name, as pandas writes it.
            .or_else(|| (words.first()?.is_empty()).then_some(0))
            .map(TimeColumn::Whole),
    }
}

/// The columns whose names are those of a time, a date, a clock time.
#[derive(Clone, Copy)]
struct NamedTimes {
    whole: Option<usize>,
    date: Option<usize>,
    clock: Option<usize>,
}

/// Returns the columns of the parts of a time, if no column has the whole
/// time: year and month, or a date with hours and minutes.
fn find_parts(names: &[String], found: NamedTimes) -> Option<TimeParts> {
    let parts = PartNames::of(names);
    let all = parts.all();
    let is_part = |idx: usize| all.contains(&idx);
    let clock = found.clock.filter(|idx| !is_part(*idx)).map(ClockColumns::Whole);
    let date = found.date.filter(|idx| !is_part(*idx));
    match (date, parts.date(), parts.clock()) {
        (None, Some(date), of_parts)
            if found.whole.is_none_or(|idx| is_part(idx) || found.clock == Some(idx)) =>
        {
            Some(TimeParts { date, clock: clock.or(of_parts), zone: None })
        }
        (Some(date), _, Some(of_parts @ ClockColumns::Parts { minute: Some(_), .. }))
            if clock.is_none() && found.whole.is_none_or(|idx| idx == date) =>
        {
            Some(TimeParts { date: DateColumns::Whole(date), clock: Some(of_parts), zone: None })
        }
        _ => None,
    }
}

/// Whether the name is a time after a prefix such as `BTC.`, and not one
/// of a contract, such as an expiry date.
fn is_prefixed_time(words: &[String]) -> bool {
    let is_of_contract = |word: &String| CONTRACT_WORDS.contains(&word.as_str());
    is_prefixed(words, |last| TIME_NAMES.contains(&last)) && !words.iter().any(is_of_contract)
}

/// Whether the name consists of words for the time of a bar.
pub(super) fn is_time_of_bar(words: &[String]) -> bool {
    words.iter().any(|word| TIME_ROOTS.contains(&word.as_str()))
        && words.iter().all(|word| TIME_WORDS.contains(&word.as_str()))
}

/// Returns what clock times in digits mean by the `name` of their column.
pub(super) fn digit_clock_of(name: &str) -> Option<DigitClock> {
    let name = words(name).concat();
    DIGIT_CLOCKS.into_iter().find(|(names, _)| has_word(names, &name)).map(|(_, clock)| clock)
}

/// Whether the name is that of the time at which a bar begins.
pub(super) fn is_start(name: &str) -> bool {
    let words = words(name);
    let is_begin = |word: &String| ["open", "opening", "start", "begin"].contains(&word.as_str());
    let is_known = ["begin", "start", "bob", "from"].contains(&words.concat().as_str());
    is_known || (is_time_of_bar(&words) && words.iter().any(is_begin))
}

/// Returns `name` without a time zone in brackets.
fn without_zone(name: &str) -> &str {
    match name.split_once(['(', '[']) {
        Some((head, _)) if !head.trim().is_empty() && has_zone(name) => head,
        _ => name,
    }
}

fn has_zone(name: &str) -> bool {
    zone_of(name).is_some() || unknown_zone_of(name).is_some()
}

/// Returns whether a column of this name holds a time, possibly another
/// one than the bar's.
pub(super) fn is_time(words: &[String]) -> bool {
    let is_role = |word: &String| TIME_NAMES.contains(&word.as_str());
    let concat = words.concat();
    TIME_NAMES.contains(&concat.as_str())
        || DATE_NAMES.contains(&concat.as_str())
        || words.last().is_some_and(is_role)
}
