//! Faults of rows, and the messages about them: file, line, column,
//! value and remedy.

use std::fmt::Write as _;

use super::fault_tally::FaultMessage;
use super::text::TextBars;
use crate::market::bars::check::{Fault, FaultKind, OR_DROP};
use crate::market::bars::columns::{BarField, PRICES};
use crate::market::bars::input::Place;
use crate::market::bars::lenient::number_in;
use crate::market::bars::letters::without_mark;
use crate::market::bars::printable;
use crate::market::bars::timestamp::{self, MS_PER_DAY, is_date, is_numeric_time};
use crate::wording::counted;

impl TextBars {
    /// Whether the row with this `fault` can be ignored: it is empty, a
    /// ruler, or the header again.
    #[cold]
    pub(super) fn is_ignorable(&self, fault: &Fault) -> bool {
        use FaultKind::{AnotherSymbol, Time, Width};
        if !matches!(fault.kind, Time | Width | AnotherSymbol) {
            return false;
        }
        let row = self.rows.row();
        let is_rule = |cell: &[u8]| cell.iter().all(|byte| b" -=:+".contains(byte));
        row.iter().all(is_rule) || self.format.columns.has_header && self.repeats_names()
    }

    /// Whether the row has the names of the columns.
    fn repeats_names(&self) -> bool {
        let (row, columns) = (self.rows.row(), &self.format.columns);
        let is_same = |(idx, cell): (usize, &[u8])| {
            // Of files that were concatenated.
            let cell = without_mark(cell);
            let inner = cell.strip_prefix(b"\"").and_then(|cell| cell.strip_suffix(b"\""));
            let cell = inner.unwrap_or(cell);
            columns.name(idx).as_bytes().eq_ignore_ascii_case(cell.trim_ascii())
        };
        row.len() == columns.width && row.iter().enumerate().all(is_same)
    }

    /// Whether the row has cells beyond the last column, all of them empty.
    #[cold]
    pub(super) fn has_empty_ends(&self) -> bool {
        let (row, width) = (self.rows.row(), self.format.columns.width);
        row.len() > width && row.iter().skip(width).all(|cell| cell.trim_ascii().is_empty())
    }

    /// Returns the fault of a row with another number of columns.
    #[cold]
    pub(super) fn width_fault(&self) -> Fault {
        let fault = Fault::wrong_width();
        // A quote that is closed too late includes other bars.
        let kind = if self.rows.n_row_lines() > 1 { FaultKind::Swallowed } else { fault.kind };
        Fault { kind, ..fault }
    }

    /// Returns the fault of a second header with other names: the columns
    /// below it are not those above.
    #[cold]
    pub(super) fn header_fault(&self) -> Option<Fault> {
        let row = self.rows.row();
        let cells: Vec<String> =
            row.iter().map(|cell| String::from_utf8_lossy(cell).to_lowercase()).collect();
        let has = |price: &str| cells.iter().any(|cell| cell.contains(price));
        let are_names = PRICES.iter().all(|price| has(price))
            && cells.iter().all(|cell| number_in(cell).is_none());
        (are_names && !self.repeats_names()).then(Fault::of_names)
    }

    /// Returns the place of the current row.
    pub(super) fn place(&self) -> Place {
        let packing = self.rows.get_ref().packing();
        Place { line: self.rows.line() + self.n_lines_skipped, packing }
    }

    fn text_of(&self, field: BarField) -> String {
        let row = self.rows.row();
        let text = |idx: usize| printable(row.get(idx).unwrap_or_default().trim_ascii());
        match field {
            BarField::Time => self.format.columns.time.text(row),
            BarField::Open => text(self.format.columns.open),
            BarField::High => text(self.format.columns.high),
            BarField::Low => text(self.format.columns.low),
            BarField::Close => text(self.format.columns.close),
            BarField::Volume => self.format.columns.volume.map_or_else(String::new, text),
            BarField::Funding => self.format.columns.funding.map_or_else(String::new, text),
            BarField::Dividend => self.format.columns.dividend.map_or_else(String::new, text),
            BarField::Symbol => self
                .format
                .columns
                .symbol
                .map_or_else(String::new, |symbol| printable(symbol.text(row).as_bytes())),
            BarField::Further(idx) => text(idx),
        }
    }

    /// Returns the message about a `fault` of the current row.
    #[cold]
    pub(super) fn describe(&mut self, fault: &Fault) -> FaultMessage {
        if matches!(fault.kind, FaultKind::Width | FaultKind::Swallowed) {
            return self.wrong_width();
        }
        let text = format!(
            "`{}` {}, column `{}`: `{}` {}",
            self.name,
            self.place(),
            self.format.columns.name_of(fault.field),
            self.text_of(fault.field),
            fault.problem
        );
        FaultMessage { text, drop_advice: fault.drop_advice }
    }

    fn wrong_width(&mut self) -> FaultMessage {
        let row = self.rows.row();
        let problem = format!(
            "`{}` {} has {} where the first line has {}",
            self.name,
            self.place(),
            counted(row.len() as u64, "column"),
            self.format.columns.width
        );
        if self.rows.n_row_lines() > 1 {
            let n_lines = self.rows.n_row_lines();
            let remedy = "delete the quote if it is stray";
            let text =
                format!("{problem}: a quote in it is closed {n_lines} lines below; {remedy}");
            return FaultMessage { text, drop_advice: "" };
        }
        let first = row.get(0).unwrap_or_default().trim_ascii();
        let is_number = |cell: &[u8]| {
            let cell = String::from_utf8_lossy(cell);
            cell.trim().is_empty() || number_in(&cell).is_some()
        };
        // A row with other cells than numbers is no bar.
        let is_time = (is_date(first) || is_numeric_time(first))
            && (row.len() > self.format.columns.width || row.iter().skip(1).all(is_number));
        let is_short = row.len() < self.format.columns.width;
        let (remedy, drop_advice) =
            if is_time && is_short && !self.is_stream && self.rows.is_last_row() {
                ("the file may be cut short: copy or download it again", "")
            } else if is_time {
                ("correct or delete the row", OR_DROP)
            } else {
                ("it is not a bar: delete the line", OR_DROP)
            };
        FaultMessage { text: format!("{problem}; {remedy}"), drop_advice }
    }

    /// Returns the fault of a row of a second symbol.
    #[cold]
    pub(super) fn another_symbol(&self) -> Fault {
        let first = printable(self.symbol.as_bytes());
        let problem = format!(
            "is another symbol than `{first}` above it, and only `train` and `predict` take \
             several: choose one by `bars.symbol`, such as by `--symbol '{first}'`; if the rows \
             are one series nevertheless, pass `--column symbol=`"
        );
        Fault::of_kind(FaultKind::AnotherSymbol, BarField::Symbol, problem)
    }

    /// Returns the fault of a row of another series: a column has another
    /// text there than in all rows before.
    fn another_label(&self) -> Option<Fault> {
        let row = self.rows.row();
        let is_other = |(idx, text): &&(usize, String)| {
            row.get(*idx).is_some_and(|cell| cell.trim_ascii() != text.as_bytes())
        };
        let (idx, text) = self.format.columns.labels.iter().find(is_other)?;
        let name = printable(self.format.columns.name(*idx).as_bytes());
        let problem = format!(
            "begins another series: `{name}` is `{}`, and was `{}` before; if this column \
             identifies the series, say so by `--column 'symbol={name}'`",
            printable(row.get(*idx).unwrap_or_default().trim_ascii()),
            printable(text.as_bytes())
        );
        Some(Fault::of_kind(FaultKind::AnotherSymbol, BarField::Time, problem))
    }

    /// Returns the fault of a row whose time does not follow the previous
    /// one.
    #[cold]
    pub(super) fn out_of_order(&self, time_ms: i64, previous_ms: i64) -> Fault {
        if let Some(fault) = self.another_label() {
            return fault;
        }
        let previous = timestamp::format_utc(previous_ms);
        if time_ms == previous_ms {
            let mut problem = "is a duplicate: the bar before has the same time (a local time \
                               repeats an hour each autumn: name its zone in `bars.time_zone`)"
                .to_owned();
            // The first two rows have the same date, so that a column with
            // the clock time may not be recognized.
            if let [date] = self.format.columns.time_names()[..]
                && self.n_bars == 1
                && time_ms % MS_PER_DAY == 0
                && !self.format.columns.further().is_empty()
                && !self.format.columns.time.text(self.rows.row()).contains(':')
                && !self.format.time.is_absolute()
            {
                let date = printable(date.as_bytes());
                let _ = write!(
                    problem,
                    "; if another column has the clock, say which, such as by `--column \
                     'date={date}' --column clock=NAME`"
                );
            }
            problem += "; if both are of one bar, delete one";
            return Fault::of_kind(FaultKind::Duplicate, BarField::Time, problem)
                .or_drop(" or leave it out with `--bad-rows drop`");
        }
        let problem = if self.is_stream && self.n_bars == 1 {
            format!(
                "is older than the bar before, `{previous}`: the newest bar comes first, which a \
                 stream cannot reverse; name the file itself"
            )
        } else if self.format.time.is_newest_first {
            format!(
                "is newer than the bar before, `{previous}`, in a file that is newest first; sort \
                 the rows by time"
            )
        } else {
            format!(
                "is older than the bar before, `{previous}`; sort the rows by time, oldest first"
            )
        };
        Fault::of_kind(FaultKind::Order, BarField::Time, problem)
    }
}
