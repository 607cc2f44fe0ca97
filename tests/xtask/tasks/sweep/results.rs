//! What a sweep found: ranks, the choice, and the one test.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{swept, trainer, write_spec};
use crate::support::{CommandOutput, Sandbox, json_of, stdout};

/// Earns on validation bars by its discount, and on the held-out bars by
/// what its seed and discount say; writes curves as the trainer does.
const WITH_CURVES: &str = r#"
mkdir -p logs/trades
held=$(number holdout_ratio)
awk -v d="$discount" -v s="$seed" -v held="${held:-0}" 'BEGIN {
    print "time,equity,exposure,buy_and_hold,close"; e = 10000; x = s * 7919 + d * 1000
    for (i = 0; i < 120; i++) {
        printf "2026-%02d-%02dT00:00:00Z,%.10f,0,0,1\n", 1 + i / 28, 1 + i % 28, e
        x = (x * 1103515245 + 12345) % 2147483648
        e *= 1 + (x / 2147483648 - 0.5) / 100 + d / 1000
    }
}' > logs/trades/equity.csv
"#;

fn spec(more: &Value) -> Value {
    let mut spec = json!({
        "parameters": { "agent.discount": [0.1, 0.5, 0.9] }, "seeds": [1, 2], "pbo_blocks": 6,
    });
    for (key, value) in more.as_object().unwrap() {
        spec[key] = value.clone();
    }
    spec
}

fn results(sandbox: &Sandbox) -> Value {
    let mut command = sandbox.xtask(&["sweep", "results", "--format", "json"]);
    json_of(&mut command)
}

#[test]
fn the_best_on_validation_bars_is_tested_once() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &spec(&json!({})));
    swept(&sandbox, WITH_CURVES, &["sweep", "sweep.json"]).code(0);
    let found = results(&sandbox);
    let ranks: Vec<_> = found["combinations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["rank"].clone(), it["mean"].clone()))
        .collect();
    assert_eq!(ranks, [(json!(1), json!(0.9)), (json!(2), json!(0.5)), (json!(3), json!(0.1))]);
    assert_eq!(found["choice"]["parameters"], json!({ "agent.discount": 0.9 }));
    assert_eq!(found["choice"]["n_trials"], 6);
    assert!(found["choice"]["trial_variance"].as_f64().unwrap() > 0.0);
    assert_eq!(found["overfitting"]["n_splits"], 20);
    assert_eq!(found["verdict"]["tests"][0]["status"], "completed");
    // The test saw the held-out bars, and no trial did.
    let settings = |path: &str| -> Value {
        let path = format!("sweeps/sweep/{path}/config/training_config.json");
        serde_json::from_str(&sandbox.read(&path)).unwrap()
    };
    assert_eq!(settings("test/1")["train_ratio"], json!(1.0 - 0.2));
    assert_eq!(settings("test/1").get("holdout_ratio"), None);
    for index in 0..6 {
        assert_eq!(settings(&format!("trials/000{index}"))["holdout_ratio"], 0.2);
    }
    // It stays as it is.
    let opened = sandbox.read("sweeps/sweep/selection.json");
    swept(&sandbox, "exit 1", &["sweep", "resume"]).code(0);
    assert_eq!(sandbox.read("sweeps/sweep/selection.json"), opened);
    let notes =
        swept(&sandbox, "exit 1", &["sweep", "resume", "--retry-failed"]).code(2).stderr_text();
    assert!(notes.contains("the test of the sweep `sweep` was opened"), "{notes}");
}

#[test]
fn a_curve_that_the_trainer_cannot_measure_is_asked_for_again() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &spec(&json!({})));
    let trainer = trainer(&sandbox, WITH_CURVES);
    let mut command = sandbox.xtask(&["sweep", "sweep.json"]);
    command.env("METRICS_FAIL", "1").arg("--trainer-bin").arg(&trainer);
    let notes = command.assert().code(1).stderr_text();
    assert!(notes.contains("could not measure"), "{notes}");
    let opened = sandbox.read("sweeps/sweep/selection.json");
    assert_eq!(results(&sandbox)["verdict"], Value::Null);
    swept(&sandbox, WITH_CURVES, &["sweep", "merge"]).code(0);
    let test = &results(&sandbox)["verdict"]["tests"][0];
    assert_eq!(test["measured"]["deflated_sharpe"], 0.5);
    assert_eq!(sandbox.read("sweeps/sweep/selection.json"), opened);
}

#[test]
fn a_test_that_failed_is_made_again_when_asked_for() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &spec(&json!({})));
    let body = format!("case $PWD in */test-1_*) exit 1 ;; esac\n{WITH_CURVES}");
    let notes = swept(&sandbox, &body, &["sweep", "sweep.json"]).code(3).stderr_text();
    assert!(notes.contains("the test failed, and told nothing"), "{notes}");
    let failed = results(&sandbox);
    assert_eq!(failed["verdict"]["tests"][0]["status"], "failed", "{notes}");
    let opened = sandbox.read("sweeps/sweep/selection.json");
    // Not by itself.
    swept(&sandbox, WITH_CURVES, &["sweep", "resume"]);
    assert_eq!(results(&sandbox), failed);
    swept(&sandbox, WITH_CURVES, &["sweep", "resume", "--retry-failed"]).code(0);
    let found = results(&sandbox);
    assert_eq!(found["verdict"]["tests"][0]["status"], "completed");
    assert_eq!(found["choice"], failed["choice"]);
    assert_eq!(sandbox.read("sweeps/sweep/selection.json"), opened);
    assert!(sandbox.path("sweeps/sweep/retired/test-1_1/trial.json").is_file());
    swept(&sandbox, "exit 1", &["sweep", "resume", "--retry-failed"]).code(2);
}

#[test]
fn a_combination_with_a_failed_trial_is_named_and_not_chosen() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &spec(&json!({ "goal": "maximize" })));
    let body = format!("[ $discount$seed = 0.92 ] && exit 1\n{WITH_CURVES}");
    swept(&sandbox, &body, &["sweep", "sweep.json"]).code(3);
    let found = results(&sandbox);
    assert_eq!(found["failed"], json!([5]));
    assert_eq!(found["choice"]["parameters"], json!({ "agent.discount": 0.5 }));
    assert_eq!(
        (&found["choice"]["n_trials"], &found["choice"]["failed"]),
        (&json!(6), &json!([5]))
    );
    let last = found["combinations"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["rank"], &last["n_failed"]), (&Value::Null, &json!(1)));
}

#[test]
fn less_is_better_where_the_spec_says_so() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &spec(&json!({ "goal": "minimize", "test": false })));
    swept(&sandbox, WITH_CURVES, &["sweep", "sweep.json"]).code(0);
    let found = results(&sandbox);
    assert_eq!(found["combinations"][0]["mean"], 0.1);
    assert!(!sandbox.path("sweeps/sweep/test").exists());
    assert_eq!(found["choice"], Value::Null);
}

#[test]
fn nothing_is_chosen_while_trials_are_missing() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &spec(&json!({})));
    swept(&sandbox, WITH_CURVES, &["sweep", "sweep.json", "--engine", "external"]);
    swept(&sandbox, WITH_CURVES, &["sweep", "trial", "0", "--count", "5"]);
    let found = results(&sandbox);
    assert_eq!((&found["missing"], &found["choice"]), (&json!([5]), &Value::Null));
    let notes = swept(&sandbox, WITH_CURVES, &["sweep", "merge"]).code(1).stderr_text();
    assert!(notes.contains("trials 5 are missing"), "{notes}");
    assert!(!sandbox.path("sweeps/sweep/selection.json").exists());
    swept(&sandbox, WITH_CURVES, &["sweep", "trial", "5"]);
    swept(&sandbox, WITH_CURVES, &["sweep", "merge"]).code(0);
    assert_eq!(results(&sandbox)["verdict"]["tests"][0]["status"], "completed");
}

#[test]
fn results_are_the_same_bytes_in_any_order() {
    let csv = |arguments: &[&str], rest: &[&[&str]]| {
        let sandbox = Sandbox::new();
        write_spec(&sandbox, &spec(&json!({})));
        swept(&sandbox, WITH_CURVES, arguments);
        for arguments in rest {
            swept(&sandbox, WITH_CURVES, arguments);
        }
        let mut command = sandbox.xtask(&["sweep", "results", "--format", "csv"]);
        (stdout(&mut command), results(&sandbox))
    };
    let at_once = csv(&["sweep", "sweep.json", "--jobs", "3"], &[]);
    let outside: [&[&str]; 3] = [
        &["sweep", "trial", "3", "--count", "3"],
        &["sweep", "trial", "0", "--count", "3"],
        &["sweep", "merge"],
    ];
    let from_outside = csv(&["sweep", "sweep.json", "--engine", "external"], &outside);
    assert_eq!(at_once, from_outside);
    assert_eq!(at_once.0.lines().count(), 7);
    let titles = at_once.0.lines().next().unwrap();
    assert_eq!(
        titles,
        "trial,rank,status,seed,symbol,window,agent.discount,validation.sharpe,model_sha256,reason"
    );
}

#[test]
fn the_page_needs_nothing_else() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &spec(&json!({ "parameters": { "model": ["</script>", "b"] } })));
    swept(&sandbox, WITH_CURVES, &["sweep", "sweep.json"]);
    let stdout_text = stdout(&mut sandbox.xtask(&["sweep", "results", "--page", "page.html"]));
    assert!(stdout_text.contains("ranked by sharpe"), "{stdout_text}");
    let page = fs::read_to_string(PathBuf::from(sandbox.root()).join("page.html")).unwrap();
    assert!(!page.contains("https://") && !page.contains("src="), "it loads something");
    assert_eq!(page.matches("</script>").count(), 2);
}
