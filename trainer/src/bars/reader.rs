//! Reads bar after bar, checking each, in memory that does not grow.

mod complaint;
mod further;

use std::collections::HashMap;
use std::io::Read;
use std::mem;
use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::Bar;
use super::check::{self, Fault};
use super::columns::{Columns, Part};
use super::input::{self, Text, TextReader};
use super::rows::{Row, Rows};
use super::symbols::{Share, ShareBars};
use super::timestamp::TimeParser;
pub(super) use complaint::input_error;
use further::parse_further;

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
    delimiter: u8,
    n_lines_skipped: u64,
    /// Whether the row at hand was not yet returned as a bar.
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
        matches!(&self.0, Inner::Text(text) if text.columns.symbol.is_some())
    }

    /// Returns the symbol of the last bar, where a column names it.
    pub fn symbol(&self) -> Option<&str> {
        match &self.0 {
            Inner::Text(text) => text.columns.symbol.map(|_| text.symbol.as_str()),
            Inner::Share(_) | Inner::Kept(_) => None,
        }
    }
}

impl TextBars {
    fn new(name: &str, text: Text) -> Result<Self> {
        let mut rows = Rows::new(text.reader, text.delimiter);
        if !read_row(&mut rows, name, 0)? {
            return Err(anyhow!("`{name}` is empty; it must hold bars as CSV"));
        }
        let columns = Columns::find(rows.row()).map_err(|error| anyhow!("`{name}` {error}"))?;
        let mut reader = Self {
            name: name.to_owned(),
            rows,
            delimiter: text.delimiter,
            n_lines_skipped: text.n_lines_skipped,
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
        if self.columns.has_header && !read_row(&mut self.rows, name, 0)? {
            return Err(anyhow!("`{name}` has a line of names but no bars below it"));
        }
        let row = self.rows.row();
        self.columns.settle_time(row).map_err(|error| anyhow!("`{name}` {error}"))?;
        if let Some(idx) = self.columns.symbol {
            self.symbol = text_of(row.get(idx).unwrap_or_default());
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
        } else if !read_row(&mut self.rows, &self.name, self.n_bars)? {
            return Ok(None);
        }
        let row = self.rows.row();
        if row.len() != self.columns.width {
            return Err(self.wrong_width());
        }
        let bar = match parse_row(row, &self.columns, &mut self.time_parser) {
            Ok(bar) => bar,
            Err(fault) => return Err(self.describe(&fault)),
        };
        if let Err(fault) = parse_further(row, &self.further, &mut self.numbers) {
            return Err(self.describe(&fault));
        }
        if let Some(idx) = self.columns.symbol
            && row[idx].trim_ascii() != self.symbol.as_bytes()
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
        let symbol = text_of(&self.rows.row()[idx]);
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
}

#[inline]
fn parse_row(row: Row<'_>, columns: &Columns, parser: &mut TimeParser) -> Result<Bar, Fault> {
    let time_ms = columns
        .time
        .parse(row, parser)
        .ok_or_else(|| Fault::not_a_time(columns.time.text(row).as_bytes()))?;
    let number = |part, idx: usize| {
        row.number(idx).ok_or_else(|| Fault::not_a_number(part, row[idx].trim_ascii()))
    };
    let bar = Bar {
        time_ms,
        open: number(Part::Open, columns.open)?,
        high: number(Part::High, columns.high)?,
        low: number(Part::Low, columns.low)?,
        close: number(Part::Close, columns.close)?,
        volume: match columns.volume {
            Some(idx) => number(Part::Volume, idx)?,
            None => 0.0,
        },
        funding: match columns.funding {
            // Paid every few hours: most bars pay nothing.
            Some(idx) if row[idx].trim_ascii().is_empty() => 0.0,
            Some(idx) => number(Part::Funding, idx)?,
            None => 0.0,
        },
    };
    check::check(&bar)?;
    Ok(bar)
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

fn text_of(cell: &[u8]) -> String {
    String::from_utf8_lossy(cell.trim_ascii()).into_owned()
}

/// Goes to the next row that is not blank; `false` at the end.
#[inline]
fn read_row(rows: &mut Rows<TextReader>, name: &str, n_bars: u64) -> Result<bool> {
    loop {
        match rows.advance() {
            Ok(true) if rows.row().is_blank() => {}
            Ok(is_row) => return Ok(is_row),
            Err(error) => return Err(input_error(name, n_bars, &error)),
        }
    }
}
