//! Splits the bars of all symbols at the same times.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::config::{TrainingConfig, WalkForwardConfig, WindowMode};
use crate::market::bars::{BarSource, DataSummary};
use crate::training::train::split::Split;

/// The boundaries of one window, in UTC epoch milliseconds.
struct WindowTimes {
    /// Start of the training bars.
    train_ms: i64,
    /// End of the training bars and, walking forward, start of the test
    /// bars.
    test_ms: i64,
    /// End of the test bars.
    end_ms: i64,
    /// Bars of each symbol that are left out between the two.
    n_embargo: u64,
}

/// The boundaries of all windows, in order of time, and of the last fit.
pub(super) struct TimeSplit {
    windows: Vec<WindowTimes>,
    is_walk: bool,
}

impl TimeSplit {
    /// Returns the boundaries in the time span of `summary`, of which the
    /// last `holdout_ratio` is held out. Without windows the split is at
    /// `train_ratio` of the span; otherwise the span is divided into
    /// `n_windows` + 1 equal parts.
    pub(super) fn of(config: &TrainingConfig, summary: &DataSummary, n_windows: usize) -> Self {
        let first_ms = summary.first_ms;
        let span_ms = part_ms(summary.last_ms - first_ms, 1.0 - config.holdout_ratio);
        let end_ms = match config.holdout_ratio {
            0.0 => summary.last_ms.saturating_add(1),
            _ => first_ms + span_ms,
        };
        let WalkForwardConfig { windows: _, mode, purge_bars, embargo_bars } = config.walk_forward;
        if n_windows == 0 {
            let test_ms = first_ms + part_ms(span_ms, config.train_ratio);
            let n_embargo = config.embargo_bars as u64;
            let windows = vec![WindowTimes { train_ms: first_ms, test_ms, end_ms, n_embargo }];
            return Self { windows, is_walk: false };
        }
        let n_windows = n_windows.try_into().unwrap_or(i64::MAX);
        let part_ms = (end_ms - first_ms) / n_windows.saturating_add(1);
        let train_ms = |window: i64| match mode {
            WindowMode::Expanding => first_ms,
            WindowMode::Rolling => first_ms + window * part_ms,
        };
        let boundaries = (0..n_windows).map(|window| WindowTimes {
            train_ms: train_ms(window),
            // The remainder goes to the first part.
            test_ms: end_ms - (n_windows - window) * part_ms,
            end_ms: end_ms - (n_windows - window - 1) * part_ms,
            n_embargo: (purge_bars + embargo_bars) as u64,
        });
        let last_fit =
            WindowTimes { train_ms: train_ms(n_windows), test_ms: end_ms, end_ms, n_embargo: 0 };
        Self { windows: boundaries.chain([last_fit]).collect(), is_walk: true }
    }

    /// Returns the splits of one symbol, whose bars are read once.
    ///
    /// The embargo of a window is before the boundary, so that the test
    /// parts of all symbols start at the same time; that of a single split
    /// is after it.
    pub(super) fn splits(&self, source: &BarSource) -> Result<Vec<Split>> {
        let times =
            self.windows.iter().flat_map(|window| [window.train_ms, window.test_ms, window.end_ms]);
        let mut n_before: BTreeMap<i64, u64> = times.map(|time_ms| (time_ms, 0)).collect();
        let mut boundaries = n_before.iter_mut().peekable();
        let mut n_bars = 0;
        for bar in source.read()? {
            let time_ms = bar?.time_ms;
            while let Some((_, n)) = boundaries.next_if(|(boundary_ms, _)| **boundary_ms <= time_ms)
            {
                *n = n_bars;
            }
            n_bars += 1;
        }
        boundaries.for_each(|(_, n)| *n = n_bars);
        let splits = self.windows.iter().map(|window| {
            let [train_begin, test, end] =
                [window.train_ms, window.test_ms, window.end_ms].map(|time_ms| n_before[&time_ms]);
            let (n_before, n_after) = (test - train_begin, end - test);
            if self.is_walk {
                let n_embargo = window.n_embargo.min(n_before);
                let n_train = n_before - n_embargo;
                return Split { train_begin, n_train, n_embargo, n_test: n_after };
            }
            let n_embargo = window.n_embargo.min(n_after);
            let (n_train, n_test) = (n_before, n_after - n_embargo);
            Split { train_begin, n_train, n_embargo, n_test }
        });
        Ok(splits.collect())
    }
}

/// Returns `ratio`, from 0 to 1, of a span, rounded down.
#[expect(clippy::cast_possible_truncation, reason = "a part of a span is one")]
fn part_ms(span_ms: i64, ratio: f64) -> i64 {
    (span_ms as f64 * ratio) as i64
}
