//! What cannot be moved is refused before anything moves, and keeps
//! nobody from other tasks.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use super::disk::{Mount, other_disk};
use super::{NOW, full_session, move_and_link};
use crate::support::{COMPLETES, CommandOutput, Sandbox, stdout, tree};

/// Checks that no task moves the session, that all tell `reason`, and
/// that tasks which move nothing work.
#[track_caller]
fn refused(sandbox: &Sandbox, reason: &str) {
    let trainer = sandbox.trainer(COMPLETES);
    let before = tree(&sandbox.path("logs"));
    let trainer = trainer.to_str().unwrap();
    for task in [
        &["clean-workspace", "--dry-run"][..],
        &["clean-workspace"],
        &["train", "--trainer-bin", trainer],
        &["train", "--no-archive", "--trainer-bin", trainer],
    ] {
        let text = sandbox.xtask(task).assert().code(1).stderr_text();
        assert!(text.contains(reason) && text.contains("nothing was moved"), "{task:?}: {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    let status = stdout(&mut sandbox.xtask(&["status"]));
    assert!(status.contains("a `train` now would stop") && status.contains(reason), "{status}");
    let text = sandbox.xtask(&["doctor"]).assert().code(3).stdout_text();
    assert!(text.contains(reason) && text.contains("no session can be moved"), "{text}");
    assert_eq!(tree(&sandbox.path("logs")), before);
    let backups = fs::read_dir(sandbox.path("backups")).map_or(0, Iterator::count);
    assert_eq!(backups, 0);
    works(sandbox);
}

/// Checks the tasks that move no session.
#[track_caller]
fn works(sandbox: &Sandbox) {
    for task in [
        &["archive"][..],
        &["list"],
        &["status"],
        &["restore", "latest", "--into", "out"],
        &["tag", "latest", "--add", "x"],
        &["prune", "--keep", "5"],
        &["verify", "--all"],
    ] {
        let output = sandbox.xtask(task).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        // What holds the models must not go while they cannot be seen.
        let is_refused = task[0] == "prune" && text.contains("mount its disk");
        assert!(is_refused || matches!(output.status.code(), Some(0 | 3)), "{task:?}: {text}");
    }
}

#[test]
fn a_session_folder_that_leads_nowhere() {
    for target in ["/nowhere/at/all", "models"] {
        let sandbox = full_session();
        fs::remove_dir_all(sandbox.path("models")).unwrap();
        symlink(target, sandbox.path("models")).unwrap();
        refused(&sandbox, "`models` is a symlink that leads nowhere");
        assert!(sandbox.path("models").is_symlink());
    }
    let sandbox = full_session();
    fs::remove_dir_all(sandbox.path("models/checkpoints")).unwrap();
    symlink("/nowhere", sandbox.path("models/checkpoints")).unwrap();
    refused(&sandbox, "`models/checkpoints` is a symlink that leads nowhere");
}

#[test]
fn session_folders_that_are_one_folder() {
    let sandbox = full_session();
    fs::remove_dir_all(sandbox.path("models")).unwrap();
    symlink("logs", sandbox.path("models")).unwrap();
    refused(&sandbox, "`models` is a symlink to where `logs` lies, too");
    let sandbox = full_session();
    fs::remove_dir_all(sandbox.path("models")).unwrap();
    symlink(".", sandbox.path("models")).unwrap();
    refused(&sandbox, "`models` is a symlink to where `the workspace` lies, too");
}

#[test]
fn what_cannot_be_read_through_is_told_where_there_is_nothing_else() {
    let sandbox = Sandbox::new();
    symlink("/nowhere", sandbox.path("models")).unwrap();
    let text = sandbox.xtask(&["archive"]).assert().code(10).stderr_text();
    assert!(text.contains("warning: `models` is not archived whole"), "{text}");
}

#[test]
fn backups_that_are_no_folder() {
    let sandbox = full_session();
    fs::remove_dir_all(sandbox.path("backups")).unwrap();
    symlink("/nowhere", sandbox.path("backups")).unwrap();
    refused(&sandbox, "`backups` is no folder");
}

#[test]
fn a_fifo_that_would_have_to_be_copied() {
    let disk = other_disk();
    let sandbox = full_session();
    move_and_link(&sandbox, "models", disk.path());
    let fifo = sandbox.path("models/fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    refused(&sandbox, "`models/fifo` is a FIFO, socket or device");
    fs::remove_file(fifo).unwrap();
    sandbox.xtask(&["clean-workspace"]).assert().code(0);
}

#[test]
fn a_disk_without_room_for_the_copy() {
    let sandbox = full_session();
    fs::write(sandbox.path("models/large.bin"), vec![7; 5_000_000]).unwrap();
    let Some(mount) = Mount::over(&sandbox, "backups", "2m") else { return };
    refused(&sandbox, "only");
    mount.remount("size=20m");
    sandbox.xtask(&["clean-workspace"]).assert().code(0);
}

#[test]
fn a_folder_mounted_read_only() {
    for folder in ["models", "models/checkpoints", "logs", "backups"] {
        let sandbox = full_session();
        let Some(mount) = Mount::over(&sandbox, folder, "20m") else { return };
        mount.remount("ro");
        refused(&sandbox, &format!("`{folder}` is mounted read-only"));
        mount.remount("rw");
        sandbox.xtask(&["clean-workspace"]).assert().code(0);
    }
}

#[test]
fn a_file_mounted_over_a_file() {
    for file in ["policy.pth", "logs/training.log", "models/checkpoints/ep1.zip"] {
        let sandbox = full_session();
        let source = sandbox.write("source", "mounted");
        let arguments = ["--bind", source.to_str().unwrap()];
        let Some(mount) = Mount::on(&sandbox.path(file), &arguments) else { return };
        refused(&sandbox, &format!("`{file}` is a file that is mounted there"));
        drop(mount);
        sandbox.xtask(&["clean-workspace"]).assert().code(0);
    }
}

#[test]
fn a_recovery_that_cannot_succeed_blocks_nobody() {
    let sandbox = full_session();
    sandbox.archive(NOW);
    let record = serde_json::json!({
        "format": 1,
        "moved_at": NOW,
        "archive": "training_backup_20260102_030405.zip",
        "moved": ["logs", "models", "policy.pth"],
    });
    let partial = "backups/session_20260102_030405.partial";
    sandbox.write(&format!("{partial}/.trainvault-backup.json"), &record.to_string());
    fs::rename(sandbox.path("logs"), sandbox.path(partial).join("logs")).unwrap();
    let Some(mount) = Mount::over(&sandbox, "models", "20m") else { return };
    mount.remount("ro");
    let before = tree(sandbox.root());
    let mut command = sandbox.xtask(&["archive"]);
    let text = command.assert().code(3).stderr_text();
    assert!(text.contains("warning: `backups/session_20260102_030405.partial`"), "{text}");
    assert!(text.contains("nothing is lost") && text.lines().count() == 1, "{text}");
    works(&sandbox);
    sandbox.xtask(&["doctor", "--fix"]).assert().code(3);
    for (name, bytes) in &before {
        let is_kept = tree(sandbox.root()).values().any(|kept| kept == bytes);
        // What is remembered of readings may change.
        let is_memory = name.starts_with(".trainvault/");
        assert!(is_kept || is_memory, "{name}");
    }
    let elsewhere = full_session();
    elsewhere.xtask(&["archive"]).assert().code(0);

    mount.remount("rw");
    sandbox.xtask(&["clean-workspace"]).assert().success();
    assert!(tree(&sandbox.path("models")).is_empty());
    let names: Vec<String> =
        tree(&sandbox.path("backups")).into_keys().filter(|n| n.ends_with("final.zip")).collect();
    assert_eq!(names, ["session_20260102_030405/models/memory_efficient_model_final.zip"]);
}
