//! The columns of the time: one, a date and a clock time, or their parts.

use super::time_parts::TimeParts;
use crate::market::bars::printable;
use crate::market::bars::rows::Row;
use crate::market::bars::timestamp::TimeParser;

/// The longest date and clock time, joined.
const JOINED_BYTES_MAX: usize = 64;

/// The columns of the time, by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::market::bars) enum TimeColumn {
    Whole(usize),
    /// A date and a clock time, to be joined.
    Split(usize, usize),
    /// A date or clock time in several columns, or a separate time zone.
    Parts(TimeParts),
}

impl TimeColumn {
    /// Returns the time of `row` in milliseconds since 1970 UTC; `None` if
    /// it cannot be parsed. `previous_ms` is the time of the row before.
    #[inline]
    pub(in crate::market::bars) fn parse(
        &self,
        row: Row<'_>,
        parser: &TimeParser,
        previous_ms: Option<i64>,
    ) -> Option<i64> {
        match *self {
            Self::Whole(idx) => parser.parse_after(row.get(idx)?.trim_ascii(), previous_ms),
            Self::Split(date, clock) => {
                let (date, clock) = (row.get(date)?.trim_ascii(), row.get(clock)?.trim_ascii());
                let n_bytes = date.len() + 1 + clock.len();
                let mut joined = [b' '; JOINED_BYTES_MAX];
                joined.get_mut(..date.len())?.copy_from_slice(date);
                joined.get_mut(date.len() + 1..n_bytes)?.copy_from_slice(clock);
                parser.parse_after(joined[..n_bytes].trim_ascii(), previous_ms)
            }
            Self::Parts(parts) => {
                if let Some(iso) = parts.iso(|idx| Some(row.get(idx)?.trim_ascii())) {
                    return parser.parse_after(&iso, previous_ms);
                }
                let text = |idx: usize| std::str::from_utf8(row.get(idx)?.trim_ascii()).ok();
                parser.parse_after(parts.joined(text)?.as_bytes(), previous_ms)
            }
        }
    }

    /// Returns all columns.
    pub(in crate::market::bars) fn all(self) -> Vec<usize> {
        match self {
            Self::Whole(idx) => vec![idx],
            Self::Split(date, clock) => vec![date, clock],
            Self::Parts(parts) => parts.all(),
        }
    }

    /// Returns the text to parse as the time of a row of the sample.
    pub(in crate::market::bars) fn joined(self, row: &[String]) -> Vec<u8> {
        let text = |idx: usize| row.get(idx).map(|cell| cell.trim());
        let parts = || match self {
            Self::Parts(parts) => parts.joined(text),
            Self::Whole(_) | Self::Split(..) => None,
        };
        parts()
            .unwrap_or_else(|| self.joined_with_blanks(|idx| text(idx).unwrap_or_default()))
            .into_bytes()
    }

    /// Returns the time of `row` as text, for messages.
    pub(in crate::market::bars) fn text(self, row: Row<'_>) -> String {
        self.joined_with_blanks(|idx| printable(row.get(idx).unwrap_or_default().trim_ascii()))
    }

    /// Returns the texts of the columns, joined by spaces.
    fn joined_with_blanks<T: AsRef<str>>(self, text: impl Fn(usize) -> T) -> String {
        let mut joined = String::new();
        for idx in self.all() {
            joined.push_str(text(idx).as_ref());
            joined.push(' ');
        }
        joined.trim().to_owned()
    }
}
