//! The canaries sing on honest features, and fall silent on leaking ones.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use trainer::config::{BUILTIN_DATA, TrainingConfig};
use trainer::learning::forest::splitmix64;
use trainer::market::bars::Bar;
use trainer::market::features::FeatureSet;
use trainer::training::leaks::{Features, LeakReport, check_leaks, leak_table};

use crate::account::alarm::normal;
use crate::cli::bars;
use crate::cli::columns::{walk, with_columns};
use crate::cli::{CommandOutput, Workspace};

/// Honest features, of which the first is spoiled.
struct Spoiled<F>(F);

impl<F: Fn(&[Bar], usize) -> f64 + Sync> Features for Spoiled<F> {
    fn names(&self) -> Vec<String> {
        FeatureSet::standard().names().to_vec()
    }

    fn rows(&self, bars: &[Bar]) -> Vec<Option<Vec<f64>>> {
        let mut rows = Features::rows(&FeatureSet::standard(), bars);
        for (bar_idx, row) in rows.iter_mut().enumerate() {
            if let Some(row) = row {
                row[0] = (self.0)(bars, bar_idx);
            }
        }
        rows
    }
}

/// A small agent on 2,000 bars of waves under noise.
fn check(features: &dyn Features) -> LeakReport {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bars.csv"), bars::csv(2000)).unwrap();
    let mut training = TrainingConfig {
        data: "bars.csv".to_owned(),
        steps_per_batch: 400,
        total_episodes: 2,
        ..TrainingConfig::default()
    };
    training.agent.n_trees = 4;
    training.agent.memory_shares = 2;
    training.agent.min_samples_leaf = 50;
    check_leaks(&training, folder.path(), features).unwrap()
}

fn passed(report: &LeakReport) -> Vec<(&str, bool)> {
    report.checks.iter().map(|check| (check.name, check.is_passed)).collect()
}

#[test]
fn the_standard_features_leak_nothing() {
    let report = check(&FeatureSet::standard());
    assert!(report.is_clean, "{}", leak_table(&report));
    assert_eq!(report.checks.len(), 3);
    assert_eq!(report.checks[2].shuffled_runs.len(), 3);
}

#[test]
fn a_feature_of_the_next_bars_fails_every_check() {
    // The very return that a decision at this bar's close earns.
    let report = check(&Spoiled(|bars: &[Bar], bar_idx: usize| {
        let open = |ahead: usize| bars.get(bar_idx + ahead).map(|bar| bar.open);
        open(1).zip(open(2)).map_or(0.0, |(entry, exit)| 100.0 * (exit / entry - 1.0))
    }));
    assert!(!report.is_clean);
    assert_eq!(
        passed(&report),
        [("prefix_invariance", false), ("later_bars_changed", false), ("shuffled_labels", false)]
    );
    let finding = &report.checks[0].finding;
    assert!(finding.starts_with("`return_1` of bar "), "{finding}");
}

#[test]
fn a_scaler_fitted_on_all_bars_fails_on_prefixes_and_in_decisions() {
    let report = check(&Spoiled(|bars: &[Bar], bar_idx: usize| {
        let mean = bars.iter().map(|bar| bar.close).sum::<f64>() / bars.len() as f64;
        bars[bar_idx].close / mean - 1.0
    }));
    assert_eq!(passed(&report)[..2], [("prefix_invariance", false), ("later_bars_changed", false)]);
    assert!(!report.is_clean);
}

#[test]
fn a_search_writes_nothing_and_prints_one_document() {
    let workspace = Workspace::new();
    let before = files(workspace.root());
    let arguments = ["--check-leaks", "--format", "json"];
    let report = workspace.command().args(arguments).assert().success().stdout_json();
    assert_eq!(report["is_clean"], true);
    assert_eq!(report["n_bars"], 2000);
    assert_eq!(files(workspace.root()), before);
    let stdout = workspace.command().arg("--check-leaks").assert().success().stdout_text();
    assert!(stdout.contains("prefix invariance    passed"), "{stdout}");
    assert!(stdout.ends_with("No leak was found.\n"), "{stdout}");
}

/// On the shipped bars with the shipped settings.
#[test]
fn the_shipped_training_leaks_nothing() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let training = TrainingConfig::default();
    assert_eq!(training.data, BUILTIN_DATA);
    let report = check_leaks(&training, Path::new("."), &FeatureSet::standard()).unwrap();
    println!("{}", leak_table(&report));
    assert!(report.is_clean);
}

/// A small run on bars with these columns beside them, as a user makes
/// it; returns whether each check passed, and the last finding.
fn check_columns(csv: &str, features: &Value) -> (Vec<(String, bool)>, String) {
    let workspace = Workspace::with_bars(csv);
    workspace.configure(&json!({ "features": features, "total_episodes": 1 }));
    let assert = workspace.command().args(["--check-leaks", "--format", "json"]).assert();
    let report = assert.stdout_json();
    let checks = report["checks"].as_array().unwrap();
    let is_clean = report["is_clean"].as_bool().unwrap();
    assert_eq!(assert.exit_code(), if is_clean { 0 } else { 13 });
    let passed = checks
        .iter()
        .map(|check| (check["name"].as_str().unwrap().to_owned(), check["is_passed"] == true))
        .collect();
    (passed, checks.last().unwrap()["finding"].as_str().unwrap().to_owned())
}

#[test]
fn a_column_of_the_next_return_is_found_and_an_innocent_one_is_not() {
    let csv = with_columns(&bars::csv(2000));
    let (passed, finding) = check_columns(&csv, &json!({ "columns": ["oracle", "noise"] }));
    let names: Vec<&str> = passed.iter().map(|(name, _)| name.as_str()).collect();
    let expected =
        ["prefix_invariance", "later_bars_changed", "shuffled_labels", "column_foresight"];
    assert_eq!(names, expected);
    // Only the last sees it: data is the same whatever is known.
    assert_eq!(passed.iter().filter(|(_, is_passed)| !is_passed).count(), 1);
    insta::assert_snapshot!(finding, @"`oracle` goes with the next 1 bar (rank correlation 1.00; one bar later 0.62; with the 1 before 0.62; standard features at most 0.74): so it was hardly known at the close; stamp each row with the bar at whose close its value was known");
    let (passed, finding) = check_columns(&csv, &json!({ "columns": ["noise", "volume"] }));
    assert!(passed.iter().all(|(_, is_passed)| *is_passed), "{finding}");
    assert!(
        finding.starts_with("no column knows later moves too well; the closest: what is new in `"),
        "{finding}"
    );
}

#[track_caller]
fn check_own(is_leak: bool, column: impl Fn(&[f64], usize) -> f64) {
    let (passed, finding) = check_columns(&walk(3000, column), &json!({ "columns": ["own"] }));
    assert_eq!(passed[3], ("column_foresight".to_owned(), !is_leak), "{finding}");
}

#[test]
fn columns_that_look_ahead_are_found_however_far_and_however_faint() {
    let ahead = |closes: &[f64], at: usize, n: usize| {
        closes.get(at + n).map_or(0.0, |later| later / closes[at] - 1.0)
    };
    check_own(true, |closes, at| ahead(closes, at, 1));
    check_own(true, |closes, at| ahead(closes, at, 10));
    // Seven parts of noise to one of truth.
    let noise = |at: usize| (splitmix64(at as u64) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
    check_own(true, |closes, at| ahead(closes, at, 1) + 0.07 * noise(at));
    // A mean of the bars around it.
    check_own(true, |closes, at| {
        let around = &closes[at.saturating_sub(10)..(at + 11).min(closes.len())];
        closes[at] / (around.iter().sum::<f64>() / around.len() as f64)
    });
}

#[test]
fn columns_that_know_a_return_at_any_lag_or_the_size_of_moves_are_found() {
    let at = |closes: &[f64], at: usize| closes[at.min(closes.len() - 1)];
    let noise = |seed: u64, at: usize| 0.0058 * normal(seed, at);
    for lag in [1, 5, 24, 48, 200] {
        // Under normal noise of four standard deviations of a return.
        check_own(true, move |closes, bar| {
            at(closes, bar + lag) / at(closes, bar + lag - 1) - 1.0 + 4.0 * noise(1, bar)
        });
    }
    let size = move |closes: &[f64], bar: usize, lag: usize| {
        (at(closes, bar + lag) / at(closes, bar + lag - 1) - 1.0).abs()
    };
    for lag in [1, 24] {
        check_own(true, move |closes, bar| size(closes, bar, lag));
        check_own(true, move |closes, bar| size(closes, bar, lag) + noise(2, bar));
    }
    check_own(true, move |closes, bar| (1..=24).map(|lag| size(closes, bar, lag)).sum());
}

#[test]
fn honest_columns_of_volatility_and_noise_are_no_leak() {
    let at = |closes: &[f64], bar: usize, back: usize| closes[bar.saturating_sub(back)];
    let size = move |closes: &[f64], bar: usize, back: usize| {
        (at(closes, bar, back) / at(closes, bar, back + 1) - 1.0).abs()
    };
    check_own(false, |_, bar| normal(1, bar));
    check_own(false, |_, bar| (0..48).map(|lag| normal(2, bar + 48 - lag)).sum());
    check_own(false, move |closes, bar| size(closes, bar, 0));
    check_own(false, move |closes, bar| (0..20).map(|back| size(closes, bar, back)).sum());
    check_own(false, move |closes, bar| {
        at(closes, bar, 0) / at(closes, bar, 48) - 1.0 + 0.01 * normal(3, bar)
    });
}

#[test]
fn columns_that_only_know_the_past_are_left_alone() {
    let past = |closes: &[f64], at: usize, n: usize| {
        at.checked_sub(n).map_or(0.0, |from| closes[at] / closes[from] - 1.0)
    };
    check_own(false, |closes, at| past(closes, at, 1));
    check_own(false, |closes, at| past(closes, at, 50));
    // A trend of its own, and a price itself.
    check_own(false, |_, at| at as f64);
    check_own(false, |closes, at| closes[at]);
    check_own(false, |_, _| 1.0);
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    names.sort();
    names
}
