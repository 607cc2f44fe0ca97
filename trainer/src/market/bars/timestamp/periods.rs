//! Parses months, quarters and weeks as their first day:
//! `2020-01`, `01/2020`, `2020M01`, `2020-Q1`, `Q1 2020`, `1Q20`, `2020-W02`,
//! `2020-01-06/2020-01-12`, and a day of a week: `2020-W02-1`.

use chrono::{NaiveDate, NaiveTime, Weekday};

use super::digits::{MS_PER_DAY, date_ms, full_year, parse_digits};

/// Returns the start of the period `text`, in milliseconds since 1970.
pub(super) fn parse_period(text: &[u8]) -> Option<i64> {
    if let Some(quarter) = text.strip_prefix(b"Q") {
        let (quarter, year) = quarter.split_at_checked(1)?;
        return quarter_ms(without_separator(year), quarter);
    }
    if let [quarter, b'Q', year @ ..] = text {
        return quarter_ms(without_separator(year), &[*quarter]);
    }
    if let [month @ .., b'/' | b'-', y1, y2, y3, y4] = text
        && matches!(month, [_] | [_, _])
    {
        return date_ms(parse_digits(&[*y1, *y2, *y3, *y4])?, parse_digits(month)?, 1);
    }
    if let Some((first, [b'/', last @ ..])) = text.split_at_checked(10) {
        return day_ms(first).filter(|first_ms| day_ms(last) == Some(first_ms + 6 * MS_PER_DAY));
    }
    let (year, rest) = text.split_at_checked(4)?;
    match without_separator(rest) {
        [b'Q', quarter @ ..] => quarter_ms(year, quarter),
        [b'M', month @ ..] => date_ms(parse_digits(year)?, parse_digits(month)?, 1),
        [b'W', w1, w2, day @ ..] => {
            let year = i32::try_from(parse_digits(year)?).ok()?;
            let week = u32::try_from(parse_digits(&[*w1, *w2])?).ok()?;
            let day = match without_separator(day) {
                [] => 1,
                [day @ b'1'..=b'7'] => i64::from(day - b'0'),
                _ => return None,
            };
            let monday = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?;
            let monday_ms = monday.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
            Some(monday_ms + (day - 1) * MS_PER_DAY)
        }
        month if month.len() == 2 && rest.len() == 3 => {
            date_ms(parse_digits(year)?, parse_digits(month)?, 1)
        }
        _ => None,
    }
}

/// `YYYY-MM-DD`
fn day_ms(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}

fn without_separator(text: &[u8]) -> &[u8] {
    let rest = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"/"));
    rest.or_else(|| text.strip_prefix(b" ")).unwrap_or(text)
}

fn quarter_ms(year: &[u8], quarter: &[u8]) -> Option<i64> {
    let (1, 2 | 4) = (quarter.len(), year.len()) else {
        return None;
    };
    let quarter = parse_digits(quarter).filter(|quarter| (1..=4).contains(quarter))?;
    date_ms(full_year(year)?, 3 * quarter - 2, 1)
}
