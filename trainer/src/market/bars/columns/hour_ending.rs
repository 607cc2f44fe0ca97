//! Hours that are called by their end, from 1 to 24, as in power markets.

use super::names::words;
use super::time_parts::ClockColumns;
use super::{Columns, TimeColumn};
use crate::market::bars::config::BarsConfig;
use crate::market::bars::printable;
use crate::market::bars::timestamp::is_date;

/// Words for an hour, and for its end.
const HOURS: [&str; 3] = ["hour", "hr", "he"];
const ENDS: [&str; 4] = ["end", "ending", "ends", "ended"];
const IN_ONE_WORD: [&str; 5] = ["he", "hourending", "hourend", "hrending", "hrend"];

impl Columns {
    /// Decides whether the hours in `rows` are those at which bars end: by
    /// the settings, or by the name. The error is the message that they may
    /// be.
    pub(super) fn resolve_hours(
        &mut self,
        rows: &[Vec<String>],
        config: &BarsConfig,
    ) -> Result<(), String> {
        let is_given = |role: &str| config.columns.contains_key(role);
        let are_hours = rows.iter().all(|row| has_whole_hour(&self.time.joined(row)));
        let is_named = are_hours && self.time_names().iter().any(|name| is_hour_ending(name));
        self.are_hours_ending = is_given("hour_ending") || is_named && !is_given("clock");
        let hours: Option<Vec<u8>> = self.hour().and_then(|hour| {
            rows.iter()
                .map(|row| row.get(hour)?.trim().trim_end_matches(".0").parse().ok())
                .collect()
        });
        let may_end =
            hours.is_some_and(|hours| hours.iter().max() == Some(&24) && !hours.contains(&0));
        if self.are_hours_ending || is_given("clock") || !may_end {
            return Ok(());
        }
        let hour = printable(self.hour().map_or("", |hour| self.name(hour)).as_bytes());
        Err(format!(
            "has hours from 1 to 24 in `{hour}`, which seem to be the ends of the bars: if 1 is the \
             hour from 00:00 to 01:00, say so by `--column 'hour_ending={hour}'`, or, if 24 is the \
             hour from midnight on, by `--column 'clock={hour}'`"
        ))
    }

    /// Returns the column of the hour, or of the clock time.
    fn hour(&self) -> Option<usize> {
        match self.time {
            TimeColumn::Whole(_) => None,
            TimeColumn::Split(_, clock) => Some(clock),
            TimeColumn::Parts(parts) => match parts.clock? {
                ClockColumns::Whole(clock) => Some(clock),
                ClockColumns::Parts { hour, minute, .. } => Some(hour).filter(|_| minute.is_none()),
            },
        }
    }
}

/// Whether a column of this name has the hours at which bars end.
pub(super) fn is_hour_ending(name: &str) -> bool {
    let words = words(name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    has(&IN_ONE_WORD) || has(&HOURS) && has(&ENDS)
}

/// Whether `time` ends in a whole hour: `1`, `01:00`, `2400`, `24:00:00`.
fn has_whole_hour(time: &[u8]) -> bool {
    let (hour, rest) = split_hour(time);
    let is_hour = matches!(hour.len(), 1 | 2) && hour.iter().all(u8::is_ascii_digit);
    is_hour && rest.split(|byte| *byte == b':').all(|part| matches!(part, b"" | b"00"))
}

/// Returns the hour of a `time` behind its date, and what follows it; both
/// are empty if no clock time follows.
pub(super) fn split_hour(time: &[u8]) -> (&[u8], &[u8]) {
    let begin = time.iter().rposition(|byte| matches!(byte, b' ' | b'T'));
    // A month may be a date, but has no clock time.
    let is_of_day = |begin: &usize| is_date(&[&time[..*begin], b" 00:00"].concat());
    let Some(begin) = begin.filter(is_of_day) else {
        return (b"", b"");
    };
    let clock = &time[begin + 1..];
    let is_digits = clock.iter().all(u8::is_ascii_digit);
    let n_hour = match clock.len() {
        n_digits @ (3 | 4) if is_digits => n_digits - 2,
        n_digits @ (5 | 6) if is_digits => n_digits - 4,
        _ => clock.iter().position(|byte| *byte == b':').unwrap_or(clock.len()),
    };
    clock.split_at(n_hour)
}
