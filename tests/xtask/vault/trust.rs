//! What a prune relies on is read, and read back, before anything goes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{CommandOutput, Sandbox, stderr, stdout, tree};

const NOW: &str = "2026-02-01T00:00:00Z";

/// A workspace with an archive a day, all of one model, whose content
/// is stored as it is.
fn with_days(n_days: u32) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("config/config.json", r#"{"archive": {"compression": "store"}}"#);
    sandbox.write("models/m.bin", "the model, which deflate leaves as it is");
    for day in 1..=n_days {
        sandbox.write("logs/a", &format!("session {day}"));
        sandbox.archive(&format!("2026-01-0{day}T10:00:00Z"));
    }
    sandbox
}

fn archive(day: u32) -> String {
    format!("archives/training_backup_2026010{day}_100000.zip")
}

fn days(sandbox: &Sandbox) -> Vec<String> {
    let names = sandbox.archive_names();
    names.iter().map(|name| name["training_backup_202601".len()..][..2].to_owned()).collect()
}

/// Flips a bit of the stored content `words`, all of which is found.
fn flip_bit_in(path: &Path, words: &str) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.windows(words.len()).position(|it| it == words.as_bytes()).unwrap();
    bytes[at + 3] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// Writes the archive anew without the entry `name`.
fn drop_entry(path: &Path, name: &str) {
    let mut old = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let bytes = fs::read(path).unwrap();
    let scratch = path.with_extension("new");
    let mut new = zip::ZipWriter::new(fs::File::create(&scratch).unwrap());
    for idx in 0..old.len() {
        let entry = old.by_index_raw(idx).unwrap();
        if entry.name().unwrap() != name {
            new.raw_copy_file(entry).unwrap();
        }
    }
    let comment = old.comment().to_vec();
    new.set_raw_comment(comment.into()).unwrap();
    new.finish().unwrap();
    fs::rename(&scratch, path).unwrap();
    assert_ne!(fs::read(path).unwrap(), bytes);
}

#[track_caller]
fn check_damage(damage: impl Fn(&Path)) {
    for now in [&["--now"][..], &[]] {
        let sandbox = with_days(4);
        damage(&sandbox.path(&archive(4)));
        let prune = ["prune", "--keep", "1", "--clock", NOW];
        let foretold =
            sandbox.xtask(&[&prune[..], &["--dry-run"]].concat()).assert().code(3).stdout_text();
        let real = sandbox.xtask(&[&prune[..], now].concat()).assert().code(3);
        let stderr = real.stderr_text();
        assert!(stderr.contains("20260104_100000.zip` is damaged"), "{stderr}");
        assert_eq!(days(&sandbox), ["03", "04"]);
        let text = real.stdout_text();
        let plain = |text: &str| {
            let lines = text.lines().filter(|line| !line.starts_with("warning"));
            let lines = lines.map(|line| line.replace("would ", "").replace("removed", "remove"));
            let lines = lines.map(|line| line.replace("kept", "keep").replace("deleted", "remove"));
            lines.map(|it| it.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
        };
        assert_eq!(plain(&foretold), plain(&text));
        assert!(
            text.contains("20260103_100000.zip  (one of the 1 newest; holds the model"),
            "{text}"
        );
    }
}

#[test]
fn a_flipped_bit_takes_nobodys_place() {
    check_damage(|path| flip_bit_in(path, "the model, which"));
    check_damage(|path| flip_bit_in(path, "session 4"));
}

#[test]
fn a_missing_entry_takes_nobodys_place() {
    check_damage(|path| drop_entry(path, "models/m.bin"));
    check_damage(|path| drop_entry(path, "logs/a"));
}

#[test]
fn a_truncated_archive_takes_nobodys_place() {
    check_damage(|path| {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_len(file.metadata().unwrap().len() - 10).unwrap();
    });
    check_damage(|path| fs::write(path, "").unwrap());
}

#[test]
fn two_damaged_ones_leave_their_places_to_the_next_two() {
    let sandbox = with_days(6);
    flip_bit_in(&sandbox.path(&archive(6)), "session 6");
    flip_bit_in(&sandbox.path(&archive(4)), "session 4");
    sandbox.xtask(&["prune", "--keep", "2", "--clock", NOW, "--now"]).assert().code(3);
    assert_eq!(days(&sandbox), ["03", "04", "05", "06"]);
}

#[test]
fn a_backup_outlives_the_damage_of_its_archive() {
    let sandbox = with_days(0);
    for day in 1..=7 {
        sandbox.write("logs/a", &format!("session {day}"));
        let clock = format!("2026-01-0{day}T10:00:00Z");
        sandbox.xtask(&["clean-workspace", "--clock", &clock]).assert().code(0);
    }
    flip_bit_in(&sandbox.path(&archive(1)), "session 1");
    sandbox.write("config/config.json", r#"{"retention": {"keep_daily": 9}}"#);
    let mut prune = sandbox.xtask(&["prune", "--clock", NOW]);
    let text = prune.assert().code(3).stdout_text();
    assert!(text.contains("session_20260101_100000  (the only copy"), "{text}");
    assert!(text.contains("removed       backup   session_20260102_100000"), "{text}");
    assert_eq!((sandbox.archive_names().len(), sandbox.backup_names().len()), (7, 6));
}

#[test]
fn while_an_archive_is_damaged_the_trash_is_not_emptied() {
    let sandbox = with_days(3);
    let prune = ["prune", "--keep", "1", "--clock"];
    sandbox.xtask(&[&prune[..], &["2026-01-04T00:00:00Z"]].concat()).assert().code(0);
    flip_bit_in(&sandbox.path(&archive(3)), "session 3");
    let mut late = sandbox.xtask(&[&prune[..], &[NOW]].concat());
    let stderr_text = stderr(&mut late);
    assert!(
        stderr_text.contains("`archives/.trash/20260104_000000` is not deleted: `training_"),
        "{stderr_text}"
    );
    sandbox.xtask(&["undelete", "20260102_100000", "--clock", NOW]).assert().code(0);
    assert_eq!(days(&sandbox), ["02", "03"]);
}

#[test]
fn what_was_read_back_is_not_read_again() {
    let sandbox = with_days(3);
    let receipts = sandbox.read(".trainvault/receipts");
    assert_eq!(receipts.lines().count(), 4, "{receipts}");
    // A copy is another file.
    let path = sandbox.path(&archive(3));
    fs::copy(&path, sandbox.path("copy")).unwrap();
    fs::rename(sandbox.path("copy"), &path).unwrap();
    sandbox.xtask(&["prune", "--keep", "1", "--clock", NOW]).assert().code(0);
    let renewed = sandbox.read(".trainvault/receipts");
    assert!(renewed.contains("20260103_100000.zip") && renewed.lines().count() == 4, "{renewed}");
    assert_ne!(renewed.lines().last(), receipts.lines().last());
}

#[test]
fn nonsense_for_receipts_misleads_nobody() {
    let sandbox = with_days(2);
    flip_bit_in(&sandbox.path(&archive(2)), "session 2");
    let name = "training_backup_20260102_100000.zip";
    for text in ["", "trainvault receipts 1\n", "trainvault receipts 1\nx y\n\n", "\u{0}"] {
        let line = format!("{text}{name} 1 2 3\n{name} 1 2 3 4 5\n{name}\n");
        sandbox.write(".trainvault/receipts", &line);
        let prune = ["prune", "--keep", "1", "--dry-run", "--clock", NOW];
        let shown = stdout(&mut sandbox.xtask(&prune));
        assert!(shown.contains("20260102_100000.zip  (damaged"), "{shown}");
    }
}

#[test]
fn pins_and_the_newest_complete_one_are_proven_too() {
    let sandbox = with_days(3);
    sandbox.write("logs/a", "session 4");
    sandbox.write("logs/session.json", r#"{"status": "failed"}"#);
    fs::remove_dir_all(sandbox.path("models")).unwrap();
    sandbox.archive("2026-01-04T10:00:00Z");
    sandbox.xtask(&["pin", "20260103_100000", "--clock", NOW]).assert().code(0);
    sandbox.xtask(&["tag", "20260101_100000", "--add", "old", "--clock", NOW]).assert().code(0);
    flip_bit_in(&sandbox.path(&archive(3)), "session 3");
    let prune = ["prune", "--keep-tag", "old", "--keep-failed", "0", "--clock", NOW];
    let mut command = sandbox.xtask(&prune);
    let text = stdout(&mut command);
    assert!(text.contains("20260102_100000.zip  (the newest complete one)"), "{text}");
    assert_eq!(days(&sandbox), ["01", "02", "03"]);
}

/// Locks `locked` and runs the task as a user whom that holds back,
/// also where the tests are run by root.
fn run_without(sandbox: &Sandbox, locked: &str, arguments: &[&str]) -> Output {
    let all = Command::new("chmod").args(["-R", "a+rwX"]).arg(sandbox.root()).status().unwrap();
    assert!(all.success());
    let path = sandbox.path(locked);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    if path.is_file() {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.arg("--root").arg(sandbox.root()).args(arguments).current_dir("/");
    if fs::read_dir("/root").is_ok() {
        command.uid(65_534).gid(65_534);
    }
    let output = command.output().unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
    output
}

#[test]
fn what_cannot_be_read_refuses_to_delete() {
    for locked in ["models/sub", "models/sub/m.bin", "models", "backups", "archives/.trash"] {
        let sandbox = Sandbox::new();
        sandbox.write("models/sub/m.bin", "the model");
        sandbox.write("logs/a", "session 1");
        sandbox.archive("2026-01-01T10:00:00Z");
        fs::remove_file(sandbox.path("models/sub/m.bin")).unwrap();
        for day in 2..=3 {
            sandbox.write("logs/a", &format!("session {day}"));
            sandbox.archive(&format!("2026-01-0{day}T10:00:00Z"));
        }
        sandbox.write("models/sub/m.bin", "the model");
        sandbox.write("backups/session_20260101_100000/logs/a", "moved");
        sandbox.write("archives/.trash/20250101_000000/training_backup_20240101_000000.zip", "x");
        let before = tree(sandbox.root());
        for way in [&["--dry-run"][..], &["--now"], &[]] {
            let prune = [&["prune", "--keep", "1", "--clock", NOW], way].concat();
            let output = run_without(&sandbox, locked, &prune);
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{locked} {way:?}: {stderr}");
            assert!(stderr.contains("failed to"), "{stderr}");
        }
        let mut after = tree(sandbox.root());
        after.retain(|name, _| !name.starts_with(".trainvault/"));
        let mut before = before;
        before.retain(|name, _| !name.starts_with(".trainvault/"));
        assert_eq!(after, before, "{locked}");
    }
}

#[test]
fn an_archive_that_cannot_be_opened_takes_nobodys_place() {
    for way in [&["--dry-run"][..], &["--now"]] {
        let sandbox = with_days(3);
        // So that the dry run knows it without a look.
        sandbox.xtask(&["list"]).assert().code(0);
        let prune = [&["prune", "--keep", "1", "--clock", NOW, "--format", "json"], way].concat();
        let output = run_without(&sandbox, &archive(3), &prune);
        assert_eq!(output.status.code(), Some(3));
        let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let kept = plan["archives"]["keep"].as_array().unwrap();
        let kept: Vec<_> = kept.iter().map(|it| &it["name"]).collect();
        assert_eq!(
            kept,
            ["training_backup_20260103_100000.zip", "training_backup_20260102_100000.zip"]
        );
        assert_eq!(plan["damaged"][0]["name"], "training_backup_20260103_100000.zip");
    }
}

#[test]
fn a_model_behind_a_symlink_is_a_model() {
    let sandbox = with_days(3);
    for day in 4..=5 {
        sandbox.write("logs/a", &format!("session {day}"));
        sandbox.write("models/m.bin", "another");
        sandbox.archive(&format!("2026-01-0{day}T10:00:00Z"));
    }
    sandbox.write("kept/m.bin", "the model, which deflate leaves as it is");
    fs::remove_file(sandbox.path("models/m.bin")).unwrap();
    std::os::unix::fs::symlink("../kept/m.bin", sandbox.path("models/m.bin")).unwrap();
    sandbox.xtask(&["prune", "--keep", "1", "--clock", NOW]).assert().code(0);
    assert_eq!(days(&sandbox), ["03", "05"]);
    // The disk of the models is not there.
    fs::remove_dir_all(sandbox.path("models")).unwrap();
    std::os::unix::fs::symlink("/nowhere/models", sandbox.path("models")).unwrap();
    for way in [&["--dry-run"][..], &["--now"]] {
        let prune = [&["prune", "--keep", "1", "--clock", NOW], way].concat();
        sandbox.xtask(&prune).assert().code(1);
    }
    assert_eq!(days(&sandbox), ["03", "05"]);
}

/// Leaves the workspace as a clean that was killed after `n_moved`
/// renames does.
fn with_killed_clean(n_moved: usize, archive: bool) -> Sandbox {
    let sandbox = Sandbox::new();
    for day in 1..=4 {
        sandbox.write("logs/a", &format!("session {day}"));
        sandbox.write("models/m.bin", &format!("model {day}"));
        let clock = format!("2026-01-0{day}T10:00:00Z");
        sandbox.xtask(&["clean-workspace", "--clock", &clock]).assert().code(0);
    }
    let backup = sandbox.path("backups/session_20260104_100000");
    let partial = sandbox.path("backups/session_20260104_100000.partial");
    fs::rename(&backup, &partial).unwrap();
    for item in ["models", "logs"].iter().take(2 - n_moved) {
        let target = sandbox.path(item);
        fs::remove_dir_all(&target).unwrap();
        fs::rename(partial.join(item), target).unwrap();
    }
    if !archive {
        fs::remove_file(sandbox.path(&self::archive(4))).unwrap();
    }
    sandbox
}

#[test]
fn a_dry_run_counts_what_a_recovery_will_complete() {
    for (n_moved, archive) in [(0, true), (1, true), (2, true), (1, false), (2, false)] {
        for keep in ["1", "2", "9"] {
            let sandbox = with_killed_clean(n_moved, archive);
            let prune = ["prune", "--keep", keep, "--clock", NOW, "--format", "json"];
            let document = |text: String| -> serde_json::Value {
                let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
                value["dry_run"] = false.into();
                value["gone_for_ever"] = serde_json::Value::Null;
                value
            };
            let before = tree(sandbox.root());
            let dry = document(stdout(&mut sandbox.xtask(&[&prune[..], &["--dry-run"]].concat())));
            assert_eq!(tree(sandbox.root()), before);
            let real = document(stdout(&mut sandbox.xtask(&prune)));
            assert_eq!(dry, real, "{n_moved} {archive} {keep}");
            let kept = real["backups"]["keep"].as_array().unwrap();
            assert_eq!(kept.len().to_string(), if keep == "9" { "4" } else { keep });
        }
    }
}

#[test]
fn the_losses_after_a_kill_are_those_of_the_real_run() {
    // The rest of the session is still in the workspace, and leaves it.
    let sandbox = with_killed_clean(1, false);
    sandbox.write("backups/session_20260105_100000/logs/a", "later");
    let prune = ["prune", "--keep", "1", "--dry-run", "--clock", NOW];
    let text = stdout(&mut sandbox.xtask(&prune));
    assert!(text.contains("of `session_20260104_100000` would be gone for ever"), "{text}");
    assert!(text.contains("logs/a`, `models/m.bin`"), "{text}");
}
