//! The part of the memory that the inner judgement learns from.

use super::experience::{Experience, Transition};
use super::memory::Memory;
use crate::learning::judgement::{JudgedBar, JudgedBars};

/// Some of the memory's transitions.
pub(super) struct InnerTraining<'a> {
    pub(super) memory: &'a Memory,
    /// Which ones, in order.
    pub(super) transitions: Vec<usize>,
}

impl Experience for InnerTraining<'_> {
    fn n_features(&self) -> usize {
        self.memory.n_features()
    }

    fn pieces(&self) -> [&[f64]; 2] {
        self.memory.pieces()
    }

    fn row(&self, row: usize) -> &[f64] {
        self.memory.row(row)
    }

    fn n_transitions(&self) -> usize {
        self.transitions.len()
    }

    fn transition(&self, index: usize) -> Transition {
        self.memory.transition(self.transitions[index])
    }

    fn subsample_key(&self, index: usize) -> u64 {
        self.memory.subsample_key(self.transitions[index])
    }
}

impl Memory {
    /// Returns all remembered transitions as bars to judge on, traded at
    /// `cost` per unit of exposure.
    pub(super) fn judged_bars(&self, cost: f64, allows_short: bool) -> JudgedBars {
        let bar = |at: usize| {
            let follows = |previous: usize| self.transition(previous).next == Some(at);
            JudgedBar {
                time_ms: self.time_ms(at),
                next_return: self.transition(at).reward,
                follows: at.checked_sub(1).is_some_and(follows),
            }
        };
        JudgedBars::new((0..self.n_transitions()).map(bar).collect(), cost, allows_short)
    }
}
