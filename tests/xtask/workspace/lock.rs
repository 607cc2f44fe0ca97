use std::fs::File;
use std::time::Duration;

use xtask::workspace::exit::code_of;
use xtask::workspace::lock;

use crate::support::{COMPLETES, CommandOutput, Sandbox, time};

const NOW: &str = "2026-01-02T03:04:05Z";

#[test]
fn a_second_process_says_who_holds_the_lock() {
    let sandbox = Sandbox::with_session();
    let held = lock::acquire(&sandbox.workspace(), "train", time(NOW)).unwrap();
    for task in [&["archive"][..], &["clean-workspace"], &["prune", "--keep", "1"]] {
        let stderr = sandbox.xtask(task).assert().code(11).stderr_text();
        assert_eq!(
            stderr,
            format!(
                "error: the workspace is locked by `train` (process {}, since 2026-01-02 03:04:05 \
                 UTC); wait for it, or stop it\n",
                std::process::id()
            )
        );
    }
    let trainer = sandbox.trainer(COMPLETES);
    assert_eq!(sandbox.train(&trainer, &[]).0, 11);
    assert!(sandbox.archive_names().is_empty());
    drop(held);
    sandbox.xtask(&["archive"]).assert().code(0);
}

#[test]
fn reading_needs_no_lock() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    let _held = lock::acquire(&sandbox.workspace(), "train", time(NOW)).unwrap();
    sandbox.xtask(&["list"]).assert().code(0);
    sandbox.xtask(&["show", "latest"]).assert().code(0);
    sandbox.xtask(&["prune", "--keep", "1", "--dry-run"]).assert().code(0);
}

#[test]
fn the_trainer_of_a_killed_run_is_waited_for() {
    let sandbox = Sandbox::with_session();
    std::fs::create_dir_all(sandbox.path(".trainvault")).unwrap();
    let orphan = File::create(sandbox.path(".trainvault/trainer.lock")).unwrap();
    orphan.lock().unwrap();
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        drop(orphan);
    });
    assert!(lock::acquire(&sandbox.workspace(), "train", time(NOW)).is_ok());
    release.join().unwrap();
}

#[test]
fn a_lock_left_by_a_dead_process_is_free() {
    let sandbox = Sandbox::with_session();
    sandbox.write(
        ".trainvault/lock",
        r#"{"pid": 1, "task": "train", "since": "2026-01-01T00:00:00Z"}"#,
    );
    sandbox.xtask(&["archive"]).assert().code(0);
}

#[test]
fn of_two_at_once_one_works_and_one_is_told() {
    let sandbox = Sandbox::with_session();
    let workspace = sandbox.workspace();
    let results: Vec<_> = std::thread::scope(|scope| {
        let take = || {
            scope.spawn(|| {
                let lock = lock::acquire(&workspace, "train", time(NOW));
                std::thread::sleep(Duration::from_millis(50));
                lock.map(drop).map_err(|error| code_of(&error))
            })
        };
        let threads = [take(), take(), take(), take()];
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let n_refused = results.iter().filter(|result| **result == Err(11)).count();
    let n_done = results.iter().filter(|result| result.is_ok()).count();
    assert!(n_done >= 1 && n_done + n_refused == 4, "{results:?}");
}
