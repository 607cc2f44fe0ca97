use std::fs;
use std::path::PathBuf;

use crate::support::{CommandOutput, Sandbox, json_of, stdout};

const NOW: &str = "2026-01-02T03:04:05Z";

/// Damages the content of `logs/training.log` in the archive at `path`.
fn damage(path: &PathBuf) {
    let mut bytes = fs::read(path).unwrap();
    let mut zip = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let start = zip.by_name("logs/training.log").unwrap().data_start().unwrap();
    bytes[usize::try_from(start).unwrap() + 3] ^= 0xff;
    fs::write(path, bytes).unwrap();
}

/// Returns a trainer that loads models as `body` says.
fn trainer(sandbox: &Sandbox, body: &str) -> String {
    sandbox.trainer(body).to_str().unwrap().to_owned()
}

#[test]
fn a_good_archive_is_said_to_be_good() {
    let sandbox = Sandbox::with_session();
    let size_bytes = sandbox.archive(NOW).size_bytes();
    let printed = sandbox.xtask(&["verify"]).assert().code(0).stdout_text();
    let text = printed.replace(&format!("{:.1} kB", size_bytes as f64 / 1e3), "[size]");
    insta::assert_snapshot!(text, @"good     training_backup_20260102_030405.zip  (5 files good, [size])");
}

#[test]
fn damage_names_the_file_and_what_is_still_good_and_exits_with_1() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive(NOW).path().to_owned();
    sandbox.archive("2026-01-03T00:00:00Z");
    damage(&path);
    sandbox.xtask(&["verify"]).assert().code(0);
    sandbox.xtask(&["verify", "20260102_030405"]).assert().code(1);
    let mut command = sandbox.xtask(&["verify", "--all"]);
    let text = command.assert().code(1).stdout_text();
    let sizes = text.match_indices(" kB").map(|(at, _)| &text[at - 3..at + 3]);
    let text = sizes.fold(text.clone(), |text, size| text.replace(size, "[size]"));
    insta::assert_snapshot!(text);
    let document = json_of(command.args(["--format", "json"]));
    let damaged = &document["archives"][1];
    assert_eq!(damaged["is_good"], false);
    assert_eq!(damaged["damage"][0]["path"], "logs/training.log");
    assert_eq!(damaged["good"].as_array().unwrap().len(), 4);
}

#[test]
fn a_renamed_archive_is_a_warning_and_no_damage() {
    let sandbox = Sandbox::with_session();
    let path = sandbox.archive(NOW).path().to_owned();
    fs::rename(&path, path.with_file_name("training_backup_20270101_000000.zip")).unwrap();
    let stderr = sandbox.xtask(&["verify"]).assert().code(3).stderr_text();
    insta::assert_snapshot!(stderr, @"warning: `training_backup_20270101_000000.zip` was made as `training_backup_20260102_030405.zip` and renamed since");
}

#[test]
fn without_an_archive_there_is_nothing_to_verify() {
    let sandbox = Sandbox::with_session();
    sandbox.xtask(&["verify"]).assert().code(1);
    sandbox.xtask(&["verify", "--all"]).assert().code(10);
    sandbox.xtask(&["verify", "latest", "--all"]).assert().code(2);
}

#[test]
fn a_zip_without_a_manifest_is_verified_by_its_crc() {
    let sandbox = Sandbox::with_session();
    let bytes = crate::rawzip::zip(&[crate::rawzip::Raw::file("logs/a", b"a")]);
    sandbox.write("archives/training_backup_20250101_000000.zip", "");
    fs::write(sandbox.path("archives/training_backup_20250101_000000.zip"), bytes).unwrap();
    let text = stdout(&mut sandbox.xtask(&["verify"]));
    assert!(text.contains("by CRC-32: it has no manifest"), "{text}");
}

#[test]
fn load_lets_the_trainer_load_the_archived_model() {
    let sandbox = Sandbox::with_session();
    sandbox.archive(NOW);
    let load = |body: &str| {
        let trainer = trainer(&sandbox, body);
        let mut command = sandbox.xtask(&["verify", "--load", "--trainer-bin", &trainer]);
        let assert = command.args(["--format", "json"]).assert();
        let document: serde_json::Value =
            serde_json::from_str(&assert.stdout_text()).unwrap_or_default();
        (assert.exit_code(), document["archives"][0]["models"][0].clone())
    };
    let contract = r#"[ "$1" = check-model ] && [ "$(cat "$2")" = "the model" ]"#;
    let (code, model) = load(contract);
    assert_eq!((code, model["loads"].as_bool()), (0, Some(true)));
    assert_eq!(model["path"], "models/memory_efficient_model_final.zip");
    let (code, model) = load("echo bad >&2; exit 1");
    assert_eq!((code, model["loads"].as_bool()), (1, Some(false)));
    assert_eq!(load("exit 2").0, 1, "a trainer that does not know the task");
    assert!(!sandbox.path(".trainvault/scratch").exists());
}

#[test]
fn load_says_when_there_is_no_model() {
    let sandbox = Sandbox::with_session();
    fs::remove_dir_all(sandbox.path("models")).unwrap();
    sandbox.archive(NOW);
    let trainer = trainer(&sandbox, "exit 1");
    let stderr = sandbox
        .xtask(&["verify", "--load", "--trainer-bin", &trainer])
        .assert()
        .code(3)
        .stderr_text();
    assert!(stderr.contains("holds no model to load"));
}

#[cfg(unix)]
#[test]
fn an_archive_that_is_pruned_meanwhile_is_not_damaged() {
    for (way, code) in [(&["--now"][..], 3), (&[], 0)] {
        let sandbox = Sandbox::with_session();
        for day in 1..=4 {
            sandbox.write("logs/training.log", &format!("day {day}\n"));
            sandbox.archive(&format!("2026-01-0{day}T03:04:05Z"));
        }
        // Slow, as with large archives: the newest is read first.
        let mut verify = std::process::Command::new("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=pread64"])
            .args(["-e", "inject=pread64:delay_enter=40000"])
            .arg(env!("CARGO_BIN_EXE_xtask"))
            .args(["verify", "--all", "--root"])
            .arg(sandbox.root())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        sandbox.xtask(&["prune", "--keep", "1"]).args(way).assert().success();
        let is_running = verify.try_wait().unwrap().is_none();
        assert!(is_running, "it ended before the prune did");
        let output = verify.wait_with_output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}");
        assert!(text.contains("vanished") && !text.contains("damaged"), "{text}");
    }
}
