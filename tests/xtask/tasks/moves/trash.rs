//! The trash, where it or what goes there is on another disk.

use std::fs;
use std::os::unix::fs::symlink;

use super::disk::{Mount, on_overlay, other_disk};
use super::{full_session, move_and_link};
use crate::support::{CommandOutput, Sandbox, stdout, tree};

/// A workspace with three archives and backups.
fn with_backups() -> Sandbox {
    let sandbox = Sandbox::new();
    for day in 1..=3 {
        sandbox.write("logs/training.log", &format!("day {day}"));
        sandbox.write("models/own/m.bin", &format!("model {day}"));
        let now = format!("2026-01-0{day}T00:00:00Z");
        sandbox.xtask(&["clean-workspace", "--clock", &now]).assert().code(0);
    }
    sandbox
}

/// Checks that a prune removes, an undelete brings back the same bytes,
/// and `--now` deletes.
#[track_caller]
fn check_prune(sandbox: &Sandbox) {
    let stored = |sandbox: &Sandbox| {
        let mut files = tree(sandbox.root());
        files.retain(|name, _| {
            name.starts_with("archives/training") && !name.contains(".annotations.")
                || name.starts_with("backups/")
        });
        files
    };
    let before = stored(sandbox);
    sandbox.xtask(&["tag", "20260101_000000", "--add", "x"]).assert().code(0);
    let now = ["--clock", "2026-01-04T00:00:00Z"];
    sandbox.xtask(&["prune", "--keep", "1"]).args(now).assert().code(0);
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (1, 1));
    sandbox.xtask(&["undelete", "--all"]).args(now).assert().code(0);
    assert_eq!(stored(sandbox), before);
    let annotations =
        tree(&sandbox.path("archives")).into_keys().filter(|n| n.contains(".annotations."));
    assert_eq!(annotations.count(), 1);
    sandbox.xtask(&["prune", "--keep", "1", "--now"]).args(now).assert().code(0);
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (1, 1));
    sandbox.xtask(&["doctor"]).args(now).assert().code(0);
}

#[test]
fn trash_on_another_disk() {
    for folders in [
        &["archives/.trash"][..],
        &["backups/.trash"],
        &["archives"],
        &["backups"],
        &["archives", "backups"],
        &["archives/.trash", "archives", "backups/.trash"],
    ] {
        let disk = other_disk();
        let sandbox = with_backups();
        for folder in folders {
            move_and_link(&sandbox, folder, disk.path());
        }
        check_prune(&sandbox);
    }
}

#[test]
fn backups_in_the_image_of_a_container_are_pruned() {
    let holder = Sandbox::new();
    let Some(_disk) = Mount::over(&holder, "layers", "200m") else { return };
    let Some((sandbox, _mount)) = on_overlay(&holder.path("layers"), with_backups) else { return };
    check_prune(&sandbox);
}

#[test]
fn doctor_puts_all_right_with_archives_on_another_disk() {
    let disk = other_disk();
    let sandbox = full_session();
    move_and_link(&sandbox, "archives", disk.path());
    let config = serde_json::json!({"archive": {"folder": disk.path().join("archives")}});
    sandbox.write("config/config.json", &config.to_string());
    sandbox.xtask(&["archive"]).assert().code(0);
    sandbox.xtask(&["tag", "latest", "--add", "x"]).assert().code(0);
    let archive = sandbox.catalog().archives[0].path.clone();
    fs::remove_file(archive).unwrap();
    sandbox.write("logs/.x.partial", "half");
    let text = stdout(&mut sandbox.xtask(&["doctor"]));
    assert!(text.contains("archives/.trash/") && text.contains("backups/.trash/"), "{text}");
    let mut fix = sandbox.xtask(&["doctor", "--fix"]);
    fix.assert().code(0);
    assert_eq!(stdout(&mut sandbox.xtask(&["doctor"])).lines().next(), Some("nothing is wrong"));
    let kept = tree(&disk.path().join("archives/.trash"));
    assert_eq!(kept.len(), 1);
    assert_eq!(tree(&sandbox.path("backups/.trash")).len(), 1);
}

#[test]
fn one_repair_that_fails_stops_none_of_the_others() {
    let sandbox = full_session();
    sandbox.archive("2026-01-02T03:04:05Z");
    sandbox.write("archives/training_backup_20260101_000000.annotations.json", "{}");
    symlink("/nowhere", sandbox.path("archives/.trash")).unwrap();
    sandbox.write("logs/.x.partial", "half");
    let mut fix = sandbox.xtask(&["doctor", "--fix"]);
    let text = fix.assert().code(3).stdout_text();
    assert!(text.contains("`doctor --fix` failed"), "{text}");
    assert!(!sandbox.path("logs/.x.partial").exists());
}

#[test]
fn a_move_to_the_trash_that_was_killed_is_finished() {
    // Killed after the copy had its name, and after part of the original
    // was removed.
    for part in ["", "models/own/m.bin"] {
        let sandbox = with_backups();
        let backup = sandbox.path("backups/session_20260101_000000");
        let batch = sandbox.path("backups/.trash/20260104_000000");
        fs::create_dir_all(&batch).unwrap();
        let mut copy = std::process::Command::new("cp");
        assert!(copy.arg("-a").arg(&backup).arg(&batch).status().unwrap().success());
        fs::create_dir_all(batch.join(".77.copy.partial/half")).unwrap();
        if !part.is_empty() {
            fs::remove_file(backup.join(part)).unwrap();
        }
        let whole =
            if part.is_empty() { backup.clone() } else { batch.join("session_20260101_000000") };
        let before = tree(&whole);
        sandbox.xtask(&["archive"]).assert().code(10);
        assert_eq!(tree(&whole), before);
        assert_eq!(backup.exists(), part.is_empty());
        assert_eq!(batch.exists(), !part.is_empty());
        assert!(!batch.join(".77.copy.partial").exists());
        sandbox.xtask(&["doctor"]).assert().code(0);
    }
}
