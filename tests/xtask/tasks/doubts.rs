//! Figures that no market gives: the session is kept, and nobody who
//! looks at the exit code takes it for good.

use serde_json::Value;

use crate::support::{CommandOutput, Sandbox, stderr};

/// A trainer whose figures are too good, and whose audit says so.
const TOO_GOOD: &str = r#"
case "$*" in *--check*) exit 0;; esac
echo "$@" > told
echo model > models/memory_efficient_model_final.zip
cat > logs/session.json <<'END'
{"format": 1, "id": "20260102_030405", "status": "completed", "seed": 42,
 "alarms": [{"figure": "sharpe", "value": 13.2, "bound": 4.0,
             "text": "a Sharpe ratio of 13.20 over 7000 bars is above 4"}],
 "audit": {"n_trainings": 5, "verdicts": [
   {"name": "filled_1_bar_later", "verdict": "failed", "finding": "nothing is left of the profit"},
   {"name": "costs_doubled", "verdict": "passed", "finding": "it stands"}]},
 "metrics": {"agent": {"net_return": 111.5, "sharpe": 13.2}}}
END
exit 3
"#;

#[track_caller]
fn train(arguments: &[&str], code: i32) -> (Sandbox, Value, String) {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(TOO_GOOD);
    let mut command = sandbox.xtask(&["train", "--format", "json", "--trainer-bin"]);
    let assert = command.arg(&trainer).args(arguments).assert().code(code);
    (sandbox, assert.stdout_json(), assert.stderr_text())
}

#[test]
fn an_alarm_is_archived_and_told_and_exits_with_3() {
    let (sandbox, report, notes) = train(&["--audit"], 3);
    assert_eq!(report["status"], "completed");
    assert_eq!(sandbox.archive_names().len(), 1);
    assert!(sandbox.read("told").contains(" --audit"));
    let doubts = [
        "a Sharpe ratio of 13.20 over 7000 bars is above 4",
        "audit, filled 1 bar later: nothing is left of the profit",
    ];
    assert_eq!(report["doubts"], serde_json::json!(doubts));
    for doubt in doubts {
        assert!(notes.contains(&format!("warning: {doubt}: treat as a bug\n")), "{notes}");
    }
}

#[test]
fn a_missed_gate_goes_before_an_alarm_and_a_passed_one_does_not() {
    let (_, report, notes) = train(&["--gate", "sharpe>=20"], 12);
    assert_eq!(report["doubts"].as_array().unwrap().len(), 2);
    assert!(notes.contains("treat as a bug"), "{notes}");
    train(&["--gate", "sharpe>=0.5"], 3);
}

#[test]
fn a_summary_says_that_the_figures_are_doubtful() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(TOO_GOOD);
    let mut command = sandbox.xtask(&["train", "--summary", "page.md", "--trainer-bin"]);
    command.current_dir(sandbox.root()).arg(&trainer);
    let notes = stderr(&mut command);
    assert!(notes.contains("treat as a bug"), "{notes}");
    let page = sandbox.read("page.md");
    assert!(page.contains("**Treat as a bug**: a Sharpe ratio of 13.20"), "{page}");
}

#[test]
fn a_trainer_that_ends_with_3_and_keeps_no_record_has_failed() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer("echo model > models/m.zip; exit 3");
    let mut command = sandbox.xtask(&["train", "--trainer-bin"]);
    command.arg(&trainer).assert().code(1);
}

#[test]
fn figures_of_the_trainers_own_tasks_keep_their_exit_code() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer("echo \"$1\"; exit 3");
    for task in ["simulate", "metrics"] {
        let mut command = sandbox.xtask(&[task, "--trainer-bin"]);
        command.arg(&trainer).assert().code(3).stdout(format!("{task}\n"));
    }
}
