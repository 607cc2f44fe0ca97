//! Two workspaces with one folder of archives.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Stdio};

use xtask::vault::verify;

use crate::support::{CommandOutput, Sandbox, stderr, stdout, tree};

const NOW: &str = "2026-01-02T03:04:05Z";

/// Returns workspaces with sessions of their own and `vault` for both.
fn pair(vault: &Path) -> [Sandbox; 2] {
    ["one", "two"].map(|name| {
        let sandbox = Sandbox::with_session();
        sandbox.write("logs/training.log", name);
        let config = serde_json::json!({"archive": {"folder": vault}});
        sandbox.write("config/config.json", &config.to_string());
        sandbox
    })
}

/// Starts an archive at a fixed second, as a process of its own.
fn archive(sandbox: &Sandbox) -> Child {
    sandbox.process(&["archive", "--clock", NOW]).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn archives_of_one_second_get_names_and_numbers_of_their_own() {
    let vault = Sandbox::new();
    let pair = pair(vault.root());
    let n_rounds = if std::env::var_os("RUN_SLOW_TESTS").is_some() { 100 } else { 6 };
    for round in 0..n_rounds {
        let children = pair.each_ref().map(archive);
        for child in children {
            let output = child.wait_with_output().unwrap();
            let text = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "round {round}: {text}");
            assert_eq!(text, "");
        }
    }
    let archives = pair[0].catalog().archives;
    assert_eq!(archives.len(), 2 * n_rounds);
    let numbers: BTreeSet<u64> = archives
        .iter()
        .map(|archive| verify::read_back(&archive.path).unwrap().manifest().run_number)
        .collect();
    assert_eq!(numbers, (1..=2 * n_rounds as u64).collect());
    assert_eq!(fs::read_dir(vault.root()).unwrap().count(), 2 * n_rounds);
}

#[test]
fn a_name_and_number_that_another_is_writing_are_taken() {
    let vault = Sandbox::new();
    let [one, two] = pair(vault.root());
    one.archive("2026-01-01T00:00:00Z");
    let draft = vault.write(".training_backup_20260102_030405.zip.2.partial", "half");
    let writer = File::open(&draft).unwrap();
    writer.lock().unwrap();
    for n in 2..=3 {
        let receipt = two.archive(NOW);
        assert_eq!(receipt.manifest().name, format!("training_backup_20260102_030405_{n}.zip"));
        assert_eq!(receipt.manifest().run_number, n + 1);
    }
    assert!(draft.exists());
    // What no process writes any more is put away, and its name is free.
    drop(writer);
    one.xtask(&["archive", "--clock", NOW]).assert().code(0);
    assert!(!draft.exists());
    assert!(vault.path("training_backup_20260102_030405.zip").exists());
}

#[test]
fn the_drafts_of_another_workspace_are_left_alone() {
    let vault = Sandbox::new();
    let [one, two] = pair(vault.root());
    one.archive("2026-01-01T00:00:00Z");
    let drafts = [
        ".training_backup_20260102_030405.zip.7.partial",
        ".training_backup_20260101_000000.annotations.json.partial",
        ".other.partial",
    ];
    let writers = drafts.map(|name| {
        let file = File::create(vault.path(name)).unwrap();
        file.lock().unwrap();
        file
    });
    let all = || drafts.iter().all(|name| vault.path(name).exists());
    let text = stdout(&mut two.xtask(&["doctor"]));
    assert!(text.starts_with("nothing is wrong"), "{text}");
    two.xtask(&["doctor", "--fix"]).assert().code(0);
    two.xtask(&["prune", "--keep", "9"]).assert().code(0);
    two.xtask(&["archive"]).assert().code(0);
    two.xtask(&["clean-workspace"]).assert().code(0);
    assert!(all());
    // Once nobody holds them they are leftovers.
    drop(writers);
    let text = two.xtask(&["doctor"]).assert().code(3).stdout_text();
    assert_eq!(text.matches("`doctor --fix` would").count(), 3);
    two.xtask(&["doctor", "--fix"]).assert().code(0);
    assert!(drafts.iter().all(|name| !vault.path(name).exists()));
    assert_eq!(tree(&vault.path(".trash")).len(), 1);
    assert_eq!(stderr(&mut one.xtask(&["archive"])), "");
}

#[test]
fn a_backup_that_another_workspace_makes_is_left_alone() {
    let shared = Sandbox::new();
    let sandbox = Sandbox::with_session();
    std::os::unix::fs::symlink(shared.root(), sandbox.path("backups")).unwrap();
    let record = serde_json::json!({
        "format": 1, "moved_at": NOW, "archive": null, "moved": ["logs", "models"],
    });
    let partial = "session_20260101_000000.partial";
    shared.write(&format!("{partial}/.trainvault-backup.json"), &record.to_string());
    let writer = File::open(shared.path(partial)).unwrap();
    writer.lock().unwrap();
    sandbox.xtask(&["archive"]).assert().code(0);
    sandbox.xtask(&["doctor", "--fix"]).assert().code(0);
    assert!(shared.path(partial).exists() && sandbox.path("logs/training.log").exists());
    drop(writer);
    sandbox.xtask(&["doctor", "--fix"]).assert().code(0);
    assert!(shared.path("session_20260101_000000/logs/training.log").exists());
}

#[test]
fn annotations_written_by_both_are_all_kept() {
    let vault = Sandbox::new();
    let [one, two] = pair(vault.root());
    one.archive(NOW);
    let tag = |sandbox: &Sandbox, tag: &str| {
        let mut tag = sandbox.process(&["tag", "latest", "--add", tag]);
        tag.stderr(Stdio::piped()).spawn().unwrap()
    };
    for round in 0..5 {
        let children = [tag(&one, &format!("one{round}")), tag(&two, &format!("two{round}"))];
        for child in children {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let tags = one.catalog().archives[0].tags().len();
    assert_eq!(tags, 10);
}
