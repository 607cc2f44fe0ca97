//! The experience that an iteration learns from: states and transitions.

use anyhow::{Result, ensure};

use crate::random::splitmix64;

/// One transition between states; a state is the index of its row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Transition {
    /// Index of the state's row.
    pub row: usize,
    /// The action taken; none where the transition gives the outcome of
    /// every action.
    pub action: Option<usize>,
    /// The reward, as the backup understands it.
    pub reward: f64,
    /// Index of the next state's row; none where it is terminal.
    pub next: Option<usize>,
}

/// Feature rows and the transitions between them.
pub trait Experience: Sync {
    /// Returns the number of features of a row.
    fn n_features(&self) -> usize;

    /// Returns all rows, one after the other, as two slices of
    /// `n_features` values a row. Either may be empty.
    fn row_slices(&self) -> [&[f64]; 2];

    /// Returns the features of the row with index `row`, in the order of
    /// [`Experience::row_slices`].
    fn row(&self, row: usize) -> &[f64];

    /// Returns the number of transitions.
    fn n_transitions(&self) -> usize;

    /// Returns the transition with the index `index`.
    fn transition(&self, index: usize) -> Transition;

    /// Returns the key that assigns the transition to one of the two
    /// halves of double estimation; equal keys give the same half.
    fn half_key(&self, index: usize) -> u64 {
        index as u64
    }
}

/// Returns whether the transition `index` is in the second half.
pub(super) fn is_in_second_half(experience: &impl Experience, index: usize) -> bool {
    splitmix64(experience.half_key(index)) & 1 == 1
}

/// One step of any Markov decision process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step<'a> {
    /// The features of the state.
    pub state: &'a [f64],
    /// Index of the action taken.
    pub action: usize,
    /// The reward of the step.
    pub reward: f64,
    /// The features of the next state; none where it is terminal.
    pub next_state: Option<&'a [f64]>,
}

/// The experience of any Markov decision process: a list of steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    n_features: usize,
    rows: Vec<f64>,
    transitions: Vec<Transition>,
}

impl Steps {
    /// Returns an empty list for states of `n_features` features.
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

    /// Appends a row, and returns its index.
    fn push_row(&mut self, row: &[f64]) -> usize {
        let row_idx = self.rows.len() / self.n_features.max(1);
        self.rows.extend_from_slice(row);
        row_idx
    }
}

impl Experience for Steps {
    fn n_features(&self) -> usize {
        self.n_features
    }

    fn row_slices(&self) -> [&[f64]; 2] {
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
