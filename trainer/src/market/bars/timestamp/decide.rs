//! Decides what the times of a file are, from a sample of its rows and
//! from as many more as it takes.

use super::column_errors::{
    Doubt, TimeText, ambiguous_number, has_exponent, looks_like, of_day, rounded_number,
    unknown_number,
};
use super::number_formats::{NUMBER_FORMATS, Number, NumberFormat};
use super::steps::{YEARS, is_market_interval};
use super::style::Style;
use super::style_candidates::{StyleCandidates, TimeSteps, clocks_of};
use super::time_format::{Notation, TimeFormat, parse_notation};
use super::zone::TimeZone;

/// 1980-01-01: numbers of earlier times are something else.
pub(super) const EARLIEST_MS: i64 = 315_532_800_000;

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
) -> Result<TimeFormat, Doubt> {
    let is_rounded = |row: &&TimeText| has_exponent(&row.text);
    if hints.format.is_none() && 2 * sample.iter().filter(is_rounded).count() > sample.len() {
        return Err(Doubt::Wrong(rounded_number()));
    }
    let notation = match hints.format {
        Some(name) => parse_notation(name).expect("the settings were checked"),
        None if is_numeric(sample) => Notation::Number(decide_count(sample, hints.latest_ms)?),
        None => Notation::Text(decide_style(sample, rest, hints.latest_ms)?),
    };
    // Who says what they are may mean any; old prices have dates.
    let is_count = matches!(notation, Notation::Number(_));
    let earliest_ms = if is_count { EARLIEST_MS } else { i64::MIN };
    let mut format = TimeFormat::new(notation);
    format.zone = hints.zone;
    format.limits_ms = hints.format.is_none().then_some((earliest_ms, hints.latest_ms));
    let mut track = TimeSteps::default();
    for row in sample {
        track.push(row, format.parse(&row.text, None));
    }
    format.is_newest_first = track.n_down > 0 && track.is_ordered() && track.n_down > track.n_up;
    Ok(format)
}

fn is_numeric(sample: &[TimeText]) -> bool {
    let is_number = |row: &TimeText| Number::parse(&row.text).is_some();
    // A line of words below the bars is no time of either kind.
    let n_numbers = sample.iter().filter(|row| is_number(row)).count();
    n_numbers > 0 && 2 * n_numbers > sample.len()
}

fn decide_count(sample: &[TimeText], latest_ms: i64) -> Result<&'static NumberFormat, Doubt> {
    let fitting: Vec<&'static NumberFormat> =
        NUMBER_FORMATS.iter().filter(|count| fits(count, sample, latest_ms)).collect();
    if fitting.is_empty()
        && let Some(count) = mixed_unix_unit(sample, latest_ms)
    {
        return Ok(count);
    }
    let first = sample.iter().find(|row| Number::parse(&row.text).is_some());
    let first = first.map(|row| row.text.as_slice()).unwrap_or_default();
    match fitting[..] {
        [count, ..] if count.is_automatic && ambiguous_with(count, &fitting).is_none() => Ok(count),
        [count, ..] if count.is_automatic => {
            let other = ambiguous_with(count, &fitting).expect("there is one");
            Err(Doubt::Wrong(ambiguous_number(first, count, other)))
        }
        [count, ..] if of_day(sample).is_none() => {
            Err(Doubt::Wrong(match ambiguous_with(count, &fitting) {
                None => looks_like(first, count),
                Some(other) => ambiguous_number(first, count, other),
            }))
        }
        _ => Err(Doubt::Wrong(unknown_number(first, sample))),
    }
}

/// Whether `count` makes likely times of all that is a number there.
fn fits(count: &NumberFormat, sample: &[TimeText], latest_ms: i64) -> bool {
    let mut track = TimeSteps::default();
    for row in sample.iter().filter(|row| Number::parse(&row.text).is_some()) {
        let time_ms = count.parse(&row.text);
        if !time_ms.is_some_and(|time_ms| (EARLIEST_MS..=latest_ms).contains(&time_ms)) {
            return false;
        }
        track.push(row, time_ms);
    }
    let is_likely = |ms| is_market_interval(ms) || count.name == "yyyy" && YEARS.contains(&ms);
    track.is_strict() && track.interval_ms().is_none_or(is_likely)
}

/// Returns the first unit of counts since 1970 of which an exchange went
/// over to another: each makes the only likely time, and all are in
/// order.
fn mixed_unix_unit(sample: &[TimeText], latest_ms: i64) -> Option<&'static NumberFormat> {
    let likely = |row: &TimeText| {
        let units = NUMBER_FORMATS.iter().filter(|count| count.name.starts_with("unix_"));
        let times = units.filter_map(|count| Some((count, count.parse(&row.text)?)));
        times.into_iter().find(|(_, ms)| (EARLIEST_MS..=latest_ms).contains(ms))
    };
    let mut track = TimeSteps::default();
    for row in sample.iter().filter(|row| Number::parse(&row.text).is_some()) {
        track.push(row, Some(likely(row)?.1));
    }
    let is_likely = track.is_strict() && track.interval_ms().is_none_or(is_market_interval);
    sample.first().filter(|_| is_likely).and_then(likely).map(|(count, _)| count)
}

/// Two meanings that the same numbers can well have.
fn ambiguous_with(
    count: &NumberFormat,
    fitting: &[&'static NumberFormat],
) -> Option<&'static NumberFormat> {
    let name = match count.name {
        "yyyymm" => "yymmdd",
        "yyyymmddhh" => "yymmddhhmm",
        "yyyymmddhhmm" => "yymmddhhmmss",
        "unix_ns" => "dotnet_ticks",
        "matlab_day" => "python_ordinal",
        _ => return None,
    };
    fitting.iter().copied().find(|other| other.name == name)
}

fn decide_style(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
    latest_ms: i64,
) -> Result<Style, Doubt> {
    let mut choice = StyleCandidates::new(clocks_of(sample), latest_ms);
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
