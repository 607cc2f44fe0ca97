//! The time of a row: one column, or a date and a clock time.

use crate::market::bars::rows::Row;
use crate::market::bars::shown;
use crate::market::bars::timestamp::TimeParser;

/// The longest `Date` and `Time`, joined.
const JOINED_BYTES_MAX: usize = 64;

/// Where the time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::market::bars) enum TimeColumn {
    Whole(usize),
    /// A date and a clock time, to be joined.
    Split(usize, usize),
}

impl TimeColumn {
    /// Returns the time of `row` in milliseconds since 1970 UTC, if it
    /// is one.
    #[inline]
    pub(in crate::market::bars) fn parse(
        self,
        row: Row<'_>,
        parser: &TimeParser,
        before: Option<i64>,
    ) -> Option<i64> {
        match self {
            Self::Whole(idx) => parser.parse_after(row.get(idx)?.trim_ascii(), before),
            Self::Split(date, clock) => {
                let (date, clock) = (row.get(date)?.trim_ascii(), row.get(clock)?.trim_ascii());
                let n_bytes = date.len() + 1 + clock.len();
                let mut joined = [b' '; JOINED_BYTES_MAX];
                joined.get_mut(..date.len())?.copy_from_slice(date);
                joined.get_mut(date.len() + 1..n_bytes)?.copy_from_slice(clock);
                parser.parse_after(joined[..n_bytes].trim_ascii(), before)
            }
        }
    }

    /// Returns its columns.
    pub(in crate::market::bars) fn all(self) -> Vec<usize> {
        match self {
            Self::Whole(idx) => vec![idx],
            Self::Split(date, clock) => vec![date, clock],
        }
    }

    /// Returns the time of a row of the sample, as it is to be parsed.
    pub(in crate::market::bars) fn joined(self, row: &[String]) -> Vec<u8> {
        let text = |idx: usize| row.get(idx).map(|cell| cell.trim()).unwrap_or_default();
        match self {
            Self::Whole(idx) => text(idx).as_bytes().to_vec(),
            Self::Split(date, clock) => {
                format!("{} {}", text(date), text(clock)).trim().as_bytes().to_vec()
            }
        }
    }

    /// Returns the time of `row` as the file has it.
    pub(in crate::market::bars) fn text(self, row: Row<'_>) -> String {
        let text = |idx: usize| shown(row.get(idx).unwrap_or_default().trim_ascii());
        match self {
            Self::Whole(idx) => text(idx),
            Self::Split(date, clock) => format!("{} {}", text(date), text(clock)).trim().to_owned(),
        }
    }
}
