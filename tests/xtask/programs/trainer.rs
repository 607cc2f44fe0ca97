//! How much of the trainer is built for a task.

use std::fs;
use std::path::Path;

use crate::support::Sandbox;

/// Stands for cargo: says that it built one of two scripts.
const CARGO: &str = r#"#!/bin/sh
here=$(dirname "$0")
case "$*" in
*"--bin trainer-full "*"--features full-program"*) name=trainer-full ;;
*) name=trainer ;;
esac
echo "built $name" >> "$here/calls"
echo '{"reason":"compiler-artifact","target":{"name":"'$name'"},"executable":"'$here/$name'"}'
"#;

/// A trainer that leaves Parquet, the live view and exports out.
const TRAINER: &str = r#"#!/bin/sh
echo "trainer $*" >> "$(dirname "$0")/calls"
echo "bars.parquet is a Parquet file" >&2
exit 14
"#;

const FULL_TRAINER: &str = r#"#!/bin/sh
echo "trainer-full $*" >> "$(dirname "$0")/calls"
case "$*" in
*--check*) ;;
train*) ls backups > "$(dirname "$0")/moved" && echo trained > logs/training.log ;;
*) echo done ;;
esac
"#;

/// Runs `arguments` where cargo and what it builds are scripts; returns
/// the exit code and what was called: the first two words of each.
fn calls(sandbox: &Sandbox, arguments: &[&str]) -> (i32, Vec<String>) {
    let scripts = [("cargo", CARGO), ("trainer", TRAINER), ("trainer-full", FULL_TRAINER)];
    for (name, script) in scripts {
        let path = sandbox.path(&format!("bin/{name}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(sandbox.trainer(""), &path).unwrap();
        fs::write(&path, script).unwrap();
    }
    let calls = sandbox.path("bin/calls");
    fs::write(&calls, "").unwrap();
    let mut command = sandbox.xtask(arguments);
    let status = command.env("CARGO", sandbox.path("bin/cargo")).output().unwrap().status;
    let first_two = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let calls = fs::read_to_string(calls).unwrap();
    (status.code().unwrap(), calls.lines().map(first_two).collect())
}

#[test]
fn a_task_that_needs_more_than_a_training_is_done_by_the_whole_trainer() {
    let sandbox = Sandbox::new();
    for arguments in [&["simulate", "--data", "bars.parquet"][..], &["train", "--check-leaks"]] {
        let (code, calls) = calls(&sandbox, arguments);
        let own = format!("trainer {}", arguments[0]);
        let full = format!("trainer-full {}", arguments[0]);
        assert_eq!(calls, ["built trainer", &own, "built trainer-full", &full]);
        assert_eq!(code, 0);
    }
}

#[test]
fn what_only_the_whole_trainer_does_builds_no_other() {
    let sandbox = Sandbox::with_session();
    sandbox.write("bars.parquet", "PAR1");
    sandbox.write("bars.csv", "time,open\n");
    let of_full =
        |task: &str| vec!["built trainer-full".to_owned(), format!("trainer-full {task}")];
    assert_eq!(calls(&sandbox, &["watch", "--once"]), (0, of_full("watch")));
    let predict = ["predict", "--model", "policy.pth", "--data"];
    let by = |data: &'static str| [&predict[..], &[data]].concat();
    assert_eq!(calls(&sandbox, &by("bars.parquet")), (0, of_full("predict")));
    assert_eq!(calls(&sandbox, &by("bars.csv")).1, ["built trainer", "trainer predict"]);
}

#[test]
fn a_sweep_finds_out_before_its_trials_and_remembers() {
    let sandbox = Sandbox::new();
    let spec = r#"{ "parameters": { "agent.discount": [0.5, 0.9] }, "test": false }"#;
    sandbox.write("sweep.json", spec);
    let (_, begun) = calls(&sandbox, &["sweep", "sweep.json", "--engine", "external"]);
    let checks = ["trainer-full train"; 3];
    let expected = ["built trainer", "trainer train", "built trainer-full"];
    assert_eq!(begun, [&expected[..], &checks[..]].concat());
    let (_, of_trial) = calls(&sandbox, &["sweep", "trial", "0"]);
    assert_eq!(of_trial, ["built trainer-full", "trainer-full train"]);
}

#[test]
fn a_training_knows_before_anything_moves() {
    let sandbox = Sandbox::with_session();
    let (_, calls) = calls(&sandbox, &["train"]);
    let expected = [
        "built trainer",
        "trainer train",
        "built trainer-full",
        "trainer-full train",
        "trainer-full train",
    ];
    assert_eq!(calls, expected);
    assert!(sandbox.read("bin/moved").starts_with("session_"));
    assert!(Path::new(&sandbox.path("logs/training.log")).is_file());
}
