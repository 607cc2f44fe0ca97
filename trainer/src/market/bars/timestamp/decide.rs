//! Decides the time format of a file from a sample of its rows, and from
//! as many more as are needed.

use super::column_errors::{
    TimeText, ambiguous_number, has_exponent, looks_like, of_day, rounded_number, unknown_number,
};
use super::number_formats::{NUMBER_FORMATS, Number, NumberFormat};
use super::steps::{TimeSteps, YEARS, is_market_interval};
use super::style::{DigitClock, Style};
use super::style_candidates::{StyleCandidates, clocks_of};
use super::time_format::{Notation, TimeFormat, parse_notation};
use super::zone::TimeZone;

/// 1980-01-01: numbers that mean earlier times mean something else.
pub(super) const EARLIEST_MS: i64 = 315_532_800_000;

/// 1600-01-01: earlier dates are of another calendar, or misspelt.
const EARLIEST_DATE_MS: i64 = -11_676_096_000_000;

/// 2100-01-01: the latest possible time if the current time is unknown.
pub(crate) const LATEST_MS: i64 = 4_102_444_800_000;

/// What is known about the times of a file from elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TimeHints<'a> {
    /// `bars.time_format`.
    pub(crate) format: Option<&'a str>,
    /// The zone of times that name none.
    pub(crate) zone: Option<TimeZone>,
    /// The latest possible time, in milliseconds since 1970 UTC.
    pub(crate) latest_ms: i64,
    /// What clock times in digits mean by the name of their column.
    pub(crate) named_clock: Option<DigitClock>,
}

/// Decides from `sample`, and from `rest`, which is read only if the
/// sample is ambiguous. The error is the message about the first time.
pub(crate) fn decide(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
    hints: TimeHints<'_>,
) -> Result<TimeFormat, String> {
    let is_rounded = |row: &&TimeText| has_exponent(&row.text);
    if hints.format.is_none() && 2 * sample.iter().filter(is_rounded).count() > sample.len() {
        return Err(rounded_number());
    }
    let notation = match hints.format {
        Some(name) => parse_notation(name).expect("the settings were checked"),
        None if is_numeric(sample) => {
            Notation::Number(decide_number_format(sample, hints.latest_ms)?)
        }
        None => Notation::Text(decide_style(sample, rest, hints)?),
    };
    // No limits if the settings give the format.
    let is_count = matches!(notation, Notation::Number(numbers) if !numbers.name.contains("yy"));
    let earliest_ms = if is_count { EARLIEST_MS } else { EARLIEST_DATE_MS };
    let mut format = TimeFormat::new(notation);
    format.zone = hints.zone;
    format.latest_ms = hints.latest_ms;
    format.limits_ms = hints.format.is_none().then_some((earliest_ms, hints.latest_ms));
    let mut steps = TimeSteps::default();
    for row in sample {
        steps.push(row, format.parse(&row.text, None));
    }
    format.is_newest_first = steps.n_down > 0 && steps.is_ordered() && steps.n_down > steps.n_up;
    Ok(format)
}

fn is_numeric(sample: &[TimeText]) -> bool {
    let is_number = |row: &TimeText| Number::parse(&row.text).is_some();
    // A few lines of words below the bars do not count.
    let n_numbers = sample.iter().filter(|row| is_number(row)).count();
    n_numbers > 0 && 2 * n_numbers > sample.len()
}

fn decide_number_format(
    sample: &[TimeText],
    latest_ms: i64,
) -> Result<&'static NumberFormat, String> {
    let all_fitting = |limit_ms: i64| -> Vec<&'static NumberFormat> {
        let limits_ms = [limit_ms, latest_ms];
        NUMBER_FORMATS.iter().filter(|format| fits(format, sample, limits_ms)).collect()
    };
    let mut fitting = all_fitting(i64::MAX);
    if fitting.is_empty() {
        fitting = all_fitting(latest_ms);
    }
    if fitting.is_empty()
        && let Some(format) = mixed_unix_unit(sample, latest_ms)
    {
        return Ok(format);
    }
    let first = sample.iter().find(|row| Number::parse(&row.text).is_some());
    let first = first.map(|row| row.text.as_slice()).unwrap_or_default();
    match fitting[..] {
        [format, ..] if format.is_automatic && ambiguous_with(format, &fitting).is_none() => {
            Ok(format)
        }
        [format, ..] if format.is_automatic => {
            let other = ambiguous_with(format, &fitting).expect("there is one");
            Err(ambiguous_number(first, format, other))
        }
        [format, ..] if of_day(sample).is_none() => Err(match ambiguous_with(format, &fitting) {
            None => looks_like(first, format),
            Some(other) => ambiguous_number(first, format, other),
        }),
        _ => Err(unknown_number(first, sample)),
    }
}

/// Whether all numbers are likely times in this format: none is after the
/// second of the limits, and a year of two digits is one of the last
/// century after the first.
fn fits(format: &NumberFormat, sample: &[TimeText], [century_ms, latest_ms]: [i64; 2]) -> bool {
    // Those are more likely other times, in the future.
    if matches!(format.name, "s_since_1960" | "ms_since_1960") {
        return false;
    }
    let mut steps = TimeSteps::default();
    // The digits of a year are no count by chance.
    let earliest_ms = if format.name.contains("yy") { EARLIEST_DATE_MS } else { EARLIEST_MS };
    for row in sample.iter().filter(|row| Number::parse(&row.text).is_some()) {
        let time_ms = format.parse_until(&row.text, century_ms);
        if !time_ms.is_some_and(|time_ms| (earliest_ms..=latest_ms).contains(&time_ms)) {
            return false;
        }
        steps.push(row, time_ms);
    }
    let is_likely = |ms| is_market_interval(ms) || format.name == "yyyy" && YEARS.contains(&ms);
    steps.is_strict() && steps.interval_ms().is_none_or(is_likely)
}

/// Returns the unit since 1970 of the first row, if the file changes from
/// one unit to another: each number is a likely time in one of them, and
/// the times are in order.
fn mixed_unix_unit(sample: &[TimeText], latest_ms: i64) -> Option<&'static NumberFormat> {
    let likely = |row: &TimeText| {
        let units = NUMBER_FORMATS.iter().filter(|format| format.name.starts_with("unix_"));
        let times = units.filter_map(|format| Some((format, format.parse(&row.text)?)));
        times.into_iter().find(|(_, ms)| (EARLIEST_MS..=latest_ms).contains(ms))
    };
    let mut steps = TimeSteps::default();
    for row in sample.iter().filter(|row| Number::parse(&row.text).is_some()) {
        steps.push(row, Some(likely(row)?.1));
    }
    let is_likely = steps.is_strict() && steps.interval_ms().is_none_or(is_market_interval);
    sample.first().filter(|_| is_likely).and_then(likely).map(|(format, _)| format)
}

/// Returns the fitting format whose numbers look the same as those of
/// `format`.
fn ambiguous_with(
    format: &NumberFormat,
    fitting: &[&'static NumberFormat],
) -> Option<&'static NumberFormat> {
    let name = match format.name {
        "yyyymm" => "yymmdd",
        "yyyymmddhh" => "yymmddhhmm",
        "yyyymmddhhmm" => "yymmddhhmmss",
        "unix_ns" => "dotnet_ticks",
        "ddmmyyyy" => "mmddyyyy",
        "ddmmyy" => "mmddyy",
        "matlab_day" => "python_ordinal",
        _ => return None,
    };
    fitting.iter().copied().find(|other| other.name == name)
}

fn decide_style(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
    TimeHints { latest_ms, named_clock, .. }: TimeHints<'_>,
) -> Result<Style, String> {
    let clocks = &clocks_of(sample, named_clock);
    let pushed = |mut candidates: StyleCandidates| {
        for row in sample {
            candidates.push(row);
        }
        candidates
    };
    let mut candidates = pushed(StyleCandidates::new(clocks, latest_ms, i64::MAX));
    if !candidates.is_any_likely() {
        candidates = pushed(StyleCandidates::new(clocks, latest_ms, latest_ms));
    }
    if candidates.needs_more() {
        for row in rest {
            candidates.push(&row);
            if !candidates.needs_more() {
                break;
            }
        }
    }
    candidates.finish()
}
