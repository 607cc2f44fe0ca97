//! The bars of a text: row after row, each checked.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::fault_tally::FaultTally;
use super::parse::{RowParser, parse_further, read_row};
use crate::market::bars::Bar;
use crate::market::bars::check::Fault;
use crate::market::bars::columns::SymbolColumn;
use crate::market::bars::config::{BadRows, Reading};
use crate::market::bars::file_format::FileFormat;
use crate::market::bars::input::{Text, TextReader};
use crate::market::bars::rows::Rows;

/// The bars of a text.
pub(super) struct TextBars {
    pub(super) name: String,
    pub(super) rows: Rows<TextReader>,
    pub(super) n_lines_skipped: u64,
    /// Whether the row at hand was not yet returned as a bar.
    pub(super) is_row_pending: bool,
    pub(super) format: Arc<FileFormat>,
    pub(super) parser: RowParser,
    pub(super) bad_rows: BadRows,
    /// Whether nobody knows when the next row comes.
    pub(super) is_stream: bool,
    /// Further columns, by their index, and their numbers in `row`.
    pub(super) further: Vec<usize>,
    pub(super) numbers: Vec<f64>,
    pub(super) symbol: String,
    /// The only symbol that is wanted.
    pub(super) chosen: Option<String>,
    /// Of several symbols, the times before of those not at hand.
    pub(super) others: Option<HashMap<String, Option<i64>>>,
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
            return Err(anyhow!("`{name}` has a line of names but no bars below it"));
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

    /// Leaves the row with this `fault` out, where that is wanted.
    #[cold]
    fn take_fault(&mut self, fault: Fault) -> Result<()> {
        if self.is_ignorable(&fault) {
            return Ok(());
        }
        let fault = self.header_fault().unwrap_or(fault);
        if self.bad_rows != BadRows::Drop || fault.concerns_file() {
            return Err(self.stop_at(&fault));
        }
        self.faults.count(&fault, self.place());
        Ok(())
    }

    /// Whether the row at hand is of no symbol that is wanted.
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

    /// Fails where the symbol that is wanted did not come, or nearly
    /// nothing but what was left out.
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

    /// Returns the bar of the row at hand.
    fn take_row(&mut self) -> Result<Bar, Fault> {
        let row = self.rows.row();
        if row.len() != self.format.columns.width {
            return Err(self.width_fault());
        }
        if let Some(column) = self.format.columns.symbol
            && !column.is(row, &self.symbol)
        {
            self.switch_symbol(column)?;
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

    /// Reads on to the end, so that all faults are told at once.
    #[cold]
    fn stop_at(&mut self, fault: &Fault) -> anyhow::Error {
        let first = self.describe(fault);
        // What follows another symbol is not a fault of its own.
        if self.is_stream || fault.concerns_file() {
            return first;
        }
        self.faults.count(fault, self.place());
        let mut n_rows = self.n_bars + 1;
        while let Ok(true) = read_row(&mut self.rows, &self.name, n_rows) {
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
        self.faults.combined_error(&first, n_rows)
    }
}
