use std::fs;

use xtask::tasks::clean::{self, ProofOfArchive};
use xtask::tasks::steps;

use crate::support::{Sandbox, stdout, time, tree};

const NOW: &str = "2026-01-02T03:04:05Z";

#[test]
fn a_clean_moves_the_session_and_keeps_the_settings() {
    let sandbox = Sandbox::with_session();
    let before = tree(sandbox.root());
    let done = sandbox.run_task(NOW, steps::archive_and_move_session).0.unwrap().unwrap();
    assert_eq!(done.backup, "backups/session_20260102_030405");
    assert!(done.is_new_archive);
    let moved = tree(&sandbox.path("backups/session_20260102_030405"));
    for (path, bytes) in before {
        if path.starts_with("config/") {
            assert_eq!(fs::read(sandbox.path(&path)).unwrap(), bytes);
        } else {
            assert_eq!(moved[&path], bytes, "{path}");
            assert!(!sandbox.path(&path).exists(), "{path}");
        }
    }
    for fresh in ["logs/trades", "logs/tensorboard", "models/checkpoints"] {
        assert_eq!(fs::read_dir(sandbox.path(fresh)).unwrap().count(), 0, "{fresh}");
    }
}

#[test]
fn a_clean_workspace_is_left_alone() {
    let sandbox = Sandbox::with_session();
    sandbox.run_task(NOW, steps::archive_and_move_session).0.unwrap().unwrap();
    assert_eq!(sandbox.run_task(NOW, steps::archive_and_move_session).0.unwrap(), None);
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (1, 1));
    assert_eq!(stdout(&mut sandbox.xtask(&["clean-workspace"])), "the workspace is clean\n");
}

#[test]
fn an_archive_that_holds_the_session_already_is_enough() {
    let sandbox = Sandbox::with_session();
    let receipt = sandbox.archive(NOW);
    // New settings for the next run are no part of the old session.
    sandbox.write("config/training_config.json", "{\"seed\": 2}");
    let done = sandbox.run_task(NOW, steps::archive_and_move_session).0.unwrap().unwrap();
    assert_eq!(done.archive.as_ref(), Some(&receipt.manifest().name));
    assert!(!done.is_new_archive);
    assert_eq!(sandbox.archive_names().len(), 1);
}

#[test]
fn a_changed_byte_of_the_same_length_makes_a_new_archive() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    sandbox.write("logs/training.log", "TRAINED\n");
    let done = sandbox.run_task(NOW, steps::archive_and_move_session).0.unwrap().unwrap();
    assert!(done.is_new_archive);
    assert_eq!(sandbox.archive_names().len(), 2);
}

#[test]
fn a_damaged_archive_does_not_count() {
    let sandbox = Sandbox::with_session();
    let receipt = sandbox.archive(NOW);
    let mut bytes = fs::read(receipt.path()).unwrap();
    bytes[60] ^= 1;
    fs::write(receipt.path(), bytes).unwrap();
    let (done, notes) = sandbox.run_task(NOW, steps::archive_and_move_session);
    assert!(done.unwrap().unwrap().is_new_archive);
    assert!(
        notes.iter().any(|note| note.contains("damaged") && note.contains("archiving again")),
        "{notes:?}"
    );
}

#[test]
fn nothing_moves_when_a_file_came_after_the_archive() {
    let sandbox = Sandbox::with_session();
    let receipt = sandbox.archive(NOW);
    sandbox.write("logs/late.log", "not in the archive");
    let workspace = sandbox.workspace();
    let plan = clean::plan(&workspace, &sandbox.scan(), time(NOW)).unwrap().unwrap();
    let error =
        clean::apply(&workspace, &plan, ProofOfArchive::Archived(&receipt), time(NOW)).unwrap_err();
    insta::assert_snapshot!(
        error,
        @"`logs/late.log` changed since it was archived; stop the program that writes it and run this again (nothing was moved)"
    );
    assert!(sandbox.path("logs/late.log").exists());
    assert!(!sandbox.path("backups").exists());
}

#[test]
fn nothing_moves_when_a_file_of_the_same_size_was_written_since() {
    let sandbox = Sandbox::with_session();
    sandbox.write("models/latest", "model A");
    let receipt = sandbox.archive(NOW);
    let path = sandbox.path("models/latest");
    let apply = || {
        let workspace = sandbox.workspace();
        let plan = clean::plan(&workspace, &sandbox.scan(), time(NOW)).unwrap().unwrap();
        clean::apply(&workspace, &plan, ProofOfArchive::Archived(&receipt), time(NOW))
    };
    let touch = |content: &str| {
        fs::write(&path, content).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(time("2026-01-02T05:00:00Z").into()).unwrap();
    };

    touch("model B");
    let error = apply().unwrap_err().to_string();
    assert!(error.starts_with("`models/latest` changed since it was archived"), "{error}");
    assert!(!sandbox.path("backups").exists());

    touch("model A");
    apply().unwrap();
}

#[test]
fn what_an_archive_leaves_out_still_moves_to_the_backup() {
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", r#"{"archive": {"exclude": ["logs/cache/"]}}"#);
    sandbox.write("logs/cache/big", "cache");
    sandbox.run_task(NOW, steps::archive_and_move_session).0.unwrap().unwrap();
    assert_eq!(sandbox.read("backups/session_20260102_030405/logs/cache/big"), "cache");
}

#[test]
fn a_dry_run_changes_nothing() {
    let sandbox = Sandbox::with_session();
    let before = tree(sandbox.root());
    let mut command = sandbox.xtask(&["clean-workspace", "--dry-run", "--clock", NOW]);
    insta::assert_snapshot!(
        stdout(&mut command),
        @"would archive and move  logs, models, policy.pth -> backups/session_20260102_030405"
    );
    assert_eq!(tree(sandbox.root()), before);
    stdout(&mut sandbox.xtask(&["clean-workspace", "--clock", NOW]));
    assert_ne!(tree(sandbox.root()), before);
}
