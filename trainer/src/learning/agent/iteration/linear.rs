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

use super::{EnsembleId, FittedIteration};
use crate::learning::forest::RidgeSystem;

/// Linear iterations. On an Ornstein-Uhlenbeck price 4, 6, 10 and 30 of
/// them earn the same and one earns a tenth less; on real bars one of 25
/// runs with 6 of them trades, and none with 10.
const N_ITERATIONS: usize = 10;
/// The ridge penalty on the squared weights of standardised features. One
/// of 0.01 earns less from few bars, one of 1 the same.
const PENALTY: f64 = 0.1;

impl FittedIteration<'_> {
    /// Returns the values after the linear iterations, which begin at 0,
    /// with the bars of each of `halves`: for each half and exposure one
    /// value for each row.
    pub(super) fn linear_values(&self, halves: &[Vec<usize>]) -> Result<Vec<Vec<f64>>> {
        let (memory, n_exposures) = (self.memory, self.config.exposures.len());
        let mut systems = Vec::new();
        for bars in halves {
            let rows: Vec<&[f64]> = bars.iter().map(|&bar| memory.row(bar)).collect();
            systems.push((RidgeSystem::new(&rows, PENALTY)?, rows));
        }
        let mut values = vec![vec![0.0; memory.n_rows()]; n_exposures * halves.len()];
        for _ in 0..N_ITERATIONS {
            let mut new_values = Vec::with_capacity(values.len());
            for (half, ((system, rows), bars)) in systems.iter().zip(halves).enumerate() {
                let targets = (0..n_exposures)
                    .into_par_iter()
                    .map(|action| self.targets(&values, bars, EnsembleId { half, action }));
                let targets: Vec<Vec<f64>> = targets.collect();
                let fitted =
                    system.fit(rows, &targets).context("failed to fit the linear values")?;
                let predictions = fitted.par_iter().map(|linear| {
                    let slices = memory.row_slices().into_iter();
                    let rows = slices.flat_map(|rows| rows.chunks_exact(self.setup.n_features));
                    rows.map(|row| linear.predict_row(row)).collect::<Vec<f64>>()
                });
                new_values.extend(predictions.collect::<Vec<_>>());
            }
            values = new_values;
        }
        Ok(values)
    }
}
