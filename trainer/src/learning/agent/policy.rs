//! Chooses the exposure from the learned values.

use anyhow::{Result, ensure};

use crate::config::EXPOSURES_MAX;
use crate::learning::Shape;
use crate::learning::forest::Forest;
use crate::learning::policy::choose_exposure;

/// The learned value `g_a` of each exposure a, and the greedy choice
/// `argmax_a g_a(x) - m · |a| - c · |a - position|`, with the cost c and
/// the margin m, by which a unit of exposure must exceed the value of no
/// exposure. Without a margin the exposure is always 0.
///
/// Before the first backup all values are 0 and the position is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedPolicy {
    pub(in crate::learning) shape: Shape,
    forests: Vec<Forest>,
    /// Whether the forests of all exposures have the same splits.
    has_shared_splits: bool,
    margin: Option<f64>,
}

impl FittedPolicy {
    /// Returns the policy without forests.
    pub fn untrained(shape: Shape) -> Self {
        Self { shape, forests: Vec::new(), has_shared_splits: false, margin: Some(0.0) }
    }

    /// Returns the policy with the values of `forests`: one forest per
    /// exposure, in their order; with double estimation as many again,
    /// whose values are averaged with the first; or none at all.
    ///
    /// Fails when their number or their number of features differs.
    pub fn with_forests(mut self, forests: Vec<Forest>) -> Result<Self> {
        let (n_forests, n_exposures) = (forests.len(), self.shape.exposures.len());
        let is_number = [0, n_exposures, 2 * n_exposures].contains(&n_forests);
        ensure!(is_number, "{n_forests} forests for {n_exposures} exposures");
        let n_features = self.shape.n_features;
        for forest in &forests {
            let found = forest.n_features();
            ensure!(found == n_features, "a forest takes {found} features, not {n_features}");
        }
        self.has_shared_splits = forests.chunks(n_exposures).all(Forest::share_splits);
        self.forests = forests;
        Ok(self)
    }

    /// Returns the policy with another margin, as a fraction of equity
    /// per unit of exposure; with none the exposure is always 0.
    ///
    /// Fails on a margin that is negative or not finite.
    pub fn with_margin(mut self, margin: Option<f64>) -> Result<Self> {
        let is_valid = margin.is_none_or(|margin| margin.is_finite() && margin >= 0.0);
        ensure!(is_valid, "the margin {margin:?} is not a number from 0 on");
        self.margin = margin;
        Ok(self)
    }

    /// Returns the margin, as a fraction of equity per unit of exposure;
    /// none where the exposure is always 0.
    pub fn margin(&self) -> Option<f64> {
        self.margin
    }

    /// Returns the forests: one per exposure, two with double estimation;
    /// none before training.
    pub fn forests(&self) -> &[Forest] {
        &self.forests
    }

    /// Writes the value of each exposure into `values`: the discounted
    /// sum of returns minus the margin, as a fraction of equity, before
    /// the cost of changing to the exposure. Allocates nothing.
    ///
    /// # Panics
    ///
    /// Panics when `row` is shorter than [`Shape::n_features`],
    /// or `values` than the exposures.
    pub fn q_values(&self, row: &[f64], values: &mut [f64]) {
        let n_exposures = self.shape.exposures.len();
        let (values, twins) =
            (&mut values[..n_exposures], &mut [0.0; EXPOSURES_MAX][..n_exposures]);
        values.fill(0.0);
        let mut halves = self.forests.chunks(n_exposures);
        if let Some(half) = halves.next() {
            self.predict(half, row, values);
        }
        if let Some(half) = halves.next() {
            self.predict(half, row, twins);
            for (value, twin) in values.iter_mut().zip(twins) {
                *value = value.midpoint(*twin);
            }
        }
        let margin = self.margin.unwrap_or_default();
        for (value, exposure) in values.iter_mut().zip(&self.shape.exposures) {
            *value -= margin * exposure.abs();
        }
    }

    /// Writes the prediction of `row` by each of `forests` into `values`.
    fn predict(&self, forests: &[Forest], row: &[f64], values: &mut [f64]) {
        if self.has_shared_splits {
            return Forest::predict_row_by_all(forests, row, values);
        }
        for (forest, value) in forests.iter().zip(values) {
            *value = forest.predict_row(row);
        }
    }

    /// Returns the exposure to hold after the bar of `row`. `position` is
    /// the exposure that was last requested, not what it has drifted to
    /// since. Of equally good exposures it returns the nearest to
    /// `position`, then the lowest. Without a margin it returns 0.
    /// Allocates nothing.
    ///
    /// # Panics
    ///
    /// Panics when `row` is shorter than [`Shape::n_features`].
    pub fn act(&self, row: &[f64], position: f64) -> f64 {
        self.decide(row, position, &mut [0.0; EXPOSURES_MAX][..self.shape.exposures.len()])
    }

    /// Does both [`FittedPolicy::q_values`] and [`FittedPolicy::act`].
    pub(crate) fn decide(&self, row: &[f64], position: f64, values: &mut [f64]) -> f64 {
        self.q_values(row, values);
        if self.margin.is_none() {
            return 0.0;
        }
        let values = self.shape.exposures.iter().copied().zip(values.iter().copied());
        choose_exposure(values, self.shape.cost, position)
    }
}
