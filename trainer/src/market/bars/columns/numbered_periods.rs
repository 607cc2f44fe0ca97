//! Columns that number the periods of a day, such as the half hours of a
//! power market.

use std::collections::HashSet;

use super::contracts::is_symbol;
use super::{Columns, TimeColumn};
use crate::market::bars::printable;

/// Periods of an hour, a half and a quarter; also on the two days on which
/// daylight saving time begins or ends.
const N_PERIODS: [usize; 9] = [23, 24, 25, 46, 48, 50, 92, 96, 100];

const N_MINUTES_PER_DAY: usize = 24 * 60;

impl Columns {
    /// Refuses a column that numbers the periods of each day from 1 on,
    /// unless they are hours in digits, which are read, or series.
    pub(in crate::market::bars) fn refuse_numbered_periods(
        &self,
        rows: &[Vec<String>],
        is_symbol_given: bool,
    ) -> Result<(), String> {
        let (date, others) = match self.time {
            TimeColumn::Whole(date) => (date, 0..self.width),
            TimeColumn::Split(date, clock) => (date, clock..clock + 1),
            TimeColumn::Parts(_) => return Ok(()),
        };
        let days: Vec<&[Vec<String>]> =
            rows.chunk_by(|one, other| one.get(date) == other.get(date)).collect();
        let [first, second, ..] = days[..] else {
            return Ok(());
        };
        let prices = [self.open, self.high, self.low, self.close];
        let mut others = others.filter(|idx| *idx != date && !prices.contains(idx));
        let Some(idx) =
            others.find(|&idx| are_numbered(first, idx) && numbers(second, idx)[0] == 1)
        else {
            return Ok(());
        };
        if is_symbol_given || self.are_series(first, idx) {
            return Ok(());
        }
        let cell = |row: usize| printable(first[row][idx].trim().as_bytes());
        // The usual number of a day, from that of one that is longer or shorter.
        let per_hour = (first.len() + 4) / 24;
        let minutes = N_MINUTES_PER_DAY / (24 * per_hour.max(1));
        Err(format!(
            "numbers the periods of each day in `{}`, from `{}` to `{}`: write in their place the \
             clock time at which each begins, such as `00:00` for `{}` and `{:02}:{:02}` for `{}`; if \
             they are series, such as shares, say so by `--column 'symbol={}'`",
            printable(self.name(idx).as_bytes()),
            cell(0),
            cell(first.len() - 1),
            cell(0),
            minutes / 60,
            minutes % 60,
            cell(1),
            printable(self.name(idx).as_bytes())
        ))
    }

    /// Whether the numbers at `idx` are symbols by the name of their column,
    /// or each row of a `day` has a symbol of its own beside its number.
    fn are_series(&self, day: &[Vec<String>], idx: usize) -> bool {
        self.symbol.is_some_and(|symbol| {
            if symbol.all().contains(&idx) {
                return is_symbol(self.name(idx));
            }
            let symbols: HashSet<String> = day.iter().map(|row| symbol.text_of(row)).collect();
            symbols.len() == day.len()
        })
    }
}

/// Whether the column at `idx` numbers all periods of a day, beyond hours
/// in digits.
fn are_numbered(day: &[Vec<String>], idx: usize) -> bool {
    let are_digits = day[0][idx].trim().bytes().all(|byte| byte.is_ascii_digit());
    N_PERIODS.contains(&day.len())
        && !(are_digits && day.len() < 25)
        && numbers(day, idx).into_iter().eq(1..=day.len())
}

/// Returns the numbers in the column at `idx`, without a word before them
/// such as `HE`; 0 where there is none.
fn numbers(day: &[Vec<String>], idx: usize) -> Vec<usize> {
    let number = |row: &Vec<String>| {
        let cell = row.get(idx).map_or("", |cell| cell.trim());
        cell.trim_start_matches(|letter: char| letter.is_alphabetic() || letter == ' ').parse().ok()
    };
    day.iter().map(|row| number(row).unwrap_or(0)).collect()
}
