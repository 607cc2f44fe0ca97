//! The linear values that the first iteration starts from.
//!
//! They come from fitted Q iteration with ridge regressions in place of
//! the trees (Farahmand, Ghavamzadeh, Szepesvari and Mannor, Regularized
//! fitted Q-iteration for planning in continuous-space Markovian decision
//! problems, American Control Conference 2009). Many linear iterations
//! take a fraction of the time that one ensemble takes to grow, and they
//! learn more than trees do from few noisy rows. A few iterations with
//! trees then add what is not linear.

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::groups::{Grouping, TransitionGroups};
use super::options::{EnsembleId, LinearStart};
use super::{FittedIteration, IterationInput};
use crate::learning::agent::backup::Backup;
use crate::learning::agent::experience::Experience;
use crate::learning::forest::RidgeSystem;

/// The data that the regressions of one half are fitted to.
struct Half<'a> {
    /// Indices of the transitions.
    transitions: Vec<usize>,
    /// For each transition the features of its state.
    rows: Vec<&'a [f64]>,
    system: RidgeSystem,
}

impl FittedIteration {
    /// Returns the values after the iterations of `start`, which begin at
    /// 0: for each half and action one value for each row. They stay 0
    /// where a transition gives the outcome of one action only.
    pub(super) fn linear_values<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        start: LinearStart,
    ) -> Result<Vec<Vec<f64>>> {
        let (experience, n_actions) = (input.experience, self.options.n_actions);
        let slices = experience.row_slices();
        let n_rows =
            slices.iter().map(|slice| slice.len()).sum::<usize>() / experience.n_features();
        let mut halves = Vec::new();
        for half in 0..self.options.n_halves() {
            let half = self.options.is_double.then_some(half);
            let TransitionGroups::AllActions(transitions) =
                (Grouping { n_actions, half }).groups(experience)?
            else {
                return Ok(vec![vec![0.0; n_rows]; n_actions * self.options.n_halves()]);
            };
            let row = |&index: &usize| experience.row(experience.transition(index).row);
            let rows: Vec<&[f64]> = transitions.iter().map(row).collect();
            let system = RidgeSystem::new(&rows, start.penalty)?;
            halves.push(Half { transitions, rows, system });
        }
        let mut values = vec![vec![0.0; n_rows]; n_actions * halves.len()];
        for _ in 0..start.n_iterations {
            let mut new_values = Vec::with_capacity(values.len());
            for (idx, half) in halves.iter().enumerate() {
                let targets = (0..n_actions).into_par_iter().map(|action| {
                    self.targets(
                        input,
                        &values,
                        &half.transitions,
                        EnsembleId { half: idx, action },
                    )
                });
                let targets: Vec<Vec<f64>> = targets.collect();
                let fitted = half.system.fit(&half.rows, &targets);
                let fitted = fitted.context("failed to fit the linear values")?;
                let predictions = fitted.par_iter().map(|linear| {
                    let rows =
                        slices.iter().flat_map(|slice| slice.chunks_exact(experience.n_features()));
                    rows.map(|row| linear.predict_row(row)).collect::<Vec<f64>>()
                });
                new_values.extend(predictions.collect::<Vec<_>>());
            }
            values = new_values;
        }
        Ok(values)
    }
}
