//! The part of the memory that the inner judgement learns from.

use super::experience::{Experience, Transition};
use super::memory::Memory;
use crate::learning::judgement::{LaterBar, LaterBars};

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
    /// Returns the bars of `later` transitions, to judge on.
    pub(super) fn later_bars(&self, later: &[usize], costs: (f64, f64)) -> LaterBars {
        let bar = |at: usize| {
            let previous = at.checked_sub(1).map(|previous| later[previous]);
            let follows = |&previous: &usize| self.transition(previous).next == Some(later[at]);
            LaterBar {
                time_ms: self.time_ms(later[at]),
                next_return: self.transition(later[at]).reward,
                follows: previous.as_ref().is_some_and(follows),
            }
        };
        LaterBars::new((0..later.len()).map(bar).collect(), costs)
    }
}
