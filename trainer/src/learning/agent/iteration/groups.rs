//! Groups the transitions that are fitted together.

use anyhow::{Result, ensure};

use crate::learning::agent::experience::{Experience, is_in_second_half};

/// Indices of transitions, by the actions whose outcome they give.
pub(super) enum TransitionGroups {
    /// Every transition gives the outcome of all actions.
    AllActions(Vec<usize>),
    /// For each action its own transitions.
    ByAction(Vec<Vec<usize>>),
}

/// How to group them.
#[derive(Clone, Copy)]
pub(super) struct Grouping {
    pub(super) n_actions: usize,
    /// The half to take, with double estimation; none: all transitions.
    pub(super) half: Option<usize>,
}

impl Grouping {
    /// Returns one group for all actions where every transition gives the
    /// outcome of all of them, otherwise one group per action.
    ///
    /// Fails where both kinds of transitions occur, and on an action out
    /// of range.
    pub(super) fn groups(&self, experience: &impl Experience) -> Result<TransitionGroups> {
        let mut of_all_actions = Vec::new();
        let mut by_action = vec![Vec::new(); self.n_actions];
        for index in (0..experience.n_transitions()).filter(|&it| self.takes(experience, it)) {
            let Some(action) = experience.transition(index).action else {
                of_all_actions.push(index);
                continue;
            };
            let n_actions = self.n_actions;
            ensure!(action < n_actions, "the action {action} is not one of {n_actions}");
            by_action[action].push(index);
        }
        if of_all_actions.is_empty() {
            return Ok(TransitionGroups::ByAction(by_action));
        }
        let is_uniform = by_action.iter().all(Vec::is_empty);
        ensure!(
            is_uniform,
            "some transitions give the outcome of one action and some of all actions"
        );
        Ok(TransitionGroups::AllActions(of_all_actions))
    }

    fn takes(&self, experience: &impl Experience, index: usize) -> bool {
        let half = || usize::from(is_in_second_half(experience, index));
        self.half.is_none_or(|wanted| wanted == half())
    }
}
