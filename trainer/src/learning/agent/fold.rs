//! The memory as cross-validation uses it.

use super::experience::{Experience, Transition};
use super::memory::Memory;
use crate::learning::judgement::{ValidationBar, ValidationBars};

/// The training transitions of one fold.
pub(super) struct FoldTransitions<'a> {
    pub(super) memory: &'a Memory,
    /// Their indices in the memory, increasing.
    pub(super) transitions: Vec<usize>,
}

impl Experience for FoldTransitions<'_> {
    fn n_features(&self) -> usize {
        self.memory.n_features()
    }

    fn row_slices(&self) -> [&[f64]; 2] {
        self.memory.row_slices()
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

    fn half_key(&self, index: usize) -> u64 {
        self.memory.half_key(self.transitions[index])
    }
}

impl Memory {
    /// Returns all remembered transitions as validation bars, traded at
    /// `cost` per unit of exposure.
    pub(super) fn validation_bars(&self, cost: f64, allows_short: bool) -> ValidationBars {
        let bar = |index: usize| {
            let follows = |previous: usize| self.transition(previous).next == Some(index);
            ValidationBar {
                time_ms: self.time_ms(index),
                next_return: self.transition(index).reward,
                follows: index.checked_sub(1).is_some_and(follows),
            }
        };
        ValidationBars::new((0..self.n_transitions()).map(bar).collect(), cost, allows_short)
    }
}
