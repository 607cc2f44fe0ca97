use std::fs;

use xtask::tasks::recover::recover;
use xtask::tasks::steps;
use xtask::vault::catalog::{BACKUP_RECORD, BackupRecord};

use crate::support::{Sandbox, time, tree};

const NOW: &str = "2026-01-02T03:04:05Z";

/// Lays what a kill after `n_moved` renames of a clean leaves.
fn killed_clean(sandbox: &Sandbox, archive: Option<String>, n_moved: usize) {
    let partial = sandbox.path("backups/session_20260102_030405.partial");
    fs::create_dir_all(&partial).unwrap();
    let moved = ["logs", "models", "policy.pth"].map(str::to_owned).to_vec();
    for item in &moved[..n_moved] {
        fs::rename(sandbox.path(item), partial.join(item)).unwrap();
    }
    let record = BackupRecord { format: 1, moved_at: time(NOW), archive, moved };
    fs::write(partial.join(BACKUP_RECORD), serde_json::to_vec(&record).unwrap()).unwrap();
}

#[test]
fn a_clean_killed_after_any_rename_is_completed() {
    for n_moved in 0..=3 {
        let sandbox = Sandbox::with_session();
        let before = tree(sandbox.root());
        let receipt = sandbox.archive(NOW);
        killed_clean(&sandbox, Some(receipt.manifest().name.clone()), n_moved);
        let notes = recover(&sandbox.workspace()).unwrap();
        assert_eq!(
            notes,
            ["completed `backups/session_20260102_030405`, which a killed run had begun"]
        );
        let backup = tree(&sandbox.path("backups/session_20260102_030405"));
        for (path, bytes) in before.iter().filter(|(path, _)| !path.starts_with("config/")) {
            assert_eq!(backup.get(path), Some(bytes), "{path} after {n_moved} renames");
        }
        assert!(sandbox.path("logs/trades").is_dir());
        assert!(recover(&sandbox.workspace()).unwrap().is_empty(), "a second time");
    }
}

#[test]
fn work_done_since_the_kill_is_not_moved_unarchived() {
    let sandbox = Sandbox::with_session();
    let receipt = sandbox.archive(NOW);
    killed_clean(&sandbox, Some(receipt.manifest().name.clone()), 1);
    sandbox.write("models/new.zip", "made after the kill");
    recover(&sandbox.workspace()).unwrap();
    assert_eq!(sandbox.read("models/new.zip"), "made after the kill");
    let done = sandbox.run_task(NOW, steps::archive_and_move_session).0.unwrap().unwrap();
    assert!(done.is_new_archive);
    assert_eq!(sandbox.backup_names().len(), 2);
}

#[test]
fn a_backup_folder_without_a_record_is_kept_unless_it_is_empty() {
    let sandbox = Sandbox::with_session();
    sandbox.write("backups/session_20260102_030405.partial/logs/x.log", "kept");
    fs::create_dir_all(sandbox.path("backups/session_20260102_030406.partial")).unwrap();
    recover(&sandbox.workspace()).unwrap();
    assert_eq!(sandbox.read("backups/session_20260102_030405/logs/x.log"), "kept");
    assert_eq!(fs::read_dir(sandbox.path("backups")).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn an_unfinished_archive_is_removed_unless_someone_still_writes_it() {
    let sandbox = Sandbox::with_session();
    let abandoned = sandbox.write("archives/.training_backup_20260101_000000.zip.partial", "x");
    let written = sandbox.write("archives/.training_backup_20260101_000001.zip.partial", "x");
    let foreign = sandbox.write("archives/my.partial", "x");
    let writer = fs::File::open(&written).unwrap();
    writer.lock().unwrap();
    let notes = recover(&sandbox.workspace()).unwrap();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(!abandoned.exists());
    assert!(written.exists() && foreign.exists());
}

#[test]
fn a_run_with_nothing_to_recover_says_nothing() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    assert!(recover(&sandbox.workspace()).unwrap().is_empty());
}

#[cfg(unix)]
#[test]
fn the_next_task_removes_what_a_killed_restore_left() {
    use std::process::Command;

    for into in [None, Some("out")] {
        for next in
            [&["archive"][..], &["prune", "--keep", "9"], &["restore", "latest", "--into", "o"]]
        {
            let sandbox = Sandbox::with_session();
            // Someone's own, by a name that a draft could have.
            sandbox.write("logs/.training.log.partial", "mine");
            sandbox.xtask(&["archive"]).assert().success();
            std::fs::remove_dir_all(sandbox.path("models")).unwrap();
            std::fs::remove_file(sandbox.path("logs/training.log")).unwrap();
            let killed = Command::new("strace")
                .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=linkat"])
                .args(["-e", "inject=linkat:signal=KILL:when=1"])
                .arg(env!("CARGO_BIN_EXE_xtask"))
                .current_dir(sandbox.root())
                .args(["restore", "latest", "--root", "."])
                .args(into.iter().flat_map(|into| ["--into", into]))
                .output()
                .unwrap();
            assert!(!killed.status.success());
            let drafts = || {
                let files = crate::support::tree(sandbox.root());
                let is_draft = |name: &String| {
                    name.ends_with(".partial") && !name.ends_with("logs/.training.log.partial")
                };
                files.into_keys().filter(is_draft).collect::<Vec<_>>()
            };
            assert!(!drafts().is_empty(), "{into:?}");
            let output = sandbox.xtask(next).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(stderr.contains("killed `restore`"), "{into:?} {next:?}: {stderr}");
            assert_eq!(drafts(), Vec::<String>::new(), "{into:?} {next:?}");
            assert_eq!(sandbox.read("logs/.training.log.partial"), "mine");
            let again = sandbox.xtask(next).output().unwrap();
            assert!(!String::from_utf8(again.stderr).unwrap().contains("killed"));
        }
    }
}
