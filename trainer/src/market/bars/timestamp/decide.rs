//! Decides the time format of a file from a sample of its rows, and from
//! as many more as are needed.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::column_errors::{
    TimeText, ambiguous_number, has_exponent, looks_like, of_day, rounded_number, unknown_number,
};
use super::digit_clocks::{clocks_of, refuse_ambiguous, until_next_date};
use super::digits::MS_PER_DAY;
use super::number_formats::{NUMBER_FORMATS, Number, NumberFormat};
use super::steps::{TimeSteps, YEARS, is_market_interval};
use super::style::{DateOrder, DigitClock, Style, StyleSetting};
use super::style_candidates::StyleCandidates;
use super::time_format::{Notation, TimeFormat, parse_notation};
use super::zone::TimeZone;

/// 1980-01-01: numbers that mean earlier times mean something else.
pub(super) const EARLIEST_MS: i64 = 315_532_800_000;

/// 1600-01-01: earlier dates are of another calendar, or misspelt.
const EARLIEST_DATE_MS: i64 = -11_676_096_000_000;

/// 2004-03-03 to 2032-01-02: as seconds since 2001, earlier numbers may be
/// those of rows or of the seconds of a day; later ones are since 1970.
const SINCE_2001_MS: RangeInclusive<i64> = 1_078_307_200_000..=1_956_614_400_000;

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
    let setting = hints.format.map(StyleSetting::parse);
    let notation = match (setting, hints.format) {
        (None, _) if is_numeric(sample) => {
            Notation::Number(decide_number_format(sample, hints.latest_ms)?)
        }
        (Some(None), Some(name)) => parse_notation(name).expect("the settings were checked"),
        (setting, _) => {
            let setting = setting.flatten().unwrap_or_default();
            Notation::Text(decide_style(sample, rest, setting, hints)?)
        }
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
    let Some((format, other)) =
        fitting.first().map(|format| (*format, ambiguous_with(format, &fitting, sample)))
    else {
        return Err(unknown_number(first, sample));
    };
    match other {
        None if format.is_automatic => Ok(format),
        _ if !format.is_automatic && of_day(sample).is_some() => Err(unknown_number(first, sample)),
        None => Err(looks_like(first, format)),
        Some(other) => Err(ambiguous_number(first, format, other)),
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
    let range_ms = match format.name {
        // The digits of a year are no count by chance.
        name if name.contains("yy") => EARLIEST_DATE_MS..=latest_ms,
        "s_since_2001" => *SINCE_2001_MS.start()..=latest_ms.min(*SINCE_2001_MS.end()),
        _ => EARLIEST_MS..=latest_ms,
    };
    for row in sample.iter().filter(|row| Number::parse(&row.text).is_some()) {
        let time_ms = format.parse_until(&row.text, century_ms);
        if !time_ms.is_some_and(|time_ms| range_ms.contains(&time_ms)) {
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
    sample: &[TimeText],
) -> Option<&'static NumberFormat> {
    let name = match format.name {
        "yyyymm" => "yymmdd",
        "yyyymmddhh" => "yymmddhhmm",
        "yyyymmddhhmm" => "yymmddhhmmss",
        "unix_ns" => "dotnet_ticks",
        "ddmmyyyy" => "mmddyyyy",
        "ddmmyy" => "mmddyy",
        "matlab_day" => "python_ordinal",
        "unix_s" if !has_week_without_saturday(format, sample) => "s_since_2001",
        _ => return None,
    };
    fitting.iter().copied().find(|other| other.name == name)
}

/// Whether the sample has bars of a week, and none on a Saturday: in the
/// years for which seconds since 1970 could be those since 2001, to 1995, no
/// market was open on Saturdays, and between both lie 1617 weeks and 4 days.
fn has_week_without_saturday(format: &NumberFormat, sample: &[TimeText]) -> bool {
    /// In days since 1970-01-01, a Thursday.
    const SATURDAY: i64 = 2;
    let days: HashSet<i64> = sample
        .iter()
        .filter_map(|row| Some(format.parse(&row.text)?.div_euclid(MS_PER_DAY)))
        .collect();
    let n_weekdays = days.iter().map(|day| day.rem_euclid(7)).collect::<HashSet<_>>().len();
    n_weekdays > 4 && !days.iter().any(|day| day.rem_euclid(7) == SATURDAY)
}

fn decide_style(
    sample: &[TimeText],
    rest: &mut dyn Iterator<Item = TimeText>,
    setting: StyleSetting,
    TimeHints { latest_ms, named_clock, .. }: TimeHints<'_>,
) -> Result<Style, String> {
    let sample = &until_next_date(sample, rest);
    let clocks = match setting.clock {
        Some(clock) => vec![clock],
        None => clocks_of(sample, named_clock),
    };
    let orders = setting.order.map_or(DateOrder::ALL.to_vec(), |order| vec![order]);
    let styles: Vec<Style> = orders
        .into_iter()
        .flat_map(|order| clocks.iter().map(move |&clock| Style { order, clock }))
        .collect();
    let pushed = |mut candidates: StyleCandidates| {
        for row in sample {
            candidates.push(row);
        }
        candidates
    };
    let mut candidates = pushed(StyleCandidates::new(&styles, latest_ms, i64::MAX));
    if !candidates.is_any_likely() {
        candidates = pushed(StyleCandidates::new(&styles, latest_ms, latest_ms));
    }
    if candidates.needs_more() {
        for row in rest {
            candidates.push(&row);
            if !candidates.needs_more() {
                break;
            }
        }
    }
    let style = candidates.finish(setting)?;
    if clocks.len() > 1 {
        refuse_ambiguous(sample, style, setting)?;
    }
    Ok(style)
}
