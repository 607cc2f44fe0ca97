//! Recognizes the line that programs write below a table: `(60 rows)`,
//! `Total: 60`, `Downloaded from …`.

use super::text::TextBars;
use crate::market::bars::check::{Fault, FaultKind};
use crate::market::bars::lenient::number_in;
use crate::market::bars::letters::decoded;
use crate::market::bars::timestamp::{is_date, is_month, is_numeric_time, is_weekday};

/// The fewest letters of a word; a time that is cut short may have fewer.
const N_LETTERS_MIN: usize = 3;

impl TextBars {
    /// Whether the row with this `fault` is a footer if it is the last:
    /// a text in place of the time, and no price. A bar that is cut short
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
    let first = words.find(|word| word.chars().count() >= N_LETTERS_MIN);
    text.starts_with('[') || first.is_some_and(|word| !is_month(word) && !is_weekday(word))
}
