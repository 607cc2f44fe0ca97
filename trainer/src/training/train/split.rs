//! Splits bars into training, embargo and test bars.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};

use crate::config::{TrainingConfig, WINDOWS_DEFAULT, WalkForwardConfig, WindowMode};
use crate::market::bars::BarSource;
use crate::session::{SpanRecord, SplitRecord, time_of_ms};
use crate::wording::counted;

/// Fewest training bars after the warm-up: one with features and two
/// more, whose opens give its return.
pub(super) const N_TRAIN_MIN: u64 = 3;
/// Fewest test bars: one to decide on, two for its return.
pub(super) const N_TEST_MIN: u64 = 3;

/// The three parts of a split, in order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Index of the first training bar; earlier bars only warm the
    /// features up.
    pub train_begin: u64,
    /// Number of training bars.
    pub n_train: u64,
    /// Number of bars in between, which only warm the features up.
    pub n_embargo: u64,
    /// Number of test bars.
    pub n_test: u64,
}

impl Split {
    /// Returns the single split of `n_bars` bars: the last `holdout_ratio`
    /// is held out; of the rest, the first `train_ratio` are training
    /// bars, then `embargo_bars` are left out, and the others are test
    /// bars.
    ///
    /// # Errors
    ///
    /// Fails when a part has too few bars.
    pub fn of(n_bars: u64, config: &TrainingConfig) -> Result<Self> {
        let n_bars = without_holdout(n_bars, config);
        let n_train = part(n_bars, config.train_ratio);
        let n_embargo = config.embargo_bars as u64;
        let n_test = (n_bars - n_train).saturating_sub(n_embargo);
        let split = Self { train_begin: 0, n_train, n_embargo, n_test };
        ensure!(
            split.is_enough(config),
            "`{data}` has {}: {n_train} to train (it takes {n_train_min}), {n_embargo} \
             of embargo, {n_test} to test (it takes {N_TEST_MIN}); give more bars, or change \
             `train_ratio` and `embargo_bars`",
            counted(n_bars, "bar"),
            data = config.data,
            n_train_min = split.n_train_min(config),
        );
        Ok(split)
    }

    /// Returns the windows of the walk forward; `None` for a single split.
    ///
    /// The bars are divided into `windows` + 1 equal parts, the remainder
    /// going to the first. Each part but the first is the test part of a
    /// window; `purge_bars` and `embargo_bars` before it are left out
    /// (M. López de Prado, "Advances in financial machine learning", 2018,
    /// chapter 7). There the embargo comes after the test part, before
    /// later training bars; no window has any, so that here it widens the
    /// purge.
    ///
    /// # Errors
    ///
    /// Fails when a part has too few bars and `windows` is configured.
    pub fn windows(n_bars: u64, config: &TrainingConfig) -> Result<Option<Vec<Self>>> {
        let WalkForwardConfig { windows, mode, purge_bars, embargo_bars } = config.walk_forward;
        let n_bars = without_holdout(n_bars, config);
        let n_windows = windows.unwrap_or(WINDOWS_DEFAULT) as u64;
        if n_windows == 0 {
            return Ok(None);
        }
        let n_test = n_bars / (n_windows + 1);
        let first_test_begin = n_bars - n_windows * n_test;
        let n_embargo = (purge_bars + embargo_bars) as u64;
        let first_n_train = first_test_begin.saturating_sub(n_embargo);
        let splits = (0..n_windows).map(|window| {
            let n_before = window * n_test;
            let (train_begin, n_train) = match mode {
                WindowMode::Expanding => (0, first_n_train + n_before),
                WindowMode::Rolling => (n_before, first_n_train),
            };
            Self { train_begin, n_train, n_embargo, n_test }
        });
        let splits: Vec<Self> = splits.collect();
        let is_enough = splits.iter().all(|split| split.is_enough(config));
        if windows.is_none() && !is_enough {
            return Ok(None);
        }
        ensure!(
            is_enough,
            "`{data}` has {}: for {n_windows} windows the first has {first_n_train} to \
             train (it takes {n_train_min}), {n_embargo} of purge and embargo, {n_test} to test \
             (it takes {N_TEST_MIN}); give more bars or fewer windows, or change \
             `walk_forward.purge_bars` and `walk_forward.embargo_bars`",
            counted(n_bars, "bar"),
            data = config.data,
            n_train_min = splits[0].n_train_min(config),
        );
        Ok(Some(splits))
    }

    /// Returns the split of the last fit of a walk forward, without test
    /// bars: all bars that are not held out or, if rolling, as many as are
    /// before the test part of a window.
    pub(super) fn last_fit(n_bars: u64, config: &TrainingConfig, windows: &[Self]) -> Self {
        let n_bars = without_holdout(n_bars, config);
        let train_begin = match config.walk_forward.mode {
            WindowMode::Expanding => 0,
            WindowMode::Rolling => windows.iter().map(|window| window.n_test).sum(),
        };
        Self { train_begin, n_train: n_bars - train_begin, n_embargo: 0, n_test: 0 }
    }

    /// Returns the fewest training bars, the warm-up included.
    pub(super) fn n_train_min(&self, config: &TrainingConfig) -> u64 {
        config.features.n_warm_up_bars().saturating_sub(self.train_begin) + N_TRAIN_MIN
    }

    fn is_enough(&self, config: &TrainingConfig) -> bool {
        self.n_train >= self.n_train_min(config) && self.n_test >= N_TEST_MIN
    }

    /// Returns the index of the first test bar.
    pub fn test_begin(&self) -> u64 {
        self.train_begin + self.n_train + self.n_embargo
    }

    /// Returns the index after the last test bar.
    pub fn test_end(&self) -> u64 {
        self.test_begin() + self.n_test
    }

    /// Returns records of `splits`, with times from one pass over the bars.
    pub(super) fn records(splits: &[Self], source: &BarSource) -> Result<Vec<SplitRecord>> {
        let mut records: Vec<SplitRecord> = splits.iter().map(Self::untimed).collect();
        let last_of = |span: &SpanRecord| span.first_bar_idx + span.n_bars.saturating_sub(1);
        let mut times: BTreeMap<u64, Option<String>> = records
            .iter()
            .flat_map(|record| [&record.train, &record.embargo, &record.test])
            .flat_map(|span| [(span.first_bar_idx, None), (last_of(span), None)])
            .collect();
        for (bar_idx, bar) in (0..).zip(source.read()?) {
            let time_ms = bar?.time_ms;
            if let Some(time) = times.get_mut(&bar_idx) {
                *time = Some(time_of_ms(time_ms));
            }
        }
        let time_at = |bar_idx: u64| times.get(&bar_idx).cloned().flatten();
        for record in &mut records {
            let spans = [&mut record.train, &mut record.embargo, &mut record.test];
            for span in spans.into_iter().filter(|span| span.n_bars > 0) {
                span.first = time_at(span.first_bar_idx);
                span.last = time_at(last_of(span));
            }
        }
        Ok(records)
    }

    fn untimed(&self) -> SplitRecord {
        let span =
            |first_bar_idx, n_bars| SpanRecord { first_bar_idx, n_bars, first: None, last: None };
        SplitRecord {
            train: span(self.train_begin, self.n_train),
            embargo: span(self.train_begin + self.n_train, self.n_embargo),
            test: span(self.test_begin(), self.n_test),
        }
    }
}

/// Returns how many of `n_bars` bars are not held out; it equals the
/// training bars where `train_ratio` is `1 - holdout_ratio`.
fn without_holdout(n_bars: u64, config: &TrainingConfig) -> u64 {
    part(n_bars, 1.0 - config.holdout_ratio)
}

/// Returns `ratio`, from 0 to 1, of `n_bars`, rounded down.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a count is a count"
)]
fn part(n_bars: u64, ratio: f64) -> u64 {
    (n_bars as f64 * ratio) as u64
}
