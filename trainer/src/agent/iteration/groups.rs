//! Sorts transitions into those that are fitted together.

use anyhow::{Context, Result, ensure};

use crate::agent::experience::{Experience, is_of_second_half};
use crate::forest::Samples;

/// Transitions that are fitted together, and their rows.
pub(super) struct Group {
    pub(super) transitions: Vec<usize>,
    pub(super) samples: Samples,
}

/// How to sort them.
#[derive(Clone, Copy)]
pub(super) struct Grouping {
    pub(super) n_actions: usize,
    /// The half to take, in double estimation.
    pub(super) half: Option<usize>,
    pub(super) n_shares: usize,
    pub(super) deal_seed: u64,
}

impl Grouping {
    /// Returns one group for all actions where each transition teaches
    /// them all, else one an action.
    ///
    /// Fails where both occur, on an action out of range, and on one
    /// that nothing teaches.
    pub(super) fn groups(&self, experience: &impl Experience) -> Result<Vec<Group>> {
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
            let groups = apart.into_iter().enumerate().map(|(action, transitions)| {
                let group = self.group(experience, transitions);
                group.with_context(|| format!("nothing teaches the action {action}"))
            });
            return groups.collect();
        }
        let is_even = apart.iter().all(Vec::is_empty);
        ensure!(is_even, "some transitions teach one action and some teach all");
        Ok(vec![self.group(experience, shared)?])
    }

    fn takes(&self, experience: &impl Experience, index: usize) -> bool {
        let half = || usize::from(is_of_second_half(experience, index));
        self.half.is_none_or(|wanted| wanted == half())
    }

    fn group(&self, experience: &impl Experience, transitions: Vec<usize>) -> Result<Group> {
        let rows = transitions.iter().map(|&index| experience.transition(index).row);
        let rows: Vec<&[f64]> = rows.map(|row| experience.row(row)).collect();
        let samples = Samples::dealt(&rows, self.n_shares, self.deal_seed)?;
        Ok(Group { transitions, samples })
    }
}
