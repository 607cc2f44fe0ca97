//! A stream of the test bars of one symbol, window by window.

use anyhow::Result;

use super::bar_stream::{BarStream, StreamedBar};
use super::split::Split;

/// Reads the test bars of consecutive windows, one bar ahead.
pub(super) struct TestStream<'a> {
    splits: &'a [Split],
    stream: BarStream,
    /// The next bar; its features are the row of `stream`.
    next: Option<StreamedBar>,
    /// Bars left in all windows, the next one included.
    n_left: u64,
    /// Bars left in the current window.
    n_left_in_window: u64,
}

impl<'a> TestStream<'a> {
    /// Returns the test bars of `splits`, which have some, from `stream`.
    pub(super) fn new(mut stream: BarStream, splits: &'a [Split]) -> Result<Self> {
        stream.skip_to(splits.first().map_or(0, Split::test_begin))?;
        let next = Some(stream.next()?);
        let n_left = splits.iter().map(|split| split.n_test).sum();
        Ok(Self { splits, stream, next, n_left, n_left_in_window: 0 })
    }

    /// Enters `window`, whose test bars must be the next ones.
    pub(super) fn enter(&mut self, window: usize) {
        self.n_left_in_window = self.splits[window].n_test;
    }

    /// Returns the next bar; `None` at the window's end.
    pub(super) fn next(&self) -> Option<StreamedBar> {
        self.next.filter(|_| self.n_left_in_window > 0)
    }

    /// Returns when the next bar opens; `None` at the window's end.
    pub(super) fn next_ms(&self) -> Option<i64> {
        self.next().map(|streamed| streamed.bar.time_ms)
    }

    /// Returns the features of the next bar; `None` during the warm-up.
    pub(super) fn row(&self) -> Option<&[f64]> {
        self.next.filter(|next| next.is_warm).map(|_| self.stream.row())
    }

    /// Advances by one bar; returns whether none is left in any window.
    pub(super) fn advance(&mut self) -> Result<bool> {
        self.n_left -= 1;
        self.n_left_in_window -= 1;
        self.next = if self.n_left > 0 { Some(self.stream.next()?) } else { None };
        Ok(self.next.is_none())
    }
}
