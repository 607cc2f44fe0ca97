//! The spec of a sweep: a JSON file that a user writes.
//!
//! An unknown key is an error that names the nearest known one.

mod check;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::workspace::config::{nearest_key, parse_settings, plain_words};

pub use check::{N_TRIALS_MAX, check_name};

/// A sweep: many trainings that differ in some settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SweepSpec {
    /// The JSON Schema of this file, for editors.
    #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The sweep's name, a folder below `sweeps/`. Default: null, the
    /// name of this file.
    pub name: Option<String>,
    /// Which combinations of values are tried: all (`grid`), or `samples`
    /// of them, drawn at `random` or from a `sobol` sequence, which fills
    /// the ranges more evenly. Default: `grid`.
    pub method: Method,
    /// How many combinations are drawn; of a grid, null. Range: 1 to
    /// 1,000,000. Default: null.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub samples: Option<u32>,
    /// The seed of the drawing. Default: 0.
    pub sample_seed: u64,
    /// Keys of `training_config.json`, such as `agent.discount`, each
    /// with a list of values or a range. Default: none.
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, ChoicesSchema>"))]
    pub parameters: BTreeMap<String, Choices>,
    /// Each combination is trained once with each of these seeds.
    /// Default: none, the seed of `training_config.json`.
    pub seeds: Vec<u64>,
    /// Each combination is trained once on the bars of each of these
    /// symbols: a file, relative to the workspace, or the name of one in
    /// the folder that `data` names. Default: none, all bars of `data`.
    pub symbols: Vec<String>,
    /// Each combination is trained once for each of this many windows: the
    /// bars before the held-out ones are cut into `windows` + 1 equal
    /// parts, and a trial trains on the first parts and validates on the
    /// next. 0: as the settings say. Range: 0 to 19. Default: 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 19)))]
    pub windows: u32,
    /// The last part of the bars, which no trial sees: those of the test.
    /// Unit: fraction of the bars. Range: 0.05 to 0.95. Default: 0.2.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.05, max = 0.95)))]
    pub holdout_ratio: f64,
    /// The figure by which combinations are ranked: the mean over their
    /// trials, on validation bars. Default: `sharpe`.
    pub metric: String,
    /// Whether higher or lower values of `metric` are better. Default:
    /// `maximize`.
    pub goal: Goal,
    /// Whether the chosen combination is tested at the end of the sweep,
    /// once, on the held-out bars. Default: true.
    pub test: bool,
    /// Blocks of time for the probability of backtest overfitting; even.
    /// Range: 2 to 20. Default: 16.
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 20)))]
    pub pbo_blocks: u32,
    /// How often a killed trial is started again. Range: 0 to 100.
    /// Default: 2.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 100)))]
    pub retries: u32,
    /// Threads of a trial; its model is the same for any number. Range: 1
    /// to 1024. Default: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1024)))]
    pub threads: u32,
    /// The memory that a trial needs: only as many run at once as fit into
    /// memory. Unit: MB. Range: 1 to 10,000,000. Default: 500.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10_000_000)))]
    pub memory_mb: u64,
    /// How long a trial may take; one that takes longer fails. Unit:
    /// minutes. Default: null, no limit.
    pub time_limit_minutes: Option<f64>,
    /// The command that trains, with its arguments, in place of the
    /// trainer. It finds its settings in `config/training_config.json` of
    /// the folder `TRAINVAULT_ROOT`. Default: none.
    pub command: Vec<String>,
    /// How trials run on Slurm.
    pub slurm: SlurmSettings,
}

impl Default for SweepSpec {
    fn default() -> Self {
        Self {
            schema: None,
            name: None,
            method: Method::Grid,
            samples: None,
            sample_seed: 0,
            parameters: BTreeMap::new(),
            seeds: Vec::new(),
            symbols: Vec::new(),
            windows: 0,
            holdout_ratio: 0.2,
            metric: "sharpe".to_owned(),
            goal: Goal::Maximize,
            test: true,
            pbo_blocks: 16,
            retries: 2,
            threads: 1,
            memory_mb: 500,
            time_limit_minutes: None,
            command: Vec::new(),
            slurm: SlurmSettings::default(),
        }
    }
}

/// Which combinations are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// All.
    Grid,
    /// Independent draws.
    Random,
    /// Points of a shifted Sobol sequence.
    Sobol,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Goal {
    /// More.
    Maximize,
    /// Less.
    Minimize,
}

/// The values that one setting may have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, try_from = "Value")]
pub enum Choices {
    /// One of these.
    Values(Vec<Value>),
    /// A number in a range.
    Range(NumberRange),
}

/// A range of numbers, both ends included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NumberRange {
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
    /// How its numbers are spaced: evenly (`linear`), or evenly in their
    /// logarithms (`log`). Default: `linear`.
    #[serde(default)]
    pub scale: Scale,
    /// Whether it holds whole numbers only. Default: false.
    #[serde(default)]
    pub integer: bool,
    /// The number of values in a grid. Range: 2 to 10,000. Default: null.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = 2, max = 10_000)))]
    pub steps: Option<u32>,
}

/// How the numbers of a range are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// Evenly in their logarithms.
    Log,
}

/// What [`Choices`] look like to an editor.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum ChoicesSchema {
    Values(Vec<Value>),
    Range(NumberRange),
}

impl TryFrom<Value> for Choices {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::Array(values) if !values.is_empty() => Ok(Self::Values(values)),
            Value::Object(_) => serde_json::from_value(value)
                .map(Self::Range)
                .map_err(|error| error.to_string())
                .map_err(|error| format!("{}{}", plain_words(&error), nearest_key(&error))),
            _ => Err("give a list of values, or a range as {\"min\": 1, \"max\": 9}".to_owned()),
        }
    }
}

/// How trials run on Slurm.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct SlurmSettings {
    /// The partition. Default: null, the cluster's own.
    pub partition: Option<String>,
    /// The account to charge. Default: null.
    pub account: Option<String>,
    /// How long an element of an array may take; `resume` submits the
    /// trials again that it did not finish. Unit: minutes. Default: null,
    /// `time_limit_minutes` for each of its trials and 5 more; without
    /// that, the cluster's own.
    pub time_minutes: Option<f64>,
    /// The most elements of arrays that run at once; null: no limit.
    /// Range: 1 to 1,000,000. Default: null.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub max_running: Option<u32>,
    /// Trials that one element of an array runs, one after another: a
    /// start costs the cluster some 0.2 s. Range: 1 to 1,000,000. Default:
    /// null, as few as let one array hold the sweep.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub trials_per_element: Option<u32>,
    /// Further options of `sbatch`, each with its value in one word, such
    /// as `--qos=low`. Default: none.
    pub options: Vec<String>,
}

impl SweepSpec {
    /// Reads the spec in the file at `path`.
    ///
    /// # Errors
    /// When it is not valid; names the file, line, key and remedy.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| {
            format!(
                "failed to read `{}`; name the JSON file of a sweep, or one of `status`, `resume`, \
                 `cancel`, `results`, `merge`, `trial`",
                path.display()
            )
        })?;
        let invalid = || format!("`{}` is not valid", path.display());
        let mut spec: Self = parse_settings(&text, &["", "/slurm"]).with_context(invalid)?;
        Self::no_empty_list(&text).with_context(invalid)?;
        if spec.name.is_none() {
            spec.name = path.file_stem().and_then(|name| name.to_str()).map(str::to_owned);
        }
        spec.check().with_context(invalid)?;
        Ok(spec)
    }

    /// Returns the sweep's name.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or("sweep")
    }
}
