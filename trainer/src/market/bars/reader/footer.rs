//! Recognizes the lines that programs write below a table: `(60 rows)`,
//! `Total: 60`, `Downloaded from …`.

use anyhow::Result;

use super::fault_tally::FaultMessage;
use super::parse::read_row;
use super::text::TextBars;
use crate::market::bars::check::{Fault, FaultKind};
use crate::market::bars::input::Place;
use crate::market::bars::lenient::number_in;
use crate::market::bars::letters::decoded;
use crate::market::bars::timestamp::{is_date, is_month, is_numeric_time, is_weekday};

/// The fewest letters of a word; a time that is cut short may have fewer.
/// Two signs of Chinese are a word.
const N_LETTERS_MIN: usize = 3;
const N_SIGNS_MIN: usize = 2;

/// The most lines below a table.
const N_FOOTERS_MAX: usize = 5;

impl TextBars {
    /// Leaves out the current row, at `place`, if it and all below it are
    /// like footers; else fails with the `message` about it.
    #[cold]
    pub(super) fn take_footer(
        &mut self,
        message: FaultMessage,
        fault: &Fault,
        place: Place,
    ) -> Result<()> {
        let mut places = vec![place];
        while read_row(&mut self.rows, &self.name, self.n_bars)? {
            match self.take_row() {
                Err(next) if self.is_ignorable(&next) => {}
                Err(next) if places.len() < N_FOOTERS_MAX && self.is_like_footer(&next) => {
                    places.push(self.place());
                }
                _ if self.is_stream => return Err(message.error()),
                found => {
                    if let Err(next) = found {
                        self.faults.count(&next, self.place());
                    }
                    for place in &places {
                        self.faults.count(fault, *place);
                    }
                    let n_rows = self.n_bars + 1 + places.len() as u64;
                    return Err(self.stop_at(message, n_rows));
                }
            }
        }
        let footer = Fault { kind: FaultKind::Footer, ..Fault::wrong_width() };
        for place in places {
            self.faults.count(&footer, place);
        }
        Ok(())
    }

    /// Whether the row with this `fault` is a footer if no bar follows: a
    /// text in place of the time, and no price. A bar that is cut short
    /// has the begin of a time there.
    #[cold]
    pub(super) fn is_like_footer(&self, fault: &Fault) -> bool {
        if !matches!(fault.kind, FaultKind::Time | FaultKind::Width) {
            return false;
        }
        let (row, columns) = (self.rows.row(), &self.format.columns);
        let is_of_time = |cell: &[u8]| is_date(cell) || is_numeric_time(cell);
        if row.iter().any(|cell| is_of_time(cell.trim_ascii())) {
            return false;
        }
        let text = |idx: usize| decoded(row.get(idx).unwrap_or_default().trim_ascii());
        let time = columns.time.all().first().copied().unwrap_or_default();
        let first = text(if row.len() == 1 { 0 } else { time });
        let prices = [columns.open, columns.high, columns.low, columns.close];
        let has_price = prices.iter().any(|&idx| number_in(&text(idx)).is_some());
        // `[60 rows x 5 columns]`, by pandas, between blanks.
        let is_apart = !has_price || first.starts_with('[');
        let is_in_place = time == 0 || row.len() > time || first.contains(" row");
        is_apart && is_in_place && has_word(&first)
    }
}

/// Whether `text` has a word, and the first is not part of a time.
fn has_word(text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_alphabetic());
    let is_word = |word: &&str| {
        let n_letters = word.chars().count();
        n_letters >= N_LETTERS_MIN || n_letters >= N_SIGNS_MIN && word.starts_with(is_sign)
    };
    let first = words.find(is_word);
    text.starts_with('[') || first.is_some_and(|word| !is_month(word) && !is_weekday(word))
}

/// Whether `letter` is a sign of Chinese, Japanese or Korean.
fn is_sign(letter: char) -> bool {
    ('\u{3040}'..='\u{9fff}').contains(&letter) || ('\u{ac00}'..='\u{d7a3}').contains(&letter)
}
