//! The whole cycle with the real trainer, on a few bars.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{CommandOutput, Sandbox, tree};

/// Returns the trainer's binary, which `cargo test --workspace` built;
/// a run of this package's tests alone builds it here.
pub fn trainer() -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_xtask")).with_file_name("trainer");
    if !binary.exists() {
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--package", "trainer", "--bin", "trainer"])
            .status()
            .unwrap();
        assert!(status.success());
    }
    binary
}

/// A CSV file of bars, which go up and down every few days.
pub fn bars() -> String {
    let mut bars = "time,open,high,low,close,volume\n".to_owned();
    let mut close = 100.0_f64;
    for idx in 0..1200_i32 {
        let open = close;
        close = 100.0 + 5.0 * (f64::from(idx) / 40.0).sin() + f64::from(idx * 37 % 11) / 10.0;
        let (high, low) = (open.max(close) + 0.5, open.min(close) - 0.5);
        let time = i64::from(idx) * 1800 + 1_600_000_000;
        writeln!(bars, "{time},{open},{high},{low},{close},{}", 10 + idx % 7).unwrap();
    }
    bars
}

/// A workspace with bars to train on; many episodes when it is to be
/// interrupted.
pub fn with_bars(n_episodes: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("bars.csv", &bars());
    sandbox.write(
        "config/training_config.json",
        &format!(
            r#"{{"data": "bars.csv", "total_episodes": {n_episodes}, "steps_per_batch": 200,
                "agent": {{"min_samples_leaf": 50, "memory_shares": 1}}}}"#
        ),
    );
    sandbox
}

/// Trains; returns the exit code, 0 for one with an alarm too, and what
/// was printed.
pub fn train(sandbox: &Sandbox, arguments: &[&str]) -> (i32, String, String) {
    let (code, printed, stderr) = by_trainer(sandbox, &[&["train"], arguments].concat());
    // What these regular bars give is more than any market does.
    (if code == 3 { 0 } else { code }, printed, stderr)
}

/// Runs a task with the real trainer; returns the exit code and what was
/// printed.
pub fn by_trainer(sandbox: &Sandbox, arguments: &[&str]) -> (i32, String, String) {
    let assert = sandbox.xtask(arguments).arg("--trainer-bin").arg(trainer()).assert();
    (assert.exit_code(), assert.stdout_text(), assert.stderr_text())
}

/// Starts a training that lasts, and waits until it has learned.
pub fn start(sandbox: &Sandbox) -> Child {
    let mut command = sandbox.process(&["train", "--trainer-bin"]);
    let child = command.arg(trainer()).stderr(Stdio::piped()).spawn().unwrap();
    let checkpoint = sandbox.path("models/checkpoints/memory_efficient_model_ep002.zip");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !checkpoint.exists() {
        assert!(Instant::now() < deadline, "no checkpoint in a minute");
        thread::sleep(Duration::from_millis(10));
    }
    child
}

fn statuses(sandbox: &Sandbox) -> Vec<String> {
    let catalog = sandbox.catalog();
    catalog
        .archives
        .iter()
        .map(|archive| archive.manifest().unwrap().session.as_ref().unwrap().status.to_string())
        .collect()
}

#[test]
fn two_trainings_leave_two_sealed_archives() {
    let sandbox = with_bars(2);
    let (code, text, notes) = train(&sandbox, &["--seed", "1"]);
    assert_eq!(code, 0, "{notes}");
    for words in ["agent", "buy and hold", "never trade", "session   completed", "read back"] {
        assert!(text.contains(words), "{text}");
    }
    let first = tree(&sandbox.path("models"));
    assert_eq!(train(&sandbox, &["--seed", "2"]).0, 0);
    assert_eq!(statuses(&sandbox), ["completed", "completed"]);
    let catalog = sandbox.catalog();
    let manifest = catalog.archives[0].manifest().unwrap();
    for (name, bytes) in first {
        let path = format!("models/{name}");
        let entry = manifest.files.iter().find(|file| file.path == path).unwrap();
        assert_eq!(entry.size_bytes, bytes.len() as u64);
    }
    let session = manifest.session.as_ref().unwrap();
    assert_eq!(session.seed, Some(1));
    assert_eq!(session.data.as_ref().unwrap().n_bars, Some(1200));
    assert!(session.metrics["agent"].contains_key("sharpe"));
}

#[test]
fn a_kill_in_the_middle_leaves_all_for_the_next_run() {
    let sandbox = with_bars(1000);
    let mut child = start(&sandbox);
    child.kill().unwrap();
    child.wait().unwrap();
    let settings = sandbox.read("config/training_config.json").replace("1000", "1");
    sandbox.write("config/training_config.json", &settings);
    let (code, _, notes) = train(&sandbox, &[]);
    assert_eq!(code, 0, "{notes}");
    assert_eq!(statuses(&sandbox), ["interrupted", "completed"]);
    let catalog = sandbox.catalog();
    let manifest = catalog.archives[0].manifest().unwrap();
    let backup = tree(&catalog.backups[0].path);
    for (name, bytes) in backup.iter().filter(|(name, _)| !name.starts_with('.')) {
        let entry = manifest.files.iter().find(|file| file.path == *name).unwrap();
        assert_eq!(entry.size_bytes, bytes.len() as u64, "{name}");
    }
    assert!(backup.contains_key("models/checkpoints/memory_efficient_model_ep002.zip"));
}

#[test]
fn a_signal_stops_after_the_batch_with_everything_saved() {
    for signal in ["-INT", "-TERM"] {
        let sandbox = with_bars(1000);
        let mut child = start(&sandbox);
        let status = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(status.success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{signal}");
        assert_eq!(statuses(&sandbox), ["interrupted"]);
        let catalog = sandbox.catalog();
        let manifest = catalog.archives[0].manifest().unwrap();
        let paths: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
        assert!(paths.contains(&"models/memory_efficient_model_final.zip"), "{paths:?}");
        assert!(sandbox.read("logs/session.json").contains("\"interrupted\""));
    }
}

#[test]
fn a_second_training_at_once_is_told_who_trains() {
    let sandbox = with_bars(1000);
    let mut child = start(&sandbox);
    let (code, _, notes) = train(&sandbox, &[]);
    assert_eq!(code, 11, "{notes}");
    assert!(notes.contains(&format!("locked by `train` (process {}", child.id())), "{notes}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn settings_that_the_trainer_refuses_are_wrong_usage() {
    let sandbox = with_bars(1);
    sandbox.write("config/training_config.json", r#"{"total_episode": 3}"#);
    let (code, _, notes) = train(&sandbox, &[]);
    assert_ne!(code, 0);
    assert!(notes.contains("did you mean `total_episodes`?"), "{notes}");
    assert!(fs::read_dir(sandbox.path("archives")).is_err(), "nothing was archived");
}

fn reproduce(sandbox: &Sandbox, arguments: &[&str]) -> (i32, String, String) {
    by_trainer(sandbox, &[&["reproduce"], arguments].concat())
}

#[test]
fn a_session_trained_again_gives_the_same_model() {
    let sandbox = with_bars(2);
    assert_eq!(train(&sandbox, &["--seed", "5", "--threads", "2"]).0, 0);
    // The workspace's own settings have moved on.
    sandbox.write("config/training_config.json", r#"{"total_episodes": 9}"#);
    let before = tree(sandbox.root());
    let (code, text, notes) = reproduce(&sandbox, &["latest"]);
    assert_eq!(code, 0, "{text}{notes}");
    assert!(text.starts_with("identical  training_backup_"), "{text}");
    assert_eq!(tree(sandbox.root()), before);
}

#[test]
fn a_session_whose_data_changed_is_not_trained_again() {
    let sandbox = with_bars(1);
    assert_eq!(train(&sandbox, &[]).0, 0);
    let bars = sandbox.read("bars.csv").replacen(",10\n", ",11\n", 1);
    sandbox.write("bars.csv", &bars);
    let (code, _, notes) = reproduce(&sandbox, &["latest"]);
    assert_eq!(code, 1);
    assert!(notes.contains("bars.csv` has changed: its SHA-256 was"), "{notes}");
    fs::remove_file(sandbox.path("bars.csv")).unwrap();
    let (_, _, notes) = reproduce(&sandbox, &["latest"]);
    assert!(notes.contains("is not there any more"), "{notes}");
}

#[test]
fn another_trainer_is_caught_by_its_model() {
    let sandbox = with_bars(1);
    assert_eq!(train(&sandbox, &[]).0, 0);
    let other = sandbox.trainer(
        "mkdir -p logs models; echo other > models/memory_efficient_model_final.zip\n\
         echo '{\"status\": \"completed\", \"tool_version\": \"9.9.9\"}' > logs/session.json",
    );
    let mut command = sandbox.xtask(&["reproduce", "latest", "--trainer-bin"]);
    let text = command.arg(other).assert().code(1).stdout_text();
    assert!(
        text.contains("differs    tool_version: \"0.1.0\" in the archive, \"9.9.9\" now"),
        "{text}"
    );
    assert!(text.contains("kept       the new session is in .trainvault/reproduce_"), "{text}");
}

#[test]
fn an_interrupted_session_cannot_be_trained_again() {
    let sandbox = with_bars(1);
    sandbox.write("logs/session.json", r#"{"status": "running"}"#);
    sandbox.archive("2026-01-02T03:04:05Z");
    let (code, _, notes) = reproduce(&sandbox, &["latest"]);
    assert_eq!(code, 1);
    assert!(notes.contains("is interrupted; only a completed one"), "{notes}");
}

#[test]
fn verify_loads_the_models_too() {
    let sandbox = with_bars(1);
    assert_eq!(train(&sandbox, &[]).0, 0);
    let verify = |sandbox: &Sandbox| {
        let mut command = sandbox.xtask(&["verify", "latest", "--load", "--trainer-bin"]);
        command.arg(trainer()).output().unwrap()
    };
    let output = verify(&sandbox);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    // A model that is archived as it is, but was never a good one.
    sandbox.write("models/memory_efficient_model_final.zip", "no model");
    sandbox.archive("2099-01-01T00:00:00Z");
    let output = verify(&sandbox);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("models/memory_efficient_model_final.zip"), "{text}");
}
