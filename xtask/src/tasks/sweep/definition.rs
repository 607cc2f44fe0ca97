//! The content of `sweep.json`: a sweep's plan and settings.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::plan::Plan;
use crate::workspace::config::WorkspaceConfig;

/// The content of `sweep.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SweepDefinition {
    /// 1.
    pub format: u32,
    /// When it was planned.
    pub created_at: DateTime<Utc>,
    /// The version of this tool.
    pub tool_version: String,
    /// Who runs the trials.
    pub engine: Engine,
    /// Whether trials need the full trainer, as for Parquet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_full_trainer: bool,
    /// All trials.
    pub plan: Plan,
    /// `config/config.json` of each trial.
    pub workspace: WorkspaceConfig,
    /// `config/logging_config.json` of each trial; null without one.
    pub logging: Option<Value>,
}

/// Who runs the trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Processes of this machine, side by side
    Local,
    /// Arrays of jobs of a Slurm cluster
    Slurm,
    /// Nobody: each is run from outside by `sweep trial INDEX`
    External,
}

impl SweepDefinition {
    /// Writes the settings of one training to the folder `root`.
    pub fn write_settings(&self, root: &Path, settings: &Map<String, Value>) -> Result<()> {
        let config = root.join("config");
        fs::create_dir_all(&config)
            .with_context(|| format!("failed to create `{}`", config.display()))?;
        write(&config.join("config.json"), &self.workspace)?;
        write(&config.join("training_config.json"), settings)?;
        let logging = self.logging.as_ref();
        logging.map_or(Ok(()), |logging| write(&config.join("logging_config.json"), logging))
    }
}

fn write(path: &Path, settings: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(settings).expect("settings are plain data") + "\n";
    fs::write(path, text).with_context(|| format!("failed to write `{}`", path.display()))
}
