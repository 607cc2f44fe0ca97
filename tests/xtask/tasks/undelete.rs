use std::time::Duration;

use crate::support::{CommandOutput, Sandbox, stderr, stdout, tree};

const NOW: &str = "2026-01-10T00:00:00Z";

/// Two archives and two backups, of which a prune has removed one each.
fn pruned() -> Sandbox {
    let sandbox = Sandbox::with_session();
    for day in 1..=2 {
        sandbox.archive(&format!("2026-01-0{day}T00:00:00Z"));
        sandbox.write(&format!("backups/session_2026010{day}_000000/logs/a"), "moved");
    }
    sandbox.xtask(&["prune", "--keep", "1", "--clock", NOW]).assert().code(0);
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (1, 1));
    sandbox
}

#[test]
fn without_a_name_the_trash_is_listed() {
    let sandbox = pruned();
    let before = tree(sandbox.root());
    insta::assert_snapshot!(stdout(&mut sandbox.xtask(&["undelete", "--clock", NOW])), @"
    training_backup_20260101_000000.zip  removed 2026-01-10 00:00:00 UTC, kept until 2026-01-17 00:00:00 UTC
    session_20260101_000000  removed 2026-01-10 00:00:00 UTC, kept until 2026-01-17 00:00:00 UTC
    ");
    assert_eq!(tree(sandbox.root()), before);
    assert_eq!(stdout(&mut Sandbox::new().xtask(&["undelete"])), "the trash is empty\n");
}

#[test]
fn each_comes_back_by_its_name() {
    let sandbox = pruned();
    for name in ["20260101_000000", "session_20260101_000000"] {
        sandbox.xtask(&["undelete", name]).assert().code(0);
        sandbox.xtask(&["undelete", name]).assert().code(1);
    }
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (2, 2));
    assert_eq!(sandbox.read("backups/session_20260101_000000/logs/a"), "moved");
    assert_eq!(std::fs::read_dir(sandbox.path("archives/.trash")).unwrap().count(), 0);
}

#[test]
fn all_come_back_at_once_and_a_second_time_there_is_nothing_to_do() {
    let sandbox = pruned();
    insta::assert_snapshot!(stdout(&mut sandbox.xtask(&["undelete", "--all"])), @"
    brought back  training_backup_20260101_000000.zip
    brought back  session_20260101_000000
    ");
    sandbox.xtask(&["undelete", "--all"]).assert().code(10);
    sandbox.xtask(&["undelete", "x", "--all"]).assert().code(2);
}

#[test]
fn nothing_is_overwritten() {
    let sandbox = pruned();
    let mine = sandbox.write("archives/training_backup_20260101_000000.zip", "mine");
    let stderr = sandbox.xtask(&["undelete", "20260101_000000"]).assert().code(1).stderr_text();
    insta::assert_snapshot!(
        stderr,
        @"error: `archives/training_backup_20260101_000000.zip` exists and is not overwritten; move it away first"
    );
    sandbox.xtask(&["undelete", "--all"]).assert().code(3);
    assert_eq!(std::fs::read_to_string(mine).unwrap(), "mine");
    assert_eq!(sandbox.backup_names().len(), 2);
    let trashed = "archives/.trash/20260110_000000/training_backup_20260101_000000.zip";
    assert!(sandbox.path(trashed).exists());
}

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let sandbox = pruned();
    let mut command = sandbox.xtask(&["undelete", "20200101_000000"]);
    insta::assert_snapshot!(
        stderr(&mut command),
        @"error: there is no `20200101_000000` in the trash; `cargo xtask undelete` names all 2, the last removed is `training_backup_20260101_000000.zip`"
    );
}

/// Returns the content of all archives, backups and annotations,
/// wherever they lie now.
fn contents(sandbox: &Sandbox) -> Vec<Vec<u8>> {
    let mut contents: Vec<Vec<u8>> =
        ["archives", "backups"].iter().flat_map(|f| tree(&sandbox.path(f)).into_values()).collect();
    contents.sort();
    contents
}

#[test]
fn a_kill_at_any_moment_of_a_prune_or_undelete_loses_nothing() {
    let n_kills: u32 = if std::env::var_os("RUN_SLOW_TESTS").is_some() { 400 } else { 12 };
    let sandbox = Sandbox::with_session();
    for day in 1..=9 {
        sandbox.write("logs/training.log", &format!("session {day}"));
        let time = format!("2026-01-0{day}T00:00:00Z");
        sandbox.archive(&time);
        sandbox.write(&format!("backups/session_2026010{day}_000000/logs/a"), &time);
        let name = format!("archives/training_backup_2026010{day}_000000.annotations.json");
        sandbox.write(&name, &format!(r#"{{"format": 1, "note": "day {day}"}}"#));
    }
    let before = contents(&sandbox);
    let (mut n_partly, mut n_trashed) = (0, 0);
    for idx in 0..n_kills {
        let task = [&["prune", "--keep", "1", "--clock", NOW][..], &["undelete", "--all"]];
        let delay = Duration::from_micros(u64::from(idx * 7919 % 12_000));
        sandbox.kill_after(task[(idx / 3 % 2) as usize], delay);
        assert_eq!(contents(&sandbox), before, "after kill {idx}");
        n_partly += u32::from(!matches!(sandbox.archive_names().len(), 1 | 9));
        n_trashed += u32::from(sandbox.archive_names().len() < 9);
    }
    stdout(&mut sandbox.xtask(&["undelete", "--all"]));
    assert_eq!(contents(&sandbox), before);
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (9, 9));
    let is_noted = |archive: &xtask::vault::catalog::Archive| archive.note().is_some();
    assert!(sandbox.catalog().archives.iter().all(is_noted));
    println!("{n_kills} kills, {n_trashed} with a trash, {n_partly} in the middle of it");
}
