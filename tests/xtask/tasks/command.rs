//! Any command as the trainer: `train -- COMMAND`.

#[cfg(target_os = "linux")]
mod outlives;
#[cfg(target_os = "linux")]
mod stable_baselines3;

use serde_json::Value;

use crate::support::{CommandOutput, Sandbox, ended, json_of};

/// Trains by the shell script `body`, and returns the exit code and
/// stderr.
pub fn train_by(sandbox: &Sandbox, flags: &[&str], body: &str) -> (i32, String) {
    ended(sandbox.xtask(&["train"]).args(flags).args(["--", "sh", "-c", body]))
}

fn record(sandbox: &Sandbox) -> Value {
    serde_json::from_str(&sandbox.read("logs/session.json")).unwrap()
}

fn status_in_archive(sandbox: &Sandbox) -> String {
    let archives = sandbox.catalog().archives;
    archives.last().unwrap().manifest().unwrap().session.as_ref().unwrap().status.to_string()
}

#[test]
fn a_command_gets_the_whole_cycle() {
    let sandbox = Sandbox::with_session();
    let body = "echo trained; echo warned >&2; echo weights > policy.pth; pwd";
    let (code, notes) = train_by(&sandbox, &["--seed", "7", "--tag", "sb3"], body);
    assert_eq!(code, 0, "{notes}");
    assert!(notes.contains("warned"), "{notes}");
    let log = sandbox.read("logs/training.log");
    for line in ["trained", "warned", sandbox.root().to_str().unwrap()] {
        assert!(log.contains(line), "{log}");
    }
    let archives = sandbox.catalog().archives;
    let kinds: Vec<String> =
        archives.iter().map(|it| it.manifest().unwrap().kind.to_string()).collect();
    assert_eq!(kinds, ["previous", "session"]);
    let manifest = archives[1].manifest().unwrap();
    assert!(manifest.files.iter().any(|file| file.path == "root_checkpoints/policy.pth"));
    let session = manifest.session.as_ref().unwrap();
    assert_eq!((session.status.to_string().as_str(), session.seed), ("completed", Some(7)));
    let command = &record(&sandbox)["command"];
    assert_eq!(command["arguments"], serde_json::json!(["sh", "-c", body]));
    assert_eq!((&command["exit_code"], &command["signal"]), (&Value::from(0), &Value::Null));
    assert!(command["duration_seconds"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_command_is_told_of_the_workspace_and_the_seed() {
    let sandbox = Sandbox::new();
    let body =
        r#"echo "$TRAINVAULT_ROOT|$TRAINVAULT_LOGS|$TRAINVAULT_SEED" > "$TRAINVAULT_LOGS/seen""#;
    let seen = |flags: &[&str]| {
        assert_eq!(train_by(&sandbox, flags, body).0, 0);
        sandbox.read("logs/seen").trim_end().replace(sandbox.root().to_str().unwrap(), "[root]")
    };
    assert_eq!(seen(&["--seed", "7"]), "[root]|[root]/logs|7");
    assert_eq!(seen(&[]), "[root]|[root]/logs|42");
    sandbox.write("config/training_config.json", r#"{"seed": 9}"#);
    assert_eq!(seen(&[]), "[root]|[root]/logs|9");
}

#[test]
fn its_exit_code_is_the_end_of_its_session() {
    for (body, status, expected, exit_code, signal) in [
        ("exit 0", "completed", 0, Value::from(0), Value::Null),
        ("echo broken >&2; exit 7", "failed", 1, Value::from(7), Value::Null),
        ("exit 130", "interrupted", 130, Value::from(130), Value::Null),
        ("kill -SEGV $$", "failed", 1, Value::Null, Value::from(11)),
        ("kill -KILL $$", "interrupted", 130, Value::Null, Value::from(9)),
    ] {
        let sandbox = Sandbox::new();
        let (code, notes) = train_by(&sandbox, &[], body);
        assert_eq!(
            (code, status_in_archive(&sandbox).as_str()),
            (expected, status),
            "{body}: {notes}"
        );
        let command = &record(&sandbox)["command"];
        assert_eq!((&command["exit_code"], &command["signal"]), (&exit_code, &signal), "{body}");
        assert_eq!(command["reason"].is_null(), status == "completed", "{body}");
    }
}

#[test]
fn a_command_that_is_not_there_moves_nothing() {
    let sandbox = Sandbox::with_session();
    sandbox.write("not_executable", "");
    for name in ["no_such_program", "./not_executable", "./nothing"] {
        let mut command = sandbox.xtask(&["train", "--", name]);
        let stderr = command.assert().code(2).stderr_text();
        assert!(stderr.contains(&format!("there is no program `{name}`")), "{stderr}");
        assert_eq!(sandbox.read("logs/training.log"), "trained\n");
    }
    assert!(sandbox.archive_names().is_empty());
}

#[test]
fn flags_of_the_own_trainer_are_refused_beside_a_command() {
    let sandbox = Sandbox::with_session();
    for flag in [
        "--data=x.csv",
        "--episodes=3",
        "--resume",
        "--walk-forward=3",
        "--audit",
        "--adjusted",
        "--trainer-bin=x",
    ] {
        assert_eq!(train_by(&sandbox, &[flag], "exit 0").0, 2, "{flag}");
    }
    assert!(sandbox.archive_names().is_empty());
}

/// A command that writes these figures.
fn figures(json: &str) -> String {
    format!("printf '%s' '{json}' > \"$TRAINVAULT_LOGS/metrics.json\"")
}

#[test]
fn its_metrics_are_the_figures_of_the_session() {
    let sandbox = Sandbox::new();
    sandbox.write("config/config.json", r#"{"retention": {"keep": "unlimited"}}"#);
    for sharpe in ["0.5", "1.5", "1.0"] {
        let body = figures(&format!(r#"{{"sharpe": {sharpe}, "reward": -3, "undefined": null}}"#));
        assert_eq!(train_by(&sandbox, &[], &body).0, 0);
    }
    let list = json_of(&mut sandbox.xtask(&["list", "--sort", "sharpe", "--format", "json"]));
    let sharpes: Vec<f64> = list["archives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["sharpe"].as_f64().unwrap())
        .collect();
    assert_eq!(sharpes, [1.5, 1.0, 0.5]);
    let body = figures(r#"{"sharpe": 0.2, "reward": -3}"#);
    for (gate, code) in [
        ("sharpe>=0.1", 0),
        ("sharpe>=0.3", 12),
        ("agent.reward>=-5", 0),
        ("agent.reward>=0", 12),
        ("agent.loss<=1", 12),
    ] {
        assert_eq!(train_by(&sandbox, &["--gate", gate], &body).0, code, "{gate}");
    }
    let prune = ["prune", "--keep", "1", "--keep-best", "1", "--metric", "sharpe"];
    assert!(sandbox.xtask(&prune).output().unwrap().status.success());
    let kept: Vec<f64> = sandbox
        .catalog()
        .archives
        .iter()
        .map(|it| it.manifest().unwrap().agent_metric("sharpe").unwrap())
        .collect();
    assert_eq!(kept, [1.5, 0.2]);
}

#[test]
fn metrics_that_are_none_are_told_with_their_remedy() {
    for (json, code, figures_left, word) in [
        (r#"{"a": NaN, "b": -Infinity, "c": 1, "NaN\"": 2}"#, 0, 4, ""),
        (r#"{"a": "high", "b": {"c": 1}, "c": 1}"#, 3, 1, "no number"),
        ("[1, 2]", 3, 0, "holds no object"),
        (r#"{"a": 1"#, 3, 0, "is not JSON"),
        ("", 3, 0, "is not JSON"),
    ] {
        let sandbox = Sandbox::new();
        let (exit, notes) = train_by(&sandbox, &[], &figures(json));
        assert_eq!(exit, code, "{json}: {notes}");
        assert!(notes.contains(word), "{json}: {notes}");
        let n_figures =
            record(&sandbox)["metrics"]["agent"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(n_figures, figures_left, "{json}");
        assert_eq!(status_in_archive(&sandbox), "completed");
    }
}

#[test]
fn a_record_of_its_own_stays_and_gets_its_end() {
    let sandbox = Sandbox::new();
    let own = r#"{"format": 1, "status": "completed", "seed": 3, "own": "words"}"#;
    let body = format!("printf '%s' '{own}' > \"$TRAINVAULT_LOGS/session.json\"");
    assert_eq!(train_by(&sandbox, &[], &body).0, 0);
    let record = self::record(&sandbox);
    assert_eq!((&record["own"], &record["seed"]), (&"words".into(), &3.into()));
    assert_eq!(record["command"]["exit_code"], 0);
    let own = r#"{"status": "running", "own": "words"}"#;
    let body = format!(
        "printf '%s' '{own}' > \"$TRAINVAULT_LOGS/session.json\"; {}; exit 5",
        figures(r#"{"reward": 2}"#)
    );
    assert_eq!(train_by(&sandbox, &[], &body).0, 1);
    let record = self::record(&sandbox);
    assert_eq!((&record["own"], &record["status"]), (&"words".into(), &"failed".into()));
    assert_eq!(record["metrics"]["agent"]["reward"], 2.0);
    let body = "echo half > \"$TRAINVAULT_LOGS/session.json\"";
    let (code, notes) = train_by(&sandbox, &[], body);
    assert_eq!(code, 3, "{notes}");
    assert_eq!(sandbox.read("logs/session.json.broken"), "half\n");
    assert_eq!(status_in_archive(&sandbox), "completed");
}

#[test]
fn with_json_only_the_document_is_on_stdout() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.xtask(&["train", "--format", "json", "--", "echo", "chatter"]);
    let document = json_of(&mut command);
    assert_eq!(document["status"], "completed");
    assert_eq!(document["command"]["exit_code"], 0);
    assert_eq!(sandbox.read("logs/training.log"), "chatter\n");
}

#[test]
fn a_log_that_cannot_be_written_stops_no_training() {
    let sandbox = Sandbox::new();
    let body = "seq 1 100000; echo done > \"$TRAINVAULT_LOGS/done\"";
    assert_eq!(train_by(&sandbox, &["--quiet"], body).0, 0);
    assert!(sandbox.read("logs/training.log").ends_with("\n100000\n"));
    // No file may grow beyond 51,200 bytes: as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$@\"";
    let output = std::process::Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_xtask"), "--root"])
        .arg(sandbox.root())
        .args(["train", "--", "sh", "-c", body])
        .output()
        .unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{notes}");
    assert!(notes.contains("does not hold all that the command printed"), "{notes}");
    assert_eq!(sandbox.read("logs/training.log").len(), 51_200);
    assert_eq!(sandbox.read("logs/done"), "done\n");
    assert_eq!(status_in_archive(&sandbox), "completed");
    assert!(output.stdout.starts_with(b"1\n2\n"));
}
