//! `pull`, `list`, `show`, `diff` and `verify` of remote archives.

use std::fs;

use serde_json::{Value, json};

use super::{Team, listed, ran, run, stand_in, task};
use crate::support::{Sandbox, stdout, tree};

const OLD: &str = "2026-01-02T03:04:05Z";
const NEW: &str = "2026-01-02T04:04:05Z";

/// A workspace with two archives, both pushed.
fn pushed(team: &Team) -> Sandbox {
    let sandbox = team.workspace();
    sandbox.xtask(&["archive", "--clock", OLD, "--tag", "paper"]).assert().code(0);
    sandbox.write("config/training_config.json", "{\"seed\": 7}\n");
    let session = r#"{"status": "completed", "metrics": {"agent": {"sharpe": 0.5}}}"#;
    sandbox.write("logs/session.json", session);
    sandbox.archive(NEW);
    task(&sandbox, &["push", "--all"]);
    sandbox
}

#[test]
fn another_machine_pulls_the_same_bytes_and_nothing_is_written_over() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = pushed(&team);
    let other = team.workspace();
    let pulled = task(&other, &["pull", "latest"]);
    let name = sandbox.archive_names()[1].clone();
    assert_eq!((&pulled["name"], &pulled["is_new"]), (&json!(name), &json!(true)));
    let path = format!("archives/{name}");
    assert_eq!(fs::read(other.path(&path)).unwrap(), fs::read(sandbox.path(&path)).unwrap());
    assert_eq!(run(&other, &["pull", "latest"]).code, 10);
    assert_eq!(run(&other, &["pull", "remote:latest"]).code, 10);
    fs::write(other.path(&path), "mine").unwrap();
    assert_eq!(run(&other, &["pull", "latest"]).code, 2);
    assert_eq!(other.read(&path), "mine");
    // Any task takes a remote name.
    other.xtask(&["restore", "remote:latest", "--into", "look"]).assert().code(0);
    assert_eq!(other.read("look/config/training_config.json"), "{\"seed\": 7}\n");
}

#[test]
fn a_pull_that_was_killed_before_the_receipt_is_completed_by_the_next() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = pushed(&team);
    sandbox.xtask(&["tag", "latest", "--add", "final"]).assert().code(0);
    task(&sandbox, &["push"]);
    let other = team.workspace();
    let name = sandbox.archive_names()[1].clone();
    fs::create_dir_all(other.path("archives")).unwrap();
    let path = format!("archives/{name}");
    fs::copy(sandbox.path(&path), other.path(&path)).unwrap();
    assert_eq!(run(&other, &["pull", "latest"]).code, 10);
    assert_eq!(task(&other, &["show", "latest"])["tags"], json!(["final"]));
    assert!(other.path(&path.replace(".zip", ".remote.json")).exists());
}

#[test]
fn remote_archives_are_listed_and_compared_without_their_zips() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = pushed(&team);
    let other = team.workspace();
    other.archive("2026-01-03T00:00:00Z");
    // Whoever asks for a zip is told so.
    let script = r#"case "$1 $4" in "dump "*.zip) echo "Fatal: a zip" >&2; exit 1 ;; esac
        PATH=${PATH#*:} exec restic "$@""#;
    let path = stand_in(other.root(), script);
    let with = |arguments: &[&str]| {
        let ran = ran(other.xtask(arguments).args(["--format", "json"]).env("PATH", &path));
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_str::<Value>(&ran.stdout).unwrap()
    };
    let rows = with(&["list", "--remote", "--sort", "sharpe"])["archives"].clone();
    assert_eq!(rows[0]["sharpe"], 0.5);
    assert_eq!(rows[1]["tags"], json!(["paper"]));
    assert_eq!(
        with(&["list", "--remote", "--tag", "paper"])["archives"].as_array().unwrap().len(),
        1
    );
    let local = task(&sandbox, &["show", "latest"]);
    assert_eq!(with(&["show", "latest", "--remote"])["manifest"], local["manifest"]);
    let diff = with(&["diff", "remote:20260102_030405", "remote:latest"]);
    let arguments = ["diff", "20260102_030405", "latest"];
    assert_eq!(diff, task(&sandbox, &arguments));
    assert_eq!(with(&["diff", "latest", "remote:20260102_030405"])["files"]["changed"], json!([]));
}

#[test]
fn a_page_compares_local_and_remote_archives() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = pushed(&team);
    let other = team.workspace();
    other.archive("2026-01-05T00:00:00Z");
    // Says which files it was given.
    let script = r#"for file in "$@"; do [ -f "$file" ] && sha256sum < "$file"; done; exit 0"#;
    let trainer = other.trainer(script);
    let names = ["compare", "latest", "remote:latest", "remote:20260102_030405", "--trainer-bin"];
    let output = other.xtask(&names).arg(trainer).output().unwrap();
    let digests = String::from_utf8(output.stdout.clone()).unwrap();
    let digest = |sandbox: &Sandbox, idx: usize| {
        let path = sandbox.path(&format!("archives/{}", sandbox.archive_names()[idx]));
        format!("{}  -", xtask::workspace::digest::file_sha256(&path).unwrap())
    };
    let expected = [digest(&other, 0), digest(&sandbox, 1), digest(&sandbox, 0)];
    assert_eq!(digests.lines().collect::<Vec<_>>(), expected, "{output:?}");
    // Nothing of them stays.
    assert_eq!(other.archive_names().len(), 1);
}

#[test]
fn a_warm_list_asks_the_repository_once_and_a_wrong_cache_changes_nothing() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = pushed(&team);
    let log = sandbox.path("calls");
    let script = format!(r#"echo "$1" >> '{}'; PATH=${{PATH#*:}} exec restic "$@""#, log.display());
    let path = stand_in(sandbox.root(), &script);
    let list = || {
        let _ = fs::remove_file(&log);
        let shown =
            stdout(sandbox.xtask(&["list", "--remote", "--format", "json"]).env("PATH", &path));
        (shown, fs::read_to_string(&log).unwrap())
    };
    let (warm, calls) = list();
    assert_eq!(calls, "snapshots\n");
    for file in tree(&sandbox.path(".trainvault/remote")).keys() {
        let path = sandbox.path(&format!(".trainvault/remote/{file}"));
        let wrong =
            fs::read_to_string(&path).unwrap().replace("paper", "wrong").replace("0.5", "9.5");
        fs::write(&path, wrong).unwrap();
    }
    let (anew, calls) = list();
    assert_eq!(anew, warm);
    assert_eq!(calls, "snapshots\nfind\ndump\ndump\n");
    fs::remove_dir_all(sandbox.path(".trainvault/remote")).unwrap();
    assert_eq!(list().0, warm);
    assert_eq!(list().1, "snapshots\n");
}

#[test]
fn a_flipped_byte_in_a_pack_is_told_of_by_name_and_the_others_stay_good() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = team.workspace();
    for hour in 3..6 {
        fs::write(sandbox.path("models/noise.bin"), super::noise(hour, 40_000)).unwrap();
        sandbox.archive(&format!("2026-01-02T0{hour}:04:05Z"));
        task(&sandbox, &["push"]);
    }
    let verified = task(&sandbox, &["verify", "--remote"]);
    assert_eq!(verified["archives"].as_array().unwrap().len(), 3);
    let sampled = task(&sandbox, &["verify", "--remote", "--sample", "10%"]);
    assert_eq!(sampled["archives"].as_array().unwrap().len(), 1);

    let packs = tree(&team.path("repository/data"));
    let (largest, _) = packs.iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    let path = team.path("repository/data").join(largest);
    let mut bytes = fs::read(&path).unwrap();
    bytes[20_000] ^= 1;
    let mut permissions = path.metadata().unwrap().permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "restic's own files")]
    permissions.set_readonly(false);
    fs::set_permissions(&path, permissions).unwrap();
    fs::write(&path, bytes).unwrap();
    let verified = run(&sandbox, &["verify", "--remote"]);
    assert_eq!(verified.code, 1, "{}", verified.stderr);
    let document: Value = serde_json::from_str(&verified.stdout).unwrap();
    let archives = document["archives"].as_array().unwrap();
    let bad: Vec<&Value> = archives.iter().filter(|it| it["is_good"] == false).collect();
    assert_eq!(bad.len(), 1, "{document}");
    let (name, other) =
        (bad[0]["name"].as_str().unwrap(), archives.iter().find(|it| it["is_good"] == true));
    let pull = run(&sandbox, &["pull", name, "--into", "here"]);
    assert_eq!(pull.code, 25, "{}", pull.stderr);
    assert_eq!(tree(&sandbox.path("here")).len(), 0);
    task(&sandbox, &["pull", other.unwrap()["name"].as_str().unwrap(), "--into", "here"]);
    assert_eq!(listed(&sandbox).len(), 3);
}
