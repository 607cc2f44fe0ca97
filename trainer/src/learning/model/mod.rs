//! Saves a trained policy as a zip file, and loads it bit for bit.
//!
//! A model holds the policy, the definition of its features, the
//! config, the training data's digest and range, the metrics, and a
//! probe: rows with their values, which a loaded policy must reproduce
//! bit for bit. Equal models are equal files. A new kind of model needs a
//! file in `kinds/`, a line in `kinds.rs` and a variant of `ModelKind`.

mod container;
mod files;
mod kinds;
mod learner;
mod stored;

use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};

use crate::config::AgentConfig;
use crate::learning::agent::{FittedQ, LearnerSetup};

pub use container::Part;
pub use learner::{Learner, Policy, Shape};
use stored::ModelContents;
pub use stored::ModelMetadata;

/// Greatest number of rows in the probe of a learner's model.
const N_PROBE_ROWS: usize = 16;

/// A trained policy with its metadata and its probe.
#[derive(Debug)]
pub struct TradingModel(ModelContents);

/// Bars to fit a new policy on; see [`TradingModel::fit`].
#[derive(Debug, Clone, Copy)]
pub struct TrainingRows<'a> {
    /// The open of each bar, a price above 0.
    pub opens: &'a [f64],
    /// The features of each bar, row by row: `opens.len() * n_features`
    /// finite numbers.
    pub rows: &'a [f64],
    /// Backups to do.
    pub n_backups: usize,
}

impl TradingModel {
    /// Returns the model of `policy`, with a probe of `probe_rows`.
    ///
    /// Fails when a probe row has another number of features than the
    /// policy, or a value that is not finite.
    pub fn new(
        policy: impl Policy + 'static,
        metadata: ModelMetadata,
        probe_rows: Vec<Vec<f64>>,
    ) -> Result<Self> {
        Ok(Self(ModelContents::new(Box::new(policy), metadata, probe_rows)?))
    }

    /// Returns the model of the current policy of `learner`.
    pub fn of_learner(learner: &dyn Learner, metadata: ModelMetadata) -> Result<Self> {
        let probe_rows = learner.sample_rows(N_PROBE_ROWS);
        Ok(Self(ModelContents::new(learner.boxed_policy(), metadata, probe_rows)?))
    }

    /// Fits a new policy to `bars`, taken as one episode.
    ///
    /// Fails when a setting is out of range, or the rows do not match
    /// the opens.
    pub fn fit(bars: &TrainingRows<'_>, config: AgentConfig, setup: LearnerSetup) -> Result<Self> {
        let TrainingRows { opens, rows, n_backups } = bars;
        let mut learner = FittedQ::new(config, setup)?;
        let n_values = opens.len() * setup.n_features;
        ensure!(rows.len() == n_values, "{} values; the bars need {n_values}", rows.len());
        for (&open, row) in opens.iter().zip(rows.chunks_exact(setup.n_features)) {
            learner.observe(open, Some(row))?;
        }
        for _ in 0..*n_backups {
            learner.backup()?;
        }
        let config = serde_json::to_value(learner.config())?;
        Self::of_learner(&learner, ModelMetadata { config, ..ModelMetadata::default() })
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

    /// Writes the value of each exposure into `values`, in the order
    /// of [`TradingModel::exposures`]. Allocates nothing.
    ///
    /// # Panics
    ///
    /// Panics when `row` is shorter than [`TradingModel::n_features`].
    pub fn q_values(&self, row: &[f64], values: &mut [f64]) {
        self.0.policy.values(row, values);
    }

    /// Returns the exposures to choose from, increasing.
    pub fn exposures(&self) -> &[f64] {
        self.0.policy.shape().exposures
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

    /// Returns the same model with another `metadata`.
    #[must_use]
    pub fn with_metadata(self, metadata: ModelMetadata) -> Self {
        Self(ModelContents { metadata, ..self.0 })
    }

    /// Returns the bytes of the model's zip: equal for equal models.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        container::write(&self.0.parts()?)
    }

    /// Writes the model to `path` atomically: a temporary file beside it
    /// is renamed when all bytes are on the disk. A model already there is
    /// replaced; use [`TradingModel::archive_and_save`] to keep it.
    pub fn save(&self, path: &Path) -> Result<()> {
        let prepared = files::prepare(path, &self.to_bytes()?)?;
        files::publish(prepared, path)
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
