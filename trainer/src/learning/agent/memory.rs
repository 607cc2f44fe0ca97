//! The replay memory: the most recent bars, their returns and gaps.
//!
//! It is a ring buffer of feature rows. A row is complete when its return
//! is known, and linked when the next row is its next state. At a gap,
//! such as the end of an episode, rows are not linked.

mod bytes;

use std::ops::Range;

use super::experience::{Experience, Transition};

pub(super) use bytes::MemoryState;

/// Slots beyond `n_bars_max`, for rows whose return is not known yet; the
/// first of these rows is the next state of the last complete one.
const PENDING_MAX: usize = 4;

/// The bounded memory of states, returns and next states.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    n_features: usize,
    n_bars_max: usize,
    /// `n_features` values for each slot.
    rows: Vec<f64>,
    slots: Vec<Slot>,
    /// Number of the oldest row held. Rows are numbered from 0 as they
    /// are pushed; row `n` is in the slot `n % n_slots()`.
    oldest: usize,
    /// Number of the first row whose return is not known.
    pending: usize,
    /// Number of the next row to be pushed.
    next: usize,
    /// Whether there is a gap before the next row.
    is_after_gap: bool,
    /// The last bar's time plus one millisecond; 0 at the beginning of an
    /// episode.
    next_ms: i64,
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

impl Memory {
    pub(super) fn new(n_features: usize, n_bars_max: usize) -> Self {
        Self {
            n_features,
            n_bars_max,
            rows: Vec::new(),
            slots: Vec::new(),
            oldest: 0,
            pending: 0,
            next: 0,
            is_after_gap: true,
            next_ms: 0,
        }
    }

    /// Appends the row of the bar that opened at `time_ms`, whose return
    /// is not known yet. Drops the oldest row when the memory is full.
    pub(super) fn push_row(&mut self, time_ms: i64, row: &[f64]) {
        self.link_last(!self.is_after_gap);
        self.is_after_gap = false;
        self.next_ms = time_ms + 1;
        let slot = Slot { next_return: f64::NAN, is_linked: false, time_ms };
        let slot_idx = self.next % self.n_slots();
        if slot_idx == self.slots.len() {
            self.slots.push(slot);
            self.rows.extend_from_slice(row);
        } else {
            self.slots[slot_idx] = slot;
            self.rows[slot_idx * self.n_features..(slot_idx + 1) * self.n_features]
                .copy_from_slice(row);
        }
        self.next += 1;
        self.oldest = self.oldest.max(self.next.saturating_sub(self.n_slots()));
        // Where returns are missing, a dropped row must not stay pending.
        self.pending = self.pending.max(self.oldest);
    }

    /// Sets the return of the oldest row without one; returns false when
    /// there is none.
    pub(super) fn push_return(&mut self, next_return: f64) -> bool {
        if self.pending == self.next {
            return false;
        }
        let slot_idx = self.pending % self.n_slots();
        self.slots[slot_idx].next_return = next_return;
        self.pending += 1;
        true
    }

    /// Records a bar without features: a gap before the next row.
    pub(super) fn push_gap(&mut self, time_ms: i64) {
        self.is_after_gap = true;
        self.next_ms = time_ms + 1;
    }

    /// Drops the rows without a return, which will not come, and leaves a
    /// gap before the next row.
    pub(super) fn end_series(&mut self) {
        self.next = self.pending;
        self.link_last(false);
        self.is_after_gap = true;
        self.next_ms = 0;
    }

    /// Returns the last bar's time plus one millisecond; 0 at the
    /// beginning of an episode.
    pub(super) fn next_ms(&self) -> i64 {
        self.next_ms
    }

    /// Forgets all bars.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.n_features, self.n_bars_max);
    }

    /// Returns the numbers of the complete rows, at most `n_bars_max`.
    fn complete(&self) -> Range<usize> {
        self.oldest.max(self.pending.saturating_sub(self.n_bars_max))..self.pending
    }

    /// Returns when the bar of the complete row `index`, counted from the
    /// oldest one, opened.
    pub(super) fn time_ms(&self, index: usize) -> i64 {
        self.slot(index).time_ms
    }

    fn slot(&self, index: usize) -> Slot {
        self.slots[(self.complete().start + index) % self.n_slots()]
    }

    /// Sets whether the last row is linked to the next one.
    fn link_last(&mut self, is_linked: bool) {
        if self.next > self.oldest {
            let slot_idx = (self.next - 1) % self.n_slots();
            self.slots[slot_idx].is_linked = is_linked;
        }
    }

    fn n_slots(&self) -> usize {
        self.n_bars_max + PENDING_MAX
    }
}

/// Each complete row is a transition that gives the outcome of every
/// exposure; the rows after them are next states only.
impl Experience for Memory {
    fn n_features(&self) -> usize {
        self.n_features
    }

    fn row_slices(&self) -> [&[f64]; 2] {
        let held = self.complete().start..self.next;
        let first_slot = held.start % self.n_slots();
        let n_first = held.len().min(self.n_slots() - first_slot);
        let n_second = held.len() - n_first;
        let first = first_slot * self.n_features..(first_slot + n_first) * self.n_features;
        [&self.rows[first], &self.rows[..n_second * self.n_features]]
    }

    fn row(&self, row: usize) -> &[f64] {
        let slot_idx = (self.complete().start + row) % self.n_slots();
        &self.rows[slot_idx * self.n_features..(slot_idx + 1) * self.n_features]
    }

    fn n_transitions(&self) -> usize {
        self.complete().len()
    }

    fn transition(&self, index: usize) -> Transition {
        let Slot { next_return, is_linked, .. } = self.slot(index);
        let next = is_linked.then_some(index + 1);
        Transition { row: index, action: None, reward: next_return, next }
    }

    fn half_key(&self, index: usize) -> u64 {
        // A bar is in the same half in every episode.
        self.slot(index).time_ms.cast_unsigned()
    }
}
