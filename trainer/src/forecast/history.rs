//! Remembers the most recent bars of an episode, with what followed.

use std::collections::VecDeque;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::features::{check_open, check_row};

/// Bars whose return is known, the oldest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct History {
    n_features: usize,
    n_bars_max: usize,
    rows: VecDeque<Vec<f64>>,
    bars: VecDeque<Remembered>,
    /// The rows of the last two bars: their returns are still to come.
    waiting: VecDeque<Option<Vec<f64>>>,
    previous_open: Option<f64>,
    is_cut: bool,
}

/// A bar, but for its row.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Remembered {
    /// The return from the next bar's open to the one after it.
    pub(super) next_return: f64,
    /// Whether the bar remembered before is the one right before it.
    pub(super) follows: bool,
}

impl History {
    pub(super) fn new(n_features: usize, n_bars_max: usize) -> Self {
        let (rows, bars, waiting) = (VecDeque::new(), VecDeque::new(), VecDeque::new());
        Self { n_features, n_bars_max, rows, bars, waiting, previous_open: None, is_cut: true }
    }

    /// Takes in the next bar; returns whether one was completed.
    pub(super) fn push(&mut self, open: f64, row: Option<&[f64]>) -> Result<bool> {
        check_open(open)?;
        if let Some(row) = row {
            check_row(row, self.n_features)?;
        }
        let oldest = if self.waiting.len() == 2 { self.waiting.pop_front() } else { None };
        let previous = self.previous_open.replace(open);
        self.waiting.push_back(row.map(<[f64]>::to_vec));
        let (Some(oldest), Some(previous)) = (oldest, previous) else {
            return Ok(false);
        };
        let Some(oldest) = oldest else {
            self.is_cut = true;
            return Ok(false);
        };
        self.remember(oldest, open / previous - 1.0);
        Ok(true)
    }

    fn remember(&mut self, row: Vec<f64>, next_return: f64) {
        if self.bars.len() == self.n_bars_max {
            self.rows.pop_front();
            self.bars.pop_front();
        }
        self.rows.push_back(row);
        self.bars.push_back(Remembered { next_return, follows: !self.is_cut });
        self.is_cut = false;
    }

    /// Forgets everything: the next bar begins anew.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.n_features, self.n_bars_max);
    }

    /// Returns whether `other` is of the same size, and this one whole.
    pub(super) fn fits(&self, other: &Self) -> bool {
        let size = |it: &Self| (it.n_features, it.n_bars_max);
        let is_row = |row: &Vec<f64>| row.len() == self.n_features;
        size(self) == size(other)
            && self.rows.len() == self.bars.len()
            && self.bars.len() <= self.n_bars_max
            && self.waiting.len() <= 2
            && self.rows.iter().chain(self.waiting.iter().flatten()).all(is_row)
    }

    pub(super) fn len(&self) -> usize {
        self.bars.len()
    }

    pub(super) fn row(&self, index: usize) -> &[f64] {
        &self.rows[index]
    }

    pub(super) fn bar(&self, index: usize) -> Remembered {
        self.bars[index]
    }
}
