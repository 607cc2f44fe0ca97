//! Watches the bars of one symbol go by, and tells what they were.

use super::file_format::Form;
use super::kind::BarKind;
use super::observer::Observer;
use super::read_report::Understood;
use super::reader::Repairs;
use super::summary::{DataSummary, Tally};
use super::{Bar, BarReader};

/// What was seen of bars so far, in bounded memory.
#[derive(Debug, Clone, Default)]
pub struct BarWatch {
    tally: Tally,
    observer: Observer,
}

impl BarWatch {
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
        BarKind::seen(&self.tally.clone().finish(), &self.observer)
    }

    /// Returns what there was in what `reader` read, or in one symbol of
    /// it, which is then the `source`. It has no checksum.
    pub fn of_reader(self, source: &str, reader: &BarReader) -> DataSummary {
        let summary = self.finish(reader.form(), reader.repairs());
        DataSummary { source: source.to_owned(), ..summary }
    }

    /// Returns what there was, in a file of this `form`; without its
    /// name and checksum.
    pub(super) fn finish(self, form: Option<&Form>, repairs: Repairs) -> DataSummary {
        let understood = Some(Understood::new(form, repairs, &self.observer));
        DataSummary { understood, ..self.tally.finish() }
    }
}
