//! What every kind of policy has, so that the training loop can use any.

use std::cmp::Ordering;
use std::fmt::Debug;

use anyhow::{Result, ensure};

use crate::config::EXPOSURES_MAX;

/// The properties that every kind of policy has.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// The exposures to choose from, increasing.
    pub exposures: Vec<f64>,
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost: f64,
    /// Features of a row.
    pub n_features: usize,
}

impl Shape {
    /// Fails on exposures that are not 2 to 16 increasing finite numbers,
    /// or a cost that is negative or not finite.
    pub fn new(exposures: &[f64], cost: f64, n_features: usize) -> Result<Self> {
        let is_finite = exposures.iter().all(|exposure| exposure.is_finite());
        let is_increasing = exposures.is_sorted_by(|low, high| low < high);
        let is_list = exposures.len() > 1 && is_finite && is_increasing;
        ensure!(is_list, "the exposures {exposures:?} are not two or more increasing numbers");
        ensure!(cost.is_finite() && cost >= 0.0, "the cost per exposure is {cost}");
        ensure!(n_features > 0, "a policy needs at least one feature");
        let n_exposures = exposures.len();
        ensure!(n_exposures <= EXPOSURES_MAX, "{n_exposures} exposures; at most {EXPOSURES_MAX}");
        Ok(Self { exposures: exposures.to_vec(), cost, n_features })
    }
}

/// A file in a model's zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPart {
    /// Its name in the zip, such as `forests/0.json`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Chooses the exposure to hold from the features of a bar.
pub trait Policy: Debug + Send + Sync {
    /// Returns the name of the policy's kind, as stored.
    fn kind(&self) -> &'static str;

    /// Returns the exposures, the cost and the number of features.
    fn shape(&self) -> &Shape;

    /// Writes the value of each exposure into `values`, allocating
    /// nothing.
    fn values(&self, row: &[f64], values: &mut [f64]);

    /// Returns the exposure to hold when the position is `position`,
    /// allocating nothing.
    fn act(&self, row: &[f64], position: f64) -> f64;

    /// Does both [`Policy::values`] and [`Policy::act`].
    fn decide(&self, row: &[f64], position: f64, values: &mut [f64]) -> f64 {
        self.values(row, values);
        self.act(row, position)
    }

    /// Returns the parts to store besides the shape.
    fn parts(&self) -> Result<Vec<ModelPart>>;

    /// Returns for each feature the number of splits on it; none for a
    /// policy without trees.
    fn split_counts(&self) -> Option<Vec<u64>> {
        None
    }
}

/// Returns the exposure with the highest value minus the cost of changing
/// to it from `position`; ties go to the nearest, then to the first.
/// `values` yields pairs of an exposure and its value.
pub(super) fn choose_exposure(
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
