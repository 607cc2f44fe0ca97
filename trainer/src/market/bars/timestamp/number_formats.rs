//! The formats of times that are written as numbers, a line for each.

use chrono::{NaiveDate, NaiveTime, Weekday};

use super::digits::{
    CENTURY_MS, MS_PER_DAY, MS_PER_SECOND, clock_ms, date_ms, full_year, parse_digits,
    part_of_day_ms, thousandths,
};

/// 2001-01-01.
const BEGIN_OF_2001_MS: i64 = 978_307_200_000;

/// A decimal number, split into its parts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number<'a> {
    pub(super) is_negative: bool,
    pub(super) whole: &'a [u8],
    pub(super) fraction: &'a [u8],
    /// The value of the whole part.
    pub(super) count: i64,
}

/// A format of times that are written as numbers.
pub(super) struct NumberFormat {
    /// Its name in `bars.time_format`.
    pub(super) name: &'static str,
    /// The words for it in messages.
    pub(super) description: &'static str,
    /// Whether it is recognized without a setting.
    pub(super) is_automatic: bool,
    to_ms: fn(Number<'_>) -> Option<i64>,
}

/// All formats, the more specific first.
pub(super) static NUMBER_FORMATS: [NumberFormat; 37] = [
    automatic("yyyymmdd", "a date, `YYYYMMDD`", |number| compact(number, 8)),
    automatic("yyyymmddhh", "a date and hour, `YYYYMMDDHH`", |number| compact(number, 10)),
    automatic("yyyymmddhhmm", "a date and clock, `YYYYMMDDHHMM`", |number| compact(number, 12)),
    automatic("yyyymmddhhmmss", "a date and clock, `YYYYMMDDHHMMSS`", |number| compact(number, 14)),
    automatic("yyyymmddhhmmssfff", "a date and clock with milliseconds", |number| {
        compact(number, 17)
    }),
    automatic("yyyymmdd.hhmm", "a date and clock, `YYYYMMDD.HHMM`", date_and_fraction),
    automatic("yyyymm", "a month, `YYYYMM`", |number| compact(number, 6)),
    automatic("unix_s", "seconds since 1970", unix_seconds),
    automatic("unix_ms", "milliseconds since 1970", |number| unix(number, 1)),
    automatic("unix_us", "microseconds since 1970", |number| unix(number, 1000)),
    automatic("unix_ns", "nanoseconds since 1970", |number| unix(number, 1_000_000)),
    explicit("yyyy", "a year, `YYYY`", |number| compact(number, 4)),
    explicit("yymmdd", "a date, `YYMMDD`", |number| short(number, 6)),
    explicit("yymmddhhmm", "a date and clock, `YYMMDDHHMM`", |number| short(number, 10)),
    explicit("yymmddhhmmss", "a date and clock, `YYMMDDHHMMSS`", |number| short(number, 12)),
    explicit("ddmmyy", "a date, `DDMMYY`", |number| ordered(number, [4, 2, 0], 6)),
    explicit("mmddyy", "a date, `MMDDYY`", |number| ordered(number, [4, 0, 2], 6)),
    explicit("ddmmyyyy", "a date, `DDMMYYYY`", |number| ordered(number, [4, 2, 0], 8)),
    explicit("mmddyyyy", "a date, `MMDDYYYY`", |number| ordered(number, [4, 0, 2], 8)),
    explicit("yyyyww", "a year and its ISO week, `YYYYWW`", week),
    explicit("yyyy.mm", "a year and its month, `YYYY.MM`", month),
    explicit("yyyyddd", "a year and its day, `YYYYDDD`", ordinal),
    explicit("dotnet_ticks", ".NET ticks", |number| ticks(number, -62_135_596_800_000)),
    explicit("filetime", "a Windows FILETIME", |number| ticks(number, -11_644_473_600_000)),
    explicit("excel", "a serial date of a spreadsheet (Excel)", |number| days(number, 25_569.0)),
    explicit("excel_1904", "a serial date of a spreadsheet since 1904", |n| days(n, 24_107.0)),
    explicit("days_since_1970", "a day number since 1970", |number| days(number, 0.0)),
    explicit("julian_day", "a Julian day", |number| days(number, 2_440_587.5)),
    explicit("modified_julian_day", "a modified Julian day", |number| days(number, 40_587.0)),
    explicit("matlab_day", "a day number of MATLAB", |number| days(number, 719_529.0)),
    explicit("python_ordinal", "a day number of Python", |number| days(number, 719_163.0)),
    explicit("minutes_since_1970", "minutes since 1970", |number| scaled(number, 60_000)),
    explicit("hours_since_1970", "hours since 1970", |number| scaled(number, 3_600_000)),
    explicit("days_since_1960", "a day number since 1960 (SAS)", |number| days(number, 3653.0)),
    explicit("s_since_1960", "seconds since 1960 (SAS)", |n| since_1960(n, MS_PER_SECOND)),
    explicit("ms_since_1960", "milliseconds since 1960 (Stata)", |n| since_1960(n, 1)),
    explicit("s_since_2001", "seconds since 2001 (Apple)", |number| {
        unix_seconds(number)?.checked_add(BEGIN_OF_2001_MS)
    }),
];

const fn automatic(
    name: &'static str,
    description: &'static str,
    to_ms: fn(Number<'_>) -> Option<i64>,
) -> NumberFormat {
    NumberFormat { name, description, is_automatic: true, to_ms }
}

const fn explicit(
    name: &'static str,
    description: &'static str,
    to_ms: fn(Number<'_>) -> Option<i64>,
) -> NumberFormat {
    NumberFormat { name, description, is_automatic: false, to_ms }
}

impl NumberFormat {
    /// Returns the format with this `name` in `bars.time_format`.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        NUMBER_FORMATS.iter().find(|count| count.name == name)
    }

    /// Parses `text` in this format to milliseconds since 1970.
    #[inline]
    pub(super) fn parse(&self, text: &[u8]) -> Option<i64> {
        (self.to_ms)(Number::parse(text)?)
    }

    /// Does the same; a year of two digits is one of the last century if it
    /// would be after `latest_ms`.
    #[inline]
    pub(super) fn parse_until(&self, text: &[u8], latest_ms: i64) -> Option<i64> {
        let time_ms = self.parse(text)?;
        if time_ms <= latest_ms || !self.name.contains("yy") || self.name.contains("yyyy") {
            return Some(time_ms);
        }
        Some(time_ms - CENTURY_MS)
    }
}

impl std::fmt::Debug for NumberFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<'a> Number<'a> {
    /// Parses digits, possibly with a minus and a fraction; a comma is a
    /// decimal sign.
    #[inline]
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let (is_negative, digits) = match text {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        if let Some(count) = parse_digits(digits) {
            return Some(Self { is_negative, whole: digits, fraction: &[], count });
        }
        let split = || {
            let point = digits.iter().position(|&byte| matches!(byte, b'.' | b','))?;
            let (whole, fraction) = (&digits[..point], &digits[point + 1..]);
            let count = parse_digits(whole)?;
            let is_right = fraction.iter().all(u8::is_ascii_digit);
            is_right.then_some(Self { is_negative, whole, fraction, count })
        };
        // Last, since hardly any file has exponents in its times.
        let exponent = || {
            let count = exact_exponent(digits)?;
            Some(Self { is_negative, whole: &[], fraction: &[], count })
        };
        split().or_else(exponent)
    }

    fn signed(self, magnitude: i64) -> i64 {
        if self.is_negative { -magnitude } else { magnitude }
    }

    /// Whether its fraction, if any, is 0.
    fn is_whole(self) -> bool {
        self.fraction.iter().all(|&byte| byte == b'0')
    }
}

/// Reads a whole number that has all its digits before an exponent, as
/// `numpy.savetxt` writes it: `1.578268800000000000e+09`.
#[cold]
fn exact_exponent(digits: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(digits).ok()?;
    let (mantissa, exponent) = text.split_once(['e', 'E'])?;
    let n_fraction = mantissa.split_once('.')?.1.len();
    let has_all = exponent.parse::<usize>().is_ok_and(|exponent| exponent <= n_fraction);
    let number: f64 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and below 2^53")]
    (has_all && number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
}

fn unix_seconds(number: Number<'_>) -> Option<i64> {
    let ms = number.count.checked_mul(1000)?.checked_add(thousandths(number.fraction))?;
    Some(number.signed(ms))
}

#[expect(clippy::unnecessary_wraps, reason = "the others may fail")]
fn unix(number: Number<'_>, per_ms: i64) -> Option<i64> {
    Some(number.signed(number.count / per_ms))
}

fn scaled(number: Number<'_>, unit_ms: i64) -> Option<i64> {
    number.is_whole().then(|| number.count.checked_mul(unit_ms))?.map(|ms| number.signed(ms))
}

fn ticks(number: Number<'_>, epoch_ms: i64) -> Option<i64> {
    (number.is_whole() && !number.is_negative).then(|| number.count / 10_000 + epoch_ms)
}

/// A number of days, in which 1970-01-01 is `epoch`. The fraction is a
/// clock time, rounded to minutes, seconds or milliseconds by the number
/// of its digits.
fn days(number: Number<'_>, epoch: f64) -> Option<i64> {
    let whole_ms = (number.count as f64 - epoch.trunc()) * MS_PER_DAY as f64;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and far from the limits")]
    let whole_ms = (whole_ms.abs() < 1e15).then_some(whole_ms as i64)?;
    let clock_ms = part_of_day_ms(number.fraction, epoch.fract())?;
    (!number.is_negative).then_some(whole_ms + clock_ms)
}

/// A date, and possibly a clock time, in `n_digits` digits.
fn compact(number: Number<'_>, n_digits: usize) -> Option<i64> {
    let with_exponent = number.whole.is_empty().then(|| number.count.to_string());
    let digits = with_exponent.as_ref().map_or(number.whole, |digits| digits.as_bytes());
    let is_year = matches!(digits, [b'1', b'9', ..] | [b'2', b'0', ..]);
    if digits.len() != n_digits || !is_year || !number.is_whole() || number.is_negative {
        return None;
    }
    let part = |begin: usize, end: usize| digits.get(begin..end).map_or(Some(0), parse_digits);
    let month = if n_digits == 4 { 1 } else { part(4, 6)? };
    let day = if n_digits <= 6 { 1 } else { part(6, 8)? };
    let date_ms = date_ms(part(0, 4)?, month, day)?;
    Some(date_ms + clock_ms(part(8, 10)?, part(10, 12)?, part(12, 14)?)? + part(14, 17)?)
}

/// `20200131.0930`; a number has lost the zeros at its end.
fn date_and_fraction(number: Number<'_>) -> Option<i64> {
    let mut clock = *b"000000";
    clock.get_mut(..number.fraction.len())?.copy_from_slice(number.fraction);
    let part = |begin: usize| parse_digits(&clock[begin..begin + 2]);
    let date_ms = compact(Number { fraction: &[], ..number }, 8)?;
    Some(date_ms + clock_ms(part(0)?, part(2)?, part(4)?)?)
}

/// The same with a year of two digits.
fn short(number: Number<'_>, n_digits: usize) -> Option<i64> {
    let digits = number.whole;
    if digits.len() != n_digits || !number.is_whole() || number.is_negative {
        return None;
    }
    let part = |begin: usize| digits.get(begin..begin + 2).map_or(Some(0), parse_digits);
    let year = part(0)?;
    let century = if year < 69 { 2000 } else { 1900 };
    let date_ms = date_ms(century + year, part(2)?, part(4)?)?;
    Some(date_ms + clock_ms(part(6)?, part(8)?, part(10)?)?)
}

/// A date whose year, month and day are at these places of `n_digits`
/// digits; spreadsheets drop the first one if it is 0.
fn ordered(number: Number<'_>, places: [usize; 3], n_digits: usize) -> Option<i64> {
    let is_right = matches!(n_digits.checked_sub(number.whole.len()), Some(0 | 1));
    if !is_right || !matches!(number.fraction, b"" | b"0") {
        return None;
    }
    let digits = format!("{:0>1$}", number.count, n_digits);
    let part = |begin: usize, n: usize| digits.get(begin..begin + n).map(str::as_bytes);
    let [year, month, day] = places;
    let year = full_year(part(year, n_digits - 4)?)?;
    let [month, day] = [parse_digits(part(month, 2)?)?, parse_digits(part(day, 2)?)?];
    if number.is_negative { None } else { date_ms(year, month, day) }
}

fn week(number: Number<'_>) -> Option<i64> {
    let [year, week] = [number.count / 100, number.count % 100];
    let (year, week) = (i32::try_from(year).ok()?, u32::try_from(week).ok()?);
    let is_right = number.whole.len() == 6 && number.is_whole() && !number.is_negative;
    let monday = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon).filter(|_| is_right)?;
    Some(monday.and_time(NaiveTime::MIN).and_utc().timestamp_millis())
}

/// `2015.01`; of October, a number may have lost the 0.
fn month(number: Number<'_>) -> Option<i64> {
    let month = match number.fraction {
        b"1" => 10,
        [_, _] => parse_digits(number.fraction)?,
        _ => return None,
    };
    let is_year = number.whole.len() == 4 && !number.is_negative;
    date_ms(number.count, month, 1).filter(|_| is_year)
}

fn since_1960(number: Number<'_>, unit_ms: i64) -> Option<i64> {
    scaled(number, unit_ms)?.checked_sub(3653 * MS_PER_DAY)
}

fn ordinal(number: Number<'_>) -> Option<i64> {
    let day = number.count % 1000;
    if number.whole.len() != 7 || !number.is_whole() || !(1..=366).contains(&day) {
        return None;
    }
    Some(date_ms(number.count / 1000, 1, 1)? + (day - 1) * MS_PER_DAY)
}
