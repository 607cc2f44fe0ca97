//! Error messages about a single text that is not a time in the format of
//! its file.

use super::column_errors::setting_hint;
use super::digits::format_utc;
use super::periods;
use super::style::{DateOrder, Style};
use super::text::parse_text;
use super::time_format::{Notation, TimeFormat, parse_notation};
use super::zone::TimeZone;

/// Patterns of times that could be something else, such as a month
/// whose year looks like a day.
const PATTERNS: [&str; 13] = [
    "%b-%y",
    "%b %y",
    "%B-%y",
    "%b '%y",
    "%y%m%d %H%M%S",
    "%y%m%d %H%M",
    "%y%m%d %H:%M:%S",
    "%y%m%d %H:%M",
    "%Y-%j",
    "%Y-%d-%m",
    "%Y/%d/%m",
    "%Y.%d.%m",
    "%y%m%d-%H%M%S",
];

const DROP_ADVICE: &str = "; a row that is not a bar is left out by `--bad-rows drop`";

/// Returns the message about a `text` that is not a time, with the
/// remedy, and the advice to leave its row out.
pub(super) fn remedy(format: &TimeFormat, text: &[u8]) -> (String, &'static str) {
    if let Some(found) = specific_remedy(format, text) {
        return found;
    }
    let (remedy, drop_advice) = if is_of_either_order(format, text) {
        (
            "is a date whose day and month are ambiguous; say which comes first in \
             `bars.time_format`, or by `--time-format day_first` or `month_first`",
            "",
        )
    } else {
        (
            "is not a time; write it as `YYYY-MM-DD HH:MM:SS` (UTC), or say what it is in \
             `bars.time_format`",
            DROP_ADVICE,
        )
    };
    (remedy.to_owned(), drop_advice)
}

/// Does the same where no setting applies.
pub(super) fn plain_remedy(format: &TimeFormat, text: &[u8]) -> String {
    if let Some((remedy, _)) = specific_remedy(format, text) {
        return remedy;
    }
    if is_of_either_order(format, text) {
        "is a date whose day and month are ambiguous; write it as `YYYY-MM-DD`"
    } else {
        "is not a time; write it as `YYYY-MM-DD HH:MM:SS` (UTC), `DD.MM.YYYY HH:MM:SS` or seconds \
         since 1970"
    }
    .to_owned()
}

fn specific_remedy(format: &TimeFormat, text: &[u8]) -> Option<(String, &'static str)> {
    let alone = |remedy: String| (remedy, "");
    let skipped = || skipped_hour(format, text).map(|remedy| (remedy, DROP_ADVICE));
    let others = || {
        let zone = unknown_zone(format, text).or_else(|| hour_25(format, text));
        zone.or_else(|| plain_text(format, text)).or_else(|| known_pattern(text)).map(alone)
    };
    beyond_limits(format, text).map(alone).or_else(skipped).or_else(others)
}

/// Returns the message about the hour that is repeated when daylight saving
/// time ends, where the hours of a day are numbered.
fn hour_25(format: &TimeFormat, text: &[u8]) -> Option<String> {
    let date = text.strip_suffix(b" 25")?;
    let has_hour = format.parse(&[date, b" 00:00"].concat(), None).is_some();
    has_hour.then(|| {
        "is in hour 25 of a day on which daylight saving time ends, and numbered hours are not read \
         through such a day: write clock times, all in UTC or each with its offset"
            .to_owned()
    })
}

/// Returns the message about a time as text in a file of numbers, or of
/// another pattern.
fn plain_text(format: &TimeFormat, text: &[u8]) -> Option<String> {
    if matches!(format.notation, Notation::Any | Notation::Text(_)) {
        return None;
    }
    let plain = TimeFormat::new(Notation::Text(Style::default()));
    let time = plain.parse(text, None).map(format_utc)?;
    Some(format!(
        "is {time} as it is written, but not in the format of the times; if `bars.time_format` or \
         `--time-format` is set, take it out"
    ))
}

/// Names the pattern that a text has, if it is known.
fn known_pattern(text: &[u8]) -> Option<String> {
    PATTERNS.iter().find_map(|pattern| {
        let format = TimeFormat::new(parse_notation(pattern)?);
        let time = format.parse(text, None).map(format_utc)?;
        let quoted = pattern.replace('\'', "'\\''");
        Some(format!(
            "is {time} if its pattern is `{pattern}`: if so, set `bars.time_format` to that, or \
             pass `--time-format '{quoted}'`"
        ))
    })
}

/// Returns the message about a `text` whose time is too early, or in the
/// future.
pub(super) fn beyond_limits(format: &TimeFormat, text: &[u8]) -> Option<String> {
    let (earliest_ms, latest_ms) = format.limits_ms?;
    let unlimited = TimeFormat { limits_ms: None, ..format.clone() };
    let time_ms = unlimited.parse(text, None)?;
    let when = if time_ms > latest_ms {
        "after tomorrow".to_owned()
    } else {
        format!("before {}", format_utc(earliest_ms).split('-').next().unwrap_or_default())
    };
    let time = format_utc(time_ms);
    Some(match &format.notation {
        Notation::Number(number_format) => format!(
            "as {} is {time}, {when}, which is not plausible: correct or delete the row, or say \
             what the numbers are in `bars.time_format`",
            number_format.description
        ),
        Notation::Text(style) => match other_calendar(&time) {
            Some(calendar) => format!("is {when}, which is not plausible: {calendar}"),
            None => format!(
                "is {time}, {when}, which is not plausible: correct the year, or, if it is meant, \
                 {}",
                setting_hint(style.order.name())
            ),
        },
        // The other notations have no limits.
        Notation::Any | Notation::OfDay { .. } | Notation::Pattern(_) => return None,
    })
}

/// Says which calendar the year of `time` may be one of, and how it is
/// converted.
fn other_calendar(time: &str) -> Option<String> {
    let year: u32 = time.split('-').next()?.parse().ok()?;
    match year {
        // 1380 to 1420 are 2001 to 2042.
        1380..=1420 => Some(
            "it looks like the Persian calendar; convert the dates to Gregorian ones, such as by \
             `jdatetime` in Python"
                .to_owned(),
        ),
        2513..=2603 => Some(format!(
            "it looks like the Buddhist calendar; subtract 543 from each year, so that {year} is {}",
            year - 543
        )),
        _ => None,
    }
}

/// Returns the message about a local time that is skipped at the start of
/// daylight saving time.
fn skipped_hour(format: &TimeFormat, text: &[u8]) -> Option<String> {
    let zone = format.zone.filter(|zone| matches!(zone, TimeZone::Named(_)))?;
    let anywhere = TimeFormat { zone: None, ..format.clone() };
    anywhere.parse(text, None)?;
    Some(format!(
        "is in the hour that daylight saving time skips in {zone}: if the times are in another \
         zone, name it in `bars.time_zone`, or by `--time-zone`"
    ))
}

/// Returns the message about a word at the end that is not a known zone,
/// or not the zone of the file.
fn unknown_zone(format: &TimeFormat, text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let (time, zone) = text.rsplit_once(' ')?;
    let is_name = (2..=5).contains(&zone.len()) && zone.bytes().all(|b| b.is_ascii_uppercase());
    if !is_name {
        return None;
    }
    let wall_ms = TimeFormat { zone: None, ..format.clone() }.parse(time.as_bytes(), None)?;
    let called: Vec<String> = TimeZone::zones_abbreviated(zone, wall_ms)
        .iter()
        .take(2)
        .map(|zone| format!("`--time-zone {zone}`"))
        .collect();
    let offset = "write an offset such as `+05:30` in its place";
    let remedy = if called.is_empty() {
        offset.to_owned()
    } else {
        format!("name the time zone, such as by {}, or {offset}", called.join(" or "))
    };
    Some(match format.zone {
        Some(known @ TimeZone::Named(_)) => {
            format!(
                "ends in `{zone}`, which is not the abbreviation of {known} at that time: \
                     {remedy}"
            )
        }
        _ => format!("ends in `{zone}`, which is an ambiguous or unknown time zone: {remedy}"),
    })
}

/// Whether `text` is a date whose order of day and month is unknown.
fn is_of_either_order(format: &TimeFormat, text: &[u8]) -> bool {
    let Notation::Text(style) = format.notation else {
        return matches!(format.notation, Notation::Any) && has_order(text, Style::default());
    };
    style.order == DateOrder::Unknown && has_order(text, style)
}

fn has_order(text: &[u8], style: Style) -> bool {
    let is_date = |order| parse_text(text, Style { order, ..style }).is_some();
    periods::parse_period(text).is_none()
        && (is_date(DateOrder::DayFirst) || is_date(DateOrder::MonthFirst))
}
