//! Statistics of the bars of one symbol, updated bar by bar.

use super::file_format::FileFormat;
use super::kind::BarKind;
use super::observer::Observer;
use super::read_report::ReadReport;
use super::reader::Repairs;
use super::summary::DataSummary;
use super::tally::Tally;
use super::{Bar, BarReader};

/// Statistics of the bars seen so far, in bounded memory.
#[derive(Debug, Clone, Default)]
pub struct BarStats {
    tally: Tally,
    observer: Observer,
}

impl BarStats {
    /// Adds the next bar.
    #[inline]
    pub fn push(&mut self, bar: &Bar) {
        self.tally.push(bar.time_ms);
        self.observer.push(bar);
    }

    /// Returns the number of bars.
    pub fn n_bars(&self) -> u64 {
        self.observer.n_bars
    }

    /// Returns whether more than half of the steps between bars are equal.
    pub fn is_regular(&self) -> bool {
        self.tally.is_regular()
    }

    /// Returns the kind of the bars.
    pub fn kind(&self) -> BarKind {
        BarKind::of(&self.tally.clone().without_gaps(), &self.observer)
    }

    /// Returns the summary of the bars that `reader` read, or of one of its
    /// symbols, under the name `source`. It has no checksum.
    pub fn of_reader(self, source: &str, reader: &BarReader) -> DataSummary {
        let summary = self.finish(reader.format(), reader.repairs());
        DataSummary { source: source.to_owned(), ..summary }
    }

    /// Returns the summary of a file of this `format`, without its name and
    /// checksum.
    pub(super) fn finish(self, format: Option<&FileFormat>, repairs: Repairs) -> DataSummary {
        let mut read_report = ReadReport::new(format, repairs, &self.observer);
        read_report.warnings.extend(self.tally.interval_warning());
        DataSummary { read_report: Some(read_report), ..self.tally.finish() }
    }
}
