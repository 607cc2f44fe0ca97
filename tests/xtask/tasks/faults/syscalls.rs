//! Each system call that touches files, made to fail at every place.

#![expect(clippy::print_stdout, reason = "a test that tries less, or how much, says so")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::is_slow;
use super::ledger::Ledger;
use crate::support::{COMPLETES, Sandbox, stderr, tree};

/// The calls by family, as strace names it: a family's calls are
/// counted together.
const FAMILIES: [(&str, &[&str]); 7] = [
    ("openat", &["openat"]),
    ("write", &["write"]),
    ("fsync", &["fsync"]),
    ("/^rename(at2?)?$", &["rename", "renameat", "renameat2"]),
    ("/^unlink(at)?$", &["unlink", "unlinkat"]),
    ("/^mkdir(at)?$", &["mkdir", "mkdirat"]),
    ("/^link(at)?$", &["link", "linkat"]),
];

const FAULTS: [&str; 4] = ["error=ENOSPC", "error=EIO", "error=EACCES", "signal=KILL"];

const TASKS: [&[&str]; 4] = [
    &["archive"],
    &["clean-workspace"],
    &["prune", "--keep", "1"],
    &["restore", "latest", "--overwrite", "always"],
];

/// A workspace with two archived sessions, and one that is not; with
/// folders on another disk, where there is one.
fn with_sessions(ledger: &mut Ledger, disk: Option<&Path>) -> Sandbox {
    let sandbox = Sandbox::new();
    for folder in ["models", "logs", "archives/.trash", "backups/.trash"] {
        #[cfg(target_os = "linux")]
        if let Some(disk) = disk {
            crate::tasks::moves::move_and_link(&sandbox, folder, disk);
        }
    }
    let trainer = sandbox.trainer(COMPLETES);
    for _ in 0..3 {
        assert_eq!(sandbox.train(&trainer, &[]).0, 0);
        ledger.note_session(&sandbox);
    }
    // Not as it was archived, so that a clean makes an archive.
    sandbox.write("models/late.zip", "late");
    ledger.note_session(&sandbox);
    sandbox
}

fn strace(sandbox: &Sandbox, options: &[&str], task: &[&str]) -> Strace {
    let options = options.iter().map(|option| (*option).to_owned()).collect();
    let mut task: Vec<String> = task.iter().map(|word| (*word).to_owned()).collect();
    task.extend(["--root".to_owned(), sandbox.root().to_str().unwrap().to_owned()]);
    Strace { options, task }
}

/// A task run under strace.
struct Strace {
    options: Vec<String>,
    task: Vec<String>,
}

impl Strace {
    fn args(mut self, options: [&str; 2]) -> Self {
        self.options.extend(options.map(str::to_owned));
        self
    }

    fn output(&self) -> std::io::Result<std::process::Output> {
        Command::new("strace")
            .args(["-f", "-qq"])
            .args(&self.options)
            .arg(env!("CARGO_BIN_EXE_xtask"))
            .args(&self.task)
            .output()
    }
}

/// Returns how often the task's own process makes calls of each family.
fn count_calls(task: &[&str], disk: Option<&Path>) -> BTreeMap<&'static str, usize> {
    let sandbox = with_sessions(&mut Ledger::default(), disk);
    let log = sandbox.path("strace.log");
    let trace = format!("trace={}", FAMILIES.map(|(family, _)| family).join(","));
    let output = strace(&sandbox, &["-e", &trace, "-e", "signal=none"], task)
        .args(["-o", log.to_str().unwrap()])
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{task:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(&log).unwrap();
    let own = text.split_whitespace().next().unwrap();
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        if words.next() != Some(own) {
            continue;
        }
        let call = words.next().and_then(|word| word.split('(').next()).unwrap_or_default();
        if let Some((family, _)) = FAMILIES.iter().find(|(_, calls)| calls.contains(&call)) {
            *counts.entry(*family).or_insert(0) += 1;
        }
    }
    counts
}

#[test]
fn a_failing_system_call_loses_nothing() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        println!("strace is not installed; `apt-get install strace` lets this test run");
        return;
    }
    inject_everywhere(if is_slow() { 1 } else { 83 }, false);
}

#[cfg(target_os = "linux")]
#[test]
fn a_failing_system_call_loses_nothing_on_two_disks() {
    if Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_err() {
        println!("strace is not installed; `apt-get install strace` lets this test run");
        return;
    }
    inject_everywhere(if is_slow() { 1 } else { 97 }, true);
}

/// Lets each call fail in its turn, of which every `stride`th is taken.
fn inject_everywhere(stride: usize, is_on_two_disks: bool) {
    let mut n_faults = 0;
    let mut n_noticed = 0;
    for task in TASKS {
        let mut turn = 0;
        let disk = disk(is_on_two_disks);
        let calls = count_calls(task, disk.as_ref().map(TempDir::path));
        for (family, n_calls) in calls {
            for (fault, when) in FAULTS.iter().flat_map(|f| (1..=n_calls).map(move |n| (f, n))) {
                turn += 1;
                if turn % stride != 0 {
                    continue;
                }
                n_faults += 1;
                let inject = format!("inject={family}:{fault}:when={when}");
                let trace = format!("trace={family}");
                let options = ["-o", "/dev/null", "-e", &trace, "-e", &inject];
                n_noticed += usize::from(survives(&options, task, is_on_two_disks));
            }
        }
    }
    println!("{n_faults} faults injected, {n_noticed} made the task fail, nothing lost");
    assert!(n_faults > 10 && n_noticed > n_faults / 8, "{n_noticed} of {n_faults}");
}

/// Returns a folder on another disk, when it is wanted.
fn disk(is_wanted: bool) -> Option<TempDir> {
    #[cfg(target_os = "linux")]
    return is_wanted.then(crate::tasks::moves::disk::other_disk);
    #[cfg(not(target_os = "linux"))]
    return is_wanted.then(|| tempfile::tempdir().unwrap());
}

/// Runs the task with the fault, checks that nothing is lost and that
/// the next command works, and returns whether the task failed.
fn survives(options: &[&str], task: &[&str], is_on_two_disks: bool) -> bool {
    let mut ledger = Ledger::default();
    let disk = disk(is_on_two_disks);
    let sandbox = with_sessions(&mut ledger, disk.as_ref().map(TempDir::path));
    let after = format!("{task:?} with {options:?}");
    let output = strace(&sandbox, options, task).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(1) {
        assert!(text.contains("error: "), "{after}: {text}");
        assert!(!text.contains("panicked"), "{after}: {text}");
    }
    ledger.check(&sandbox, &after);
    let mut next = sandbox.xtask(&["clean-workspace"]);
    assert_eq!(next.output().unwrap().status.code(), Some(0), "{after}: {}", stderr(&mut next));
    ledger.check(&sandbox, &after);
    // What was moved lies in one place, and no half copy anywhere.
    let files = tree(sandbox.root());
    let left = files.keys().filter(|name| name.contains(".copy.partial"));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<&String>::new(), "{after}");
    let is_late = |(name, bytes): &(&String, &Vec<u8>)| {
        bytes.as_slice() == b"late" && !name.starts_with("logs/") && !name.contains(".trash/")
    };
    let n_late = files.iter().filter(is_late).count();
    assert_eq!(n_late, 1, "{after}: {:?}", files.keys());
    !output.status.success()
}
