//! The ensembles of all actions, and where the rows fall in them.

use crate::learning::agent::experience::Experience;
use crate::learning::forest::{Forest, Leaves};

/// One ensemble an action, or none yet: of all transitions, or of one half of them.
#[derive(Default)]
pub(super) struct Ensembles {
    pub(super) forests: Vec<Forest>,
    /// Where all rows fall, if the ensembles share their splits.
    pub(super) leaves: Option<Leaves>,
}

impl Ensembles {
    /// Takes up `forests`, and looks where the rows fall in them.
    pub(super) fn of(forests: &[Forest], experience: &impl Experience) -> Self {
        let first = forests.first().filter(|_| Forest::share_splits(forests));
        let leaves = first.map(|first| first.leaves(experience.pieces()));
        Self { forests: forests.to_vec(), leaves }
    }

    /// Returns the values of all rows: for each of `n_actions` one a
    /// row; 0 without forests.
    pub(super) fn values(&self, n_actions: usize, experience: &impl Experience) -> Vec<Vec<f64>> {
        let pieces = experience.pieces();
        let [n_first, n_rest] = pieces.map(|piece| piece.len() / experience.n_features());
        let mut values = vec![vec![0.0; n_first + n_rest]; n_actions];
        for (forest, values) in self.forests.iter().zip(&mut values) {
            if let Some(leaves) = &self.leaves {
                forest.predict_leaves(leaves, values);
                continue;
            }
            let (of_first, of_rest) = values.split_at_mut(n_first);
            forest.predict_rows(pieces[0], of_first);
            forest.predict_rows(pieces[1], of_rest);
        }
        values
    }
}
