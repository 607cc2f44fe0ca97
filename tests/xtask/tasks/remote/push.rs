//! `push`: verified before, read back after, remembered when it fails.

use std::fs;

use serde_json::json;

use super::{Team, listed, outcomes, ran, run, stand_in, task};
use crate::support::{COMPLETES, Sandbox, stdout};

const OLD: &str = "2026-01-02T03:04:05Z";
const NEW: &str = "2026-01-02T04:04:05Z";

#[test]
fn a_pushed_archive_is_one_snapshot_with_the_archives_time_and_tags() {
    let Some(team) = Team::new() else { return };
    let sandbox = team.workspace();
    sandbox.xtask(&["archive", "--clock", OLD, "--tag", "paper"]).assert().code(0);
    let made = task(&sandbox, &["remote", "init"]);
    assert_eq!((&made["is_new"], &made["n_archives"]), (&json!(true), &json!(0)));
    assert_eq!(run(&sandbox, &["remote", "init"]).code, 10);

    let name = &sandbox.archive_names()[0];
    assert_eq!(outcomes(&task(&sandbox, &["push"])), [(name.as_str(), "pushed")]);
    let snapshots = team.snapshots();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(snapshots[0]["time"], OLD);
    assert_eq!(snapshots[0]["tags"], json!(["paper", "run:1", "trainvault"]));
    let dumped = team.restic_command(&["dump", "latest", &format!("/{name}")]).output().unwrap();
    assert_eq!(dumped.stdout, fs::read(sandbox.path(&format!("archives/{name}"))).unwrap());

    // Once more adds nothing, with the receipt and without.
    assert_eq!(outcomes(&task(&sandbox, &["push"])), [(name.as_str(), "present")]);
    let receipt = sandbox.path(&format!("archives/{}", name.replace(".zip", ".remote.json")));
    fs::remove_file(&receipt).unwrap();
    assert_eq!(outcomes(&task(&sandbox, &["push"])), [(name.as_str(), "present")]);
    assert!(receipt.metadata().is_ok());
    assert_eq!(team.snapshots(), snapshots);
    assert!(!sandbox.path("archives/.trainvault").exists());
}

#[test]
fn tags_and_pins_follow_with_the_next_push() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = team.workspace();
    sandbox.xtask(&["archive", "--clock", OLD, "--tag", "paper"]).assert().code(0);
    task(&sandbox, &["push"]);
    sandbox.xtask(&["tag", "latest", "--add", "final", "--remove", "paper"]).assert().code(0);
    sandbox.xtask(&["pin", "latest"]).assert().code(0);
    assert_eq!(outcomes(&task(&sandbox, &["push"]))[0].1, "retagged");
    let shown = task(&team.workspace(), &["show", "latest", "--remote"]);
    assert_eq!(shown["tags"], json!(["final"]));
    assert_eq!(shown["pinned"], true);
    assert_eq!(outcomes(&task(&sandbox, &["push"]))[0].1, "present");

    // Who pulls it has them, too, and takes nothing back by a push.
    let other = Sandbox::new();
    team.join(&other, "");
    task(&other, &["pull", "latest"]);
    let pulled = task(&other, &["show", "latest"]);
    assert_eq!((&pulled["tags"], &pulled["pinned"]), (&json!(["final"]), &json!(true)));
    sandbox.xtask(&["tag", "latest", "--add", "later"]).assert().code(0);
    assert_eq!(outcomes(&task(&sandbox, &["push"]))[0].1, "retagged");
    assert_eq!(outcomes(&task(&other, &["push"]))[0].1, "present");
    assert_eq!(task(&other, &["show", "latest", "--remote"])["tags"], json!(["final", "later"]));
}

#[test]
fn two_archives_of_one_name_from_two_machines_stay_two() {
    let Some(team) = Team::with_repository() else { return };
    let (one, other) = (team.workspace(), team.workspace());
    other.write("logs/training.log", "another\n");
    for sandbox in [&one, &other] {
        sandbox.xtask(&["archive", "--clock", OLD]).assert().code(0);
        assert_eq!(outcomes(&task(sandbox, &["push"]))[0].1, "pushed");
    }
    assert_eq!(listed(&one).len(), 2);
    let name = &one.archive_names()[0];
    let refused = run(&one, &["pull", name, "--into", "here"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    let rows = task(&one, &["list", "--remote"])["archives"].clone();
    let root = other.root().canonicalize().unwrap();
    let row = rows
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["remote"]["workspace"] == *root.to_str().unwrap());
    let id = row.unwrap()["remote"]["snapshots"][0].as_str().unwrap().to_owned();
    assert!(refused.stderr.contains(&id[..8]), "{}", refused.stderr);
    task(&one, &["pull", &id[..8], "--into", "here"]);
    let pulled = fs::read(one.path(&format!("here/{name}"))).unwrap();
    assert_eq!(pulled, fs::read(other.path(&format!("archives/{name}"))).unwrap());
}

#[test]
fn a_damaged_archive_is_not_pushed_and_the_others_are() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = team.workspace();
    sandbox.archive(OLD);
    sandbox.write("logs/training.log", "more\n");
    sandbox.archive(NEW);
    let names = sandbox.archive_names();
    let path = sandbox.path(&format!("archives/{}", names[0]));
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::write(&path, bytes).unwrap();
    let pushed = run(&sandbox, &["push", "--all"]);
    assert_eq!(pushed.code, 1, "{}", pushed.stderr);
    let document = serde_json::from_str(&pushed.stdout).unwrap();
    assert_eq!(outcomes(&document), [(names[0].as_str(), "failed"), (names[1].as_str(), "pushed")]);
    assert_eq!(listed(&sandbox), [names[1].clone()]);
}

#[test]
fn a_push_that_fails_never_fails_the_training_and_is_made_up() {
    let Some(team) = Team::new() else { return };
    let sandbox = Sandbox::new();
    team.join(&sandbox, r#", "push": "each_session""#);
    let trainer = sandbox.trainer(COMPLETES);
    let (code, stderr) = sandbox.train(&trainer, &[]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.contains("archived and not pushed"), "{stderr}");
    let name = sandbox.archive_names()[0].clone();
    let status = task(&sandbox, &["status"]);
    assert_eq!(status["unpushed"][0]["name"], *name);
    let reason = status["unpushed"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("there is no remote repository"), "{reason}");
    let text = stdout(&mut sandbox.xtask(&["status"]));
    assert!(text.contains(&format!("unpushed  {name}: ")), "{text}");

    // The next training pushes both.
    team.make_repository();
    let (code, stderr) = sandbox.train(&trainer, &[]);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(listed(&sandbox).len(), 2);
    assert!(task(&sandbox, &["status"])["unpushed"].is_null());
}

#[test]
fn a_training_tells_what_its_push_did_with_each_archive() {
    let Some(team) = Team::new() else { return };
    let sandbox = Sandbox::new();
    team.join(&sandbox, r#", "push": "each_session""#);
    let trainer = sandbox.trainer(COMPLETES);
    assert_eq!(sandbox.train(&trainer, &[]).0, 3);
    let old = sandbox.archive_names()[0].clone();
    let path = sandbox.path(&format!("archives/{old}"));
    let mut bytes = fs::read(&path).unwrap();
    bytes[60] ^= 1;
    fs::write(&path, bytes).unwrap();

    team.make_repository();
    let mut command = sandbox.xtask(&["train", "--trainer-bin"]);
    let output = command.arg(&trainer).output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let new = sandbox.archive_names().pop().unwrap();
    assert!(stdout.contains(&format!("failed    {old}  ")), "{stdout}");
    assert!(stdout.contains(&format!("pushed    {new}  (")), "{stdout}");
    assert_eq!(listed(&sandbox), [new]);
}

#[test]
fn what_is_owed_is_kept_by_retention() {
    let Some(team) = Team::new() else { return };
    let sandbox = team.workspace();
    sandbox.archive(OLD);
    assert_eq!(run(&sandbox, &["push"]).code, 21);
    sandbox.write("logs/training.log", "more\n");
    sandbox.archive(NEW);
    let names = sandbox.archive_names();
    let pruned = task(&sandbox, &["prune", "--keep", "1"]);
    assert_eq!(pruned["archives"]["remove"], json!([]));
    team.make_repository();
    // It is made up beside what was asked for.
    assert_eq!(task(&sandbox, &["push"])["archives"].as_array().unwrap().len(), 2);
    let pruned = task(&sandbox, &["prune", "--keep", "1"]);
    assert_eq!(pruned["archives"]["remove"], json!([names[0]]));
    // The receipt went with its archive, and comes back with it.
    let receipt = format!("archives/{}", names[0].replace(".zip", ".remote.json"));
    assert!(!sandbox.path(&receipt).exists());
    sandbox.xtask(&["undelete", &names[0]]).assert().code(0);
    assert!(sandbox.path(&receipt).exists());
}

#[test]
fn what_was_not_pushed_stays_with_keep_pushed_only() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = team.workspace();
    for hour in 3..6 {
        sandbox.write("logs/training.log", &format!("hour {hour}\n"));
        sandbox.archive(&format!("2026-01-02T0{hour}:04:05Z"));
    }
    let names = sandbox.archive_names();
    task(&sandbox, &["push", &names[0]]);
    let arguments = ["prune", "--keep", "1", "--keep-pushed-only", "--dry-run"];
    let plan = task(&sandbox, &arguments);
    assert_eq!(plan["archives"]["remove"], json!([names[0]]));
    // A receipt of other bytes is none.
    fs::write(sandbox.path(&format!("archives/{}", names[0])), "other").unwrap();
    let plan = run(&sandbox, &arguments);
    assert_eq!(plan.code, 3, "{}", plan.stderr);
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(plan["archives"]["remove"], json!([]));
}

#[test]
fn a_repository_that_gives_other_bytes_has_nothing_pushed() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = team.workspace();
    sandbox.archive(OLD);
    let real = "PATH=${PATH#*:} exec restic";
    let path = stand_in(
        sandbox.root(),
        &format!(r#"case "$1 $4" in "dump "*.zip) echo garbage; exit ;; esac; {real} "$@""#),
    );
    let pushed = ran(sandbox.xtask(&["push"]).env("PATH", path));
    assert_eq!(pushed.code, 25, "{}", pushed.stderr);
    assert!(pushed.stderr.contains("gave other bytes"), "{}", pushed.stderr);
    assert_eq!(team.snapshots(), Vec::<serde_json::Value>::new());
    assert!(task(&sandbox, &["status"])["unpushed"].is_array());
}
