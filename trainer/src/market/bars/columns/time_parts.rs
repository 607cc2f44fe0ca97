//! A time in several columns: year, month and day, hour and minute, or a
//! separate time zone.

use super::names::words;
use crate::market::bars::timestamp::full_year;

/// Names of each part, in English, German, French, Spanish, Italian and
/// Portuguese.
const YEARS: [&str; 8] = ["year", "yr", "yyyy", "yy", "jahr", "annee", "anno", "ano"];
const MONTHS: [&str; 8] = ["month", "mon", "mo", "mm", "monat", "mois", "mes", "mese"];
const DAYS: [&str; 9] = ["day", "dd", "dy", "dayofmonth", "mday", "tag", "jour", "giorno", "dia"];
const HOURS: [&str; 7] = ["hour", "hours", "hr", "hh", "stunde", "heure", "hora"];
const MINUTES: [&str; 6] = ["minute", "minutes", "min", "mins", "mi", "mm"];
const SECONDS: [&str; 5] = ["second", "seconds", "sec", "secs", "ss"];

/// Words for an hour or another period of a day.
const OF_A_DAY: [&str; 7] = ["hour", "hours", "he", "ending", "slot", "settlementperiod", "mtu"];

/// Names of parts from which no date is made.
const OTHERS: [&str; 6] = ["quarter", "week", "weekofyear", "dayofyear", "doy", "yday"];

/// The columns of the parts of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::market::bars) struct TimeParts {
    pub(super) date: DateColumns,
    pub(super) clock: Option<ClockColumns>,
    pub(super) zone: Option<usize>,
}

/// The columns of the date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateColumns {
    /// The date, or the whole time if there is no clock time.
    Whole(usize),
    /// Without a day, the time is the first of the month.
    Parts { year: usize, month: usize, day: Option<usize> },
}

/// The columns of the clock time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ClockColumns {
    Whole(usize),
    Parts { hour: usize, minute: Option<usize>, second: Option<usize> },
}

impl TimeParts {
    /// Returns all columns, the most significant first.
    pub(super) fn all(self) -> Vec<usize> {
        let mut all = match self.date {
            DateColumns::Whole(idx) => vec![idx],
            DateColumns::Parts { year, month, day } => {
                [year, month].into_iter().chain(day).collect()
            }
        };
        match self.clock {
            None => {}
            Some(ClockColumns::Whole(idx)) => all.push(idx),
            Some(ClockColumns::Parts { hour, minute, second }) => {
                all.extend([hour].into_iter().chain(minute).chain(second));
            }
        }
        all.extend(self.zone);
        all
    }

    /// Returns the time as `YYYY-MM-DD HH:MM:SS`, which is parsed fastest;
    /// `None` unless each part consists of digits.
    pub(super) fn iso<'a>(self, cell: impl Fn(usize) -> Option<&'a [u8]>) -> Option<[u8; 19]> {
        let mut iso = *b"0000-00-00 00:00:00";
        let mut put = |end: usize, idx: usize| {
            let digits = cell(idx)?;
            let is_right = match digits.len() {
                1 | 2 => end > 4,
                4 => end == 4,
                _ => false,
            };
            let part = iso.get_mut(end.checked_sub(digits.len())?..end).filter(|_| is_right)?;
            part.copy_from_slice(digits);
            digits.iter().all(u8::is_ascii_digit).then_some(())
        };
        let (DateColumns::Parts { year, month, day: Some(day) }, None) = (self.date, self.zone)
        else {
            return None;
        };
        put(4, year)?;
        put(7, month)?;
        put(10, day)?;
        match self.clock {
            None => {}
            Some(ClockColumns::Whole(_)) => return None,
            Some(ClockColumns::Parts { hour, minute, second }) => {
                put(13, hour)?;
                minute.map_or(Some(()), |idx| put(16, idx))?;
                second.map_or(Some(()), |idx| put(19, idx))?;
            }
        }
        Some(iso)
    }

    /// Returns the time as one text; `None` if a part is missing.
    pub(super) fn joined<'a>(self, text: impl Fn(usize) -> Option<&'a str>) -> Option<String> {
        let text = |idx: usize| text(idx).filter(|text| !text.is_empty());
        let number = |idx: usize| Some(without_fraction(text(idx)?));
        let mut joined = match self.date {
            DateColumns::Whole(idx) => text(idx)?.to_owned(),
            DateColumns::Parts { year, month, day } => {
                let day = day.map_or(Some("1"), number)?;
                let (year, month) = (full_year(number(year)?.as_bytes())?, number(month)?);
                if month.starts_with(char::is_alphabetic) {
                    format!("{day} {month} {year}")
                } else {
                    format!("{year}-{month:0>2}-{day:0>2}")
                }
            }
        };
        match self.clock {
            None => {}
            Some(ClockColumns::Whole(idx)) => joined = format!("{joined} {}", text(idx)?),
            Some(ClockColumns::Parts { hour, minute, second }) => {
                let hour = number(hour)?;
                let minute = minute.map_or(Some("0"), number)?;
                let second = second.map_or(Some("0"), text)?;
                let (second, fraction) = second.split_once('.').unwrap_or((second, ""));
                joined += &format!(" {hour:0>2}:{minute:0>2}:{second:0>2}");
                if fraction.bytes().any(|digit| digit != b'0') {
                    joined += &format!(".{fraction}");
                }
            }
        }
        if let Some(zone) = self.zone {
            joined = format!("{joined} {}", text(zone)?);
        }
        Some(joined)
    }
}

/// Removes the `.0` that pandas writes in a column of integers with
/// missing values.
fn without_fraction(text: &str) -> &str {
    text.strip_suffix(".0").unwrap_or(text)
}

/// The columns whose names are those of a part of a time.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PartNames {
    pub(super) year: Option<usize>,
    pub(super) month: Option<usize>,
    pub(super) day: Option<usize>,
    pub(super) hour: Option<usize>,
    pub(super) minute: Option<usize>,
    pub(super) second: Option<usize>,
    /// Another part, such as the week of the year.
    pub(super) other: Option<usize>,
}

impl PartNames {
    /// Finds the columns among those with these `names`.
    pub(super) fn of(names: &[String]) -> Self {
        let names: Vec<String> = names.iter().map(|name| words(name).concat()).collect();
        let after = |begin: usize, known: &[&str]| {
            (begin..names.len()).find(|&idx| known.contains(&names[idx].as_str()))
        };
        let of = |known: &[&str]| after(0, known);
        let (year, hour) = (of(&YEARS), of(&HOURS));
        // `min` may be the low; a second `MM` means minutes.
        let has_low = names.iter().any(|name| name.ends_with("low") || name == "l");
        let minute = hour.and_then(|hour| after(hour + 1, &MINUTES)).filter(|_| has_low);
        Self {
            year,
            month: of(&MONTHS).filter(|month| Some(*month) != minute),
            day: of(&DAYS),
            hour,
            minute,
            second: minute.and_then(|minute| after(minute + 1, &SECONDS)),
            other: of(&OTHERS),
        }
    }

    /// Returns the date of year and month, and of the day if there is one.
    pub(super) fn date(&self) -> Option<DateColumns> {
        let (year, month) = (self.year?, self.month?);
        Some(DateColumns::Parts { year, month, day: self.day })
    }

    /// Returns the clock time of the hour, and of minute and second if
    /// there are any.
    pub(super) fn clock(&self) -> Option<ClockColumns> {
        let Self { minute, second, .. } = *self;
        Some(ClockColumns::Parts { hour: self.hour?, minute, second })
    }

    /// Returns the columns that were found, sorted.
    pub(super) fn all(&self) -> Vec<usize> {
        let Self { year, month, day, hour, minute, second, other } = *self;
        let mut all: Vec<usize> =
            [year, month, day, hour, minute, second, other].into_iter().flatten().collect();
        all.sort_unstable();
        all
    }
}

/// Whether a column of this name holds hours.
pub(super) fn is_hour(name: &str) -> bool {
    HOURS.contains(&words(name).concat().as_str())
}

/// Whether a column of this name holds a part of a time.
pub(super) fn is_part_of_time(name: &str) -> bool {
    let words = words(name);
    let name = words.concat();
    let parts = [&YEARS[..], &MONTHS, &DAYS, &HOURS, &MINUTES, &SECONDS];
    parts.iter().any(|names| names.contains(&name.as_str()))
        || words.iter().any(|word| OF_A_DAY.contains(&word.as_str()))
}
