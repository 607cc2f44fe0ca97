//! `status`: what is there, and what the next training would do.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::support::{COMPLETES, Sandbox, json_of, stdout, tree};

const NOW: &str = "2026-01-02T06:04:05Z";

fn status(sandbox: &Sandbox) -> Value {
    let arguments = ["status", "--format", "json", "--clock", NOW];
    json_of(&mut sandbox.xtask(&arguments))
}

fn text(sandbox: &Sandbox) -> String {
    let text = stdout(&mut sandbox.xtask(&["status", "--clock", NOW]));
    text.replace(sandbox.root().canonicalize().unwrap().to_str().unwrap(), "[root]")
}

#[test]
fn an_empty_workspace_trains_at_once() {
    insta::assert_snapshot!(text(&Sandbox::new()), @"
    root      [root]
    session   none
    holds     0 files, 0 B
    stored    0 archives, 0 B; 0 backups
    next      train at once: the workspace is clean
              train, and archive the new session
    ");
}

#[test]
fn a_session_that_no_archive_holds_would_be_archived() {
    let sandbox = Sandbox::with_session();
    sandbox.write(
        "logs/session.json",
        r#"{"id": "20260102_030405", "status": "running", "episodes": [{"n_skipped": 9}, {}],
            "walk_forward": {"config": {"windows": 5}}, "config": {"training": {"total_episodes": 10}},
            "metrics": {"agent": {"net_return": 0.25, "sharpe": 0.5}}}"#,
    );
    insta::assert_snapshot!(text(&sandbox), @"
    root      [root]
    session   20260102_030405, interrupted, 11 of 60 episodes, out of sample +25.00 % net, Sharpe 0.50
    holds     6 files, 286 B
    stored    0 archives, 0 B; 0 backups
    next      archive the session: no archive holds it yet
              move logs, models, policy.pth to backups/session_20260102_060405
              train, and archive the new session
    ");
}

#[test]
fn a_session_that_an_archive_holds_would_only_move() {
    let sandbox = Sandbox::with_session();
    sandbox.archive("2026-01-02T03:04:05Z");
    let report = status(&sandbox);
    let name = "training_backup_20260102_030405.zip";
    assert_eq!(report["next_train"]["held_by"], name);
    assert_eq!(report["next_train"]["archives_session"], false);
    assert_eq!(report["archives"]["newest"], name);
    assert_eq!(report["archives"]["last_archived_at"], "2026-01-02T03:04:05Z");
    assert!(text(&sandbox).contains(&format!("newest    {name}, 3 hours ago")));
    // One byte more, and it does not hold it.
    sandbox.write("logs/training.log", "trained\nand more\n");
    assert_eq!(status(&sandbox)["next_train"]["held_by"], Value::Null);
    assert_eq!(status(&sandbox)["next_train"]["archives_session"], true);
}

/// What `status` foretells is what `train` does.
#[test]
fn the_next_training_does_what_was_told() {
    let sandbox = Sandbox::new();
    sandbox.write("config/config.json", r#"{"retention": {"keep": 2}}"#);
    let trainer = sandbox.trainer(COMPLETES);
    for hour in 1..=4 {
        let clock = format!("2026-01-02T0{hour}:00:00Z");
        let next_train = status(&sandbox)["next_train"].clone();
        let before = sandbox.archive_names();
        assert_eq!(sandbox.train(&trainer, &["--clock", &clock]).0, 0);
        let after = sandbox.archive_names();
        let removed: Vec<&String> = before.iter().filter(|name| !after.contains(name)).collect();
        assert_eq!(next_train["removes"], serde_json::json!(removed), "{hour}");
        assert_eq!(next_train["backup"].is_string(), hour > 1, "{hour}");
    }
    assert_eq!(sandbox.archive_names().len(), 2);
}

#[test]
fn a_look_changes_nothing() {
    let sandbox = Sandbox::with_session();
    sandbox.archive("2026-01-02T03:04:05Z");
    let before = tree(sandbox.root());
    sandbox.xtask(&["status"]).assert().code(0).stderr("");
    assert_eq!(tree(sandbox.root()), before);
}

#[test]
fn it_works_while_a_training_runs() {
    let sandbox = Sandbox::new();
    let trainer = sandbox.trainer(
        "echo '{\"id\": \"now\", \"status\": \"running\"}' > logs/session.json\n\
         touch running\nread line\nexit 130",
    );
    let mut child = sandbox.process(&["train", "--trainer-bin"]).arg(&trainer).spawn().unwrap();
    while !sandbox.path("running").exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(Duration::from_millis(10));
    }
    let report = status(&sandbox);
    assert_eq!(report["running"]["task"], "train");
    assert_eq!(report["session"]["status"], "running");
    assert_eq!(report["next_train"], Value::Null);
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(status(&sandbox)["session"]["status"], "interrupted");
    fs::remove_file(sandbox.path("running")).unwrap();
}
