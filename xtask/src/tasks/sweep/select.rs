//! Chooses a combination on validation bars, and tests it, once.
//!
//! `selection.json` is written before the test and never changed: the
//! choice does not depend on the result of the test.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::attempt::{PlannedTraining, Runner, TrainingEnd};
use super::curve::{CURVE, Returns};
use super::folder::{SweepFolder, TrainingKey};
use super::record::TrialStatus;
use super::results::{SweepResults, TrialResult};
use crate::programs::process;
use crate::workspace::exit::TrainerExit;
use crate::workspace::files;

const SELECTION: &str = "selection.json";
const VERDICT: &str = "verdict.json";
/// The last verdict whose failed tests were repeated.
const FAILED_VERDICT: &str = "verdict_failed.json";
/// The curve of the chosen combination on validation bars.
const VALIDATION: &str = "validation.csv";

/// The choice, stored before the test is opened: `selection.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// 1.
    pub format: u32,
    /// When the test was opened.
    pub opened_at: DateTime<Utc>,
    /// The choice.
    pub choice: Choice,
}

/// The chosen combination, and the trials it was chosen from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Its number, from 0.
    pub combination: u64,
    /// Its values, by key.
    pub parameters: BTreeMap<String, Value>,
    /// The seed of the test: the first of the spec.
    pub seed: u64,
    /// The mean of the ranking metric on validation bars.
    pub mean: f64,
    /// The number of trials, including failed ones, by which its Sharpe ratio
    /// is deflated.
    pub n_trials: u64,
    /// Those that failed, by index.
    pub failed: Vec<u64>,
    /// The variance of the trials' Sharpe ratios per bar; null without
    /// curves.
    pub trial_variance: Option<f64>,
}

/// The result of the test: `verdict.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// 1.
    pub format: u32,
    /// The chosen combination on validation bars, by its mean curve.
    pub validation: Option<CurveMeasurement>,
    /// The tests on the held-out bars, one for each symbol.
    pub tests: Vec<TestResult>,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestResult {
    /// The symbol; null without symbols.
    pub symbol: Option<String>,
    /// How its session ended.
    pub status: TrialStatus,
    /// Why it failed.
    pub reason: Option<String>,
    /// The session's metrics on the held-out bars.
    pub metrics: BTreeMap<String, Option<f64>>,
    /// The measurement of its curve, as one of many trials.
    pub measured: Option<CurveMeasurement>,
}

/// The measurement of a curve, as one of many trials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurveMeasurement {
    /// The Sharpe ratio per year.
    pub sharpe: Option<f64>,
    /// The probability that it exceeds the best Sharpe ratio of as many
    /// trials without skill.
    pub deflated_sharpe: Option<f64>,
    /// Bars with a return.
    pub n_bars: Option<u64>,
}

/// Reads the choice; `None` if there is none yet.
pub fn chosen(folder: &SweepFolder) -> Result<Option<Selection>> {
    read(&folder.root().join(SELECTION))
}

/// Reads the verdict; `None` if the test was not opened or is not
/// finished.
pub fn verdict(folder: &SweepFolder) -> Result<Option<Verdict>> {
    read(&folder.root().join(VERDICT))
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Option<T>> {
    let Some(bytes) = files::read_existing(path)? else { return Ok(None) };
    let damaged = || format!("`{}` is damaged; bring it back from a backup", path.display());
    serde_json::from_slice(&bytes).map(Some).with_context(damaged)
}

/// Returns the best combination; `None` while trials are missing, or if
/// none can be ranked.
pub fn choose(folder: &SweepFolder, results: &SweepResults) -> Option<Choice> {
    let best = results.combinations.first().filter(|best| best.rank == Some(1))?;
    if !results.missing.is_empty() {
        return None;
    }
    Some(Choice {
        combination: best.combination,
        parameters: best.parameters.clone(),
        seed: folder.plan().seeds()[0],
        mean: best.mean?,
        n_trials: results.n_trials,
        failed: results.failed.clone(),
        trial_variance: results.trial_variance,
    })
}

/// Stores `choice`, unless there is one already, and returns the stored
/// one.
pub fn store_choice(folder: &SweepFolder, choice: Choice, now: DateTime<Utc>) -> Result<Selection> {
    if let Some(selection) = chosen(folder)? {
        return Ok(selection);
    }
    let selection = Selection { format: 1, opened_at: now, choice };
    let path = folder.root().join(SELECTION);
    let draft = folder.root().join(format!(".{SELECTION}.{}", std::process::id()));
    files::write_json(&draft, &selection)?;
    match files::rename_new(&draft, &path) {
        Ok(()) => Ok(selection),
        // Another process was first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Ok(chosen(folder)?.unwrap_or(selection))
        }
        Err(error) => Err(error).with_context(|| format!("failed to write `{}`", path.display())),
    }
}

/// Trains the chosen combination on all bars before the held-out ones,
/// tests it on those, and measures its curves by `trainer`, if that is
/// the one of this repository. `None` if it was stopped.
pub fn test(
    runner: &Runner<'_>,
    choice: &Choice,
    trials: &[TrialResult],
    trainer: Option<&Path>,
) -> Result<Option<Verdict>> {
    let folder = runner.folder;
    let plan = folder.plan();
    let first = choice.combination * plan.n_trials_each();
    let mut tests = Vec::new();
    for symbol_idx in 0..plan.data.len() {
        // The trial of the first seed and the first window.
        let trial = plan.trial(first + symbol_idx as u64 * plan.seeds().len() as u64);
        let (key, settings) = (TrainingKey::Test(symbol_idx), plan.test_settings(&trial));
        let TrainingEnd::Finished(record) =
            runner.run(&PlannedTraining { key, settings, seed: trial.seed })?
        else {
            return Ok(None);
        };
        let outcome = record.outcome;
        tests.push(TestResult {
            symbol: trial.symbol,
            status: outcome.status,
            reason: outcome.reason,
            metrics: outcome.metrics,
            measured: measure(trainer, &folder.published(key).join(CURVE), choice)?,
        });
    }
    let validation = folder.root().join(VALIDATION);
    write_validation(folder, choice, trials, &validation)?;
    let validation = measure(trainer, &validation, choice)?;
    let verdict = Verdict { format: 1, validation, tests };
    files::write_json(&folder.root().join(VERDICT), &verdict)?;
    Ok(Some(verdict))
}

/// Sets failed tests aside, so that they are repeated with the same
/// combination. Returns whether there are any.
pub fn set_aside_failed_tests(folder: &SweepFolder) -> Result<bool> {
    let tests = verdict(folder)?.map(|verdict| verdict.tests).unwrap_or_default();
    let has_failed = |test: &TestResult| test.status != TrialStatus::Completed;
    if !tests.iter().any(has_failed) {
        return Ok(false);
    }
    // First, since with a verdict the sweep counts as tested.
    let path = folder.root().join(VERDICT);
    files::rename(&path, &folder.root().join(FAILED_VERDICT))
        .with_context(|| format!("failed to move `{}`", path.display()))?;
    for (symbol_idx, _) in tests.iter().enumerate().filter(|(_, test)| has_failed(test)) {
        folder.set_aside_failed(TrainingKey::Test(symbol_idx))?;
    }
    Ok(true)
}

/// Writes the mean curve of the chosen combination's trials.
fn write_validation(
    folder: &SweepFolder,
    choice: &Choice,
    trials: &[TrialResult],
    path: &Path,
) -> Result<()> {
    let own = trials.iter().filter(|trial| trial.combination == choice.combination);
    let curves: Vec<Returns> = own
        .filter_map(|trial| Returns::read(&folder.published(TrainingKey::Trial(trial.index))))
        .collect();
    if curves.is_empty() {
        return Ok(());
    }
    files::write_atomically(path, Returns::mean(&curves).csv().as_bytes())
}

/// Lets the trainer measure the curve in `path`, if there is one.
fn measure(
    trainer: Option<&Path>,
    path: &Path,
    choice: &Choice,
) -> Result<Option<CurveMeasurement>> {
    let is_there = files::is_file(path)?;
    let (Some(trainer), Some(variance), true) = (trainer, choice.trial_variance, is_there) else {
        return Ok(None);
    };
    let (n_trials, variance) = (choice.n_trials.to_string(), variance.to_string());
    let mut words = vec!["metrics".into(), "--equity".into(), OsString::from(path)];
    words.extend(["--trials", &n_trials, "--trial-variance", &variance].map(OsString::from));
    words.extend(["--format", "json"].map(OsString::from));
    let folder = path.parent().unwrap_or(Path::new("."));
    let (text, exit) = process::trainer_text(trainer, folder, &words)?;
    // 3: the metrics are suspicious, which the trainer reports itself.
    ensure!(
        matches!(exit, TrainerExit::Code(0 | 3)),
        "the trainer could not measure `{}`, as it says above; `cargo xtask sweep merge` asks it \
         again",
        path.display()
    );
    let document: Value = serde_json::from_str(&text).with_context(|| {
        format!("`{} metrics --format json` printed no JSON", trainer.display())
    })?;
    let metrics = &document["metrics"];
    Ok(Some(CurveMeasurement {
        sharpe: metrics["sharpe"].as_f64(),
        deflated_sharpe: metrics["deflated_sharpe"].as_f64(),
        n_bars: metrics["n_bars"].as_u64(),
    }))
}
