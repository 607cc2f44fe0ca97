//! Which bars train and which test.

use anyhow::{Result, ensure};

use crate::bars::BarSource;
use crate::config::TrainingConfig;
use crate::features::FeatureSet;
use crate::session::{SpanRecord, SplitRecord, time_of_ms};

/// Bars that a first lesson takes after the warm-up: one with features
/// and two more, whose opens give its return.
pub(super) const N_LESSON_MIN: u64 = 3;
/// Fewest bars that can test: one to decide on, two for a return.
pub(super) const N_TEST_MIN: u64 = 3;

/// The bars in three parts, in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Bars that train.
    pub n_train: u64,
    /// Bars between, which only warm the features up.
    pub n_embargo: u64,
    /// Bars that test.
    pub n_test: u64,
}

impl Split {
    /// Splits `n_bars` bars: the first `train_ratio` of them train, the
    /// next `embargo_bars` are left out, the rest tests. Fails where a
    /// part gets too few.
    pub fn of(n_bars: u64, config: &TrainingConfig) -> Result<Self> {
        // Both factors are positive, and the product is at most n_bars.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of a count is a count"
        )]
        let n_train = (n_bars as f64 * config.train_ratio) as u64;
        let n_embargo = config.embargo_bars as u64;
        let n_test = (n_bars - n_train).saturating_sub(n_embargo);
        let n_train_min = FeatureSet::standard().n_warm_up_bars() as u64 + N_LESSON_MIN;
        ensure!(
            n_train >= n_train_min && n_test >= N_TEST_MIN,
            "`{data}` has {n_bars} bars: {n_train} to train (it takes {n_train_min}), {n_embargo} \
             of embargo, {n_test} to test (it takes {N_TEST_MIN}); give more bars, or change \
             `train_ratio` and `embargo_bars`",
            data = config.data,
        );
        Ok(Self { n_train, n_embargo, n_test })
    }

    /// Returns the index of the first test bar.
    pub fn test_begin(&self) -> u64 {
        self.n_train + self.n_embargo
    }

    /// Returns the number of bars in all.
    pub fn n_bars(&self) -> u64 {
        self.test_begin() + self.n_test
    }

    /// Looks the times up, in one pass over the bars.
    pub(super) fn record(&self, source: &BarSource) -> Result<SplitRecord> {
        let spans =
            [(0, self.n_train), (self.n_train, self.n_embargo), (self.test_begin(), self.n_test)];
        let mut records = spans.map(|(first_bar_idx, n_bars)| SpanRecord {
            first_bar_idx,
            n_bars,
            first: None,
            last: None,
        });
        for (bar_idx, bar) in (0..).zip(source.read()?) {
            let bar = bar?;
            for record in &mut records {
                let last_bar_idx = record.first_bar_idx + record.n_bars.saturating_sub(1);
                if bar_idx == record.first_bar_idx {
                    record.first = Some(time_of_ms(bar.time_ms));
                }
                if bar_idx == last_bar_idx {
                    record.last = Some(time_of_ms(bar.time_ms));
                }
            }
        }
        let [train, embargo, test] = records;
        Ok(SplitRecord { train, embargo, test })
    }
}
