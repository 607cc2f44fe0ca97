//! Reads and checks bars one by one, in bounded memory.

mod fault_tally;
mod footer;
mod parse;
mod row_faults;
mod text;

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use anyhow::{Result, anyhow};

use super::Bar;
use super::config::Reading;
use super::file_format::FileFormat;
use super::input::{self, Text, input_error};
use super::read_report::ReadReport;
use super::spill::{SpillReader, SpilledBars};
pub use fault_tally::Repairs;
use text::TextBars;

/// The bars of one source in order of time: an iterator of `Result<Bar>`
/// that ends after the first error.
pub struct BarReader(Inner);

enum Inner {
    Text(Box<TextBars>),
    Spilled(SpillReader),
    Kept(KeptBars),
}

/// Reads bars that are in memory.
struct KeptBars {
    bars: Arc<Vec<Bar>>,
    n_read: usize,
}

impl BarReader {
    /// Returns a reader of `stream`, such as the standard input; what is
    /// ambiguous is read by `reading`. Each bar is returned as soon as its
    /// line is read.
    ///
    /// Waits for the first bar; fails without one.
    pub fn of_stream(stream: impl Read + Send + 'static, reading: &Reading) -> Result<Self> {
        let name = "standard input";
        let mut text =
            input::open(Box::new(stream)).map_err(|error| input_error(name, 0, &error))?;
        let format = Arc::new(FileFormat::of_bars(name, &mut text, reading, None)?);
        let mut bars = TextBars::new(name, text, format, reading)?;
        bars.is_stream = true;
        Ok(Self(Inner::Text(Box::new(bars))))
    }

    /// Returns a reader of `text`, the content of the file `name`.
    pub(super) fn new(
        name: &str,
        text: Text,
        format: Arc<FileFormat>,
        reading: &Reading,
    ) -> Result<Self> {
        Ok(Self(Inner::Text(Box::new(TextBars::new(name, text, format, reading)?))))
    }

    pub(super) fn of_spilled(bars: SpilledBars) -> Self {
        Self(Inner::Spilled(SpillReader::new(bars)))
    }

    pub(super) fn of_kept(bars: Arc<Vec<Bar>>) -> Self {
        Self(Inner::Kept(KeptBars { bars, n_read: 0 }))
    }

    /// Allows several symbols in the column of symbols; times then increase
    /// within each symbol.
    #[must_use]
    pub fn across_symbols(mut self) -> Self {
        if let Inner::Text(text) = &mut self.0 {
            text.others = Some(HashMap::new());
        }
        self
    }

    /// Reads the further columns `names`, too: each row must have a finite
    /// number in each of them.
    ///
    /// Fails if the file lacks one.
    pub fn with_columns(mut self, names: &[String]) -> Result<Self> {
        if let Inner::Text(text) = &mut self.0 {
            let found = text.format.columns.find_further(names);
            text.further = found.map_err(|error| anyhow!("`{}` {error}", text.name))?;
            text.numbers = vec![0.0; names.len()];
        }
        Ok(self)
    }

    /// Returns the further columns of the last bar, in the order in which
    /// they were named.
    #[inline]
    pub fn columns(&self) -> &[f64] {
        match &self.0 {
            Inner::Text(text) => &text.numbers,
            Inner::Spilled(bars) => bars.columns(),
            // Only bars without further columns are kept.
            Inner::Kept(_) => &[],
        }
    }

    /// Returns the names of all further columns of the file, in its order.
    pub(super) fn further_names(&self) -> Vec<String> {
        match &self.0 {
            Inner::Text(text) => {
                text.format.columns.further().into_iter().map(str::to_owned).collect()
            }
            Inner::Spilled(_) | Inner::Kept(_) => Vec::new(),
        }
    }

    /// Returns whether there is a column of symbols.
    pub fn has_symbols(&self) -> bool {
        matches!(&self.0, Inner::Text(text) if text.format.columns.symbol.is_some())
    }

    /// Returns the symbol of the last bar, if there is a column of symbols.
    pub fn symbol(&self) -> Option<&str> {
        match &self.0 {
            Inner::Text(text) => text.format.columns.symbol.map(|_| text.symbol.as_str()),
            Inner::Spilled(_) | Inner::Kept(_) => None,
        }
    }

    /// Returns the format of the file; `None` for bars that are not read
    /// from it.
    pub(super) fn format(&self) -> Option<&FileFormat> {
        match &self.0 {
            Inner::Text(text) => Some(&text.format),
            Inner::Spilled(_) | Inner::Kept(_) => None,
        }
    }

    /// Returns how the file is read, as far as its first rows show.
    pub fn read_report(&self) -> ReadReport {
        self.format().map(ReadReport::of_format).unwrap_or_default()
    }

    /// Returns the bad rows that were dropped or widened so far.
    pub(super) fn repairs(&self) -> Repairs {
        match &self.0 {
            Inner::Text(text) => text.faults.repairs(),
            Inner::Spilled(_) | Inner::Kept(_) => Repairs::default(),
        }
    }
}

impl Iterator for BarReader {
    type Item = Result<Bar>;

    #[inline]
    fn next(&mut self) -> Option<Result<Bar>> {
        match &mut self.0 {
            Inner::Text(text) => text.next(),
            Inner::Spilled(bars) => bars.next(),
            Inner::Kept(KeptBars { bars, n_read }) => {
                let bar = bars.get(*n_read)?;
                *n_read += 1;
                Some(Ok(*bar))
            }
        }
    }
}
