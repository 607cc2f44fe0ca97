//! The real trainer, interrupted under `cargo xtask train` and resumed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Sandbox, tree};
use crate::tasks::cycle::{start, train, with_bars};

/// Enough that a signal after the second comes in time.
const N_EPISODES: usize = 6;

/// A workspace whose settings are the usual ones with `changes`.
fn workspace(changes: &Value) -> Sandbox {
    let sandbox = with_bars(N_EPISODES);
    let text = sandbox.read("config/training_config.json");
    let mut settings: Value = serde_json::from_str(&text).unwrap();
    for (key, value) in changes.as_object().unwrap() {
        settings[key] = value.clone();
    }
    sandbox.write("config/training_config.json", &settings.to_string());
    sandbox
}

/// The models and the curves: what must not depend on the interruption.
fn made(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let is_model = |name: &str| Path::new(name).extension().is_some_and(|kind| kind == "zip");
    let kept = |name: &String| is_model(name) || name.ends_with("equity.csv");
    let all = ["models", "logs"].map(|folder| tree(&sandbox.path(folder)));
    all.into_iter().flatten().filter(|(name, _)| kept(name)).collect()
}

#[track_caller]
fn check(changes: &Value) {
    let whole = workspace(changes);
    assert_eq!(train(&whole, &[]).0, 0);
    let sandbox = workspace(changes);
    let mut child = start(&sandbox);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let stopped: Value = serde_json::from_str(&sandbox.read("logs/session.json")).unwrap();
    assert!(stopped["episodes"].as_array().unwrap().len() < N_EPISODES, "it was not interrupted");
    let (code, stdout, notes) = train(&sandbox, &["--resume", "--threads", "1"]);
    assert_eq!(code, 0, "{notes}");
    assert!(stdout.contains("session   completed"), "{stdout}");
    let resumed: Value = serde_json::from_str(&sandbox.read("logs/session.json")).unwrap();
    assert_eq!(resumed["resumed_from"]["session"], stopped["id"]);
    let (made, expected) = (made(&sandbox), made(&whole));
    assert!(expected.len() > N_EPISODES, "{:?}", expected.keys());
    assert_eq!(made.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in expected {
        assert!(made[&name] == bytes, "`{name}` differs");
    }
}

#[test]
fn a_session_stopped_by_a_signal_ends_with_the_bytes_of_an_uninterrupted_one() {
    let agent = json!({ "n_trees": 4, "min_samples_leaf": 50, "memory_shares": 1 });
    check(&json!({ "agent": agent }));
}

#[test]
fn so_does_a_forecaster() {
    let forecast = json!({
        "learner": "extra_trees", "n_trees": 8, "memory_shares": 2, "min_samples_leaf": 20,
        "min_t_statistic": 0, "refit_bars": 200,
    });
    check(&json!({ "model": "forecast", "models": { "forecast": forecast } }));
}
