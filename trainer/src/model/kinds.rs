//! What a policy must offer, and the kinds that models may hold.

use std::collections::BTreeMap;
use std::fmt::Debug;

use anyhow::{Context, Result};

use super::fitted_q;

/// A file of the model's zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its name in the zip, such as `forests/0.json`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What every kind of policy has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape<'a> {
    /// The exposures to choose from, increasing.
    pub exposures: &'a [f64],
    /// Cost per unit of exposure traded, as a fraction of equity.
    pub cost: f64,
    /// Features of a row.
    pub n_features: usize,
}

/// A trained way to choose exposures: what a model wraps.
pub trait Policy: Debug + Send + Sync {
    /// Returns the name of its kind, as stored.
    fn kind(&self) -> &'static str;

    /// Returns what every kind has.
    fn shape(&self) -> Shape<'_>;

    /// Writes the value of each exposure into `values`, allocating
    /// nothing.
    fn values(&self, row: &[f64], values: &mut [f64]);

    /// Returns the exposure to hold when `position` is held,
    /// allocating nothing.
    fn act(&self, row: &[f64], position: f64) -> f64;

    /// Returns what must be stored besides the shape.
    fn parts(&self) -> Result<Vec<Part>>;

    /// Returns how many splits ask for each feature, where the policy
    /// is made of trees.
    fn split_counts(&self) -> Option<Vec<u64>> {
        None
    }
}

/// How to read a policy back: given its shape and the model's parts.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) read: fn(Shape<'_>, &Parts) -> Result<Box<dyn Policy>>,
}

/// The kinds of policy that a model may hold.
const KINDS: &[Kind] = &[fitted_q::KIND];

pub(super) fn find(name: &str) -> Result<&'static Kind> {
    let kind = KINDS.iter().find(|kind| kind.name == name);
    kind.with_context(|| {
        let known: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
        format!("the kind `{name}` is unknown; this program knows `{}`", known.join("`, `"))
    })
}

/// The parts of a model by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Parts(pub(super) BTreeMap<String, Vec<u8>>);

impl Parts {
    pub(super) fn get(&self, name: &str) -> Result<&[u8]> {
        self.0.get(name).map(Vec::as_slice).with_context(|| format!("the part `{name}` is missing"))
    }

    /// Reads the part `name` as JSON.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T> {
        let bytes = self.get(name)?;
        serde_json::from_slice(bytes).with_context(|| format!("the part `{name}` is damaged"))
    }
}
