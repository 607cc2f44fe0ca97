//! Remembers the most recent bars of an episode and their returns; of
//! several symbols, one after the other.

use std::collections::VecDeque;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::market::features::{check_open, check_row, ratio};

/// A bounded buffer of bars whose return is known, the oldest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct History {
    n_features: usize,
    n_bars_max: usize,
    /// For each bar its features.
    rows: VecDeque<Vec<f64>>,
    bars: VecDeque<RememberedBar>,
    /// Times and rows of the last two bars, whose returns are not known
    /// yet.
    #[serde(rename = "waiting")]
    pending: VecDeque<(i64, Option<Vec<f64>>)>,
    previous_open: Option<f64>,
    /// Whether the next remembered bar does not follow the last one.
    #[serde(rename = "is_cut")]
    is_after_gap: bool,
}

/// What is remembered of a bar besides its features.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RememberedBar {
    /// The return from the next bar's open to the one after it.
    pub(super) next_return: f64,
    /// Whether it directly follows the bar remembered before it.
    pub(super) follows: bool,
    /// When it opened, in milliseconds since 1970 (UTC).
    pub(super) time_ms: i64,
}

impl History {
    pub(super) fn new(n_features: usize, n_bars_max: usize) -> Self {
        let (rows, bars, pending) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self {
            n_features,
            n_bars_max,
            rows,
            bars,
            pending,
            previous_open: None,
            is_after_gap: true,
        }
    }

    /// Records the next bar. It completes the return of the bar two
    /// before it; returns whether that one was added to the memory.
    pub(super) fn push(&mut self, time_ms: i64, open: f64, row: Option<&[f64]>) -> Result<bool> {
        check_open(open)?;
        if let Some(row) = row {
            check_row(row, self.n_features)?;
        }
        let oldest = if self.pending.len() == 2 { self.pending.pop_front() } else { None };
        let previous = self.previous_open.replace(open);
        self.pending.push_back((time_ms, row.map(<[f64]>::to_vec)));
        let (Some(oldest), Some(previous)) = (oldest, previous) else {
            return Ok(false);
        };
        let (time_ms, Some(row)) = oldest else {
            self.is_after_gap = true;
            return Ok(false);
        };
        let next_return = ratio(open, previous) - 1.0;
        self.remember(row, RememberedBar { next_return, follows: !self.is_after_gap, time_ms });
        Ok(true)
    }

    fn remember(&mut self, row: Vec<f64>, bar: RememberedBar) {
        if self.bars.len() == self.n_bars_max {
            self.rows.pop_front();
            self.bars.pop_front();
        }
        self.rows.push_back(row);
        self.bars.push_back(bar);
        self.is_after_gap = false;
    }

    /// Ends the bars of one symbol: the next bar is another symbol's.
    pub(super) fn end_series(&mut self) {
        self.pending.clear();
        self.previous_open = None;
        self.is_after_gap = true;
    }

    /// Returns when each bar opened.
    pub(super) fn times_ms(&self) -> Vec<i64> {
        self.bars.iter().map(|bar| bar.time_ms).collect()
    }

    /// Forgets all bars.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.n_features, self.n_bars_max);
    }

    /// Returns whether `self`, read from a file, is consistent and has
    /// the same settings as `other`.
    pub(super) fn fits(&self, other: &Self) -> bool {
        let size = |it: &Self| (it.n_features, it.n_bars_max);
        let is_row = |row: &Vec<f64>| row.len() == self.n_features;
        size(self) == size(other)
            && self.rows.len() == self.bars.len()
            && self.bars.len() <= self.n_bars_max
            && self.pending.len() <= 2
            && self
                .rows
                .iter()
                .chain(self.pending.iter().filter_map(|(_, row)| row.as_ref()))
                .all(is_row)
    }

    pub(super) fn len(&self) -> usize {
        self.bars.len()
    }

    pub(super) fn row(&self, index: usize) -> &[f64] {
        &self.rows[index]
    }

    pub(super) fn bar(&self, index: usize) -> RememberedBar {
        self.bars[index]
    }
}
