//! Reads bar after bar, checking each, in memory that does not grow.

mod complaint;
mod further;

use std::collections::HashMap;
use std::io::Read;
use std::mem;

use anyhow::{Result, anyhow};
use csv::{ByteRecord, ReaderBuilder, Terminator};

use super::Bar;
use super::check::{self, Fault};
use super::columns::{Columns, Part};
use super::input::{self, RowBudget, Text, TextReader};
use super::number;
use super::symbols::{Share, ShareBars};
use super::timestamp::TimeParser;
pub(super) use complaint::input_error;
use complaint::row_error;

const BUFFER_BYTES: usize = 1 << 16;

/// The bars of one source, in order; an iterator of `Result<Bar>`.
///
/// After the first error it ends.
pub struct BarReader(Inner);

enum Inner {
    Text(Box<TextBars>),
    Share(ShareBars),
}

/// The bars of a text.
struct TextBars {
    name: String,
    rows: csv::Reader<TextReader>,
    row_budget: RowBudget,
    delimiter: u8,
    n_lines_skipped: u64,
    row: ByteRecord,
    /// Whether `row` was read, but not yet returned as a bar.
    is_row_pending: bool,
    columns: Columns,
    /// Further columns, by their index, and their numbers in `row`.
    further: Vec<usize>,
    numbers: Vec<f64>,
    time_parser: TimeParser,
    symbol: String,
    /// Of several symbols, the times before of those not at hand.
    others: Option<HashMap<String, Option<i64>>>,
    previous_ms: Option<i64>,
    n_bars: u64,
    is_done: bool,
}

impl BarReader {
    /// Returns a reader of `stream`, such as the standard input: a bar
    /// comes out as soon as its line is in.
    ///
    /// Waits for the first bar; fails without one.
    pub fn of_stream(stream: impl Read + Send + 'static) -> Result<Self> {
        let name = "standard input";
        let text = input::open(Box::new(stream)).map_err(|error| input_error(name, 0, &error))?;
        Self::new(name, text)
    }

    /// Returns a reader of `text`, that of the file called `name`.
    pub(super) fn new(name: &str, text: Text) -> Result<Self> {
        Ok(Self(Inner::Text(Box::new(TextBars::new(name, text)?))))
    }

    pub(super) fn of_share(share: Share) -> Self {
        Self(Inner::Share(ShareBars::new(share)))
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
        matches!(&self.0, Inner::Text(text) if text.columns.symbol.is_some())
    }

    /// Returns the symbol of the last bar, where a column names it.
    pub fn symbol(&self) -> Option<&str> {
        match &self.0 {
            Inner::Text(text) => text.columns.symbol.map(|_| text.symbol.as_str()),
            Inner::Share(_) => None,
        }
    }
}

impl TextBars {
    fn new(name: &str, text: Text) -> Result<Self> {
        let mut rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(text.delimiter)
            // Not CRLF: only so are line numbers right in all files.
            .terminator(Terminator::Any(b'\n'))
            .buffer_capacity(BUFFER_BYTES)
            .from_reader(text.reader);
        let mut row = ByteRecord::new();
        if !read_row(&mut rows, &mut row, name, 0)? {
            return Err(anyhow!("`{name}` is empty; it must hold bars as CSV"));
        }
        let columns = Columns::find(&row).map_err(|error| anyhow!("`{name}` {error}"))?;
        let mut reader = Self {
            name: name.to_owned(),
            rows,
            row_budget: text.row_budget,
            delimiter: text.delimiter,
            n_lines_skipped: text.n_lines_skipped,
            row,
            is_row_pending: true,
            columns,
            further: Vec::new(),
            numbers: Vec::new(),
            time_parser: TimeParser::new(),
            symbol: String::new(),
            others: None,
            previous_ms: None,
            n_bars: 0,
            is_done: false,
        };
        reader.prepare_first_bar()?;
        Ok(reader)
    }

    fn prepare_first_bar(&mut self) -> Result<()> {
        let name = &self.name;
        if self.columns.has_header && !read_row(&mut self.rows, &mut self.row, name, 0)? {
            return Err(anyhow!("`{name}` has a line of names but no bars below it"));
        }
        self.columns.settle_time(&self.row).map_err(|error| anyhow!("`{name}` {error}"))?;
        if let Some(idx) = self.columns.symbol {
            self.symbol = text_of(self.row.get(idx).unwrap_or_default());
        }
        Ok(())
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
        if self.is_row_pending {
            self.is_row_pending = false;
        } else {
            self.row_budget.refill();
            if !read_row(&mut self.rows, &mut self.row, &self.name, self.n_bars)? {
                return Ok(None);
            }
        }
        if self.row.len() != self.columns.width {
            return Err(self.wrong_width());
        }
        let bar = match self.parse_row() {
            Ok(bar) => bar,
            Err(fault) => return Err(self.describe(&fault)),
        };
        if let Err(fault) = self.parse_further() {
            return Err(self.describe(&fault));
        }
        if let Some(idx) = self.columns.symbol
            && self.row[idx].trim_ascii() != self.symbol.as_bytes()
        {
            self.turn_to_symbol(idx)?;
        }
        if let Some(previous_ms) = self.previous_ms
            && bar.time_ms <= previous_ms
        {
            return Err(self.out_of_order(bar.time_ms, previous_ms));
        }
        self.previous_ms = Some(bar.time_ms);
        self.n_bars += 1;
        Ok(Some(bar))
    }

    fn turn_to_symbol(&mut self, idx: usize) -> Result<()> {
        let symbol = text_of(&self.row[idx]);
        if symbol.is_empty() {
            return Err(self.describe(&Fault::no_symbol()));
        }
        let Some(others) = &mut self.others else {
            return Err(self.another_symbol(idx));
        };
        let previous_ms = others.get(&symbol).copied().flatten();
        let symbol_before = mem::replace(&mut self.symbol, symbol);
        others.insert(symbol_before, mem::replace(&mut self.previous_ms, previous_ms));
        Ok(())
    }

    fn parse_row(&mut self) -> Result<Bar, Fault> {
        let time = self.columns.time;
        let time_ms = time
            .parse(&self.row, &mut self.time_parser)
            .ok_or_else(|| Fault::not_a_time(time.text(&self.row).as_bytes()))?;
        let number = |part, idx: usize| {
            let text = self.row[idx].trim_ascii();
            number::parse(text).ok_or_else(|| Fault::not_a_number(part, text))
        };
        let bar = Bar {
            time_ms,
            open: number(Part::Open, self.columns.open)?,
            high: number(Part::High, self.columns.high)?,
            low: number(Part::Low, self.columns.low)?,
            close: number(Part::Close, self.columns.close)?,
            volume: match self.columns.volume {
                Some(idx) => number(Part::Volume, idx)?,
                None => 0.0,
            },
            funding: match self.columns.funding {
                // Paid every few hours: most bars pay nothing.
                Some(idx) if self.row[idx].trim_ascii().is_empty() => 0.0,
                Some(idx) => number(Part::Funding, idx)?,
                None => 0.0,
            },
        };
        check::check(&bar)?;
        Ok(bar)
    }
}

impl Iterator for BarReader {
    type Item = Result<Bar>;

    #[inline]
    fn next(&mut self) -> Option<Result<Bar>> {
        match &mut self.0 {
            Inner::Text(text) => text.next(),
            Inner::Share(share) => share.next(),
        }
    }
}

fn text_of(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell.trim_ascii()).into_owned()
}

/// Reads the next row that is not blank; `false` at the end.
#[inline]
fn read_row(
    rows: &mut csv::Reader<TextReader>,
    row: &mut ByteRecord,
    name: &str,
    n_bars: u64,
) -> Result<bool> {
    loop {
        match rows.read_byte_record(row) {
            Ok(false) => return Ok(false),
            Ok(true) if row.len() == 1 && row[0].trim_ascii().is_empty() => {}
            Ok(true) => return Ok(true),
            Err(error) => return Err(row_error(name, n_bars, error)),
        }
    }
}
