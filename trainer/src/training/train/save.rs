//! Saves models. Equal learners give equal bytes.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::json;

use crate::config::ModelKind;
use crate::digest::sha256_of_file;
use crate::learning::Learner;
use crate::learning::model::{ModelMetadata, TradingModel};
use crate::market::bars::BarKind;
use crate::market::features::{FeatureSet, FeaturesConfig};
use crate::session::{Layout, ModelRecord, Session};

use super::options::TrainOptions;

/// What is saved of a model.
pub(super) struct ModelContext<'a> {
    pub(super) options: &'a TrainOptions,
    pub(super) learner: &'a dyn Learner,
    pub(super) features: &'a FeatureSet,
    pub(super) bar_kind: &'a BarKind,
    pub(super) session: &'a Session,
}

/// Saves the model to `path`, keeps the one it replaces, and returns
/// its entry for the session record.
pub(super) fn save(model_context: &ModelContext<'_>, path: &Path) -> Result<ModelRecord> {
    let model = TradingModel::of_learner(model_context.learner, metadata(model_context)?)?;
    model.archive_and_save(path, model_context.options.clock.now())?;
    let relative = path.strip_prefix(model_context.options.layout.root()).unwrap_or(path);
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    Ok(ModelRecord { path: parts.join("/"), sha256: sha256_of_file(path)? })
}

/// Removes the checkpoint models of all but the last `n_kept` episodes
/// that have one. Models of windows and the training state are kept.
pub(super) fn remove_older(layout: &Layout, n_kept: usize) -> Result<()> {
    let folder = layout.checkpoints();
    let failed = || format!("failed to read `{}`", folder.display());
    let mut episodes = Vec::new();
    for entry in fs::read_dir(&folder).with_context(failed)? {
        let name = entry.with_context(failed)?.file_name();
        episodes.extend(name.to_str().and_then(Layout::episode_of_checkpoint));
    }
    episodes.sort_unstable();
    episodes.truncate(episodes.len().saturating_sub(n_kept));
    for episode in episodes {
        let path = layout.checkpoint(episode);
        fs::remove_file(&path).with_context(|| format!("failed to remove `{}`", path.display()))?;
    }
    Ok(())
}

/// Returns the metadata of the model, without times of day, paths and
/// threads, so that equal runs give equal models.
fn metadata(model_context: &ModelContext<'_>) -> Result<ModelMetadata> {
    let config = &model_context.options.training;
    let session = model_context.session;
    let data = session.data.as_ref().context("the data was not looked at")?;
    let mut settings = json!({
        "steps_per_batch": config.steps_per_batch,
        "total_episodes": config.total_episodes,
        "train_ratio": config.train_ratio,
        "embargo_bars": config.embargo_bars,
        "seed": config.seed,
        "environment": config.environment,
        "agent": config.agent,
    });
    if config.model != ModelKind::default() {
        settings["model"] = json!(config.model);
        settings["models"] = json!(config.models);
    }
    if config.features != FeaturesConfig::default() {
        settings["features"] = json!(config.features);
    }
    if config.holdout_ratio > 0.0 {
        settings["holdout_ratio"] = json!(config.holdout_ratio);
    }
    if let Some(walk) = &session.walk_forward {
        settings["walk_forward"] = json!(walk.config);
    }
    Ok(ModelMetadata {
        features: serde_json::to_value(model_context.features)?,
        config: settings,
        data: json!({
            "sha256": data.sha256,
            "n_bars": data.n_bars,
            "first": data.first,
            "last": data.last,
            "interval_seconds": data.interval_seconds,
            "bars": model_context.bar_kind,
            "split": session.split,
        }),
        metrics: json!({
            "n_episodes": session.episodes.len(),
            "test": session.metrics,
        }),
    })
}
