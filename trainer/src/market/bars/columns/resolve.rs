//! Resolves by the first rows what column names leave ambiguous.

use super::contracts::is_symbol;
use super::languages::is_clock_name;
use super::names::words;
use super::time_names::digit_clock_of;
use super::time_parts::{ClockColumns, DateColumns, TimeParts, is_hour};
use super::{Columns, TimeColumn};
use crate::market::bars::config::BarsConfig;
use crate::market::bars::printable;
use crate::market::bars::timestamp::{
    DigitClock, is_bare_clock, is_clock, is_date, is_number_of_day, is_numeric_time,
};

impl Columns {
    /// Decides by `rows` which columns hold the whole time, and which one
    /// the volume, unless the settings name it. The error is the message
    /// about the file.
    pub(in crate::market::bars) fn resolve(
        &mut self,
        rows: &[Vec<String>],
        config: &BarsConfig,
    ) -> Result<(), String> {
        if self.time == TimeColumn::Whole(0) && self.names[0].is_empty() {
            let is_short = |row: &Vec<String>| {
                row[0].len() < 9 && row[0].bytes().all(|byte| byte.is_ascii_digit())
            };
            // `YYYYMMDD` is longer than any row number here.
            let is_count = |row| is_short(row) && !is_numeric_time(row[0].as_bytes());
            if rows.iter().all(is_count) && config.time_format.is_none() {
                return Err(
                    "has no column `time`: the first, without a name, only numbers the rows; \
                     write the times, too, such as by `write.zoo(prices, \"bars.csv\", sep = \
                     \",\")` in R"
                        .to_owned(),
                );
            }
        }
        self.time = self.resolve_time_column(rows);
        if !self.is_time_configured {
            if config.time_zone.is_none() {
                self.time = self.same_in_utc(rows).map_or(self.time, TimeColumn::Whole);
            }
            if let TimeColumn::Whole(time) = self.time {
                self.time = TimeColumn::Whole(self.start_of_bar(time, rows).unwrap_or(time));
            }
        }
        let times = rows.iter().map(|row| self.time.joined(row));
        if are_ranges(&times.collect::<Vec<_>>()) {
            return Err(format!(
                "has a range of times in `{}` for each bar; write only its start, such as `09:00` \
                 for `09:00-10:00`",
                printable(self.time_names().join("` and `").as_bytes())
            ));
        }
        self.resolve_hours(rows, config)?;
        self.resolve_volume(rows, config.columns.contains_key("volume"));
        Ok(())
    }

    /// Decides whether `Date` and `Time` belong together or one of them is
    /// the whole time, and finds the date that belongs to a clock time.
    fn resolve_time_column(&self, rows: &[Vec<String>]) -> TimeColumn {
        let time = resolve_time(self.time, rows);
        let TimeColumn::Whole(clock) = time else {
            return time;
        };
        // By its name, a short number beside each date is no number of the row.
        if let TimeColumn::Split(date, hour) = self.time
            && is_hour(&self.names[hour])
            && clock == date
            && !all(rows, &is_whole, date)
            && all(rows, &|cell| matches!(cell, [b'0'..=b'9'] | [b'0'..=b'2', b'0'..=b'9']), hour)
        {
            return self.time;
        }
        if !most(rows, &is_clock, clock) {
            return self.with_clock(clock, rows);
        }
        let is_short = all(rows, &|cell| cell.len() < 3, clock);
        let prices = [self.open, self.high, self.low, self.close];
        let is_day = |idx: &usize| {
            *idx != clock
                && !prices.contains(idx)
                && Some(*idx) != self.volume
                && all(rows, &|cell| is_date(cell) || is_compact(cell), *idx)
        };
        // A short number that differs from row to row counts rows.
        let repeats = |date: &usize| !is_short || repeats(rows, *date);
        let date = (0..self.width).filter(is_day).find(repeats);
        date.map_or(time, |date| TimeColumn::Split(date, clock))
    }

    /// Finds the clock time that belongs to a date, if rows repeat the
    /// date.
    fn with_clock(&self, date: usize, rows: &[Vec<String>]) -> TimeColumn {
        let repeats = repeats(rows, date);
        let prices = [self.open, self.high, self.low, self.close];
        let is_clock =
            |idx: &usize| *idx != date && !prices.contains(idx) && self.are_clocks(rows, *idx);
        let mut clocks = (0..self.width).filter(is_clock).filter(|_| repeats);
        match (clocks.next(), clocks.next()) {
            (Some(clock), None) => TimeColumn::Split(date, clock),
            _ => TimeColumn::Whole(date),
        }
    }

    /// Whether the column at `idx` has clock times.
    pub(super) fn are_clocks(&self, rows: &[Vec<String>], idx: usize) -> bool {
        let name = &self.names[idx];
        // Four digits are a clock time only by the name.
        if is_clock_name(&words(name).concat()) {
            return all(rows, &is_clock, idx);
        }
        // `000002` is the code of a share, rather than two seconds past midnight.
        let is_code = |cell: &[u8]| cell.starts_with(b"00") && cell.iter().all(u8::is_ascii_digit);
        let are_codes = is_symbol(name) || all(rows, &is_code, idx);
        !are_codes && all(rows, &is_bare_clock, idx)
    }

    /// Returns what clock times in digits mean by the name of their column.
    pub(in crate::market::bars) fn named_clock(&self) -> Option<DigitClock> {
        match self.time {
            TimeColumn::Split(_, clock) => digit_clock_of(self.name(clock)),
            _ => None,
        }
    }

    /// Returns the name of the column at `idx`.
    pub(in crate::market::bars) fn name(&self, idx: usize) -> &str {
        &self.names[idx]
    }

    /// Returns the names of the time's columns.
    pub(in crate::market::bars) fn time_names(&self) -> Vec<&str> {
        self.time.all().into_iter().map(|idx| self.names[idx].as_str()).collect()
    }
}

/// Decides by `rows` whether a date and a clock time belong together or
/// one of them is the whole time.
pub(in crate::market::bars) fn resolve_time(time: TimeColumn, rows: &[Vec<String>]) -> TimeColumn {
    let (date, clock) = match time {
        TimeColumn::Whole(_) => return time,
        TimeColumn::Split(date, clock) => (date, clock),
        TimeColumn::Parts(parts) => return resolve_parts(parts, rows),
    };
    // `1899-12-30 09:30:00` is a clock time.
    if all(rows, &is_whole, clock) && !all(rows, &is_clock, clock) {
        TimeColumn::Whole(clock)
    } else if all(rows, &is_whole, date)
        || !most(rows, &is_clock_or_count, clock)
        || (all(rows, &|cell| cell.len() < 3, clock) && !repeats(rows, date) && rows.len() > 1)
        || is_constant_count(rows, clock) && !repeats(rows, date)
    {
        TimeColumn::Whole(date)
    } else {
        time
    }
}

/// Does the same for parts of a time, one of which may be the whole time.
fn resolve_parts(parts: TimeParts, rows: &[Vec<String>]) -> TimeColumn {
    let is_whole = |idx: usize| all(rows, &is_whole, idx);
    let is_short = |cell: &[u8]| matches!(cell.strip_suffix(b".0").unwrap_or(cell), [_] | [_, _]);
    match (parts.date, parts.clock) {
        (DateColumns::Whole(date), _) if is_whole(date) => TimeColumn::Whole(date),
        (DateColumns::Whole(date), Some(ClockColumns::Parts { hour, .. }))
            if !all(rows, &is_short, hour) =>
        {
            resolve_time(TimeColumn::Split(date, hour), rows)
        }
        (DateColumns::Parts { day: Some(day), .. }, clock) if all(rows, &is_date, day) => {
            match clock {
                None => TimeColumn::Whole(day),
                Some(ClockColumns::Whole(clock)) => {
                    resolve_time(TimeColumn::Split(day, clock), rows)
                }
                Some(_) => {
                    resolve_parts(TimeParts { date: DateColumns::Whole(day), ..parts }, rows)
                }
            }
        }
        (_, Some(ClockColumns::Whole(clock))) if is_whole(clock) => TimeColumn::Whole(clock),
        (_, Some(ClockColumns::Whole(clock))) if !most(rows, &is_clock_or_count, clock) => {
            TimeColumn::Parts(TimeParts { clock: None, ..parts })
        }
        _ => TimeColumn::Parts(parts),
    }
}

/// Whether each of `times` ends in a range of two clock times, all of the
/// same length.
fn are_ranges(times: &[Vec<u8>]) -> bool {
    let minute = |text: &str| {
        let (hour, minute) = text.split_once(':').unwrap_or((text, "00"));
        let is_short = |text: &str| matches!(text.len(), 1 | 2);
        let [hour, minute] =
            [hour, minute].map(|text| text.parse::<i64>().ok().filter(|_| is_short(text)));
        Some(60 * hour.filter(|hour| *hour <= 24)? + minute?)
    };
    let range = |time: &Vec<u8>| {
        let text = std::str::from_utf8(time).ok()?;
        let (head, end) = text.rsplit_once(['-', '\u{2013}'])?;
        let begin =
            head.trim_end().rsplit([' ', 'T']).next().filter(|begin| begin.len() < head.len())?;
        let (begin, end) = (minute(begin)?, minute(end.trim())?);
        Some((end, (end - begin).rem_euclid(24 * 60)))
    };
    let ranges: Option<Vec<(i64, i64)>> = times.iter().map(range).collect();
    ranges.is_some_and(|ranges| {
        let is_same = ranges.iter().all(|(_, length)| *length == ranges[0].1 && *length > 0);
        ranges.len() > 1 && is_same && ranges.iter().any(|(end, _)| *end != ranges[0].0)
    })
}

/// Whether the cell has both a date and a clock time.
pub(super) fn is_whole(cell: &[u8]) -> bool {
    is_date(cell) && cell.contains(&b':') || is_numeric_time(cell) && cell.len() > 8
}

/// Whether the cell is a clock time, or a number since midnight.
fn is_clock_or_count(cell: &[u8]) -> bool {
    is_clock(cell) || (is_number_of_day(cell) && !is_numeric_time(cell))
}

/// Whether all rows have the same number that is no clock time, such as
/// the length of a bar.
fn is_constant_count(rows: &[Vec<String>], idx: usize) -> bool {
    let is_first = |row: &Vec<String>| row.get(idx) == rows[0].get(idx);
    rows.len() > 1 && rows.iter().all(is_first) && !all(rows, &is_clock, idx)
}

/// Whether two consecutive rows have the same text.
fn repeats(rows: &[Vec<String>], idx: usize) -> bool {
    rows.windows(2).any(|pair| pair[0].get(idx) == pair[1].get(idx))
}

/// Whether `is` holds for at least half of the rows; faulty rows are
/// reported when they are read.
fn most(rows: &[Vec<String>], is: &dyn Fn(&[u8]) -> bool, idx: usize) -> bool {
    let fits = |row: &&Vec<String>| row.get(idx).is_some_and(|cell| is(cell.trim().as_bytes()));
    2 * rows.iter().filter(fits).count() >= rows.len()
}

pub(super) fn all(rows: &[Vec<String>], is: &dyn Fn(&[u8]) -> bool, idx: usize) -> bool {
    rows.iter().all(|row| row.get(idx).is_some_and(|cell| is(cell.trim().as_bytes())))
}

/// `YYYYMMDD`
fn is_compact(cell: &[u8]) -> bool {
    cell.len() == 8 && is_numeric_time(cell)
}
