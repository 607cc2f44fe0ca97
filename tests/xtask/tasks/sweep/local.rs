//! The local engine: every trial a session, whatever happens.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{four_trials, swept, trainer, write_spec};
use crate::support::{CommandOutput, Sandbox, json_of, stderr, stdout};

fn document(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let mut command = sandbox.xtask(&["--format", "json"]);
    json_of(command.args(arguments))
}

/// Returns a task in the folder of a trial, which is a workspace.
fn of_trial(sandbox: &Sandbox, index: &str, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(sandbox.path(&format!("sweeps/sweep/trials/{index}"))).args(arguments);
    command
}

#[test]
fn every_trial_becomes_a_sealed_session() {
    let sandbox = Sandbox::new();
    sandbox
        .write("config/training_config.json", r#"{"data": "bars.csv", "agent": {"n_trees": 3}}"#);
    write_spec(&sandbox, &four_trials());
    let notes = swept(&sandbox, "", &["sweep", "sweep.json"]).code(0).stderr_text();
    assert!(notes.contains("[4/4]"), "{notes}");
    let status = document(&sandbox, &["sweep", "status"]);
    assert_eq!((&status["n_completed"], &status["missing"]), (&json!(4), &json!([])));
    for (index, discount, seed) in [("0000", 0.5, 1), ("0003", 0.9, 2)] {
        let root = format!("sweeps/sweep/trials/{index}");
        of_trial(&sandbox, index, &["verify", "--all"]).assert().success();
        let settings: Value =
            serde_json::from_str(&sandbox.read(&format!("{root}/config/training_config.json")))
                .unwrap();
        let expected = json!({
            "data": "../../../../bars.csv", "agent": { "n_trees": 3, "discount": discount },
            "seed": seed, "threads": 1, "holdout_ratio": 0.2,
        });
        assert_eq!(settings, expected);
        let record: Value =
            serde_json::from_str(&sandbox.read(&format!("{root}/trial.json"))).unwrap();
        assert_eq!((&record["status"], &record["attempt"]), (&json!("completed"), &json!(1)));
        assert_eq!(record["metrics"]["sharpe"], json!(discount));
        let archive = record["archive"].as_str().unwrap();
        assert!(sandbox.path(&format!("{root}/archives/{archive}")).is_file());
    }
    // Once is enough.
    swept(&sandbox, "exit 1", &["sweep", "resume"]).code(0);
    let again = stderr(&mut sandbox.xtask(&["sweep", "sweep.json"]));
    assert!(again.contains("there is a sweep `sweep`"), "{again}");
}

#[test]
fn a_failed_trial_is_a_session_with_its_reason_and_can_be_retried() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &four_trials());
    let fails = "[ $discount$seed = 0.51 ] && { echo 'error: no such luck' >&2; exit 1; }";
    swept(&sandbox, fails, &["sweep", "sweep.json"]).code(3);
    let status = document(&sandbox, &["sweep", "status"]);
    assert_eq!((&status["n_completed"], &status["missing"]), (&json!(3), &json!([])));
    assert_eq!(status["failed"][0]["index"], 0);
    assert_eq!(status["failed"][0]["reason"], "error: no such luck");
    let shown = stdout(&mut of_trial(&sandbox, "0000", &["show", "latest"]));
    assert!(shown.contains("failed"), "{shown}");
    // What fails by itself fails again: once is enough.
    assert!(!sandbox.path("sweeps/sweep/attempts/0000_2").exists());
    swept(&sandbox, "", &["sweep", "resume", "--retry-failed"]).code(0);
    assert_eq!(document(&sandbox, &["sweep", "status"])["n_completed"], 4);
    assert!(sandbox.path("sweeps/sweep/retired/0000_1/trial.json").is_file());
}

#[test]
fn a_killed_trial_is_begun_anew_as_often_as_allowed() {
    let sandbox = Sandbox::new();
    let mut spec = four_trials();
    spec["retries"] = json!(2);
    write_spec(&sandbox, &spec);
    // The first always, the second the first time.
    let dies = "[ $discount$seed = 0.51 ] && kill -9 $$
        [ $discount$seed = 0.52 ] && case $PWD in *_1) kill -9 $$;; esac";
    swept(&sandbox, dies, &["sweep", "sweep.json", "--jobs", "2"]).code(3);
    let record = |index: &str| -> Value {
        let path = format!("sweeps/sweep/trials/{index}/trial.json");
        serde_json::from_str(&sandbox.read(&path)).unwrap()
    };
    assert_eq!(
        (&record("0001")["status"], &record("0001")["attempt"]),
        (&json!("completed"), &json!(2))
    );
    let reason = record("0000")["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("3 attempts came to nothing"), "{reason}");
    assert!(reason.contains("the trainer was killed"), "{reason}");
    assert!(sandbox.path("sweeps/sweep/attempts/0000_3").is_dir());
}

#[test]
fn a_trial_that_takes_too_long_has_failed() {
    let sandbox = Sandbox::new();
    // It ends when it is told to, as the trainer does, or as others may.
    for (name, code) in [("a", 130), ("b", 1)] {
        let spec =
            json!({ "name": name, "time_limit_minutes": 0.001, "seeds": [1], "test": false });
        write_spec(&sandbox, &spec);
        let body = format!("read -r word; exit {code}");
        swept(&sandbox, &body, &["sweep", "sweep.json"]).code(3);
        let status = document(&sandbox, &["sweep", "status", name]);
        let reason = status["failed"][0]["reason"].as_str().unwrap();
        assert!(reason.contains("`time_limit_minutes`"), "{reason}");
    }
}

#[test]
fn any_command_can_be_swept() {
    let sandbox = Sandbox::new();
    let body = r#"discount=$(sed -n 's/.*"discount": *//p' "$TRAINVAULT_ROOT/config/training_config.json")
        echo "{\"sharpe\": $discount}" > "$TRAINVAULT_LOGS/metrics.json"
        [ $TRAINVAULT_SEED = 1 ] || { echo 'out of luck' >&2; exit 4; }"#;
    let mut spec = four_trials();
    spec["command"] = json!(["sh", "-c", body]);
    write_spec(&sandbox, &spec);
    sandbox.xtask(&["sweep", "sweep.json"]).assert().code(3);
    let status = document(&sandbox, &["sweep", "status"]);
    assert_eq!(status["n_completed"], 2);
    let reason = status["failed"][0]["reason"].as_str().unwrap();
    assert_eq!(reason, "ended with exit code 4: out of luck");
    let record: Value =
        serde_json::from_str(&sandbox.read("sweeps/sweep/trials/0002/trial.json")).unwrap();
    assert_eq!(record["metrics"]["sharpe"], 0.9);
}

#[test]
fn a_dry_run_trains_nothing_and_tells_the_trials() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &four_trials());
    let stdout_text = stdout(&mut sandbox.xtask(&["sweep", "sweep.json", "--dry-run"]));
    insta::assert_snapshot!(stdout_text, @r"
    sweep sweep would train 4 trials
         0  seed 1  agent.discount 0.5
         1  seed 2  agent.discount 0.5
         2  seed 1  agent.discount 0.9
         3  seed 2  agent.discount 0.9
    ");
    assert!(!sandbox.path("sweeps").exists());
}

#[test]
fn two_copies_of_a_trial_count_once() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &four_trials());
    sandbox
        .xtask(&["sweep", "sweep.json", "--engine", "external"])
        .args(["--trainer-bin"])
        .arg(trainer(&sandbox, ""))
        .assert()
        .success();
    // Both train until the other does, too.
    let meets = "touch ../../../../here_$$; while [ $(ls -d ../../../../here_* | wc -l) -lt 2 ]; do :; done";
    let trainer = trainer(&sandbox, meets);
    let copies: Vec<_> = (0..2)
        .map(|_| {
            let mut trial = sandbox.process(&["sweep", "trial", "2", "--trainer-bin"]);
            trial.arg(&trainer).spawn().unwrap()
        })
        .collect();
    for mut copy in copies {
        assert!(copy.wait().unwrap().success());
    }
    let status = document(&sandbox, &["sweep", "status"]);
    assert_eq!((&status["n_completed"], &status["missing"]), (&json!(1), &json!([0, 1, 3])));
    let folders = |name: &str| fs::read_dir(sandbox.path(name)).unwrap().count();
    assert_eq!((folders("sweeps/sweep/trials"), folders("sweeps/sweep/attempts")), (1, 1));
}

#[test]
fn trials_can_be_run_from_outside() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &four_trials());
    swept(&sandbox, "", &["sweep", "sweep.json", "--engine", "external"]).code(0);
    swept(&sandbox, "", &["sweep", "trial", "1", "--count", "9"]).code(0);
    assert_eq!(document(&sandbox, &["sweep", "status"])["missing"], json!([0]));
    // Any of them that failed is told.
    swept(&sandbox, "exit 1", &["sweep", "trial", "0", "--count", "2"]).code(3);
    let notes = swept(&sandbox, "", &["sweep", "trial", "4"]).code(2).stderr_text();
    assert!(notes.contains("its last is 3"), "{notes}");
}

/// Begins a sweep whose first four trials are over soon, and the next
/// ones when they are told to stop, and returns its process.
fn begin_slowly(sandbox: &Sandbox) -> std::process::Child {
    let trainer = trainer(sandbox, "[ $seed -lt 5 ] || { read -r _; exit 130; }");
    let mut sweep = sandbox.process(&["sweep", "sweep.json", "--jobs", "2", "--trainer-bin"]);
    sweep.arg(trainer).spawn().unwrap()
}

fn n_over(sandbox: &Sandbox) -> usize {
    fs::read_dir(sandbox.path("sweeps/sweep/trials")).map_or(0, Iterator::count)
}

fn wait_until(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(60), "it never happens");
        thread::sleep(Duration::from_millis(5));
    }
}

fn many_trials() -> Value {
    json!({ "parameters": { "agent.discount": [0.5, 0.9] }, "seeds": [1, 2, 3, 4, 5, 6], "test": false })
}

#[test]
fn a_sweep_that_is_killed_is_completed_by_resume() {
    for n_before in [0, 1, 4] {
        let sandbox = Sandbox::new();
        write_spec(&sandbox, &many_trials());
        let mut process = begin_slowly(&sandbox);
        wait_until(|| {
            sandbox.path("sweeps/sweep/sweep.json").exists() && n_over(&sandbox) >= n_before
        });
        process.kill().unwrap();
        process.wait().unwrap();
        assert!(n_over(&sandbox) < 12);
        swept(&sandbox, "", &["sweep", "resume"]).code(0);
        let status = document(&sandbox, &["sweep", "status"]);
        assert_eq!((&status["n_completed"], &status["failed"]), (&json!(12), &json!([])));
    }
}

#[test]
fn cancel_stops_a_sweep_and_resume_goes_on() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &many_trials());
    let mut process = begin_slowly(&sandbox);
    wait_until(|| n_over(&sandbox) >= 1);
    let status = document(&sandbox, &["sweep", "cancel"]);
    assert_eq!(status["is_cancelled"], true);
    assert_eq!(process.wait().unwrap().code(), Some(130));
    assert!(n_over(&sandbox) < 12);
    swept(&sandbox, "", &["sweep", "resume"]).code(0);
    let status = document(&sandbox, &["sweep", "status"]);
    assert_eq!((&status["n_completed"], &status["is_cancelled"]), (&json!(12), &json!(false)));
}

#[test]
fn a_second_engine_is_kept_out_and_status_is_not() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &many_trials());
    let mut process = begin_slowly(&sandbox);
    wait_until(|| n_over(&sandbox) >= 1);
    swept(&sandbox, "", &["sweep", "resume"]).code(11);
    let status = document(&sandbox, &["sweep", "status"]);
    assert_eq!(status["running"], process.id());
    process.kill().unwrap();
    process.wait().unwrap();
}
