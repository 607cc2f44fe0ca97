//! The ensembles of all actions, and the leaves of the experience's rows.

use crate::learning::agent::experience::Experience;
use crate::learning::forest::{Forest, Leaves};

/// One ensemble per action, fitted to all transitions or to one half of
/// them; or none yet.
#[derive(Default)]
pub(super) struct Ensembles {
    pub(super) forests: Vec<Forest>,
    /// The leaves of all rows, where the ensembles share their splits.
    pub(super) leaves: Option<Leaves>,
}

impl Ensembles {
    /// Returns `forests` with the leaves of the rows of `experience`.
    pub(super) fn of(forests: &[Forest], experience: &impl Experience) -> Self {
        let first = forests.first().filter(|_| Forest::share_splits(forests));
        let leaves = first.map(|first| first.leaves(experience.row_slices()));
        Self { forests: forests.to_vec(), leaves }
    }

    /// Returns the forests of all `halves`, and the leaves of each half.
    pub(super) fn unzip(halves: Vec<Self>) -> (Vec<Forest>, Vec<Option<Leaves>>) {
        let halves = halves.into_iter().map(|half| (half.forests, half.leaves));
        let (forests, leaves): (Vec<Vec<Forest>>, _) = halves.unzip();
        (forests.into_iter().flatten().collect(), leaves)
    }

    /// Returns for each of `n_actions` the values of all rows; 0 without
    /// forests.
    pub(super) fn values(&self, n_actions: usize, experience: &impl Experience) -> Vec<Vec<f64>> {
        let slices = experience.row_slices();
        let [n_first, n_second] = slices.map(|slice| slice.len() / experience.n_features());
        let mut values = vec![vec![0.0; n_first + n_second]; n_actions];
        for (forest, values) in self.forests.iter().zip(&mut values) {
            if let Some(leaves) = &self.leaves {
                forest.predict_leaves(leaves, values);
                continue;
            }
            let (first, second) = values.split_at_mut(n_first);
            forest.predict_rows(slices[0], first);
            forest.predict_rows(slices[1], second);
        }
        values
    }
}
