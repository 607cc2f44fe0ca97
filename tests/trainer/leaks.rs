//! The canaries sing on honest features, and fall silent on leaking ones.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

use std::fs;
use std::path::Path;

use serde_json::Value;
use trainer::bars::Bar;
use trainer::config::{BUILTIN_DATA, TrainingConfig};
use trainer::features::FeatureSet;
use trainer::leaks::{Features, LeakReport, check_leaks, leak_table};

use crate::cli::bars;
use crate::cli::workspace::Workspace;

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
fn a_scaler_fitted_on_all_bars_fails_on_prefixes_though_trees_do_not_mind() {
    let report = check(&Spoiled(|bars: &[Bar], bar_idx: usize| {
        let mean = bars.iter().map(|bar| bar.close).sum::<f64>() / bars.len() as f64;
        bars[bar_idx].close / mean - 1.0
    }));
    assert_eq!(passed(&report)[..2], [("prefix_invariance", false), ("later_bars_changed", true)]);
    assert!(!report.is_clean);
}

#[test]
fn a_search_writes_nothing_and_prints_one_document() {
    let workspace = Workspace::new();
    let before = files(workspace.root());
    let arguments = ["--check-leaks", "--format", "json"];
    let assert = workspace.command().args(arguments).assert().success();
    let report: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(report["is_clean"], true);
    assert_eq!(report["n_bars"], 2000);
    assert_eq!(files(workspace.root()), before);
    let assert = workspace.command().arg("--check-leaks").assert().success();
    let told = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
    assert!(told.contains("prefix invariance    passed"), "{told}");
    assert!(told.ends_with("No leak was found.\n"), "{told}");
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

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    names.sort();
    names
}
