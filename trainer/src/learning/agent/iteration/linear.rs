//! Values that the first iteration starts from: linear functions.
//!
//! The same iteration, with ridge regressions in the place of the trees
//! (Farahmand, Ghavamzadeh, Szepesvari and Mannor, Regularized fitted
//! Q-iteration for planning in continuous-space Markovian decision
//! problems, American Control Conference 2009). It looks many steps
//! ahead in a fraction of the time that one ensemble takes to grow, and
//! from few noisy rows it learns more than trees do; these then learn
//! what is not linear in few iterations.

use anyhow::{Context, Result};
use rayon::prelude::*;

use super::groups::{Grouping, Groups};
use super::options::{LinearStart, Target};
use super::{FittedIteration, IterationInput};
use crate::learning::agent::backup::Backup;
use crate::learning::agent::experience::Experience;
use crate::learning::forest::RidgeSystem;

/// What one half's regressions learn from.
struct Half<'a> {
    transitions: Vec<usize>,
    rows: Vec<&'a [f64]>,
    system: RidgeSystem,
}

impl FittedIteration {
    /// Returns the values of all rows after the iterations of `start`,
    /// on from 0: for each half and action one a row. They stay 0 where
    /// transitions teach one action each.
    pub(super) fn linear_values<E: Experience, B: Backup>(
        &self,
        input: &IterationInput<'_, E, B>,
        start: LinearStart,
    ) -> Result<Vec<Vec<f64>>> {
        let (experience, n_actions) = (input.experience, self.options.n_actions);
        let pieces = experience.pieces();
        let n_rows = pieces.iter().map(|it| it.len()).sum::<usize>() / experience.n_features();
        let mut halves = Vec::new();
        for half in 0..self.options.n_halves() {
            let half = self.options.is_double.then_some(half);
            let Groups::Shared(transitions) = (Grouping { n_actions, half }).groups(experience)?
            else {
                return Ok(vec![vec![0.0; n_rows]; n_actions * self.options.n_halves()]);
            };
            let row = |&index: &usize| experience.row(experience.transition(index).row);
            let rows: Vec<&[f64]> = transitions.iter().map(row).collect();
            let system = RidgeSystem::new(&rows, start.penalty)?;
            halves.push(Half { transitions, rows, system });
        }
        let mut values = vec![vec![0.0; n_rows]; n_actions * halves.len()];
        for _ in 0..start.n_steps {
            let mut after = Vec::with_capacity(values.len());
            for (idx, half) in halves.iter().enumerate() {
                let targets = (0..n_actions).into_par_iter().map(|action| {
                    self.targets(input, (&values, &half.transitions), Target { half: idx, action })
                });
                let targets: Vec<Vec<f64>> = targets.collect();
                let fitted = half.system.fit(&half.rows, &targets);
                let fitted = fitted.context("failed to fit the linear values")?;
                let predictions = fitted.par_iter().map(|linear| {
                    let rows =
                        pieces.iter().flat_map(|it| it.chunks_exact(experience.n_features()));
                    rows.map(|row| linear.predict_row(row)).collect::<Vec<f64>>()
                });
                after.extend(predictions.collect::<Vec<_>>());
            }
            values = after;
        }
        Ok(values)
    }
}
