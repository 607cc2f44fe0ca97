//! Remembers the most recent transitions, and where they break off.
//!
//! A ring of feature rows: a row is complete when its return is known,
//! and linked when the next row is truly its successor. Nothing is
//! learned across a seam, such as the end of an episode.

mod raw;

use std::ops::Range;

use super::experience::{Experience, Transition};

pub(super) use raw::MemoryMarks;

/// Rows beyond the remembered ones: those whose return is still to
/// come, the first of which is the last remembered one's successor.
const PENDING_MAX: usize = 4;

/// The bounded memory of (row, return, successor).
#[derive(Debug, Clone)]
pub(super) struct Memory {
    n_features: usize,
    n_bars_max: usize,
    rows: Vec<f64>,
    slots: Vec<Slot>,
    /// Numbers of the oldest row held, of the first one without a
    /// return, and of the next to come: counted from the beginning.
    oldest: usize,
    pending: usize,
    next: usize,
    is_cut: bool,
    /// A time right after the last bar's.
    next_ms: i64,
}

/// A remembered bar, but for its row.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// The return from the next bar's open to the one after it.
    next_return: f64,
    /// Whether the next row in the memory is its successor.
    is_linked: bool,
    /// When it opened.
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
            is_cut: true,
            next_ms: 0,
        }
    }

    /// Appends the row of the bar that opened at `time_ms`, whose return
    /// is to come; forgets the oldest one when full.
    pub(super) fn push_row(&mut self, time_ms: i64, row: &[f64]) {
        self.link_last(!self.is_cut);
        self.is_cut = false;
        self.next_ms = time_ms + 1;
        let slot = Slot { next_return: f64::NAN, is_linked: false, time_ms };
        let at = self.next % self.n_slots();
        if at == self.slots.len() {
            self.slots.push(slot);
            self.rows.extend_from_slice(row);
        } else {
            self.slots[at] = slot;
            self.rows[at * self.n_features..(at + 1) * self.n_features].copy_from_slice(row);
        }
        self.next += 1;
        self.oldest = self.oldest.max(self.next.saturating_sub(self.n_slots()));
        // A return that never comes must not let unknown rows count.
        self.pending = self.pending.max(self.oldest);
    }

    /// Completes the oldest row that waits for its return; false when
    /// none waits.
    pub(super) fn push_return(&mut self, next_return: f64) -> bool {
        if self.pending == self.next {
            return false;
        }
        let at = self.pending % self.n_slots();
        self.slots[at].next_return = next_return;
        self.pending += 1;
        true
    }

    /// Records a bar without a row: the next row will not be the last
    /// one's successor.
    pub(super) fn cut(&mut self, time_ms: i64) {
        self.is_cut = true;
        self.next_ms = time_ms + 1;
    }

    /// Forgets the rows without a return and cuts: no more will come.
    pub(super) fn end(&mut self) {
        self.next = self.pending;
        self.link_last(false);
        self.is_cut = true;
        self.next_ms = 0;
    }

    /// Returns a time right after the last bar's; 0 at the beginning.
    pub(super) fn next_ms(&self) -> i64 {
        self.next_ms
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.n_features, self.n_bars_max);
    }

    /// Returns the numbers of the complete rows held.
    fn complete(&self) -> Range<usize> {
        self.oldest.max(self.pending.saturating_sub(self.n_bars_max))..self.pending
    }

    /// Returns when the bar of the complete row `index`, counted from the
    /// oldest, opened.
    pub(super) fn time_ms(&self, index: usize) -> i64 {
        self.slot(index).time_ms
    }

    fn slot(&self, index: usize) -> Slot {
        self.slots[(self.complete().start + index) % self.n_slots()]
    }

    fn link_last(&mut self, is_linked: bool) {
        if self.next > self.oldest {
            let at = (self.next - 1) % self.n_slots();
            self.slots[at].is_linked = is_linked;
        }
    }

    fn n_slots(&self) -> usize {
        self.n_bars_max + PENDING_MAX
    }
}

/// The complete rows are the transitions, and teach every exposure; the
/// rows after them are successors.
impl Experience for Memory {
    fn n_features(&self) -> usize {
        self.n_features
    }

    fn pieces(&self) -> [&[f64]; 2] {
        let held = self.complete().start..self.next;
        let from = held.start % self.n_slots();
        let n_first = held.len().min(self.n_slots() - from);
        let n_rest = held.len() - n_first;
        let width = self.n_features;
        [&self.rows[from * width..(from + n_first) * width], &self.rows[..n_rest * width]]
    }

    fn row(&self, row: usize) -> &[f64] {
        let at = (self.complete().start + row) % self.n_slots() * self.n_features;
        &self.rows[at..at + self.n_features]
    }

    fn n_transitions(&self) -> usize {
        self.complete().len()
    }

    fn transition(&self, index: usize) -> Transition {
        let Slot { next_return, is_linked, .. } = self.slot(index);
        let next = is_linked.then_some(index + 1);
        Transition { row: index, action: None, reward: next_return, next }
    }

    fn subsample_key(&self, index: usize) -> u64 {
        // A bar seen in several episodes stays in its half.
        self.slot(index).time_ms.cast_unsigned()
    }
}
