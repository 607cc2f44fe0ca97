//! Rows between the bars that are none: names once more, rules, rows
//! without anything in them.

use super::text::TextBars;
use crate::market::bars::check::{Fault, FaultKind};
use crate::market::bars::lenient::number_in;

/// What names of prices have in them.
const PRICES: [&str; 4] = ["open", "high", "low", "close"];

impl TextBars {
    /// Whether the row with this `fault` says nothing: it is empty, or
    /// the line of names once more.
    #[cold]
    pub(super) fn is_ignorable(&self, fault: &Fault) -> bool {
        use FaultKind::{AnotherSymbol, Time, Width};
        if !matches!(fault.kind, Time | Width | AnotherSymbol) {
            return false;
        }
        let row = self.rows.row();
        let is_rule = |cell: &[u8]| cell.iter().all(|byte| b" -=:+".contains(byte));
        let is_name = |(idx, cell): (usize, &[u8])| {
            self.format.columns.name(idx).as_bytes() == cell.trim_ascii()
        };
        let has_width = row.len() == self.format.columns.width;
        row.iter().all(is_rule)
            || (has_width && self.format.columns.has_header && row.iter().enumerate().all(is_name))
    }

    /// Returns the fault of a row of another width.
    #[cold]
    pub(super) fn width_fault(&self) -> Fault {
        let fault = Fault::wrong_width();
        // A quote that is closed too late swallows bars.
        let kind = if self.rows.n_row_lines() > 1 { FaultKind::Swallowed } else { fault.kind };
        Fault { kind, ..fault }
    }

    /// Returns the fault of a row that names the columns otherwise than
    /// they were: those below it are not what they were above.
    #[cold]
    pub(super) fn header_fault(&self) -> Option<Fault> {
        let row = self.rows.row();
        let cells: Vec<String> =
            row.iter().map(|cell| String::from_utf8_lossy(cell).to_lowercase()).collect();
        let has = |price: &str| cells.iter().any(|cell| cell.contains(price));
        let are_names = PRICES.iter().all(|price| has(price))
            && cells.iter().all(|cell| number_in(cell).is_none());
        let is_same = |(idx, cell): (usize, &[u8])| {
            idx < self.format.columns.width
                && self.format.columns.name(idx).as_bytes() == cell.trim_ascii()
        };
        let is_first =
            row.len() == self.format.columns.width && row.iter().enumerate().all(is_same);
        (are_names && !is_first).then(Fault::of_names)
    }
}
