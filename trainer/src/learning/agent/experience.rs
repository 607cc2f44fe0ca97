//! What was experienced: states, what was done there, what followed.

use anyhow::{Result, ensure};

use crate::random::splitmix64;

/// One step from state to state; the states are numbers of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// The state's row.
    pub row: usize,
    /// The action taken; none where the outcome of every action is
    /// known from it.
    pub action: Option<usize>,
    /// The reward, as the backup understands it.
    pub reward: f64,
    /// The row of the state it led to; none where all ended.
    pub next: Option<usize>,
}

/// Rows and the transitions between them: what an iteration learns
/// from.
pub trait Experience: Sync {
    /// Returns the number of features of a row.
    fn n_features(&self) -> usize;

    /// Returns all rows, one after the other, in two pieces, of which
    /// either may be empty.
    fn pieces(&self) -> [&[f64]; 2];

    /// Returns the row of number `row` in the order of the pieces.
    fn row(&self, row: usize) -> &[f64];

    /// Returns the number of transitions.
    fn n_transitions(&self) -> usize;

    /// Returns the transition `index`, counted from 0.
    fn transition(&self, index: usize) -> Transition;

    /// Returns the number by which the transition is dealt to one of
    /// two halves, for double estimation: equal ones stay together.
    fn subsample_key(&self, index: usize) -> u64 {
        index as u64
    }
}

/// Returns whether the transition is of the second half.
pub(super) fn is_of_second_half(experience: &impl Experience, index: usize) -> bool {
    splitmix64(experience.subsample_key(index)) & 1 == 1
}

/// A step of any decision process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// The features of the state.
    pub state: &'a [f64],
    /// The action taken, counted from 0.
    pub action: usize,
    /// Its reward.
    pub reward: f64,
    /// The features of the state it led to; none where all ended.
    pub next_state: Option<&'a [f64]>,
}

/// The experience of any decision process: a list of steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    n_features: usize,
    rows: Vec<f64>,
    transitions: Vec<Transition>,
}

impl Steps {
    /// Returns no steps yet, in states of `n_features` features.
    pub fn new(n_features: usize) -> Self {
        Self { n_features, rows: Vec::new(), transitions: Vec::new() }
    }

    /// Appends a step.
    ///
    /// Fails on a state of another length, or a number that is not
    /// finite.
    pub fn push(&mut self, step: &Step<'_>) -> Result<()> {
        ensure!(step.reward.is_finite(), "the reward is {}; it must be finite", step.reward);
        let states = [Some(step.state), step.next_state];
        for state in states.into_iter().flatten() {
            let (n_found, n_features) = (state.len(), self.n_features);
            ensure!(n_found == n_features, "a state has {n_found} features, not {n_features}");
            ensure!(state.iter().all(|value| value.is_finite()), "a state is not finite");
        }
        let row = self.push_row(step.state);
        let next = step.next_state.map(|state| self.push_row(state));
        let (action, reward) = (Some(step.action), step.reward);
        self.transitions.push(Transition { row, action, reward, next });
        Ok(())
    }

    fn push_row(&mut self, row: &[f64]) -> usize {
        let number = self.rows.len() / self.n_features.max(1);
        self.rows.extend_from_slice(row);
        number
    }
}

impl Experience for Steps {
    fn n_features(&self) -> usize {
        self.n_features
    }

    fn pieces(&self) -> [&[f64]; 2] {
        [&self.rows, &[]]
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.rows[row * self.n_features..(row + 1) * self.n_features]
    }

    fn n_transitions(&self) -> usize {
        self.transitions.len()
    }

    fn transition(&self, index: usize) -> Transition {
        self.transitions[index]
    }
}
