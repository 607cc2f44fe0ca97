//! The replay memory: the most recent bars, their returns and gaps.
//!
//! It is a ring buffer of feature rows. A row is complete when its return
//! is known, and linked when the next row is its next state. At a gap,
//! such as the end of an episode, rows are not linked.

mod bytes;

use std::ops::Range;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::learning::judgement::{ValidationBar, ValidationBars};
use crate::market::features::{check_open, check_row, ratio};

/// Slots beyond `n_bars_max`, for rows whose return is not known yet; the
/// first of these rows is the next state of the last complete one.
const PENDING_MAX: usize = 4;

/// The bounded memory of states, returns and next states.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    /// `n_features` values for each slot.
    rows: Vec<f64>,
    slots: Vec<Slot>,
    state: MemoryState,
}

/// The size of the memory, and where its rows lie.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemoryState {
    n_features: usize,
    n_bars_max: usize,
    /// Number of the oldest row held. Rows are numbered from 0 as they
    /// are pushed; row `n` is in the slot `n % n_slots()`.
    oldest: usize,
    /// Number of the first row whose return is not known.
    pending: usize,
    /// Number of the next row to be pushed.
    next: usize,
    /// Whether there is a gap before the next row.
    is_after_gap: bool,
    previous_open: Option<f64>,
    /// Whether each of the last two bars had features.
    has_rows: [bool; 2],
    /// Whether the episode is over: the next bar clears the memory.
    is_over: bool,
}

/// What is remembered of a bar besides its features.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The return from the next bar's open to the one after it.
    next_return: f64,
    /// Whether the next row in the memory is its next state.
    is_linked: bool,
    /// When it opened, in milliseconds since 1970 (UTC).
    time_ms: i64,
}

/// What follows a row whose return is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Transition {
    /// The return from the next bar's open to the one after it.
    pub(super) next_return: f64,
    /// Index of the next state's row; none before a gap.
    pub(super) next: Option<usize>,
}

impl Memory {
    pub(super) fn new(n_features: usize, n_bars_max: usize) -> Self {
        let state = MemoryState {
            n_features,
            n_bars_max,
            oldest: 0,
            pending: 0,
            next: 0,
            is_after_gap: true,
            previous_open: None,
            has_rows: [false; 2],
            is_over: false,
        };
        Self { rows: Vec::new(), slots: Vec::new(), state }
    }

    /// Records one bar, as [`Learner::observe`] says; returns whether one
    /// more return is known.
    ///
    /// The return of a decision at the close of bar t is `open[t+2] /
    /// open[t+1] - 1`. A bar without features is a gap: the bar before it
    /// has no next state.
    ///
    /// [`Learner::observe`]: super::Learner::observe
    pub(super) fn observe(&mut self, time_ms: i64, open: f64, row: Option<&[f64]>) -> Result<bool> {
        check_open(open)?;
        row.map_or(Ok(()), |row| check_row(row, self.state.n_features))?;
        if self.state.is_over {
            *self = Self::new(self.state.n_features, self.state.n_bars_max);
        }
        let previous = self.state.previous_open.replace(open).filter(|_| self.state.has_rows[0]);
        let is_known =
            previous.is_some_and(|previous| self.push_return(ratio(open, previous) - 1.0));
        self.state.has_rows = [self.state.has_rows[1], row.is_some()];
        match row {
            Some(row) => self.push_row(time_ms, row),
            None => self.state.is_after_gap = true,
        }
        Ok(is_known)
    }

    /// Appends the row of the bar that opened at `time_ms`, whose return
    /// is not known yet. Drops the oldest row when the memory is full.
    fn push_row(&mut self, time_ms: i64, row: &[f64]) {
        self.link_last(!self.state.is_after_gap);
        self.state.is_after_gap = false;
        let slot = Slot { next_return: f64::NAN, is_linked: false, time_ms };
        let slot_idx = self.state.next % self.n_slots();
        if slot_idx == self.slots.len() {
            self.slots.push(slot);
            self.rows.extend_from_slice(row);
        } else {
            self.slots[slot_idx] = slot;
            self.rows[slot_idx * self.state.n_features..(slot_idx + 1) * self.state.n_features]
                .copy_from_slice(row);
        }
        self.state.next += 1;
        self.state.oldest = self.state.oldest.max(self.state.next.saturating_sub(self.n_slots()));
        // Where returns are missing, a dropped row must not stay pending.
        self.state.pending = self.state.pending.max(self.state.oldest);
    }

    /// Sets the return of the oldest row without one; returns false when
    /// there is none.
    fn push_return(&mut self, next_return: f64) -> bool {
        if self.state.pending == self.state.next {
            return false;
        }
        let slot_idx = self.state.pending % self.n_slots();
        self.slots[slot_idx].next_return = next_return;
        self.state.pending += 1;
        true
    }

    /// Drops the rows without a return, which will not come, and leaves a
    /// gap before the next row.
    pub(super) fn end_series(&mut self) {
        self.state.next = self.state.pending;
        self.link_last(false);
        self.state.is_after_gap = true;
        self.state.previous_open = None;
        self.state.has_rows = [false; 2];
    }

    /// Ends the episode: the next bar clears the memory.
    pub(super) fn end_episode(&mut self) {
        self.state.is_over = true;
    }

    /// Returns whether the episode is over.
    pub(super) fn is_over(&self) -> bool {
        self.state.is_over
    }

    /// Returns the numbers of the complete rows, at most `n_bars_max`.
    fn complete(&self) -> Range<usize> {
        self.state.oldest.max(self.state.pending.saturating_sub(self.state.n_bars_max))
            ..self.state.pending
    }

    /// Returns when the bar of the complete row `index`, counted from the
    /// oldest one, opened.
    pub(super) fn time_ms(&self, index: usize) -> i64 {
        self.slot(index).time_ms
    }

    /// Returns when the bar of each complete row opened.
    pub(super) fn times_ms(&self) -> Vec<i64> {
        (0..self.n_transitions()).map(|index| self.time_ms(index)).collect()
    }

    fn slot(&self, index: usize) -> Slot {
        self.slots[(self.complete().start + index) % self.n_slots()]
    }

    /// Sets whether the last row is linked to the next one.
    fn link_last(&mut self, is_linked: bool) {
        if self.state.next > self.state.oldest {
            let slot_idx = (self.state.next - 1) % self.n_slots();
            self.slots[slot_idx].is_linked = is_linked;
        }
    }

    fn n_slots(&self) -> usize {
        self.state.n_bars_max + PENDING_MAX
    }

    /// Returns all rows, the oldest first, as two slices of `n_features`
    /// values a row. Either may be empty. The rows without a return come
    /// last; they are next states only.
    pub(super) fn row_slices(&self) -> [&[f64]; 2] {
        let held = self.complete().start..self.state.next;
        let first_slot = held.start % self.n_slots();
        let n_first = held.len().min(self.n_slots() - first_slot);
        let n_second = held.len() - n_first;
        let first =
            first_slot * self.state.n_features..(first_slot + n_first) * self.state.n_features;
        [&self.rows[first], &self.rows[..n_second * self.state.n_features]]
    }

    /// Returns the number of rows in [`Memory::row_slices`].
    pub(super) fn n_rows(&self) -> usize {
        self.state.next - self.complete().start
    }

    /// Returns the features of the row `index`, in the order of
    /// [`Memory::row_slices`].
    pub(super) fn row(&self, index: usize) -> &[f64] {
        let slot_idx = (self.complete().start + index) % self.n_slots();
        &self.rows[slot_idx * self.state.n_features..(slot_idx + 1) * self.state.n_features]
    }

    /// Returns up to `n_rows` complete rows, evenly spaced.
    pub(super) fn sample_rows(&self, n_rows: usize) -> Vec<Vec<f64>> {
        let n_held = self.n_transitions();
        let step = n_held.div_ceil(n_rows.max(1)).max(1);
        (0..n_held).step_by(step).map(|index| self.row(index).to_vec()).collect()
    }

    /// Returns the number of complete rows.
    pub(super) fn n_transitions(&self) -> usize {
        self.complete().len()
    }

    /// Returns what follows the complete row `index`.
    pub(super) fn transition(&self, index: usize) -> Transition {
        let Slot { next_return, is_linked, .. } = self.slot(index);
        Transition { next_return, next: is_linked.then_some(index + 1) }
    }

    /// Returns all complete rows as validation bars, traded at `cost` per
    /// unit of exposure.
    pub(super) fn validation_bars(&self, cost: f64, allows_short: bool) -> ValidationBars {
        let bar = |index: usize| {
            let follows = |previous: usize| self.slot(previous).is_linked;
            ValidationBar {
                time_ms: self.time_ms(index),
                next_return: self.slot(index).next_return,
                follows: index.checked_sub(1).is_some_and(follows),
            }
        };
        ValidationBars::new((0..self.n_transitions()).map(bar).collect(), cost, allows_short)
    }
}
