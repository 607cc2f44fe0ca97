//! A stream of bars with their features.

use anyhow::{Result, bail};

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
