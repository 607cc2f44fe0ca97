//! Nothing that a command starts outlives its task.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use super::status_in_archive;
use crate::support::Sandbox;

/// Ignores every polite word, and so does what it starts: a child, one
/// in a session of its own, and one whose parent has left it.
const STUBBORN: &str = r#"
trap '' INT TERM HUP
note() { echo $$ >> "$TRAINVAULT_ROOT/pids"; while :; do sleep 0.05; done; }
(trap '' INT TERM HUP; sh -c 'echo $$ >> "$TRAINVAULT_ROOT/pids"; while :; do sleep 0.05; done') &
setsid sh -c 'trap "" INT TERM HUP; echo $$ >> "$TRAINVAULT_ROOT/pids"; while :; do sleep 0.05; done' &
(setsid sh -c 'trap "" INT TERM HUP; echo $$ >> "$TRAINVAULT_ROOT/pids"; while :; do sleep 0.05; done' & )
note
"#;

fn start(sandbox: &Sandbox, flags: &[&str], body: &str) -> Child {
    let mut train = sandbox.process(&["train"]);
    train.args(flags).args(["--", "sh", "-c", body]).spawn().unwrap()
}

/// Waits until `n_pids` processes have noted themselves.
fn pids(sandbox: &Sandbox, n_pids: usize) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let text = fs::read_to_string(sandbox.path("pids")).unwrap_or_default();
        if text.lines().count() >= n_pids && text.ends_with('\n') {
            return text.lines().map(str::to_owned).collect();
        }
        assert!(Instant::now() < deadline, "{text}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    Path::new("/proc").join(pid).exists() && !status.contains(") Z ")
}

#[track_caller]
fn check_all_end(pids: &[String], limit: Duration) {
    let deadline = Instant::now() + limit;
    while pids.iter().any(|pid| is_alive(pid)) {
        assert!(Instant::now() < deadline, "still alive after {limit:?}: {pids:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn signal(name: &str, pid: u32) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn a_command_that_ignores_signals_is_ended_after_the_grace() {
    let sandbox = Sandbox::new();
    let mut task = start(&sandbox, &["--grace", "1"], STUBBORN);
    let pids = pids(&sandbox, 4);
    signal("-TERM", task.id());
    let start = Instant::now();
    assert_eq!(task.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() >= Duration::from_secs(1));
    check_all_end(&pids, Duration::ZERO);
    assert_eq!(status_in_archive(&sandbox), "interrupted");
}

#[test]
fn asked_again_it_ends_at_once() {
    let sandbox = Sandbox::new();
    let mut task = start(&sandbox, &["--grace", "600"], STUBBORN);
    let pids = pids(&sandbox, 4);
    signal("-INT", task.id());
    thread::sleep(Duration::from_millis(300));
    assert!(task.try_wait().unwrap().is_none());
    signal("-INT", task.id());
    assert_eq!(task.wait().unwrap().code(), Some(130));
    check_all_end(&pids, Duration::ZERO);
}

#[test]
fn one_that_saves_its_work_is_let_do_so() {
    let sandbox = Sandbox::new();
    let body = r#"
trap 'echo saved > "$TRAINVAULT_ROOT/models/policy.zip"; exit 0' INT
echo $$ >> "$TRAINVAULT_ROOT/pids"; while :; do sleep 0.05; done"#;
    let mut task = start(&sandbox, &[], body);
    pids(&sandbox, 1);
    signal("-INT", task.id());
    assert_eq!(task.wait().unwrap().code(), Some(130));
    assert_eq!(sandbox.read("models/policy.zip"), "saved\n");
    // It ended well, but not where it would have by itself.
    assert_eq!(status_in_archive(&sandbox), "interrupted");
}

#[test]
fn it_dies_with_its_task_however_that_dies() {
    let sandbox = Sandbox::new();
    let mut task = start(&sandbox, &["--grace", "1"], STUBBORN);
    let pids = pids(&sandbox, 4);
    task.kill().unwrap();
    task.wait().unwrap();
    check_all_end(&pids, Duration::from_secs(8));
    // The next task finds the session of a killed one.
    assert_eq!(super::train_by(&sandbox, &[], "exit 0").0, 0);
    let first = &sandbox.catalog().archives[0];
    let session = first.manifest().unwrap().session.as_ref().unwrap();
    assert_eq!(session.status.to_string(), "interrupted");
}

#[test]
fn the_next_task_waits_for_the_orphan_of_a_killed_one() {
    let sandbox = Sandbox::new();
    let body = r#"trap '' INT TERM; echo $$ >> "$TRAINVAULT_ROOT/pids"
while :; do echo more >> "$TRAINVAULT_LOGS/growing"; sleep 0.01; done"#;
    let mut task = start(&sandbox, &["--grace", "1"], body);
    let pids = pids(&sandbox, 1);
    task.kill().unwrap();
    task.wait().unwrap();
    assert_eq!(super::train_by(&sandbox, &[], "exit 0").0, 0);
    check_all_end(&pids, Duration::ZERO);
}

#[test]
fn what_a_command_leaves_running_ends_before_it_is_archived() {
    let sandbox = Sandbox::new();
    let body = r#"(setsid sh -c 'echo $$ >> "$TRAINVAULT_ROOT/pids"; exec sleep 600' &)
while ! [ -s "$TRAINVAULT_ROOT/pids" ]; do sleep 0.01; done"#;
    assert_eq!(super::train_by(&sandbox, &[], body).0, 0);
    check_all_end(&pids(&sandbox, 1), Duration::ZERO);
    assert_eq!(status_in_archive(&sandbox), "completed");
}

#[test]
fn it_dies_with_its_supervisor() {
    let sandbox = Sandbox::new();
    let body = r#"echo $PPID $$ | tee "$TRAINVAULT_ROOT/pids"; exec sleep 600"#;
    let mut task = start(&sandbox, &[], body);
    let pids = pids(&sandbox, 1);
    let (supervisor, command) = pids[0].split_once(' ').unwrap();
    signal("-KILL", supervisor.parse().unwrap());
    assert_eq!(task.wait().unwrap().code(), Some(130));
    check_all_end(&[command.to_owned()], Duration::from_secs(2));
    assert_eq!(status_in_archive(&sandbox), "interrupted");
}
