//! Checks the values of a spec.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{Choices, Method, NumberRange, Scale, SlurmSettings, SweepSpec};
use crate::tasks::sweep::sobol;
use crate::workspace::windows::problem_of;

/// The most trials that a sweep may have.
pub const N_TRIALS_MAX: u64 = 1_000_000;
/// With more windows, `train_ratio` would exceed its limit of 0.95.
const N_WINDOWS_MAX: u32 = 19;
/// Options of `sbatch` that the engine sets or relies on.
const OWN_OPTIONS: [&str; 11] = [
    "array",
    "chdir",
    "clusters",
    "dependency",
    "error",
    "job-name",
    "output",
    "parsable",
    "test-only",
    "wait",
    "wrap",
];

/// Options of `sbatch` for which the spec has keys.
const OPTIONS_OF_KEYS: [(&str, &str); 5] = [
    ("account", "slurm.account"),
    ("cpus-per-task", "threads"),
    ("mem", "memory_mb"),
    ("partition", "slurm.partition"),
    ("time", "slurm.time_minutes"),
];

impl SweepSpec {
    /// Checks every setting.
    ///
    /// # Errors
    /// When a setting is not valid; names the key and the remedy.
    pub fn check(&self) -> Result<()> {
        check_name(self.name())?;
        let counts = [
            ("windows", u64::from(self.windows), 0, u64::from(N_WINDOWS_MAX)),
            ("samples", u64::from(self.samples.unwrap_or(1)), 1, N_TRIALS_MAX),
            ("pbo_blocks", u64::from(self.pbo_blocks), 2, 20),
            ("retries", u64::from(self.retries), 0, 100),
            ("threads", u64::from(self.threads), 1, 1024),
            ("memory_mb", self.memory_mb, 1, 10_000_000),
            (
                "slurm.trials_per_element",
                u64::from(self.slurm.trials_per_element.unwrap_or(1)),
                1,
                N_TRIALS_MAX,
            ),
            ("slurm.max_running", u64::from(self.slurm.max_running.unwrap_or(1)), 1, N_TRIALS_MAX),
        ];
        for (key, value, min, max) in counts {
            ensure!((min..=max).contains(&value), "`{key}` is {value}; it must be {min} to {max}");
        }
        ensure!(
            self.pbo_blocks.is_multiple_of(2),
            "`pbo_blocks` is {}; it must be even, so that half of the blocks choose",
            self.pbo_blocks
        );
        ensure!(
            (0.05..=0.95).contains(&self.holdout_ratio),
            "`holdout_ratio` is {}; it must be 0.05 to 0.95",
            self.holdout_ratio
        );
        ensure!(
            self.time_limit_minutes.is_none_or(|minutes| minutes > 0.0 && minutes <= 1e6),
            "`time_limit_minutes` must be more than 0 and at most 1,000,000"
        );
        ensure!(!self.metric.is_empty(), "`metric` is empty; name a figure, such as `sharpe`");
        ensure!(
            self.windows == 0
                || (1.0 - self.holdout_ratio) * 2.0 >= 0.05 * f64::from(self.windows + 1),
            "`windows` is {}: the first gets too few of the bars before the held-out ones; give \
             fewer",
            self.windows
        );
        self.slurm.check()?;
        self.check_unique()?;
        self.check_method()?;
        self.check_parameters()
    }

    /// Checks that no list in the text of a spec is empty.
    ///
    /// # Errors
    /// When a list is empty; names it.
    pub(super) fn no_empty_list(text: &str) -> Result<()> {
        let spec: Value = serde_json::from_str(text).context("it is no JSON")?;
        for key in ["seeds", "symbols", "command"] {
            let is_empty = spec[key].as_array().is_some_and(Vec::is_empty);
            ensure!(!is_empty, "`{key}` is an empty list; name one at least, or remove the key");
        }
        Ok(())
    }

    fn check_unique(&self) -> Result<()> {
        let mut seeds = BTreeSet::new();
        for seed in &self.seeds {
            ensure!(seeds.insert(seed), "`seeds` names {seed} twice; remove one");
        }
        let mut symbols = BTreeSet::new();
        for symbol in &self.symbols {
            ensure!(symbols.insert(symbol), "`symbols` names `{symbol}` twice; remove one");
            ensure!(!symbol.trim().is_empty(), "`symbols` has an empty name; remove it");
        }
        Ok(())
    }

    fn check_method(&self) -> Result<()> {
        match (self.method, self.samples) {
            (Method::Grid, Some(_)) => {
                bail!("`samples` is for `random` and `sobol`; a grid tries every combination")
            }
            (Method::Random | Method::Sobol, None) => {
                bail!("`samples` is not given; say how many combinations to draw")
            }
            _ => {}
        }
        let n_keys = self.parameters.len();
        ensure!(
            self.method == Method::Grid || n_keys > 0,
            "`parameters` names nothing to draw: all `samples` would be the same training; name a \
             key, such as `agent.discount`"
        );
        ensure!(
            self.method != Method::Sobol || n_keys <= sobol::N_DIMENSIONS_MAX,
            "`parameters` has {n_keys} keys; a Sobol sequence takes {} at most: take `random`",
            sobol::N_DIMENSIONS_MAX
        );
        Ok(())
    }

    fn check_parameters(&self) -> Result<()> {
        let mut before: Option<&str> = None;
        for (key, choices) in &self.parameters {
            let named = || format!("`parameters` has the key `{key}`");
            let root = key.split('.').next().unwrap_or_default();
            let remedy = match key.as_str() {
                "seed" => "name them in `seeds`",
                "data" => "name them in `symbols`",
                "threads" => "set `threads` of the sweep: it changes no result",
                "holdout_ratio" => "set `holdout_ratio` of the sweep: it is the same for all",
                "$schema" => "it is no setting: remove it",
                "train_ratio" if self.windows > 0 => "`windows` says how bars are divided",
                _ if root == "walk_forward" && self.windows > 0 => {
                    "`windows` says how bars are divided"
                }
                _ if key.split('.').any(str::is_empty) => "write it as `agent.discount`",
                _ => "",
            };
            ensure!(remedy.is_empty(), "{}; {remedy}", named());
            // Keys are sorted, so the key of a parent comes before this one.
            let holds = |other: &&str| key.starts_with(&format!("{other}."));
            if let Some(other) = before.filter(holds) {
                bail!("{}, which `{other}` sets, too; remove one", named());
            }
            before = Some(key);
            choices.check(self.method).with_context(named)?;
        }
        Ok(())
    }
}

impl SlurmSettings {
    fn check(&self) -> Result<()> {
        ensure!(
            self.time_minutes.is_none_or(|minutes| minutes > 0.0 && minutes <= 1e6),
            "`slurm.time_minutes` must be more than 0 and at most 1,000,000"
        );
        for option in &self.options {
            let Some(words) = option.strip_prefix("--") else {
                bail!("`slurm.options` has `{option}`; write it in one word, as `--qos=low`");
            };
            let key = words.split('=').next().unwrap_or_default();
            // `sbatch` accepts any prefix of an option.
            let own = OWN_OPTIONS.iter().find(|own| key.len() > 1 && own.starts_with(key));
            if let Some(own) = own {
                bail!("`slurm.options` has `{option}`; `--{own}` is set by the sweep: remove it");
            }
            let known = OPTIONS_OF_KEYS.iter().find(|(name, _)| *name == key);
            if let Some((_, key)) = known {
                bail!("`slurm.options` has `{option}`; set `{key}` of the spec instead");
            }
        }
        Ok(())
    }
}

impl Choices {
    fn check(&self, method: Method) -> Result<()> {
        let range = match self {
            Self::Values(values) => {
                let mut before = BTreeSet::new();
                for value in values {
                    ensure!(before.insert(as_setting(value)), "it names {value} twice; remove one");
                }
                return Ok(());
            }
            Self::Range(range) => range,
        };
        let NumberRange { min, max, scale, integer, steps } = range;
        ensure!(min < max, "its `min` is {min} and its `max` {max}; it must be less");
        ensure!(
            *scale == Scale::Linear || *min > 0.0,
            "its `min` is {min}; of a `log` scale it must be more than 0"
        );
        ensure!(
            !integer || (min.fract() == 0.0 && max.fract() == 0.0),
            "its ends are {min} and {max}; of an `integer` range they must be whole"
        );
        match (method, steps) {
            (Method::Grid, None) => bail!("a grid takes values of a range; set its `steps`"),
            (Method::Random | Method::Sobol, Some(_)) => {
                bail!("its `steps` are for a grid; remove them")
            }
            (Method::Grid, Some(steps)) if !(2..=10_000).contains(steps) => {
                bail!("its `steps` is {steps}; it must be 2 to 10000")
            }
            _ => Ok(()),
        }
    }
}

/// Returns the same text for equal settings, such as 1 and 1.0.
fn as_setting(value: &Value) -> String {
    // Larger floats cannot represent all integers.
    let whole = |number: &f64| number.fract() == 0.0 && number.abs() < 9e15;
    match value.as_f64().filter(|_| value.is_f64()).filter(whole) {
        Some(number) => format!("{number:.0}"),
        None => value.to_string(),
    }
}

/// Checks that `name` is a valid folder name on every system.
pub fn check_name(name: &str) -> Result<()> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let is_good = !name.is_empty() && name.len() <= 100 && name.chars().all(is_plain);
    ensure!(
        is_good && !name.starts_with(['.', '-']),
        "the sweep's name is `{name}`; set `name` to letters, digits, `-`, `_` and `.`"
    );
    if let Some(problem) = problem_of(name) {
        bail!("the sweep's name is `{name}`, and {problem}; set another `name`");
    }
    Ok(())
}
