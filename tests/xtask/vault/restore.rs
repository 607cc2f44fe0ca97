use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use proptest::prelude::*;
use xtask::vault::restore::{Existing, FoundFile, Overwrite, Target, apply, plan, survey};

use crate::rawzip::{self, Raw};
use crate::support::{CommandOutput, Sandbox, stdout, tree};

const NOW: &str = "2026-01-02T03:04:05Z";

/// Restores as `arguments` say, and returns the exit code and document.
fn restore(sandbox: &Sandbox, arguments: &[&str]) -> (i32, serde_json::Value) {
    let mut command = sandbox.xtask(&["restore", "--format", "json"]);
    let assert = command.args(["--clock", "2026-02-02T00:00:00Z"]).args(arguments).assert();
    (assert.exit_code(), serde_json::from_str(&assert.stdout_text()).unwrap_or_default())
}

fn modified(path: &Path) -> (i64, i64) {
    let metadata = fs::metadata(path).unwrap();
    (metadata.mtime(), metadata.mtime_nsec())
}

#[test]
fn a_restored_folder_is_the_workspace_byte_for_byte() {
    let sandbox = Sandbox::with_session();
    let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::new(1_700_000_001, 5_000);
    let log = sandbox.path("logs/training.log");
    File::options().write(true).open(&log).unwrap().set_modified(time).unwrap();
    fs::set_permissions(&log, fs::Permissions::from_mode(0o640)).unwrap();
    sandbox.archive(NOW);
    assert_eq!(restore(&sandbox, &["latest", "--into", "out"]).0, 0);
    let out = sandbox.path("out");
    for folder in ["logs", "models", "config"] {
        assert_eq!(tree(&out.join(folder)), tree(&sandbox.path(folder)), "{folder}");
    }
    assert_eq!(fs::read(out.join("policy.pth")).unwrap(), b"weights\n");
    assert!(out.join("models/checkpoints").is_dir());
    let restored = fs::metadata(out.join("logs/training.log")).unwrap();
    assert_eq!(restored.permissions().mode() & 0o7777, 0o640);
    assert_eq!(modified(&out.join("logs/training.log")), (1_700_000_001, 5_000));
    assert_eq!(tree(&out).len(), 5, "metadata stays in the archive");
}

#[test]
fn names_that_are_not_utf_8_and_the_longest_ones_come_back() {
    let sandbox = Sandbox::with_session();
    let odd = std::ffi::OsStr::from_bytes(b"logs/caf\xe9.log");
    fs::write(sandbox.root().join(odd), "odd").unwrap();
    let long = format!("logs/{}", "x".repeat(255));
    fs::write(sandbox.path(&long), "long").unwrap();
    sandbox.archive(NOW);
    assert_eq!(restore(&sandbox, &["latest", "--into", "out"]).0, 0);
    assert_eq!(fs::read(sandbox.path("out").join(odd)).unwrap(), b"odd");
    assert_eq!(fs::read(sandbox.path("out").join(long)).unwrap(), b"long");
}

#[test]
fn a_file_with_other_content_stops_it_and_nothing_is_written() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    sandbox.write("out/logs/training.log", "mine\n");
    let (code, document) = restore(&sandbox, &["latest", "--into", "out"]);
    assert_eq!(code, 1);
    assert_eq!(document["plan"]["conflicts"][0]["path"], "logs/training.log");
    assert_eq!(tree(&sandbox.path("out")).len(), 1);
    assert_eq!(sandbox.read("out/logs/training.log"), "mine\n");
    insta::assert_snapshot!(stdout(&mut sandbox.xtask(&["restore", "latest", "--into", "out"])), @"
    restored  nothing: 1 file in the way in `out`; pass `--overwrite if-changed` to replace files, or choose another folder by `--into DIR`
      in way    logs/training.log: a file with other content is there
    ");
}

#[test]
fn if_changed_writes_only_what_differs_and_always_writes_all() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    sandbox.write("out/logs/training.log", "mine\n");
    let same = sandbox.write("out/policy.pth", "weights\n");
    let inode = fs::metadata(&same).unwrap().ino();
    let into = ["latest", "--into", "out", "--overwrite"];
    let (code, document) = restore(&sandbox, &[&into[..], &["if-changed"]].concat());
    assert_eq!((code, document["restored"].as_array().unwrap().len()), (0, 4));
    assert_eq!(document["plan"]["unchanged"][0], "root_checkpoints/policy.pth");
    assert_eq!(fs::metadata(&same).unwrap().ino(), inode);
    assert_eq!(sandbox.read("out/logs/training.log"), "trained\n");
    let (code, document) = restore(&sandbox, &[&into[..], &["if-changed"]].concat());
    assert_eq!((code, document["restored"].as_array().unwrap().len()), (0, 0));
    let (code, document) = restore(&sandbox, &[&into[..], &["always"]].concat());
    assert_eq!((code, document["restored"].as_array().unwrap().len()), (0, 5));
    assert_ne!(fs::metadata(&same).unwrap().ino(), inode);
    assert_eq!(restore(&sandbox, &["latest", "--into", "out"]).0, 10, "all is there");
}

#[test]
fn only_takes_globs_folders_and_places_in_the_workspace() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    let restored = |name: &str, only: &[&str]| {
        let mut arguments = vec!["latest", "--into", name];
        arguments.extend(only.iter().flat_map(|glob| ["--only", glob]));
        assert_eq!(restore(&sandbox, &arguments).0, 0, "{only:?}");
        tree(&sandbox.path(name)).into_keys().collect::<Vec<_>>()
    };
    assert_eq!(restored("o1", &["models/"]), ["models/memory_efficient_model_final.zip"]);
    assert_eq!(restored("o2", &["logs/trades"]), ["logs/trades/trade_execution.log"]);
    assert_eq!(restored("o3", &["*.pth", "**/*.log"]).len(), 3);
    assert_eq!(restored("o4", &["root_checkpoints/*"]), ["policy.pth"]);
    let none =
        sandbox.xtask(&["restore", "latest", "--into", "o5", "--only", "nothing"]).unwrap_err();
    assert!(none.to_string().contains("`--only` matches none"), "{none}");
    sandbox.xtask(&["restore", "latest", "--into", "o5", "--only", "[a"]).assert().code(2);
    assert!(!sandbox.path("o5").exists());
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    sandbox.write("out/policy.pth", "other\n");
    let before = tree(sandbox.root());
    let arguments =
        ["restore", "latest", "--into", "out", "--dry-run", "--overwrite", "if-changed"];
    insta::assert_snapshot!(stdout(&mut sandbox.xtask(&arguments)), @"
    would restore  5 files of training_backup_20260102_030405.zip to `out`
      create    config/training_config.json  (3 B)
      create    logs/trades/trade_execution.log  (0 B)
      create    logs/training.log  (8 B)
      create    models/memory_efficient_model_final.zip  (10 B)
      replace   policy.pth  (8 B)
    ");
    assert_eq!(tree(sandbox.root()), before);
}

#[test]
fn into_the_workspace_what_is_there_is_archived_first() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    sandbox.write("logs/training.log", "a later session\n");
    sandbox.write("config/training_config.json", "{\"later\": 1}\n");
    assert_eq!(restore(&sandbox, &["latest"]).0, 1);
    assert_eq!(sandbox.archive_names().len(), 1, "a refusal archives nothing");
    let (code, document) = restore(&sandbox, &["latest", "--overwrite", "if-changed"]);
    assert_eq!(code, 0);
    assert_eq!(document["previous"], "training_backup_20260202_000000.zip");
    assert_eq!(sandbox.read("logs/training.log"), "trained\n");
    assert_eq!(sandbox.read("config/training_config.json"), "{}\n");
    let later = ["20260202_000000", "--into", "later"];
    assert_eq!(restore(&sandbox, &later).0, 0);
    assert_eq!(sandbox.read("later/logs/training.log"), "a later session\n");
    assert_eq!(sandbox.read("later/config/training_config.json"), "{\"later\": 1}\n");
}

#[test]
fn a_present_that_an_archive_holds_is_not_archived_again() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    fs::remove_file(sandbox.path("policy.pth")).unwrap();
    fs::remove_dir_all(sandbox.path("models")).unwrap();
    let (code, document) = restore(&sandbox, &["latest"]);
    assert_eq!(
        (code, document["previous"].as_str()),
        (0, Some("training_backup_20260102_030405.zip"))
    );
    assert_eq!(sandbox.archive_names().len(), 1);
    assert_eq!(sandbox.read("policy.pth"), "weights\n");
    assert!(sandbox.path("models/checkpoints").is_dir());
}

#[test]
fn a_file_that_archives_leave_out_is_never_replaced() {
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", r#"{"archive": {"include": ["logs/", "notes/"]}}"#);
    sandbox.write("notes/plan.txt", "old");
    sandbox.archive(NOW);
    sandbox.write("config/config.json", r#"{"archive": {"include": ["logs/"]}}"#);
    sandbox.write("notes/plan.txt", "the only copy");
    let stderr = sandbox
        .xtask(&["restore", "latest", "--overwrite", "always"])
        .assert()
        .code(1)
        .stderr_text();
    assert!(stderr.contains("keeps it out of archives"));
    assert_eq!(sandbox.read("notes/plan.txt"), "the only copy");
}

#[test]
fn a_restore_into_the_workspace_needs_the_lock() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    let _lock =
        xtask::workspace::lock::acquire(&sandbox.workspace(), "train", crate::support::time(NOW));
    assert_eq!(restore(&sandbox, &["latest", "--overwrite", "always"]).0, 11);
    assert_eq!(restore(&sandbox, &["latest", "--into", "out"]).0, 0);
}

#[test]
fn the_workspace_and_its_stores_are_no_folders_to_restore_into() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    for into in [".", "archives", "logs/.."] {
        assert_eq!(restore(&sandbox, &["latest", "--into", into]).0, 2, "{into}");
    }
    assert_eq!(restore(&sandbox, &["latest", "--into", "logs/old"]).0, 0);
}

#[test]
fn a_leftover_of_a_killed_restore_is_passed_by() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    sandbox.write("out/.policy.pth.partial", "wei");
    assert_eq!(restore(&sandbox, &["latest", "--into", "out"]).0, 0);
    assert_eq!(sandbox.read("out/policy.pth"), "weights\n");
    assert_eq!(sandbox.read("out/.policy.pth.partial"), "wei");
}

#[test]
fn files_named_like_drafts_are_restored_too() {
    let sandbox = Sandbox::with_session();
    for name in ["logs/a", "logs/.a.partial", "logs/.a.2.partial", "logs/..a.partial.partial"] {
        sandbox.write(name, name);
    }
    sandbox.archive(NOW);
    assert_eq!(restore(&sandbox, &["latest", "--into", "out"]).0, 0);
    assert_eq!(tree(&sandbox.path("out/logs")), tree(&sandbox.path("logs")));
}

#[test]
fn an_archive_elsewhere_is_named_by_its_path() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive(NOW).path().to_owned();
    fs::rename(path, sandbox.path("old.zip")).unwrap();
    assert_eq!(restore(&sandbox, &["./old.zip", "--into", "out"]).0, 0);
    assert_eq!(restore(&sandbox, &["./missing.zip", "--into", "out"]).0, 1);
}

/// What a system that folds case does to the second of two names: the
/// place is free when it is planned, and taken when it is written.
#[test]
fn what_appears_after_the_plan_is_not_replaced() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive(NOW).path().to_owned();
    let mut source = xtask::vault::restore::open(&path).unwrap();
    let mut target = Target::folder(sandbox.path("out"));
    let plan = survey(&mut source, &mut target, None, Overwrite::Always).unwrap();
    sandbox.write("out/policy.pth", "mine");
    fs::create_dir_all(sandbox.path("out/logs")).unwrap();
    std::os::unix::fs::symlink(sandbox.path("logs"), sandbox.path("out/logs/trades")).unwrap();
    let written = apply(&mut source, &plan, &mut target, &AtomicBool::new(false)).unwrap();
    assert_eq!(written.restored.len(), 3);
    let lost: Vec<_> = written.lost.iter().map(|damage| damage.path.as_deref().unwrap()).collect();
    assert_eq!(lost, ["logs/trades/trade_execution.log", "root_checkpoints/policy.pth"]);
    assert_eq!(sandbox.read("out/policy.pth"), "mine");
    assert!(!sandbox.path("logs/trade_execution.log").exists());
    assert_eq!(
        tree(&sandbox.path("out")).keys().filter(|name| name.contains(".partial")).count(),
        0
    );
}

#[test]
fn an_interrupt_leaves_only_whole_files() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive(NOW).path().to_owned();
    let mut source = xtask::vault::restore::open(&path).unwrap();
    let mut target = Target::folder(sandbox.path("out"));
    let plan = survey(&mut source, &mut target, None, Overwrite::Never).unwrap();
    let error = apply(&mut source, &plan, &mut target, &AtomicBool::new(true)).unwrap_err();
    assert_eq!(xtask::workspace::exit::code_of(&error), 130);
    assert!(tree(&sandbox.path("out")).is_empty());
}

fn found() -> impl Strategy<Value = Vec<FoundFile>> {
    let existing = prop_oneof![
        Just(Existing::Nothing),
        Just(Existing::Same),
        Just(Existing::Other),
        Just(Existing::InTheWay("a folder".to_owned())),
    ];
    let file =
        ("[a-d]", existing, any::<u64>()).prop_map(|(name, existing, size_bytes)| FoundFile {
            path: format!("logs/{name}"),
            size_bytes,
            target: if name == "d" { Err("hostile".to_owned()) } else { Ok(PathBuf::from(name)) },
            existing,
        });
    proptest::collection::vec(file, 0..8)
}

proptest! {
    #[test]
    fn a_plan_forgets_no_file_and_replaces_none_unasked(found in found()) {
        for policy in [Overwrite::Never, Overwrite::IfChanged, Overwrite::Always] {
            let plan = plan(&found, policy);
            let n_files =
                plan.write.len() + plan.unchanged.len() + plan.conflicts.len() + plan.lost.len();
            prop_assert_eq!(n_files, found.len());
            let mut targets: Vec<_> = plan.write.iter().map(|step| &step.target).collect();
            targets.sort();
            targets.dedup();
            prop_assert_eq!(targets.len(), plan.write.len());
            let replaces = plan.write.iter().any(|step| step.replaces);
            prop_assert!(policy != Overwrite::Never || !replaces);
        }
    }
}

#[test]
fn what_info_zip_read_from_a_pipe_comes_back_as_a_file() {
    let sandbox = Sandbox::new();
    let piped = Raw { unix_mode: 0o010_600, ..Raw::file("-", b"piped") };
    let path = sandbox.path("piped.zip");
    fs::write(&path, rawzip::zip(&[piped])).unwrap();
    let restore = ["restore", path.to_str().unwrap(), "--into", "out"];
    sandbox.xtask(&restore).assert().code(0);
    assert_eq!(sandbox.read("out/-"), "piped");
}

#[test]
fn a_name_that_no_system_takes_is_lost_and_not_in_the_way() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(65_000);
    let entries =
        [Raw::file(&long, b"long"), Raw::file(format!("{long}/y"), b"y"), Raw::file("a", b"a")];
    let path = sandbox.path("long.zip");
    fs::write(&path, rawzip::zip(&entries)).unwrap();
    let text = sandbox
        .xtask(&["restore", path.to_str().unwrap(), "--into", "out"])
        .assert()
        .code(3)
        .stdout_text();
    assert!(text.contains("name too long") && !text.contains("--overwrite"));
    assert_eq!(sandbox.read("out/a"), "a");
}

#[test]
fn a_deleted_current_folder_does_not_matter_to_an_absolute_root() {
    let sandbox = Sandbox::with_session();
    sandbox.archive("2026-01-02T03:04:05Z");
    for task in ["list", "archive", "verify latest"] {
        let script = format!(
            "mkdir gone && cd gone && rmdir ../gone && exec {} --root {} {task}",
            env!("CARGO_BIN_EXE_xtask"),
            sandbox.root().display()
        );
        let mut command = std::process::Command::new("sh");
        let output = command.current_dir(sandbox.root()).args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{task}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
