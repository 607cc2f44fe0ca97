//! Reads bar after bar, checking each, in memory that does not grow.

mod complaint;
mod faults;
mod further;
mod parse;

use std::collections::HashMap;
use std::io::Read;
use std::mem;
use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::Bar;
use super::check::Fault;
use super::config::{BadRows, Reading};
use super::form::Form;
use super::input::{self, Text, TextReader};
use super::rows::Rows;
use super::symbols::{Share, ShareBars};
use super::understood::Understood;
pub(super) use complaint::input_error;
use faults::FaultTally;
pub use faults::Repairs;
use further::parse_further;
use parse::{RowParser, read_row, text_of};

/// The bars of one source, in order; an iterator of `Result<Bar>`.
///
/// After the first error it ends.
pub struct BarReader(Inner);

enum Inner {
    Text(Box<TextBars>),
    Share(ShareBars),
    Kept(KeptBars),
}

/// Bars that are in memory.
struct KeptBars {
    bars: Arc<Vec<Bar>>,
    n_read: usize,
}

/// The bars of a text.
struct TextBars {
    name: String,
    rows: Rows<TextReader>,
    n_lines_skipped: u64,
    /// Whether the row at hand was not yet returned as a bar.
    is_row_pending: bool,
    form: Arc<Form>,
    parser: RowParser,
    bad_rows: BadRows,
    /// Whether nobody knows when the next row comes.
    is_stream: bool,
    /// Further columns, by their index, and their numbers in `row`.
    further: Vec<usize>,
    numbers: Vec<f64>,
    symbol: String,
    /// Of several symbols, the times before of those not at hand.
    others: Option<HashMap<String, Option<i64>>>,
    previous_ms: Option<i64>,
    n_bars: u64,
    faults: FaultTally,
    is_done: bool,
}

impl BarReader {
    /// Returns a reader of `stream`, such as the standard input: a bar
    /// comes out as soon as its line is in.
    ///
    /// Waits for the first bar; fails without one.
    pub fn of_stream(stream: impl Read + Send + 'static) -> Result<Self> {
        Self::of_stream_with(stream, &Reading::default())
    }

    /// Does the same, where `reading` says what the stream cannot tell.
    pub fn of_stream_with(stream: impl Read + Send + 'static, reading: &Reading) -> Result<Self> {
        let name = "standard input";
        let mut text =
            input::open(Box::new(stream)).map_err(|error| input_error(name, 0, &error))?;
        let form = Arc::new(Form::of_bars(name, &mut text, reading, None)?);
        let mut bars = TextBars::new(name, text, (form, reading))?;
        bars.is_stream = true;
        Ok(Self(Inner::Text(Box::new(bars))))
    }

    /// Returns a reader of `text`, that of the file called `name`.
    pub(super) fn new(name: &str, text: Text, how: (Arc<Form>, &Reading)) -> Result<Self> {
        Ok(Self(Inner::Text(Box::new(TextBars::new(name, text, how)?))))
    }

    pub(super) fn of_share(share: Share) -> Self {
        Self(Inner::Share(ShareBars::new(share)))
    }

    pub(super) fn of_kept(bars: Arc<Vec<Bar>>) -> Self {
        Self(Inner::Kept(KeptBars { bars, n_read: 0 }))
    }

    /// Lets a column of symbols name several: times then increase from
    /// bar to bar of each.
    #[must_use]
    pub fn across_symbols(mut self) -> Self {
        if let Inner::Text(text) = &mut self.0 {
            text.others = Some(HashMap::new());
        }
        self
    }

    /// Returns whether there is a column of symbols.
    pub fn has_symbols(&self) -> bool {
        matches!(&self.0, Inner::Text(text) if text.form.columns.symbol.is_some())
    }

    /// Returns the symbol of the last bar, where a column names it.
    pub fn symbol(&self) -> Option<&str> {
        match &self.0 {
            Inner::Text(text) => text.form.columns.symbol.map(|_| text.symbol.as_str()),
            Inner::Share(_) | Inner::Kept(_) => None,
        }
    }

    /// Returns how the text is read; none of bars that were kept.
    pub(super) fn form(&self) -> Option<&Form> {
        match &self.0 {
            Inner::Text(text) => Some(&text.form),
            Inner::Share(_) | Inner::Kept(_) => None,
        }
    }

    /// Returns how the text is read, as far as its first rows tell.
    pub fn understood(&self) -> Understood {
        self.form().map(Understood::of_form).unwrap_or_default()
    }

    /// Returns what was done about rows that cannot be, so far.
    pub(super) fn repairs(&self) -> Repairs {
        match &self.0 {
            Inner::Text(text) => text.faults.repairs(),
            Inner::Share(_) | Inner::Kept(_) => Repairs::default(),
        }
    }
}

impl TextBars {
    fn new(name: &str, text: Text, (form, reading): (Arc<Form>, &Reading)) -> Result<Self> {
        let mut rows = Rows::new(text.reader, form.delimiter);
        for _ in 0..form.n_rows_above {
            read_row(&mut rows, name, 0)?;
        }
        if !read_row(&mut rows, name, 0)? {
            return Err(anyhow!("`{name}` has a line of names but no bars below it"));
        }
        let symbol = form.columns.symbol.and_then(|idx| rows.row().get(idx)).map(text_of);
        Ok(Self {
            name: name.to_owned(),
            rows,
            n_lines_skipped: text.n_lines_skipped,
            is_row_pending: true,
            parser: RowParser::new(&form, &reading.config),
            bad_rows: reading.config.bad_rows,
            form,
            is_stream: false,
            further: Vec::new(),
            numbers: Vec::new(),
            symbol: symbol.unwrap_or_default(),
            others: None,
            previous_ms: None,
            n_bars: 0,
            faults: FaultTally::default(),
            is_done: false,
        })
    }

    #[inline]
    fn next(&mut self) -> Option<Result<Bar>> {
        if self.is_done {
            return None;
        }
        let bar = self.advance().transpose();
        self.is_done = !matches!(bar, Some(Ok(_)));
        bar
    }

    fn advance(&mut self) -> Result<Option<Bar>> {
        loop {
            if self.is_row_pending {
                self.is_row_pending = false;
            } else if !read_row(&mut self.rows, &self.name, self.n_bars)? {
                return Ok(None);
            }
            match self.take_row() {
                Ok(bar) => {
                    self.n_bars += 1;
                    return Ok(Some(bar));
                }
                Err(fault) if self.bad_rows == BadRows::Drop => {
                    self.faults.count(&fault, self.place());
                }
                Err(fault) => return Err(self.stop_at(&fault)),
            }
        }
    }

    /// Returns the bar of the row at hand.
    fn take_row(&mut self) -> Result<Bar, Fault> {
        let row = self.rows.row();
        if row.len() != self.form.columns.width {
            return Err(Fault::wrong_width());
        }
        if let Some(idx) = self.form.columns.symbol
            && row[idx].trim_ascii() != self.symbol.as_bytes()
        {
            self.turn_to_symbol(idx)?;
        }
        let row = self.rows.row();
        let mut bar = self.parser.parse(row, self.previous_ms)?;
        if let Err(fault) = self.parser.check(&mut bar) {
            let is_widened = self.bad_rows == BadRows::Widen && fault.is_range();
            if !is_widened {
                return Err(fault);
            }
            self.faults.count_widened(&fault, self.place());
            bar.high = bar.high.max(bar.open).max(bar.close);
            bar.low = bar.low.min(bar.open).min(bar.close);
            self.parser.check(&mut bar)?;
        }
        parse_further(row, &self.further, &mut self.numbers)?;
        if let Some(previous_ms) = self.previous_ms {
            let is_in_order = if self.form.time.is_newest_first {
                bar.time_ms < previous_ms
            } else {
                bar.time_ms > previous_ms
            };
            if !is_in_order {
                return Err(self.out_of_order(bar.time_ms, previous_ms));
            }
        }
        self.previous_ms = Some(bar.time_ms);
        Ok(bar)
    }

    fn turn_to_symbol(&mut self, idx: usize) -> Result<(), Fault> {
        let symbol = text_of(&self.rows.row()[idx]);
        if symbol.is_empty() {
            return Err(Fault::no_symbol());
        }
        let Some(others) = &mut self.others else {
            return Err(self.another_symbol(idx));
        };
        let previous_ms = others.get(&symbol).copied().flatten();
        let symbol_before = mem::replace(&mut self.symbol, symbol);
        others.insert(symbol_before, mem::replace(&mut self.previous_ms, previous_ms));
        Ok(())
    }

    /// Reads on to the end, so that all faults are told at once.
    #[cold]
    fn stop_at(&mut self, fault: &Fault) -> anyhow::Error {
        let first = self.describe(fault);
        // What follows another symbol is not a fault of its own.
        if self.is_stream || fault.is_of_file() {
            return first;
        }
        self.faults.count(fault, self.place());
        let mut n_rows = self.n_bars + 1;
        while let Ok(true) = read_row(&mut self.rows, &self.name, n_rows) {
            n_rows += 1;
            if let Err(fault) = self.take_row() {
                self.faults.count(&fault, self.place());
            }
        }
        self.faults.complaint(&first, n_rows)
    }
}

impl Iterator for BarReader {
    type Item = Result<Bar>;

    #[inline]
    fn next(&mut self) -> Option<Result<Bar>> {
        match &mut self.0 {
            Inner::Text(text) => text.next(),
            Inner::Share(share) => share.next(),
            Inner::Kept(KeptBars { bars, n_read }) => {
                let bar = bars.get(*n_read)?;
                *n_read += 1;
                Some(Ok(*bar))
            }
        }
    }
}
