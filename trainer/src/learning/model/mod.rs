//! Saves a trained policy as a zip file, and loads it bit for bit.
//!
//! A model holds the policy, the definition of its features, the
//! config, the training data's digest and range, the metrics, and a
//! probe: rows with their values, which a loaded policy must reproduce
//! bit for bit. Equal models are equal files. A new kind of model needs a
//! file in `kinds/`, a line in `kinds.rs` and a variant of `ModelKind`.

mod container;
mod files;
mod kind_entry;
mod kinds;
mod stored;

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};

use super::{Learner, Policy};
use stored::ModelContents;
pub use stored::ModelMetadata;

/// Greatest number of rows in the probe of a learner's model.
const N_PROBE_ROWS: usize = 16;

/// A trained policy with its metadata and its probe.
#[derive(Debug)]
pub struct TradingModel(ModelContents);

impl TradingModel {
    /// Returns the model of the current policy of `learner`.
    pub fn of_learner(learner: &dyn Learner, metadata: ModelMetadata) -> Result<Self> {
        let probe_rows = learner.sample_rows(N_PROBE_ROWS);
        Ok(Self(ModelContents::new(learner.boxed_policy(), metadata, probe_rows)?))
    }

    /// Returns the exposure to hold after the bar of `row` (features
    /// as known at its close) when the exposure held is `position`.
    /// Allocates nothing.
    ///
    /// # Panics
    ///
    /// Panics when `row` is shorter than [`TradingModel::n_features`].
    pub fn predict(&self, row: &[f64], position: f64) -> f64 {
        self.0.policy.act(row, position)
    }

    /// Returns the exposures to choose from, increasing.
    pub fn exposures(&self) -> &[f64] {
        &self.0.policy.shape().exposures
    }

    /// Returns the number of features that a row must have.
    pub fn n_features(&self) -> usize {
        self.0.policy.shape().n_features
    }

    /// Returns the kind of policy, such as `fitted_q`.
    pub fn kind(&self) -> &'static str {
        self.0.policy.kind()
    }

    /// Returns the policy.
    pub fn policy(&self) -> &dyn Policy {
        self.0.policy.as_ref()
    }

    /// Returns the metadata.
    pub fn metadata(&self) -> &ModelMetadata {
        &self.0.metadata
    }

    /// Returns the bytes of the model's zip: equal for equal models.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        container::write(&self.0.parts()?)
    }

    /// Writes the model to `path`. A model already there is kept as
    /// `versions/STEM_YYYYMMDD_HHMMSS.zip` beside it, with `_2`, `_3`, …
    /// where that name is taken; returns its new path.
    ///
    /// A kill at any moment leaves the old model under one of the two
    /// names.
    pub fn archive_and_save(&self, path: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>> {
        let prepared = files::prepare(path, &self.to_bytes()?)?;
        let kept = files::keep_old(path, now)?;
        files::publish(prepared, path)?;
        Ok(kept)
    }

    /// Returns for each feature the number of splits on it, over all
    /// trees; none for a policy without trees.
    pub fn split_counts(&self) -> Option<Vec<u64>> {
        self.0.policy.split_counts()
    }

    /// Reads and checks the model that `reader` holds, as
    /// [`TradingModel::load`] does.
    pub fn read(reader: impl Read + Seek) -> Result<Self> {
        Ok(Self(ModelContents::read(&container::read_from(reader)?)?))
    }

    /// Reads and checks the model at `path`: the format, every part's
    /// SHA-256, the shape of the policy, and the probe bit for bit.
    ///
    /// The error names the file and the part. The memory used is bounded,
    /// whatever sizes the file claims.
    pub fn load(path: &Path) -> Result<Self> {
        let read = || -> Result<Self> { Ok(Self(ModelContents::read(&container::read(path)?)?)) };
        read().with_context(|| {
            format!("failed to load the model `{}`; train again or restore it", path.display())
        })
    }
}
