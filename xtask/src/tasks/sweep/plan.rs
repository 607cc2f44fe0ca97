//! The trials of a sweep and their settings: a pure function of the spec,
//! the workspace's settings and an index.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::sample::{self, Grid};
use super::spec::{N_TRIALS_MAX, SweepSpec};
use crate::tasks::train::DEFAULT_SEED;

/// All trials of a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The spec of the user.
    pub spec: SweepSpec,
    /// The base settings of all trials: `training_config.json`.
    pub settings: Map<String, Value>,
    /// The data path of each symbol for a trial's settings, in the spec's
    /// order; without symbols, that of `settings`.
    pub data: Vec<Option<String>>,
    #[serde(skip)]
    grid: LazyGrid,
}

/// The values of the grid, computed on first use, since each trial needs
/// them.
#[derive(Debug, Clone, Default)]
struct LazyGrid(OnceLock<Grid>);

impl PartialEq for LazyGrid {
    /// It is derived from the spec.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// One trial.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// Its index, from 0.
    pub index: u64,
    /// The combination of values, from 0.
    pub combination: u64,
    /// Those values, by key.
    pub parameters: BTreeMap<String, Value>,
    /// The seed.
    pub seed: u64,
    /// The symbol; null without symbols.
    pub symbol: Option<String>,
    /// The window, from 1; null without windows.
    pub window: Option<u32>,
    /// The whole of its `training_config.json`.
    #[serde(skip)]
    pub settings: Map<String, Value>,
}

impl Trial {
    /// Describes how it differs from other trials, apart from the seed:
    /// `agent.discount 0.9, on BTC, window 2`.
    pub fn differences(&self) -> String {
        let mut parts = vec![parameters_text(&self.parameters)];
        parts.retain(|text| !text.is_empty());
        parts.extend(self.symbol.as_ref().map(|symbol| format!("on {symbol}")));
        parts.extend(self.window.map(|window| format!("window {window}")));
        parts.join(", ")
    }
}

/// Formats the values of a combination: `agent.discount 0.9`.
pub fn parameters_text(parameters: &BTreeMap<String, Value>) -> String {
    let parts: Vec<String> =
        parameters.iter().map(|(key, value)| format!("{key} {value}")).collect();
    parts.join(", ")
}

impl Plan {
    /// Creates a plan.
    pub fn new(spec: SweepSpec, settings: Map<String, Value>, data: Vec<Option<String>>) -> Self {
        Self { spec, settings, data, grid: LazyGrid::default() }
    }

    fn grid(&self) -> &Grid {
        self.grid.0.get_or_init(|| Grid::of(&self.spec))
    }

    /// Checks that there are not too many trials, and that each parameter has
    /// an effect.
    pub fn check(&self) -> Result<()> {
        self.check_split()?;
        let n_trials = self.n_trials();
        let count = match n_trials {
            u64::MAX => "more trials than can be counted".to_owned(),
            n_trials => format!("{n_trials} trials"),
        };
        ensure!(
            n_trials <= N_TRIALS_MAX,
            "the sweep has {count}; {N_TRIALS_MAX} at most can be kept apart: draw `samples`, or \
             name fewer values, seeds, symbols or windows"
        );
        Ok(())
    }

    /// Checks that parameters of a single split are used with one: by
    /// default, the trainer uses walk-forward windows.
    fn check_split(&self) -> Result<()> {
        let parameters = &self.spec.parameters;
        let of_settings = self.settings.get("walk_forward").and_then(|walk| walk.get("windows"));
        let is_walk = self.spec.command.is_empty()
            && self.spec.windows == 0
            && of_settings != Some(&json!(0))
            && !["walk_forward", "walk_forward.windows"]
                .iter()
                .any(|key| parameters.contains_key(*key));
        for key in ["train_ratio", "embargo_bars"] {
            ensure!(
                !(is_walk && parameters.contains_key(key)),
                "`parameters` has the key `{key}`, which changes nothing where windows judge; add \
                 `\"walk_forward.windows\": [0]` to them for a single split"
            );
        }
        Ok(())
    }

    /// Returns how many trials there are.
    pub fn n_trials(&self) -> u64 {
        self.n_combinations().saturating_mul(self.n_trials_each())
    }

    /// Returns how many combinations of values there are.
    pub fn n_combinations(&self) -> u64 {
        sample::n_combinations(&self.spec, self.grid())
    }

    /// Returns how many trials each combination has; their indices are
    /// consecutive.
    pub fn n_trials_each(&self) -> u64 {
        let n_windows = u64::from(self.spec.windows.max(1));
        n_windows * self.data.len() as u64 * self.seeds().len() as u64
    }

    /// Returns the seeds of each combination.
    pub fn seeds(&self) -> Cow<'_, [u64]> {
        if !self.spec.seeds.is_empty() {
            return Cow::Borrowed(&self.spec.seeds);
        }
        Cow::Owned(vec![self.settings.get("seed").and_then(Value::as_u64).unwrap_or(DEFAULT_SEED)])
    }

    /// Returns the trial `index`. The seed changes fastest, then the
    /// symbol, then the window.
    pub fn trial(&self, index: u64) -> Trial {
        let seeds = self.seeds();
        let mut rest = index;
        let mut next = |n: usize| {
            let digit = rest % n as u64;
            rest /= n as u64;
            usize::try_from(digit).expect("it is less than a length")
        };
        let seed = seeds[next(seeds.len())];
        let symbol_idx = next(self.data.len());
        let window = next(self.spec.windows.max(1) as usize);
        let window = u32::try_from(window + 1).ok().filter(|_| self.spec.windows > 0);
        let combination = rest;
        let parameters = sample::combination(&self.spec, self.grid(), combination);
        let mut settings = self.with(&parameters, seed, symbol_idx);
        self.validate_on(&mut settings, window);
        let symbol = self.spec.symbols.get(symbol_idx).cloned();
        Trial { index, combination, parameters, seed, symbol, window, settings }
    }

    /// Returns the settings that train the combination of `trial` on all bars
    /// before the held-out ones, and test it on those.
    pub fn test_settings(&self, trial: &Trial) -> Map<String, Value> {
        let mut settings = trial.settings.clone();
        settings.remove("holdout_ratio");
        settings.insert("train_ratio".to_owned(), json!(1.0 - self.spec.holdout_ratio));
        Self::set(&mut settings, "walk_forward.windows", json!(0));
        settings
    }

    fn with(
        &self,
        parameters: &BTreeMap<String, Value>,
        seed: u64,
        symbol_idx: usize,
    ) -> Map<String, Value> {
        let mut settings = self.settings.clone();
        // Its path is relative to another folder.
        settings.remove("$schema");
        for (key, value) in parameters {
            Self::set(&mut settings, key, value.clone());
        }
        settings.insert("seed".to_owned(), json!(seed));
        settings.insert("threads".to_owned(), json!(self.spec.threads));
        if let Some(data) = &self.data[symbol_idx] {
            settings.insert("data".to_owned(), json!(data));
        }
        settings
    }

    /// Sets up validation on the bars of `window`, never on held-out ones.
    fn validate_on(&self, settings: &mut Map<String, Value>, window: Option<u32>) {
        let holdout_ratio = self.spec.holdout_ratio;
        let Some(window) = window else {
            settings.insert("holdout_ratio".to_owned(), json!(holdout_ratio));
            return;
        };
        let (window, n_parts) = (f64::from(window), f64::from(self.spec.windows + 1));
        // Hold out the parts after the window, too.
        let in_use = (1.0 - holdout_ratio) * (window + 1.0) / n_parts;
        settings.insert("holdout_ratio".to_owned(), json!(1.0 - in_use));
        settings.insert("train_ratio".to_owned(), json!(window / (window + 1.0)));
        Self::set(settings, "walk_forward.windows", json!(0));
    }

    /// Sets `key`, such as `agent.discount`, of `settings` to `value`,
    /// creating objects on the way.
    pub fn set(settings: &mut Map<String, Value>, key: &str, value: Value) {
        match key.split_once('.') {
            None => drop(settings.insert(key.to_owned(), value)),
            Some((section, rest)) => {
                let entry = settings.entry(section).or_insert_with(|| json!({}));
                if !entry.is_object() {
                    *entry = json!({});
                }
                Self::set(entry.as_object_mut().expect("it was made one"), rest, value);
            }
        }
    }
}
