//! The test bars of one symbol, of one window after the other.

use anyhow::Result;

use super::bar_stream::{BarStream, StreamedBar};
use super::split::Split;

/// Reads the test bars of windows that follow each other, standing before
/// the next one.
pub(super) struct TestStream<'a> {
    splits: &'a [Split],
    stream: BarStream,
    /// The next bar, whose features are the stream's row.
    next: Option<StreamedBar>,
    /// Bars to come, the next one included: of all windows, and of the
    /// one at hand.
    n_left: u64,
    n_in_window: u64,
}

impl<'a> TestStream<'a> {
    /// Goes on in `stream` to the bars that test in `splits`; some do.
    pub(super) fn new(mut stream: BarStream, splits: &'a [Split]) -> Result<Self> {
        stream.skip_to(splits.first().map_or(0, Split::test_begin))?;
        let next = Some(stream.next()?);
        let n_left = splits.iter().map(|split| split.n_test).sum();
        Ok(Self { splits, stream, next, n_left, n_in_window: 0 })
    }

    /// Turns to the test bars of the window with this index, which come
    /// next.
    pub(super) fn enter(&mut self, window: usize) {
        self.n_in_window = self.splits[window].n_test;
    }

    /// Returns the next bar; none at the window's end.
    pub(super) fn next(&self) -> Option<StreamedBar> {
        self.next.filter(|_| self.n_in_window > 0)
    }

    /// Returns when the next bar opens; none at the window's end.
    pub(super) fn next_ms(&self) -> Option<i64> {
        self.next().map(|streamed| streamed.bar.time_ms)
    }

    /// Returns the features of the next bar, unless it is a warm-up bar.
    pub(super) fn row(&self) -> Option<&[f64]> {
        self.next.filter(|next| next.is_warm).map(|_| self.stream.row())
    }

    /// Goes on to the bar after the next; returns whether there is none,
    /// in no window.
    pub(super) fn advance(&mut self) -> Result<bool> {
        self.n_left -= 1;
        self.n_in_window -= 1;
        self.next = if self.n_left > 0 { Some(self.stream.next()?) } else { None };
        Ok(self.next.is_none())
    }
}
