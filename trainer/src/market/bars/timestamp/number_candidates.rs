//! Decides the format of times that are numbers.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::column_errors::{TimeText, looks_like, of_day, unknown_number};
use super::digits::{EARLIEST_DATE_MS, EARLIEST_MS, MS_PER_DAY};
use super::number_formats::{NUMBER_FORMATS, Number, NumberFormat};
use super::steps::{TimeSteps, YEARS, is_market_interval};

/// 2004-03-03 to 2032-01-02: as seconds since 2001, earlier numbers may be
/// those of rows or of the seconds of a day; later ones are since 1970.
const SINCE_2001_MS: RangeInclusive<i64> = 1_078_307_200_000..=1_956_614_400_000;

/// Formats, and the others whose numbers look the same.
const ALIKE: [(&str, &[&str]); 12] = [
    ("yyyymm", &["yymmdd"]),
    ("yyyymmddhh", &["yymmddhhmm"]),
    ("yyyymmddhhmm", &["yymmddhhmmss"]),
    ("unix_s", &["yymmddhhmm", "s_since_2001"]),
    ("unix_ns", &["dotnet_ticks"]),
    ("yymmdd", &["ddmmyy", "mmddyy"]),
    ("ddmmyy", &["mmddyy", "excel"]),
    ("mmddyy", &["excel"]),
    ("ddmmyyyy", &["mmddyyyy", "yyyyddd"]),
    ("mmddyyyy", &["yyyyddd"]),
    ("excel", &["excel_1904"]),
    ("matlab_day", &["python_ordinal"]),
];

/// Decides from the `sample`. The error is the message about the first time.
pub(super) fn decide_number_format(
    sample: &[TimeText],
    latest_ms: i64,
) -> Result<&'static NumberFormat, String> {
    let all_fitting = |limit_ms: i64| -> Vec<Fitting> {
        let fitting = |format| {
            let steps = steps_of(format, sample, [limit_ms, latest_ms])?;
            Some(Fitting { format, steps })
        };
        NUMBER_FORMATS.iter().filter_map(fitting).collect()
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
    match alike(&fitting, sample)[..] {
        [format] if format.is_automatic => Ok(format),
        [] => Err(unknown_number(first, sample)),
        // The digits of a year are no count by chance.
        [format, ..]
            if !format.is_automatic
                && !format.name.contains("yyyy")
                && of_day(sample).is_some() =>
        {
            Err(unknown_number(first, sample))
        }
        ref formats => Err(looks_like(first, formats)),
    }
}

/// A format in which all numbers are likely times.
struct Fitting {
    format: &'static NumberFormat,
    steps: TimeSteps,
}

/// Returns the first format, and those that are as likely.
fn alike(fitting: &[Fitting], sample: &[TimeText]) -> Vec<&'static NumberFormat> {
    let Some(Fitting { format: first, .. }) = fitting.first() else {
        return Vec::new();
    };
    let names = ALIKE.iter().find(|(name, _)| *name == first.name).map_or(&[][..], |found| found.1);
    let is_alike = |Fitting { format, .. }: &&Fitting| match format.name {
        name if name == first.name => true,
        "s_since_2001" | "excel_1904" if has_week_without_saturday(first, sample) => false,
        name => names.contains(&name),
    };
    let mut alike: Vec<&Fitting> = fitting.iter().filter(is_alike).collect();
    // Seconds are dates by chance only, and then few of their steps are equal.
    if first.name == "unix_s" {
        let most = alike.iter().map(|fitting| fitting.steps.n_equal()).max();
        alike.retain(|fitting| Some(fitting.steps.n_equal()) == most);
    }
    alike.into_iter().map(|fitting| fitting.format).collect()
}

/// Whether all numbers are likely times in this format: none is after the
/// second of the limits, and a year of two digits is one of the last
/// century after the first. Returns their steps.
fn steps_of(
    format: &NumberFormat,
    sample: &[TimeText],
    [century_ms, latest_ms]: [i64; 2],
) -> Option<TimeSteps> {
    // Those are more likely other times, in the future.
    if matches!(format.name, "s_since_1960" | "ms_since_1960") {
        return None;
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
            return None;
        }
        steps.push(row, time_ms);
    }
    let is_likely = |ms| is_market_interval(ms) || format.name == "yyyy" && YEARS.contains(&ms);
    (steps.is_strict() && steps.interval_ms().is_none_or(is_likely)).then_some(steps)
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
