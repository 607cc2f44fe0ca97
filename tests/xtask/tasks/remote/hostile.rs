//! What others may have written into a repository is not trusted.

use std::fs;

use serde_json::{Value, json};

use super::{Team, listed, run, task};
use crate::support::stdout;

const NAME: &str = "training_backup_20260102_030405";

/// Stores files by restic itself, as one who may push could.
fn store(team: &Team, description: &str, files: &[&str]) {
    let folder = team.path("forged");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join(".trainvault")).unwrap();
    fs::write(folder.join(format!(".trainvault/{NAME}.json")), description).unwrap();
    fs::write(folder.join(format!("{NAME}.zip")), "zip").unwrap();
    let mut command = team.restic_std(&["backup", "--tag", "trainvault,run:1,a\u{1b}[31mb"]);
    assert!(command.current_dir(&folder).args(files).output().unwrap().status.success());
}

fn description() -> Value {
    json!({
        "format": 1, "archive": format!("{NAME}.zip"), "size_bytes": 3,
        "sha256": "0".repeat(64), "workspace": "/w\u{1b}]0;x\u{7}", "note": null,
        "pushed_at": "2026-01-02T03:04:05Z", "pin_reason": null, "settings": {}, "manifest": null
    })
}

#[test]
fn nothing_half_pushed_is_listed() {
    let Some(team) = Team::with_repository() else { return };
    let text = description().to_string();
    store(&team, &text, &[&format!("{NAME}.zip")]);
    store(&team, &text, &[&format!(".trainvault/{NAME}.json")]);
    let sandbox = team.workspace();
    assert_eq!(listed(&sandbox), Vec::<String>::new());
    store(&team, &text, &[&format!("{NAME}.zip"), &format!(".trainvault/{NAME}.json")]);
    assert_eq!(listed(&sandbox), [format!("{NAME}.zip")]);
}

#[test]
fn neither_names_nor_texts_of_a_repository_do_harm() {
    let Some(team) = Team::with_repository() else { return };
    let files = [&*format!("{NAME}.zip"), &*format!(".trainvault/{NAME}.json")];
    let mut evil = description();
    evil["archive"] = json!("../../training_backup_20260102_030405.zip");
    store(&team, &evil.to_string(), &files);
    store(&team, "{\"format\": 2}", &files);
    store(&team, &description().to_string(), &files);
    let sandbox = team.workspace();
    let shown = stdout(&mut sandbox.xtask(&["list", "--remote"]));
    assert_eq!(shown.lines().count(), 4, "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    let rows = task(&sandbox, &["list", "--remote"]);
    let problems: Vec<&str> = rows["archives"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["problem"].as_str())
        .collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    // No bytes of that digest are there: nothing gets the name.
    let id =
        rows["archives"].as_array().unwrap().iter().find(|row| row["problem"].is_null()).unwrap();
    let id = id["remote"]["snapshots"][0].as_str().unwrap();
    let pulled = run(&sandbox, &["pull", id, "--into", "here"]);
    assert_eq!(pulled.code, 25, "{}", pulled.stderr);
    assert_eq!(fs::read_dir(sandbox.path("here")).unwrap().count(), 0);
    // What cannot be read is kept.
    let plan = task(&sandbox, &["prune", "--remote", "--keep", "1", "--dry-run"]);
    assert_eq!(plan["archives"]["remove"], json!([]));
}
