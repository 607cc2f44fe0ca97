//! Chooses the exposure from the learned values.

use std::cmp::Ordering;

use anyhow::{Result, ensure};

use crate::config::EXPOSURES_MAX;
use crate::learning::forest::Forest;

/// The learned value `g_a` of each exposure a, and the greedy choice
/// `argmax_a g_a(x) - m · |a| - c · |a - position|`, with the cost c and
/// the margin m, by which a unit of exposure must exceed the value of no
/// exposure. Without a margin the exposure is always 0.
///
/// Before the first backup all values are 0 and the position is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedPolicy {
    exposures: Vec<f64>,
    cost: f64,
    n_features: usize,
    forests: Vec<Forest>,
    /// Whether the forests of all exposures have the same splits.
    has_shared_splits: bool,
    margin: Option<f64>,
}

impl FittedPolicy {
    /// Returns the policy without forests: `exposures` in increasing
    /// order, `cost` as a fraction of equity per unit of exposure traded.
    ///
    /// Fails on exposures that are not 2 to 16 increasing finite numbers,
    /// or a cost that is negative or not finite.
    pub fn untrained(exposures: &[f64], cost: f64, n_features: usize) -> Result<Self> {
        let is_finite = exposures.iter().all(|exposure| exposure.is_finite());
        let is_increasing = exposures.is_sorted_by(|low, high| low < high);
        let is_list = exposures.len() > 1 && is_finite && is_increasing;
        ensure!(is_list, "the exposures {exposures:?} are not two or more increasing numbers");
        ensure!(cost.is_finite() && cost >= 0.0, "the cost per exposure is {cost}");
        ensure!(n_features > 0, "a policy needs at least one feature");
        let n_exposures = exposures.len();
        ensure!(n_exposures <= EXPOSURES_MAX, "{n_exposures} exposures; at most {EXPOSURES_MAX}");
        let (exposures, forests) = (exposures.to_vec(), Vec::new());
        Ok(Self {
            exposures,
            cost,
            n_features,
            forests,
            has_shared_splits: false,
            margin: Some(0.0),
        })
    }

    /// Returns the policy with the values of `forests`: one forest per
    /// exposure, in their order; with double estimation as many again,
    /// whose values are averaged with the first; or none at all.
    ///
    /// Fails when their number or their number of features differs.
    pub fn with_forests(mut self, forests: Vec<Forest>) -> Result<Self> {
        let (n_forests, n_exposures) = (forests.len(), self.exposures.len());
        let is_number = [0, n_exposures, 2 * n_exposures].contains(&n_forests);
        ensure!(is_number, "{n_forests} forests for {n_exposures} exposures");
        let n_features = self.n_features;
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

    /// Returns the exposures to choose from, increasing.
    pub fn exposures(&self) -> &[f64] {
        &self.exposures
    }

    /// Returns the cost per unit of exposure traded, as a fraction of
    /// equity.
    pub fn cost(&self) -> f64 {
        self.cost
    }

    /// Returns the number of features of a row.
    pub fn n_features(&self) -> usize {
        self.n_features
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
    /// Panics when `row` is shorter than [`FittedPolicy::n_features`],
    /// or `values` than the exposures.
    pub fn q_values(&self, row: &[f64], values: &mut [f64]) {
        let n_exposures = self.exposures.len();
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
        for (value, exposure) in values.iter_mut().zip(&self.exposures) {
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
    /// Panics when `row` is shorter than [`FittedPolicy::n_features`].
    pub fn act(&self, row: &[f64], position: f64) -> f64 {
        self.decide(row, position, &mut [0.0; EXPOSURES_MAX][..self.exposures.len()])
    }

    /// Does both [`FittedPolicy::q_values`] and [`FittedPolicy::act`].
    pub(crate) fn decide(&self, row: &[f64], position: f64, values: &mut [f64]) -> f64 {
        self.q_values(row, values);
        if self.margin.is_none() {
            return 0.0;
        }
        let values = self.exposures.iter().copied().zip(values.iter().copied());
        choose_exposure(values, self.cost, position)
    }
}

/// Returns the exposure with the highest value minus the cost of changing
/// to it from `position`; ties go to the nearest, then to the first.
/// `values` yields pairs of an exposure and its value.
pub(crate) fn choose_exposure(
    values: impl Iterator<Item = (f64, f64)>,
    cost: f64,
    position: f64,
) -> f64 {
    let net_values = values.map(|(exposure, value)| {
        let distance = (exposure - position).abs();
        (exposure, value - cost * distance, distance)
    });
    let best = net_values.reduce(|best, next| {
        let order = next.1.total_cmp(&best.1).then(best.2.total_cmp(&next.2));
        if order == Ordering::Greater { next } else { best }
    });
    best.map_or(position, |(exposure, _, _)| exposure)
}
