use std::fs;

use crate::support::{Sandbox, stdout, tree};

/// A workspace with archives made at the given seconds, and with as
/// many backups.
fn with_archives(seconds: &[u32]) -> Sandbox {
    let sandbox = Sandbox::with_session();
    for second in seconds {
        sandbox.archive(&format!("2026-01-02T03:04:{second:02}Z"));
        let log = format!("backups/session_20260102_0304{second:02}/logs/a");
        sandbox.write(&log, "moved");
    }
    sandbox
}

#[test]
fn prune_keeps_the_newest_archives_and_backups() {
    let sandbox = with_archives(&[3, 1, 2]);
    let mut command = sandbox.xtask(&["prune", "--keep", "2", "--now", "2026-01-03T00:00:00Z"]);
    insta::assert_snapshot!(stdout(&mut command), @"
    kept          archive  training_backup_20260102_030402.zip  (one of the 2 newest)
    kept          archive  training_backup_20260102_030401.zip  (one of the 2 newest)
    removed       archive  training_backup_20260102_030403.zip
    kept          backup   session_20260102_030403  (one of the 2 newest)
    kept          backup   session_20260102_030402  (one of the 2 newest)
    removed       backup   session_20260102_030401
    ");
    assert_eq!(sandbox.archive_names().len(), 2);
    assert_eq!(sandbox.backup_names().len(), 2);
}

#[test]
fn a_dry_run_shows_the_same_and_does_nothing() {
    let sandbox = with_archives(&[1, 2, 3]);
    let before = tree(sandbox.root());
    let mut command = sandbox.xtask(&["prune", "--keep", "1", "--dry-run"]);
    insta::assert_snapshot!(stdout(&mut command), @"
    would keep    archive  training_backup_20260102_030403.zip  (one of the 1 newest)
    would remove  archive  training_backup_20260102_030402.zip
    would remove  archive  training_backup_20260102_030401.zip
    would keep    backup   session_20260102_030403  (one of the 1 newest)
    would remove  backup   session_20260102_030402
    would remove  backup   session_20260102_030401
    ");
    assert_eq!(tree(sandbox.root()), before);
}

#[test]
fn what_is_pruned_waits_in_the_trash_for_a_week() {
    let sandbox = with_archives(&[1, 2]);
    let prune = |now| stdout(&mut sandbox.xtask(&["prune", "--keep", "1", "--now", now]));
    prune("2026-01-03T00:00:00Z");
    let trashed = "archives/.trash/20260103_000000/training_backup_20260102_030401.zip";
    assert!(sandbox.path(trashed).is_file());
    assert!(sandbox.path("backups/.trash/20260103_000000/session_20260102_030401").is_dir());
    prune("2026-01-09T23:59:59Z");
    assert!(sandbox.path(trashed).is_file());
    let text = prune("2026-01-10T00:00:00Z");
    assert!(text.contains("deleted       trash    archives/.trash/20260103_000000"), "{text}");
    assert_eq!(fs::read_dir(sandbox.path("archives/.trash")).unwrap().count(), 0);
    assert_eq!(fs::read_dir(sandbox.path("backups/.trash")).unwrap().count(), 0);
}

#[test]
fn keep_comes_from_the_settings() {
    let sandbox = with_archives(&[1, 2, 3]);
    sandbox.write("config/config.json", r#"{"retention": {"keep": 1}}"#);
    sandbox.xtask(&["prune"]).assert().code(0);
    assert_eq!(sandbox.archive_names().len(), 1);
}

#[test]
fn keep_zero_is_refused() {
    let sandbox = with_archives(&[1]);
    sandbox.xtask(&["prune", "--keep", "0"]).assert().code(2);
    sandbox.xtask(&["prune", "--keep", "-1"]).assert().code(2);
    assert_eq!(sandbox.archive_names().len(), 1);
}

#[test]
fn other_files_in_the_archive_folder_are_never_touched() {
    let sandbox = with_archives(&[1, 2]);
    for other in ["archives/my.zip", "archives/training_backup_latest.zip", "backups/old/x"] {
        sandbox.write(other, "mine");
    }
    sandbox.xtask(&["prune", "--keep", "1"]).assert().code(0);
    for other in ["archives/my.zip", "archives/training_backup_latest.zip", "backups/old/x"] {
        assert_eq!(sandbox.read(other), "mine");
    }
}

#[test]
fn a_name_in_the_trash_is_not_used_again() {
    let sandbox = with_archives(&[1, 2]);
    sandbox.xtask(&["prune", "--keep", "1"]).assert().code(0);
    let receipt = sandbox.archive("2026-01-02T03:04:01Z");
    assert_eq!(receipt.manifest().name, "training_backup_20260102_030401_2.zip");
}

#[test]
fn the_json_document_holds_the_plan() {
    let sandbox = with_archives(&[1, 2]);
    let mut command = sandbox.xtask(&["prune", "--keep", "1", "--dry-run", "--format", "json"]);
    let document: serde_json::Value = serde_json::from_str(&stdout(&mut command)).unwrap();
    assert_eq!(document["dry_run"], true);
    assert_eq!(document["archives"]["remove"][0], "training_backup_20260102_030401.zip");
    assert_eq!(document["backups"]["keep"][0]["name"], "session_20260102_030402");
}
