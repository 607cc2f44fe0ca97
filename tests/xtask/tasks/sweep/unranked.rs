//! A figure that nobody tells of, and a spec that is mended on the way.

use serde_json::{Value, json};

use super::{four_trials, trainer, write_spec};
use crate::support::{CommandOutput, Sandbox, json_of, stdout};

fn with(key: &str, value: Value) -> Value {
    let mut spec = four_trials();
    spec["test"] = json!(true);
    spec[key] = value;
    spec
}

const BEGIN: [&str; 4] = ["sweep", "sweep.json", "--trainer-bin", "./trainer.sh"];
const MEND: [&str; 6] =
    ["sweep", "resume", "--spec", "sweep.json", "--trainer-bin", "./trainer.sh"];

#[test]
fn the_trainers_figures_are_known_before_anything_runs() {
    for (metric, hint) in [
        ("sharp", "did you mean `sharpe`?"),
        ("agent.sortino", "did you mean `sortino`?"),
        ("profit", "there are annual_return, "),
    ] {
        let sandbox = Sandbox::new();
        write_spec(&sandbox, &with("metric", json!(metric)));
        let notes =
            sandbox.xtask(&["sweep", "sweep.json", "--dry-run"]).assert().code(2).stderr_text();
        assert!(notes.contains("sweep.json` is not valid"), "{notes}");
        assert!(notes.contains(&format!("`metric` is `{metric}`")), "{notes}");
        assert!(notes.contains(hint), "{notes}");
    }
    for metric in ["sortino", "deflated_sharpe"] {
        let sandbox = Sandbox::new();
        write_spec(&sandbox, &with("metric", json!(metric)));
        sandbox.xtask(&["sweep", "sweep.json", "--dry-run"]).assert().code(0);
    }
}

#[test]
fn of_another_trainer_the_figures_that_trials_have_are_named_at_the_end() {
    let sandbox = Sandbox::new();
    let body = r#"echo '{"reward": 3, "n_steps": 9}' > "$TRAINVAULT_LOGS/metrics.json""#;
    let mut spec = with("metric", json!("rewards"));
    spec["command"] = json!(["sh", "-c", body]);
    write_spec(&sandbox, &spec);
    let notes = sandbox.xtask(&["sweep", "sweep.json"]).assert().code(3).stderr_text();
    assert!(notes.contains("completed, and has no figure `rewards`"), "{notes}");
    let reason = "no trial has the figure `rewards`; they have n_steps, reward; did you mean \
                  `reward`?";
    assert!(notes.contains(reason), "{notes}");
    assert!(notes.contains("`cargo xtask sweep resume sweep --spec SPEC.json`"), "{notes}");
    let stdout_text = stdout(&mut sandbox.xtask(&["sweep", "results"]));
    assert!(
        stdout_text.contains(&format!("no combination can be ranked: {reason}")),
        "{stdout_text}"
    );
    // The trainings are not lost.
    spec["metric"] = json!("reward");
    write_spec(&sandbox, &spec);
    sandbox.xtask(&["sweep", "resume", "--spec", "sweep.json"]).assert().code(0);
    let found = json_of(&mut sandbox.xtask(&["sweep", "results", "--format", "json"]));
    assert_eq!(
        (&found["combinations"][0]["rank"], &found["unranked_reason"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(found["verdict"]["tests"][0]["status"], "completed");
}

#[test]
fn other_reasons_for_no_rank_are_told_apart() {
    for (body, reason) in [
        ("exit 1", "every trial failed"),
        ("exit 0", "no trial has figures"),
        ("[ $seed = 1 ] && exit 1", "of each one, a trial failed"),
    ] {
        let sandbox = Sandbox::new();
        write_spec(&sandbox, &with("metric", json!("sharpe")));
        trainer(&sandbox, &format!("{body}\n"));
        let notes = sandbox.xtask(&BEGIN).assert().code(3).stderr_text();
        assert!(notes.contains(reason), "{notes}");
        let flag = if body == "exit 0" { "--spec SPEC.json`" } else { "--retry-failed`" };
        assert!(notes.contains(&format!("`cargo xtask sweep resume sweep {flag}")), "{notes}");
    }
}

#[test]
fn what_trials_train_stays_and_so_does_what_was_chosen() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &with("retries", json!(1)));
    trainer(&sandbox, "");
    sandbox.xtask(&BEGIN).assert().code(0);
    for (key, value) in [
        ("seeds", json!([1, 2, 3])),
        ("threads", json!(2)),
        ("parameters", json!({})),
        ("slurm", json!({ "trials_per_element": 2 })),
    ] {
        let named = if key == "slurm" { "slurm.trials_per_element" } else { key };
        write_spec(&sandbox, &with(key, value));
        let notes = sandbox.xtask(&MEND).assert().code(2).stderr_text();
        assert!(
            notes.contains(&format!("`{named}` is not what the sweep was begun with")),
            "{notes}"
        );
    }
    write_spec(&sandbox, &with("metric", json!("net_return")));
    let notes = sandbox.xtask(&MEND).assert().code(2).stderr_text();
    assert!(notes.contains("the test of the sweep `sweep` was opened"), "{notes}");
    write_spec(&sandbox, &with("memory_mb", json!(70)));
    sandbox.xtask(&MEND).assert().code(0);
    let head: Value = serde_json::from_str(&sandbox.read("sweeps/sweep/sweep.json")).unwrap();
    assert_eq!(head["plan"]["spec"]["memory_mb"], 70);
}

#[test]
fn a_full_disk_uses_up_no_retry() {
    let sandbox = Sandbox::new();
    let mut spec = four_trials();
    (spec["retries"], spec["seeds"]) = (json!(0), json!([1]));
    write_spec(&sandbox, &spec);
    trainer(&sandbox, "echo 'error: write: No space left on device' >&2; exit 1");
    let resume = ["sweep", "resume", "--trainer-bin", "./trainer.sh"];
    for arguments in [&BEGIN[..], &resume, &resume] {
        let notes =
            sandbox.xtask(&[arguments, &["--jobs", "1"]].concat()).assert().code(1).stderr_text();
        assert!(notes.contains("is full; no trial counts as failed"), "{notes}");
        assert!(notes.contains("No space left on device"), "{notes}");
    }
    let stdout_text = stdout(&mut sandbox.xtask(&["sweep", "status"]));
    assert!(
        stdout_text.contains("disk     3 attempts ended when it was full; they use up no retry"),
        "{stdout_text}"
    );
    assert!(sandbox.path("sweeps/sweep/attempts/0000_1_full_disk_3").is_dir());
    trainer(&sandbox, "");
    sandbox.xtask(&resume).assert().code(0);
}
