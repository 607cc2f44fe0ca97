//! `train --resume`: which session goes on, and what moves before.

#[cfg(unix)]
mod real;

use crate::support::{COMPLETES, Sandbox, tree};

const STATE: &str = "models/checkpoints/training_state.bin";
const ARGUMENTS: &str = "echo \"$@\" > logs/arguments";

fn interrupted() -> Sandbox {
    let sandbox = Sandbox::with_session();
    sandbox.write("logs/session.json", r#"{"id": "20260101_000000", "status": "running"}"#);
    sandbox.write(STATE, "state");
    sandbox
}

#[test]
fn a_resumed_session_is_archived_and_moved_before_the_trainer_goes_on_from_it() {
    let sandbox = interrupted();
    let before = tree(sandbox.root());
    let trainer = sandbox.trainer(ARGUMENTS);
    let arguments = ["--resume", "--clock", "2026-01-02T03:04:05Z"];
    assert_eq!(sandbox.train(&trainer, &arguments).0, 0);
    let backup = "backups/session_20260102_030405";
    let root = sandbox.root().canonicalize().unwrap();
    assert_eq!(
        sandbox.read("logs/arguments").replace(root.to_str().unwrap(), "[root]"),
        format!(
            "train --root [root] --exit-with-parent --now 2026-01-02T03:04:05+00:00 \
             --resume-from [root]/{backup}\n"
        )
    );
    let moved = tree(&sandbox.path(backup));
    assert_eq!(moved[STATE], before[STATE]);
    let catalog = sandbox.catalog();
    let manifest = catalog.archives[0].manifest().unwrap();
    assert!(manifest.files.iter().any(|file| file.path == STATE));
    assert_eq!(manifest.session.as_ref().unwrap().status.to_string(), "interrupted");
}

#[test]
fn a_session_that_a_killed_resume_had_moved_aside_is_found_there() {
    let sandbox = interrupted();
    // The trainer dies before it wrote anything.
    let broken = sandbox.trainer("exit 1");
    let arguments = ["--resume", "--clock", "2026-01-02T03:04:05Z"];
    assert_eq!(sandbox.train(&broken, &arguments).0, 1);
    let trainer = sandbox.trainer(ARGUMENTS);
    let again = ["--resume", "--clock", "2026-01-02T03:04:06Z"];
    assert_eq!(sandbox.train(&trainer, &again).0, 0);
    let text = sandbox.read("logs/arguments");
    assert!(text.trim_end().ends_with("backups/session_20260102_030405"), "{text}");
}

#[test]
fn what_cannot_go_on_moves_nothing() {
    let check = |sandbox: &Sandbox, words: &str| {
        let before = tree(sandbox.root());
        let trainer = sandbox.trainer(COMPLETES);
        let (code, stderr) = sandbox.train(&trainer, &["--resume"]);
        assert_eq!(code, 1, "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
        for (path, bytes) in before {
            assert_eq!(std::fs::read(sandbox.path(&path)).unwrap(), bytes, "{path}");
        }
        assert!(sandbox.archive_names().is_empty() && sandbox.backup_names().is_empty());
    };
    check(&Sandbox::new(), "there is no interrupted session to go on with");
    let completed = Sandbox::with_session();
    completed.write("logs/session.json", r#"{"status": "completed"}"#);
    check(&completed, "the session in the workspace is completed");
    let early = Sandbox::with_session();
    early.write("logs/session.json", r#"{"status": "interrupted"}"#);
    check(&early, "the interrupted session in the workspace has no checkpoint");
}

#[test]
fn the_document_and_the_manifest_name_what_was_resumed() {
    let sandbox = interrupted();
    let trainer = sandbox.trainer(
        r#"echo '{"format":1,"id":"20260102_030405","status":"completed",
            "resumed_from":{"session":"20260101_000000","n_episodes":1,"step":9}}' \
            > logs/session.json"#,
    );
    let mut command = sandbox.xtask(&["train", "--resume", "--format", "json"]);
    let output = command.arg("--trainer-bin").arg(&trainer).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["session"]["resumed_from"], "20260101_000000");
    assert_eq!(document["resumed"], document["previous"]["backup"]);
    let shown = crate::support::stdout(&mut sandbox.xtask(&["show", "latest"]));
    assert!(shown.contains("resumed   from session 20260101_000000"), "{shown}");
}
