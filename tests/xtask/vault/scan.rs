use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use xtask::vault::scan::{ArchivePath, check_archive_path, scan};
use xtask::workspace::Workspace;

use crate::support::Sandbox;

fn found(sandbox: &Sandbox) -> Vec<String> {
    sandbox.scan().files.into_iter().map(|file| file.archive_path.text).collect()
}

#[test]
fn the_seed_set_is_found_and_nothing_else() {
    let sandbox = Sandbox::with_session();
    for other in [
        "notes.txt",
        "src/main.rs",
        "src/weights.pth",
        "target/logs/x",
        "archives/x.zip",
        "backups/session_x/logs/x",
        ".git/logs/HEAD",
        "optimizer.pkl",
    ] {
        sandbox.write(other, "x");
    }
    insta::assert_snapshot!(found(&sandbox).join("\n"), @"
    config/training_config.json
    logs/trades/trade_execution.log
    logs/training.log
    models/memory_efficient_model_final.zip
    root_checkpoints/optimizer.pkl
    root_checkpoints/policy.pth
    ");
}

#[test]
fn globs_of_the_settings_add_and_leave_out() {
    let sandbox = Sandbox::with_session();
    sandbox.write(
        "config/config.json",
        r#"{"archive": {"include": ["logs/", "runs/*/best.{pth,pkl}"], "root_models": false,
            "exclude": ["**/*.tmp"]}}"#,
    );
    sandbox.write("logs/a.tmp", "x");
    sandbox.write("runs/one/best.pth", "x");
    sandbox.write("runs/one/last.pth", "x");
    sandbox.write("runs/one/deep/best.pkl", "x");
    insta::assert_snapshot!(found(&sandbox).join("\n"), @"
    logs/trades/trade_execution.log
    logs/training.log
    runs/one/best.pth
    ");
}

#[test]
fn empty_folders_are_found() {
    let sandbox = Sandbox::with_session();
    fs::create_dir_all(sandbox.path("logs/tensorboard/run/empty")).unwrap();
    fs::create_dir_all(sandbox.path("src/empty")).unwrap();
    let folders: Vec<String> = sandbox.scan().empty_folders.into_iter().collect();
    assert_eq!(folders, ["logs/tensorboard/run/empty", "models/checkpoints"]);
}

#[test]
fn a_symlink_is_read_through_only_to_a_file_of_the_workspace() {
    let sandbox = Sandbox::with_session();
    symlink("training.log", sandbox.path("logs/inside.log")).unwrap();
    symlink("/etc/hostname", sandbox.path("logs/outside.log")).unwrap();
    symlink("../..", sandbox.path("logs/trades/loop")).unwrap();
    symlink("nowhere", sandbox.path("logs/broken")).unwrap();
    sandbox.write("archives/secret.log", "x");
    symlink("../archives/secret.log", sandbox.path("logs/archived.log")).unwrap();
    let paths = found(&sandbox);
    assert!(paths.contains(&"logs/inside.log".to_owned()), "{paths:?}");
    assert_eq!(paths.len(), 6);
    let skipped: Vec<String> =
        sandbox.scan().skipped.into_iter().map(|s| format!("{}: {}", s.path, s.reason)).collect();
    insta::assert_snapshot!(skipped.join("\n"), @"
    logs/archived.log: a symlink into a folder that is never archived
    logs/broken: a symlink that leads nowhere
    logs/outside.log: a symlink out of the workspace
    logs/trades/loop: a symlink to a folder; archive what it leads to by a glob of its own
    ");
}

#[test]
fn a_session_folder_that_is_a_symlink_is_read_through() {
    let sandbox = Sandbox::with_session();
    let before = found(&sandbox);
    fs::rename(sandbox.path("models"), sandbox.path("disk")).unwrap();
    symlink("disk", sandbox.path("models")).unwrap();
    assert_eq!(found(&sandbox), before);
    // A link between its files is one within the session.
    symlink("memory_efficient_model_final.zip", sandbox.path("models/best.zip")).unwrap();
    assert_eq!(found(&sandbox).len(), before.len() + 1);
    assert_eq!(sandbox.scan().skipped, []);
}

#[test]
fn a_session_folder_that_leads_astray_is_reported() {
    for (target, reason) in [
        ("nowhere", "leads nowhere"),
        ("models", "leads nowhere"),
        (".", "the workspace"),
        ("..", "the workspace"),
        ("/", "the workspace"),
        ("logs", "`logs`"),
        ("config", "`config`"),
        ("backups/x", "`backups`"),
        ("archives", "`archives`"),
    ] {
        let sandbox = Sandbox::with_session();
        fs::create_dir_all(sandbox.path("backups/x")).unwrap();
        fs::create_dir_all(sandbox.path("archives")).unwrap();
        fs::remove_dir_all(sandbox.path("models")).unwrap();
        symlink(target, sandbox.path("models")).unwrap();
        let skipped = sandbox.scan().skipped;
        assert_eq!(skipped.len(), 1, "{target}");
        assert_eq!(skipped[0].path, "models");
        assert!(skipped[0].reason.contains(reason), "{skipped:?}");
    }
}

#[test]
fn fifos_and_sockets_are_skipped() {
    let sandbox = Sandbox::with_session();
    let fifo = sandbox.path("logs/fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path("logs/socket")).unwrap();
    let skipped = sandbox.scan().skipped;
    assert_eq!(skipped.len(), 2);
    assert!(skipped[0].reason.contains("FIFO"), "{skipped:?}");
}

#[test]
fn odd_names_are_spelled_so_that_every_unpacker_agrees() {
    let name = |bytes: &[u8]| ArchivePath::of(Path::new(OsStr::from_bytes(bytes)));
    assert_eq!(name(b"logs/a b:c%41.log").text, "logs/a b:c%41.log");
    assert_eq!(name("logs/größe.log".as_bytes()).raw_hex, None);
    let odd = name(b"logs/\xff\\\n%.log");
    assert_eq!(odd.text, "logs/%FF%5C%0A%25.log");
    assert_eq!(odd.raw_hex.as_deref(), Some("6c6f67732fff5c0a252e6c6f67"));
}

#[test]
fn a_file_with_an_odd_name_is_archived_with_its_bytes() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.path("logs").join(OsStr::from_bytes(b"\xff.log"));
    fs::write(&path, "odd").unwrap();
    let receipt = sandbox.archive("2026-01-02T03:04:05Z");
    let entry = receipt.manifest().files.iter().find(|file| file.raw_path_hex.is_some()).unwrap();
    assert_eq!(entry.path, "logs/%FF.log");
    assert_eq!(entry.size_bytes, 3);
}

#[test]
fn two_files_that_would_share_a_path_are_an_error() {
    let sandbox = Sandbox::with_session();
    fs::write(sandbox.path("logs").join(OsStr::from_bytes(b"\xff.log")), "odd").unwrap();
    sandbox.write("logs/%FF.log", "plain");
    let error = scan(&Workspace::open(sandbox.root()).unwrap()).unwrap_err();
    assert!(error.to_string().contains("same path in the archive"), "{error}");
}

#[test]
fn a_folder_with_a_name_that_archives_use_is_an_error() {
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", r#"{"archive": {"include": ["git/"]}}"#);
    sandbox.write("git/notes.txt", "x");
    let error = scan(&sandbox.workspace()).unwrap_err();
    assert!(error.to_string().contains("rename the folder"), "{error}");
}

#[test]
fn only_paths_below_the_target_are_accepted() {
    for path in ["logs/a.log", "a", "logs/..a", "größe/x y", "logs/a:b"] {
        assert_eq!(check_archive_path(path), Ok(()), "{path}");
    }
    for path in
        ["", "/etc/passwd", "../x", "logs/../../x", "C:/x", "c:x", "a\\b", "a//b", "a/./b", "a\nb"]
    {
        assert!(check_archive_path(path).is_err(), "{path}");
    }
}
