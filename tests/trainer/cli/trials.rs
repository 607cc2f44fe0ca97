//! The deflated Sharpe ratio among the trials that archives hold.

use std::fs;

use assert_cmd::Command;
use serde_json::{Value, json};

use super::{CommandOutput, TRAINED, Workspace};

/// Trains with these earlier trials; `null` stands for a ratio that was
/// undefined.
fn trials(earlier: impl Fn(&Value) -> Value) -> (Workspace, Value) {
    let workspace = Workspace::new();
    workspace.train(&[]);
    let first = workspace.session();
    let path = workspace.path("trials.json");
    let file = json!({ "format": 1, "trials": earlier(&first) });
    fs::write(&path, file.to_string()).unwrap();
    workspace.train(&["--earlier-trials", path.to_str().unwrap()]);
    let trials = workspace.session()["trials"].clone();
    assert_eq!(first["metrics"], workspace.session()["metrics"]);
    (workspace, trials)
}

fn trial(first: &Value, changes: &Value) -> Value {
    let mut trial = json!({
        "archive": "training_backup_20260101_000000.zip",
        "config_sha256": "other settings",
        "data_sha256": first["data"]["sha256"],
        "n_bars": first["metrics"]["agent"]["n_bars"],
        "sharpe": 0.01,
    });
    for (key, value) in changes.as_object().unwrap() {
        trial[key] = value.clone();
    }
    trial
}

#[test]
fn the_first_trial_is_deflated_by_nothing() {
    let workspace = Workspace::new();
    let stdout = workspace.command().assert().code(TRAINED).stdout_text();
    let session = workspace.session();
    let trials = &session["trials"];
    assert_eq!(trials["n_trials"], 1);
    assert_eq!(trials["n_archived"], 0);
    assert_eq!(trials["deflated_sharpe"], session["metrics"]["agent"]["probabilistic_sharpe"]);
    assert!(stdout.contains("this is the first trial on these test bars"), "{stdout}");
}

#[test]
fn trials_on_the_same_bars_deflate_the_ratio_as_the_metrics_task_does() {
    let (workspace, trials) = trials(|first| {
        json!([
            trial(first, &json!({ "sharpe": 0.02 })),
            trial(first, &json!({ "sharpe": null })),
            trial(first, &json!({ "data_sha256": "other bars" })),
            trial(first, &json!({ "n_bars": 9 })),
            // This very session, archived before.
            trial(first, &json!({ "config_sha256": first["config"]["sha256"], "sharpe": 9.0 })),
        ])
    });
    assert_eq!(trials["n_trials"], 3);
    assert_eq!(trials["n_archived"], 2);
    assert_eq!(trials["n_on_other_bars"], 2);
    let agent = &workspace.session()["metrics"]["agent"];
    let number = |value: &Value| value.as_f64().unwrap();
    let periods = number(&agent["periods_per_year"]["value"]);
    let sharpes = [0.02, 0.0, number(&agent["sharpe"]) / periods.sqrt()];
    let mean = sharpes.iter().sum::<f64>() / 3.0;
    let variance = sharpes.iter().map(|sharpe| (sharpe - mean).powi(2)).sum::<f64>() / 2.0;
    assert!((number(&trials["variance"]) / variance - 1.0).abs() < 1e-12);
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    let variance = number(&trials["variance"]).to_string();
    command.args(["metrics", "--format", "json", "--trials", "3", "--trial-variance", &variance]);
    let output = command.arg("--equity").arg(workspace.path("logs/trades/equity.csv")).output();
    let measured: Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let expected = number(&measured["metrics"]["deflated_sharpe"]);
    assert!((number(&trials["deflated_sharpe"]) - expected).abs() < 1e-9);
    assert!(expected < number(&agent["probabilistic_sharpe"]));
}

#[test]
fn trials_change_no_model_and_a_bad_file_is_told_before_anything_is_written() {
    let workspace = Workspace::new();
    let path = workspace.path("trials.json");
    fs::write(&path, r#"{"format": 2, "trials": []}"#).unwrap();
    let stderr = workspace.fail(&["--quiet", "--earlier-trials", path.to_str().unwrap()], 1);
    assert!(stderr.contains("it has format 2"), "{stderr}");
    assert!(!workspace.exists("logs"));
    workspace.train(&[]);
    let (trained, _) = trials(|first| json!([trial(first, &json!({}))]));
    assert!(trained.model() == workspace.model());
}
