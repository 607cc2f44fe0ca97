use std::fs;

use xtask::workspace::lock;

use crate::support::{CommandOutput, Sandbox, json_of, stdout, time, tree};

const NOW: &str = "2026-01-10T00:00:00Z";

fn look(sandbox: &Sandbox, arguments: &[&str], code: i32) -> String {
    let mut command = sandbox.xtask(&["doctor", "--clock", NOW]);
    command.args(arguments).assert().code(code);
    stdout(&mut sandbox.xtask(&["doctor", "--clock", NOW]))
}

/// Returns the kinds and paths of what a look finds.
fn findings(sandbox: &Sandbox) -> Vec<String> {
    let document = json_of(&mut sandbox.xtask(&["doctor", "--clock", NOW, "--format", "json"]));
    let found = document["findings"].as_array().unwrap();
    let mut lines: Vec<String> = found
        .iter()
        .map(|f| format!("{} {}", f["kind"].as_str().unwrap(), f["path"].as_str().unwrap_or("-")))
        .collect();
    lines.sort();
    lines
}

#[cfg(unix)]
#[test]
fn a_healthy_workspace_has_no_findings() {
    let sandbox = Sandbox::with_session();
    sandbox.archive("2026-01-01T00:00:00Z");
    sandbox.xtask(&["pin", "latest", "--clock", NOW]).assert().code(0);
    sandbox.xtask(&["clean-workspace", "--clock", NOW]).assert().code(0);
    let text = look(&sandbox, &[], 0);
    assert!(text.starts_with("nothing is wrong\nlock        free\nfree space  "), "{text}");
    assert!(!text.contains("unknown"), "{text}");
    sandbox.xtask(&["doctor", "--fix", "--clock", NOW]).assert().code(0);
    Sandbox::new().xtask(&["doctor"]).assert().code(0);
}

fn with_everything() -> Sandbox {
    let sandbox = Sandbox::with_session();
    sandbox.archive("2026-01-05T00:00:00Z");
    sandbox.archive("2026-01-02T00:00:00Z");
    sandbox.archive("2027-01-01T00:00:00Z");
    let made = sandbox.path("archives/training_backup_20260105_000000.zip");
    fs::copy(made, sandbox.path("archives/training_backup_20260106_000000.zip")).unwrap();
    sandbox.write("archives/training_backup_20260103_000000.zip", "damaged");
    sandbox.write("archives/training_backup_20260102_000000.annotations.json", "{");
    sandbox.write("archives/training_backup_20250101_000000.annotations.json", r#"{"format": 1}"#);
    sandbox.write("archives/my copy.zip", "mine");
    sandbox.write("archives/.training_backup_20260101_000000.zip.partial", "half");
    sandbox.write("backups/session_20260101_000000.partial/logs/x.log", "kept");
    sandbox.write("backups/.session_20251231_000000.deleting/logs/x.log", "doomed");
    sandbox.write("backups/session_20260104_000000/logs/a", "only copy");
    sandbox.write("config/.config.json.partial", "half");
    sandbox.write("models/.m.zip.partial", "half");
    sandbox
}

#[test]
fn a_look_finds_each_kind_and_changes_nothing() {
    let sandbox = with_everything();
    let before = tree(sandbox.root());
    look(&sandbox, &[], 3);
    insta::assert_snapshot!(findings(&sandbox).join("\n"), @"
    annotations archives/training_backup_20250101_000000.annotations.json
    annotations archives/training_backup_20260102_000000.annotations.json
    clock archives/training_backup_20260102_000000.zip
    clock archives/training_backup_20260106_000000.zip
    clock archives/training_backup_20270101_000000.zip
    leftover archives/.training_backup_20260101_000000.zip.partial
    leftover backups/.session_20251231_000000.deleting
    leftover backups/session_20260101_000000.partial
    outside_pattern archives/my copy.zip
    outside_pattern archives/training_backup_20260106_000000.zip
    partial_file config/.config.json.partial
    partial_file models/.m.zip.partial
    unreadable archives/training_backup_20260103_000000.zip
    ");
    assert_eq!(tree(sandbox.root()), before);
}

#[test]
fn a_fix_does_what_was_announced_and_loses_nothing() {
    let sandbox = with_everything();
    let before = tree(sandbox.root());
    look(&sandbox, &["--fix"], 3);
    insta::assert_snapshot!(findings(&sandbox).join("\n"), @"
    annotations archives/training_backup_20260102_000000.annotations.json
    clock archives/training_backup_20260102_000000.zip
    clock archives/training_backup_20260106_000000.zip
    clock archives/training_backup_20270101_000000.zip
    outside_pattern archives/my copy.zip
    outside_pattern archives/training_backup_20260106_000000.zip
    unreadable archives/training_backup_20260103_000000.zip
    ");
    let after = tree(sandbox.root());
    let is_leftover =
        |path: &str| path.contains(".deleting/") || path.ends_with("000000.zip.partial");
    for (path, bytes) in before.iter().filter(|(path, _)| !is_leftover(path)) {
        assert!(after.values().any(|kept| kept == bytes), "{path}");
    }
    assert_eq!(sandbox.read("backups/.trash/20260110_000000/.m.zip.partial"), "half");
    assert!(!sandbox.path("backups/.session_20251231_000000.deleting").exists());
}

#[test]
fn a_fix_of_all_that_is_wrong_leaves_a_healthy_workspace() {
    let sandbox = Sandbox::with_session();
    sandbox.write("archives/.training_backup_20260101_000000.zip.partial", "half");
    sandbox.write("logs/.x.partial", "half");
    let mut command = sandbox.xtask(&["doctor", "--fix", "--clock", NOW]);
    let text = stdout(&mut command);
    let findings = text.split("lock ").next().unwrap();
    insta::assert_snapshot!(findings, @"
    `archives/.training_backup_20260101_000000.zip.partial`: a file that a killed run had not finished; what it was made of is in place
      done: remove it
    `logs/.x.partial`: a temporary file that is no longer in use
      done: move it to backups/.trash/
    ");
    sandbox.xtask(&["doctor", "--clock", NOW]).assert().code(0);
}

#[test]
fn it_says_who_holds_the_lock() {
    let sandbox = Sandbox::with_session();
    sandbox.write("archives/.training_backup_20260101_000000.zip.partial", "being written?");
    let _held = lock::acquire(&sandbox.workspace(), "train", time(NOW)).unwrap();
    let text = stdout(sandbox.xtask(&["doctor"]).arg("--quiet"));
    let line = format!(
        "lock        held by `train` (process {}, since 2026-01-10 00:00:00 UTC); leftovers not \
         looked for\n",
        std::process::id()
    );
    assert!(text.contains(&line), "{text}");
    let stderr = sandbox.xtask(&["doctor", "--fix"]).assert().code(11).stderr_text();
    assert!(stderr.contains("locked by `train`"));
}
