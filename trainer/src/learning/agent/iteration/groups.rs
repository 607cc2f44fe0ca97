//! Sorts transitions into those that are fitted together.

use anyhow::{Result, ensure};

use crate::learning::agent::experience::{Experience, is_of_second_half};

/// Transitions, by what they teach.
pub(super) enum Groups {
    /// Each teaches all actions.
    Shared(Vec<usize>),
    /// For each action those that teach it.
    Apart(Vec<Vec<usize>>),
}

/// How to sort them.
#[derive(Clone, Copy)]
pub(super) struct Grouping {
    pub(super) n_actions: usize,
    /// The half to take, in double estimation.
    pub(super) half: Option<usize>,
}

impl Grouping {
    /// Returns one group for all actions where each transition teaches
    /// them all, else one an action.
    ///
    /// Fails where both occur, and on an action out of range.
    pub(super) fn groups(&self, experience: &impl Experience) -> Result<Groups> {
        let mut shared = Vec::new();
        let mut apart = vec![Vec::new(); self.n_actions];
        for index in (0..experience.n_transitions()).filter(|&it| self.takes(experience, it)) {
            let Some(action) = experience.transition(index).action else {
                shared.push(index);
                continue;
            };
            let n_actions = self.n_actions;
            ensure!(action < n_actions, "the action {action} is not one of {n_actions}");
            apart[action].push(index);
        }
        if shared.is_empty() {
            return Ok(Groups::Apart(apart));
        }
        let is_even = apart.iter().all(Vec::is_empty);
        ensure!(is_even, "some transitions teach one action and some teach all");
        Ok(Groups::Shared(shared))
    }

    fn takes(&self, experience: &impl Experience, index: usize) -> bool {
        let half = || usize::from(is_of_second_half(experience, index));
        self.half.is_none_or(|wanted| wanted == half())
    }
}
