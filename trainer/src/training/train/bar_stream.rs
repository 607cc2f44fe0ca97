//! Streams of bars with their features: all bars, or the test bars of one
//! symbol, window by window.

use anyhow::{Result, bail};

use super::split::Split;
use crate::market::bars::{Bar, BarReader, BarSource};
use crate::market::features::{FeatureEngine, FeatureSet};
use crate::progress::{self, Unit};

/// Reads bars one by one and computes the features of each.
pub(crate) struct BarStream {
    bars: BarReader,
    engine: FeatureEngine,
    row: Vec<f64>,
    n_read: u64,
}

/// A bar, and whether its features are available.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamedBar {
    pub(crate) bar: Bar,
    pub(crate) is_warm: bool,
}

impl BarStream {
    pub(crate) fn new(source: &BarSource, features: &FeatureSet) -> Result<Self> {
        Ok(Self {
            bars: source.read()?,
            engine: FeatureEngine::new(features),
            row: vec![0.0; features.n_features()],
            n_read: 0,
        })
    }

    /// Reads the next bar.
    ///
    /// # Errors
    ///
    /// Fails when the bar is invalid, or missing because the file changed.
    pub(crate) fn next(&mut self) -> Result<StreamedBar> {
        let Some(bar) = self.bars.next() else {
            bail!(
                "the data ends after {} bars, earlier than when the run began; do not change a \
                 file that trains",
                self.n_read
            );
        };
        let bar = bar?;
        self.n_read += 1;
        progress::advance(Unit::Bars, 1);
        let is_warm = self.engine.push_with(&bar, self.bars.columns(), &mut self.row);
        Ok(StreamedBar { bar, is_warm })
    }

    /// Reads all bars before the index `bar_idx`, to warm the features up.
    pub(crate) fn skip_to(&mut self, bar_idx: u64) -> Result<()> {
        while self.n_read < bar_idx {
            self.next()?;
        }
        Ok(())
    }

    /// Returns the features of the last bar, valid if it is warm.
    pub(crate) fn row(&self) -> &[f64] {
        &self.row
    }
}

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
