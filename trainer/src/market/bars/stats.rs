//! Watches the bars of one symbol go by, and tells what they were.

use super::file_format::FileFormat;
use super::kind::BarKind;
use super::observer::Observer;
use super::read_report::ReadReport;
use super::reader::Repairs;
use super::summary::{DataSummary, Tally};
use super::{Bar, BarReader};

/// What was seen of bars so far, in bounded memory.
#[derive(Debug, Clone, Default)]
pub struct BarStats {
    tally: Tally,
    observer: Observer,
}

impl BarStats {
    /// Looks at the next bar.
    #[inline]
    pub fn push(&mut self, bar: &Bar) {
        self.tally.push(bar.time_ms);
        self.observer.push(bar);
    }

    /// Returns how many bars there were.
    pub fn n_bars(&self) -> u64 {
        self.observer.n_bars
    }

    /// Returns whether most were the same step apart.
    pub fn is_regular(&self) -> bool {
        self.tally.is_regular()
    }

    /// Returns what kind of bars they were.
    pub fn kind(&self) -> BarKind {
        BarKind::of(&self.tally.clone().finish(), &self.observer)
    }

    /// Returns what there was in what `reader` read, or in one symbol of
    /// it, which is then the `source`. It has no checksum.
    pub fn of_reader(self, source: &str, reader: &BarReader) -> DataSummary {
        let summary = self.finish(reader.format(), reader.repairs());
        DataSummary { source: source.to_owned(), ..summary }
    }

    /// Returns what there was, in a file of this `format`; without its
    /// name and checksum.
    pub(super) fn finish(self, format: Option<&FileFormat>, repairs: Repairs) -> DataSummary {
        let understood = Some(ReadReport::new(format, repairs, &self.observer));
        DataSummary { understood, ..self.tally.finish() }
    }
}
