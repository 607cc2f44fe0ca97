//! Decides what the times of a file are, from a sample of its rows and
//! from as many more as it takes.

use super::choice::{Choice, Track};
use super::counts::{COUNTS, Count, Number};
use super::doubts::{
    Doubt, TimeText, has_exponent, looks_like, looks_like_ms_of_day, no_meaning, rounded,
    two_meanings,
};
use super::form::{Spelling, TimeForm, spelling_named};
use super::intervals::{YEARS, is_market_interval};
use super::style::{Clock, Order, Style};
use super::text::parse_text;
use super::zone::TimeZone;

/// 1980-01-01: numbers of earlier times are something else.
const EARLIEST_MS: i64 = 315_532_800_000;

/// 2100-01-01: later times are something else where no clock is known.
pub(crate) const LATEST_MS: i64 = 4_102_444_800_000;

/// What else is known of the times of a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeHints<'a> {
    /// `bars.time_format`.
    pub(crate) format: Option<&'a str>,
    /// The zone of times that name none.
    pub(crate) zone: Option<TimeZone>,
    /// The latest that a time can be.
    pub(crate) latest_ms: i64,
}

/// Decides from `sample`, and from `rest`, which is read only where the
/// sample leaves a doubt.
pub(crate) fn decide(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
    hints: TimeHints<'_>,
) -> Result<TimeForm, Doubt> {
    let is_rounded = |row: &&TimeText| has_exponent(&row.text);
    if hints.format.is_none() && 2 * sample.iter().filter(is_rounded).count() > sample.len() {
        return Err(Doubt::Wrong(rounded()));
    }
    let spelling = match hints.format {
        Some(name) => spelling_named(name).expect("the settings were checked"),
        None if is_numeric(sample) => Spelling::Count(decide_count(sample, hints.latest_ms)?),
        None => Spelling::Text(decide_style(sample, rest, hints.latest_ms)?),
    };
    // Who says what they are may mean any; old prices have dates.
    let is_count = matches!(spelling, Spelling::Count(_));
    let earliest_ms = if is_count { EARLIEST_MS } else { i64::MIN };
    let mut form = TimeForm::new(spelling);
    form.zone = hints.zone;
    form.limits_ms = hints.format.is_none().then_some((earliest_ms, hints.latest_ms));
    let mut track = Track::default();
    for row in sample {
        track.push(row, form.parse(&row.text, None));
    }
    form.is_newest_first = track.n_down > 0 && track.n_up == 0;
    Ok(form)
}

fn is_numeric(sample: &[TimeText]) -> bool {
    let is_number = |row: &TimeText| Number::parse(&row.text).is_some();
    // A line of words below the bars is no time of either kind.
    let n_numbers = sample.iter().filter(|row| is_number(row)).count();
    n_numbers > 0 && 2 * n_numbers > sample.len()
}

fn decide_count(sample: &[TimeText], latest_ms: i64) -> Result<&'static Count, Doubt> {
    let fitting: Vec<&'static Count> =
        COUNTS.iter().filter(|count| fits(count, sample, latest_ms)).collect();
    if fitting.is_empty()
        && let Some(count) = of_several_units(sample, latest_ms)
    {
        return Ok(count);
    }
    let first = sample.iter().find(|row| Number::parse(&row.text).is_some());
    let first = first.map(|row| row.text.as_slice()).unwrap_or_default();
    match fitting[..] {
        [count, ..] if count.is_plain && rival(count, &fitting).is_none() => Ok(count),
        [count, ..] if count.is_plain => {
            let other = rival(count, &fitting).expect("there is one");
            Err(Doubt::Wrong(two_meanings(first, count, other)))
        }
        [count, ..] if !looks_like_ms_of_day(sample) => Err(Doubt::Wrong(looks_like(first, count))),
        _ => Err(Doubt::Wrong(no_meaning(first, sample))),
    }
}

/// Whether `count` makes likely times of all that is a number there.
fn fits(count: &Count, sample: &[TimeText], latest_ms: i64) -> bool {
    let mut track = Track::default();
    for row in sample.iter().filter(|row| Number::parse(&row.text).is_some()) {
        let time_ms = count.parse(&row.text);
        if !time_ms.is_some_and(|time_ms| (EARLIEST_MS..=latest_ms).contains(&time_ms)) {
            return false;
        }
        track.push(row, time_ms);
    }
    let is_likely = |ms| is_market_interval(ms) || count.name == "yyyy" && YEARS.contains(&ms);
    (track.n_up == 0 || track.n_down == 0) && track.interval_ms().is_none_or(is_likely)
}

/// Returns the first unit of counts since 1970 of which an exchange went
/// over to another: each makes the only likely time, and all are in
/// order.
fn of_several_units(sample: &[TimeText], latest_ms: i64) -> Option<&'static Count> {
    let likely = |row: &TimeText| {
        let units = COUNTS.iter().filter(|count| count.name.starts_with("unix_"));
        let times = units.filter_map(|count| Some((count, count.parse(&row.text)?)));
        times.into_iter().find(|(_, ms)| (EARLIEST_MS..=latest_ms).contains(ms))
    };
    let mut track = Track::default();
    for row in sample.iter().filter(|row| Number::parse(&row.text).is_some()) {
        track.push(row, Some(likely(row)?.1));
    }
    let is_ordered = track.n_up == 0 || track.n_down == 0;
    let is_likely = is_ordered && track.interval_ms().is_none_or(is_market_interval);
    sample.first().filter(|_| is_likely).and_then(likely).map(|(count, _)| count)
}

/// Two meanings that the same numbers can well have.
fn rival(count: &Count, fitting: &[&'static Count]) -> Option<&'static Count> {
    let name = match count.name {
        "yyyymm" => "yymmdd",
        "yyyymmddhh" => "yymmddhhmm",
        "yyyymmddhhmm" => "yymmddhhmmss",
        "unix_ns" => "dotnet_ticks",
        _ => return None,
    };
    fitting.iter().copied().find(|other| other.name == name)
}

fn decide_style(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
    latest_ms: i64,
) -> Result<Style, Doubt> {
    let mut choice = Choice::new(latest_ms);
    for row in sample {
        choice.push(row);
    }
    if choice.needs_more() {
        for row in rest {
            choice.push(&row);
            if !choice.needs_more() {
                break;
            }
        }
    }
    choice.finish()
}

/// Returns what `text` is where it is a clock time and no date: `09:30`,
/// `093000`.
pub(crate) fn is_clock(text: &[u8]) -> bool {
    let joined = [b"2000-01-01 ", text].concat();
    let style = |clock| Style { order: Order::Unknown, clock };
    let is = |clock| parse_text(&joined, style(clock)).is_some();
    !text.is_empty() && text.len() <= 15 && (is(Clock::Whole) || is(Clock::Seconds))
}

/// Returns whether `text` is a clock time that can be no price: `09:30`,
/// `093000`, `9:30 AM`.
pub(crate) fn is_bare_clock(text: &[u8]) -> bool {
    let all_digits = text.iter().all(u8::is_ascii_digit);
    // `202003` is a month, as of contracts.
    let is_month = || Count::named("yyyymm").is_some_and(|month| month.parse(text).is_some());
    let is_bare = if all_digits { text.len() == 6 && !is_month() } else { text.contains(&b':') };
    is_clock(text) && is_bare
}

/// Returns whether `text` is a number that needs no word to be a time.
pub(crate) fn is_count(text: &[u8]) -> bool {
    let is_likely = |ms: i64| (EARLIEST_MS..LATEST_MS).contains(&ms);
    let mut counts = COUNTS.iter().filter(|count| count.is_plain);
    counts.any(|count| count.parse(text).is_some_and(is_likely))
}

/// Returns whether `text` is a date by itself, with a day and a year.
pub(crate) fn is_date(text: &[u8]) -> bool {
    let orders = [Order::Unknown, Order::DayFirst, Order::MonthFirst, Order::YearFirst];
    let style = |order| Style { order, clock: Clock::Whole };
    orders.into_iter().any(|order| parse_text(text, style(order)).is_some())
}
