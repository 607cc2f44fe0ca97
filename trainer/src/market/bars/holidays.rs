//! Days on which markets close: those of the United States, which also
//! futures and, at Christmas and New Year, currencies keep.

use chrono::{Datelike as _, Days, NaiveDate, Weekday};

/// Closings that follow no rule.
const SPECIAL: [(i32, u32, u32); 12] = [
    (2001, 9, 11),
    (2001, 9, 12),
    (2001, 9, 13),
    (2001, 9, 14),
    (2004, 6, 11),
    (2007, 1, 2),
    (2012, 10, 29),
    (2012, 10, 30),
    (2018, 12, 5),
    (2025, 1, 9),
    (1994, 4, 27),
    (1985, 9, 27),
];

/// What a day is to the markets that close at times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayKind {
    Ordinary,
    /// It ends early, or the night session before a holiday is none.
    Early,
    Holiday,
}

/// Returns what `date` is.
pub(super) fn kind_of(date: NaiveDate) -> DayKind {
    if is_holiday(date) {
        return DayKind::Holiday;
    }
    let next = date.checked_add_days(Days::new(1));
    let after_thanksgiving = date.checked_sub_days(Days::new(1)).is_some_and(is_thanksgiving);
    let is_eve = next.is_some_and(is_holiday)
        // Where the day itself is kept on another.
        || matches!((date.month(), date.day()), (12, 24 | 31) | (7, 3));
    if is_eve || after_thanksgiving { DayKind::Early } else { DayKind::Ordinary }
}

/// Whether markets of the United States are closed all day.
fn is_holiday(date: NaiveDate) -> bool {
    let (year, month, day) = (date.year(), date.month(), date.day());
    let is_monday = date.weekday() == Weekday::Mon;
    let nth = (day - 1) / 7 + 1;
    let is_last = day + 7 > days_in(month);
    let by_rule = match month {
        1 => is_kept(date, 1, 1) || (is_monday && nth == 3 && year >= 1998),
        2 => is_monday && nth == 3,
        5 => is_monday && is_last,
        6 => year >= 2022 && is_kept(date, 6, 19),
        7 => is_kept(date, 7, 4),
        9 => is_monday && nth == 1,
        11 => is_thanksgiving(date),
        12 => is_kept(date, 12, 25),
        _ => false,
    };
    by_rule
        || easter(year).checked_sub_days(Days::new(2)) == Some(date)
        || SPECIAL.contains(&(year, month, day))
}

fn days_in(month: u32) -> u32 {
    if matches!(month, 4 | 6 | 9 | 11) { 30 } else { 31 }
}

fn is_thanksgiving(date: NaiveDate) -> bool {
    date.month() == 11 && date.weekday() == Weekday::Thu && (date.day() - 1) / 7 + 1 == 4
}

/// Whether a holiday of this month and day is kept on `date`: a Sunday's
/// on the Monday after, a Saturday's on the Friday before, but New
/// Year's never in the old year.
fn is_kept(date: NaiveDate, month: u32, day: u32) -> bool {
    let Some(holiday) = NaiveDate::from_ymd_opt(date.year(), month, day) else {
        return false;
    };
    let kept = match holiday.weekday() {
        Weekday::Sun => holiday.checked_add_days(Days::new(1)),
        Weekday::Sat if month != 1 => holiday.checked_sub_days(Days::new(1)),
        _ => Some(holiday),
    };
    kept == Some(date) || holiday == date
}

/// Returns Easter Sunday (Meeus, Jones and Butcher).
#[expect(clippy::many_single_char_names, reason = "the names of the published algorithm")]
pub(super) fn easter(year: i32) -> NaiveDate {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, month.unsigned_abs(), day.unsigned_abs())
        .expect("Easter is in March or April")
}
