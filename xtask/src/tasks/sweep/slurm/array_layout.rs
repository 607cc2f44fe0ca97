//! Maps trials to elements of job arrays: a pure function of the sweep
//! and the cluster's limit, stored in `slurm.json`.
//!
//! It never changes during a sweep, so that the index of an element in
//! the queue determines its trials.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::workspace::files;

/// The file in the sweep's folder.
const LAYOUT: &str = "slurm.json";

/// How trials are distributed to elements of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArrayLayout {
    /// 1.
    format: u32,
    /// The number of trials of an element, run one after another.
    pub trials_per_element: u64,
    /// The number of elements of an array.
    pub elements_per_array: u64,
}

impl ArrayLayout {
    /// Returns the layout of `n_trials` if an array has at most
    /// `elements_max`. Unless `requested` otherwise, one array holds all.
    pub fn of(n_trials: u64, requested: Option<u32>, elements_max: u64) -> Self {
        let elements_per_array = elements_max.max(1);
        let fitting = n_trials.div_ceil(elements_per_array).max(1);
        let trials_per_element = requested.map_or(fitting, u64::from);
        Self { format: 1, trials_per_element, elements_per_array }
    }

    /// Reads the layout of the sweep in `folder`; `None` if nothing was
    /// submitted yet.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(LAYOUT);
        let Some(bytes) = files::read_existing(&path)? else { return Ok(None) };
        let layout = serde_json::from_slice(&bytes);
        layout.map(Some).with_context(|| format!("`{}` is damaged", path.display()))
    }

    /// Writes it to the sweep's `folder`.
    pub fn write(&self, folder: &Path) -> Result<()> {
        files::write_json(&folder.join(LAYOUT), self)
    }

    /// Returns how many arrays are needed for `n_trials`.
    pub fn n_arrays(&self, n_trials: u64) -> u64 {
        n_trials.div_ceil(self.trials_per_array())
    }

    /// Returns the first trial of `array`.
    pub fn first_of(&self, array: u64) -> u64 {
        array * self.trials_per_array()
    }

    /// Returns the trials of an element; the sweep may have fewer.
    pub fn trials_of(&self, array: u64, element: u64) -> Range<u64> {
        let first = self.first_of(array) + element * self.trials_per_element;
        first..first + self.trials_per_element
    }

    /// Returns the elements of each array that hold any of the trials
    /// `missing` and are not `live` already.
    pub fn wanted(
        &self,
        missing: &[u64],
        live: &BTreeSet<(u64, u64)>,
    ) -> BTreeMap<u64, BTreeSet<u64>> {
        let mut wanted: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for index in missing {
            let array = index / self.trials_per_array();
            let element = index % self.trials_per_array() / self.trials_per_element;
            if !live.contains(&(array, element)) {
                wanted.entry(array).or_default().insert(element);
            }
        }
        wanted
    }

    fn trials_per_array(&self) -> u64 {
        self.trials_per_element.saturating_mul(self.elements_per_array)
    }
}
