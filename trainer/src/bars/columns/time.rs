//! The time of a row: one column, or a date and a clock time.

use crate::bars::rows::Row;
use crate::bars::timestamp::TimeParser;

/// The longest `Date` and `Time`, joined.
const JOINED_BYTES_MAX: usize = 64;

/// Where the time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bars) enum TimeColumn {
    Whole(usize),
    /// A date and a clock time, to be joined.
    Split(usize, usize),
}

impl TimeColumn {
    /// Decides, from the first row, whether `Date` and `Time` belong
    /// together or each tells the whole time.
    pub(in crate::bars) fn settle(self, first: Row<'_>) -> Self {
        let Self::Split(date, clock) = self else {
            return self;
        };
        let is_clock = |idx: usize| first.get(idx).is_some_and(|text| text.contains(&b':'));
        let is_whole =
            |idx: usize| first.get(idx).is_some_and(|text| TimeParser::new().parse(text).is_some());
        if is_clock(date) && is_whole(date) {
            Self::Whole(date)
        } else if is_whole(clock) && first.get(clock).is_some_and(|text| text.len() > 6) {
            Self::Whole(clock)
        } else {
            self
        }
    }

    /// Returns the time of `row` in milliseconds since 1970 UTC, if it
    /// is one.
    #[inline]
    pub(in crate::bars) fn parse(self, row: Row<'_>, parser: &mut TimeParser) -> Option<i64> {
        match self {
            Self::Whole(idx) => parser.parse(row.get(idx)?.trim_ascii()),
            Self::Split(date, clock) => {
                let (date, clock) = (row.get(date)?.trim_ascii(), row.get(clock)?.trim_ascii());
                let n_bytes = date.len() + 1 + clock.len();
                let mut joined = [b' '; JOINED_BYTES_MAX];
                joined.get_mut(..date.len())?.copy_from_slice(date);
                joined.get_mut(date.len() + 1..n_bytes)?.copy_from_slice(clock);
                parser.parse(joined[..n_bytes].trim_ascii())
            }
        }
    }

    /// Returns the time of `row` as the file has it.
    pub(in crate::bars) fn text(self, row: Row<'_>) -> String {
        let text = |idx: usize| {
            String::from_utf8_lossy(row.get(idx).unwrap_or_default().trim_ascii()).into_owned()
        };
        match self {
            Self::Whole(idx) => text(idx),
            Self::Split(date, clock) => format!("{} {}", text(date), text(clock)).trim().to_owned(),
        }
    }
}
