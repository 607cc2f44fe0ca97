//! Which trials lie in which element of which array: a pure function of
//! the sweep and of the cluster's limit, kept in `slurm.json`.
//!
//! It stays the same for the whole sweep, so that what waits or runs in
//! the queue says by its number alone which trials it is for.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::workspace::files;

/// Its file in the sweep's folder.
const LAYOUT: &str = "slurm.json";

/// How trials are dealt out to elements of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// 1.
    format: u32,
    /// Trials of an element, one after another.
    pub trials_per_element: u64,
    /// Elements of an array.
    pub elements_per_array: u64,
}

impl Layout {
    /// Returns that of `n_trials` where an array has `elements_max` at
    /// most. Without a wish, one array has room for all.
    pub fn of(n_trials: u64, wish: Option<u32>, elements_max: u64) -> Self {
        let elements_per_array = elements_max.max(1);
        let fitting = n_trials.div_ceil(elements_per_array).max(1);
        let trials_per_element = wish.map_or(fitting, u64::from);
        Self { format: 1, trials_per_element, elements_per_array }
    }

    /// Reads that of the sweep in `folder`; `None` when nothing was ever
    /// submitted.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(LAYOUT);
        match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            bytes => {
                let bytes =
                    bytes.with_context(|| format!("failed to read `{}`", path.display()))?;
                let layout = serde_json::from_slice(&bytes);
                layout.map(Some).with_context(|| format!("`{}` is damaged", path.display()))
            }
        }
    }

    /// Writes it to the sweep's `folder`.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(self).expect("numbers are plain data");
        files::write_atomically(&folder.join(LAYOUT), &bytes)
    }

    /// Returns how many arrays hold `n_trials`.
    pub fn n_arrays(&self, n_trials: u64) -> u64 {
        n_trials.div_ceil(self.trials_per_array())
    }

    /// Returns the first trial of `array`.
    pub fn first_of(&self, array: u64) -> u64 {
        array * self.trials_per_array()
    }

    /// Returns the trials of an element; there may be fewer.
    pub fn trials_of(&self, array: u64, element: u64) -> Range<u64> {
        let first = self.first_of(array) + element * self.trials_per_element;
        first..first + self.trials_per_element
    }

    /// Returns the elements of each array that hold any of the trials
    /// `missing`, but for those that are `live` already.
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
