//! Reads bar after bar, checking each, in memory that does not grow.

mod between;
mod fault_tally;
mod further;
mod parse;
mod row_faults;
mod text;

use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

use anyhow::Result;

use super::Bar;
use super::config::Reading;
use super::file_format::FileFormat;
use super::input::{self, Text, input_error};
use super::read_report::ReadReport;
use super::spill::{SpillReader, SpilledBars};
pub use fault_tally::Repairs;
use text::TextBars;

/// The bars of one source, in order; an iterator of `Result<Bar>`.
///
/// After the first error it ends.
pub struct BarReader(Inner);

enum Inner {
    Text(Box<TextBars>),
    Spilled(SpillReader),
    Kept(KeptBars),
}

/// Bars that are in memory.
struct KeptBars {
    bars: Arc<Vec<Bar>>,
    n_read: usize,
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
        let format = Arc::new(FileFormat::of_bars(name, &mut text, reading, None)?);
        let mut bars = TextBars::new(name, text, format, reading)?;
        bars.is_stream = true;
        Ok(Self(Inner::Text(Box::new(bars))))
    }

    /// Returns a reader of `text`, that of the file called `name`.
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
        matches!(&self.0, Inner::Text(text) if text.format.columns.symbol.is_some())
    }

    /// Returns the symbol of the last bar, where a column names it.
    pub fn symbol(&self) -> Option<&str> {
        match &self.0 {
            Inner::Text(text) => text.format.columns.symbol.map(|_| text.symbol.as_str()),
            Inner::Spilled(_) | Inner::Kept(_) => None,
        }
    }

    /// Returns how the text is read; none of bars that were kept.
    pub(super) fn format(&self) -> Option<&FileFormat> {
        match &self.0 {
            Inner::Text(text) => Some(&text.format),
            Inner::Spilled(_) | Inner::Kept(_) => None,
        }
    }

    /// Returns how the text is read, as far as its first rows tell.
    pub fn understood(&self) -> ReadReport {
        self.format().map(ReadReport::of_format).unwrap_or_default()
    }

    /// Returns what was done about rows that cannot be, so far.
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
