//! Reads the bars of a CSV text, and checks each.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::fault_tally::{FaultMessage, FaultTally};
use super::parse::{RowParser, parse_further, read_row};
use crate::market::bars::Bar;
use crate::market::bars::check::{Fault, FaultKind};
use crate::market::bars::columns::SymbolColumn;
use crate::market::bars::config::{BadRows, Reading};
use crate::market::bars::file_format::FileFormat;
use crate::market::bars::input::{Text, TextReader};
use crate::market::bars::rows::Rows;

/// Reads the bars of a CSV text.
pub(super) struct TextBars {
    pub(super) name: String,
    pub(super) rows: Rows<TextReader>,
    pub(super) n_lines_skipped: u64,
    /// Whether the current row is not yet returned as a bar.
    pub(super) is_row_pending: bool,
    pub(super) format: Arc<FileFormat>,
    pub(super) parser: RowParser,
    pub(super) bad_rows: BadRows,
    /// Whether the next row may not be available yet.
    pub(super) is_stream: bool,
    /// The indices of the further columns.
    pub(super) further: Vec<usize>,
    /// Their values in the current row.
    pub(super) numbers: Vec<f64>,
    /// The symbol of the current row.
    pub(super) symbol: String,
    /// The configured symbol; rows of others are skipped.
    pub(super) chosen: Option<String>,
    /// The previous times of the symbols other than the current one, if
    /// several are allowed.
    pub(super) others: Option<HashMap<String, Option<i64>>>,
    /// The time of the previous bar of the current symbol.
    pub(super) previous_ms: Option<i64>,
    pub(super) n_bars: u64,
    pub(super) faults: FaultTally,
    pub(super) is_done: bool,
}

impl TextBars {
    pub(super) fn new(
        name: &str,
        text: Text,
        format: Arc<FileFormat>,
        reading: &Reading,
    ) -> Result<Self> {
        let mut rows = Rows::new(text.reader, format.delimiter);
        for _ in 0..format.n_rows_above {
            read_row(&mut rows, name, 0)?;
        }
        if !read_row(&mut rows, name, 0)? {
            return Err(anyhow!("`{name}` has a header but no bars below it"));
        }
        if let Some(wide) = format.columns.wide.as_ref().filter(|b| b.unchosen().is_some()) {
            return Err(anyhow!("`{name}` {}", wide.problem()));
        }
        let chosen = reading.config.symbol.clone().filter(|_| format.columns.symbol.is_some());
        let first = || format.columns.symbol.map(|symbol| symbol.text(rows.row()));
        let symbol = chosen.clone().or_else(first);
        Ok(Self {
            name: name.to_owned(),
            rows,
            n_lines_skipped: text.n_lines_skipped,
            is_row_pending: true,
            parser: RowParser::new(&format, &reading.config),
            bad_rows: reading.config.bad_rows,
            format,
            is_stream: false,
            further: Vec::new(),
            numbers: Vec::new(),
            symbol: symbol.unwrap_or_default(),
            chosen,
            others: None,
            previous_ms: None,
            n_bars: 0,
            faults: FaultTally::default(),
            is_done: false,
        })
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<Result<Bar>> {
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
                return self.end();
            }
            if self.is_other_symbol() {
                continue;
            }
            match self.take_row() {
                Ok(bar) => {
                    self.n_bars += 1;
                    return Ok(Some(bar));
                }
                Err(fault) => self.take_fault(fault)?,
            }
        }
    }

    /// Ignores or drops the current row with this `fault`, or fails.
    #[cold]
    fn take_fault(&mut self, fault: Fault) -> Result<()> {
        if self.is_ignorable(&fault) {
            return Ok(());
        }
        let fault = self.header_fault().unwrap_or(fault);
        let place = self.place();
        if self.bad_rows == BadRows::Drop && !fault.concerns_file() {
            self.faults.count(&fault, place);
            return Ok(());
        }
        let message = self.describe(&fault);
        if self.is_like_footer(&fault) {
            return self.take_footer(message, &fault, place);
        }
        self.faults.count(&fault, place);
        let is_alone = self.is_stream || fault.concerns_file();
        Err(if is_alone { message.error() } else { self.stop_at(message, self.n_bars + 1) })
    }

    /// Whether the current row has no bar of the chosen symbol.
    #[inline]
    fn is_other_symbol(&self) -> bool {
        match (&self.chosen, &self.format.columns.wide) {
            (None, None) => false,
            (Some(chosen), _) => {
                self.format.columns.symbol.is_some_and(|symbol| !symbol.is(self.rows.row(), chosen))
            }
            (None, Some(_)) => self.parser.has_no_price(self.rows.row()),
        }
    }

    /// Ends the pass. Fails if the chosen symbol was not found, or too many
    /// rows were left out.
    fn end(&self) -> Result<Option<Bar>> {
        self.faults.refuse_most(&self.name, self.n_bars)?;
        match &self.chosen {
            Some(chosen) if self.n_bars == 0 => Err(anyhow!(
                "`{}` has no symbol `{chosen}`; `cargo xtask bars FILE` tells which it has",
                self.name
            )),
            _ => Ok(None),
        }
    }

    /// Returns the bar of the current row.
    pub(super) fn take_row(&mut self) -> Result<Bar, Fault> {
        let row = self.rows.row();
        if row.len() != self.format.columns.width && !self.has_empty_ends() {
            return Err(self.width_fault());
        }
        if let Some(column) = self.format.columns.symbol
            && !column.is(row, &self.symbol)
        {
            self.switch_symbol(column)?;
        }
        let row = self.rows.row();
        let bar = self.parser.parse(row, self.previous_ms)?;
        let bar = match self.parser.check(bar) {
            Ok(bar) => bar,
            Err(faulty) => self.widened(*faulty)?,
        };
        parse_further(self.rows.row(), &self.further, &mut self.numbers)?;
        if let Some(previous_ms) = self.previous_ms {
            let is_in_order = if self.format.time.is_newest_first {
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

    /// Returns `bar` with a range that has its open and close, if the
    /// settings say so and that corrects its `fault`.
    #[cold]
    fn widened(&mut self, (mut bar, fault): (Bar, Fault)) -> Result<Bar, Fault> {
        if self.bad_rows != BadRows::Widen || fault.kind != FaultKind::Range {
            return Err(fault);
        }
        self.faults.count_widened(&fault, self.place());
        bar.high = bar.high.max(bar.open).max(bar.close);
        bar.low = bar.low.min(bar.open).min(bar.close);
        self.parser.check(bar).map_err(|faulty| faulty.1)
    }

    /// Makes the symbol of the current row the current one.
    fn switch_symbol(&mut self, column: SymbolColumn) -> Result<(), Fault> {
        let symbol = column.text(self.rows.row());
        if symbol.is_empty() {
            return Err(Fault::no_symbol());
        }
        let Some(others) = &mut self.others else {
            return Err(self.another_symbol());
        };
        let previous_ms = others.get(&symbol).copied().flatten();
        let symbol_before = mem::replace(&mut self.symbol, symbol);
        others.insert(symbol_before, mem::replace(&mut self.previous_ms, previous_ms));
        Ok(())
    }

    /// Returns the error about all faults of the file, the `first` of which
    /// was in the `n_rows` read so far; reads it to the end.
    #[cold]
    pub(super) fn stop_at(&mut self, first: FaultMessage, mut n_rows: u64) -> anyhow::Error {
        loop {
            match read_row(&mut self.rows, &self.name, n_rows) {
                Ok(true) => {}
                Ok(false) => break,
                // A damaged file is the cause of its faulty rows.
                Err(error) => return error,
            }
            n_rows += 1;
            if self.is_other_symbol() {
                continue;
            }
            if let Err(fault) = self.take_row()
                && !self.is_ignorable(&fault)
            {
                self.faults.count(&fault, self.place());
            }
        }
        self.faults.combined_error(first, n_rows)
    }
}
