//! A power cut at any moment: only what was synced survives it.
//!
//! The calls of a task are recorded by strace and played on a model of
//! the disks, which knows of each file and folder what is certain to be
//! there after a cut: bytes since the last sync may be gone, and so may
//! each name that was given or taken since the last sync of its folder,
//! in any order. A rename alone happens whole or not at all.

#![expect(clippy::print_stdout, reason = "a test that tries less, or how much, says so")]

mod model;
mod trace;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use model::Disks;
use trace::Op;

use crate::support::{COMPLETES, Sandbox};
use crate::tasks::moves::disk::other_disk;
use crate::tasks::moves::{full_session, move_and_link};

/// Folders whose content nobody was promised.
const UNPROMISED: [&str; 2] = [".trainvault/", "trainer.sh"];

/// Runs `program` under strace, and returns the model of the disks
/// before it, and what it did.
fn record(roots: &[&Path], program: &mut Command) -> Option<(Disks, Vec<Op>)> {
    let has_strace = Command::new("strace").arg("-V").stdout(Stdio::null()).status().is_ok();
    if !has_strace {
        println!("SKIPPED: strace is not installed; `apt-get install strace` lets this run");
        return None;
    }
    let disks = Disks::read(roots);
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-qq", "-e", "signal=none", "-e", trace::CALLS, "-o"]);
    strace.arg(log.path()).arg(program.get_program()).args(program.get_args());
    let output = strace.current_dir(roots[0]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    // 3: the bars are so regular that the trainer sounds an alarm.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{program:?}: {text}");
    let calls = std::fs::read_to_string(log.path()).unwrap();
    Some((disks, trace::parse(&calls, roots)))
}

/// Returns a line for each thing that a cut may lose: of what there was
/// before, after any of `ops`; of what there is at their end, then.
fn losses(mut disks: Disks, ops: &[Op]) -> Vec<String> {
    let promised = disks.contents();
    let end = {
        let mut end = disks.clone();
        for op in ops {
            end.apply(op);
        }
        end
    };
    disks.learn(&end);
    let mut losses = BTreeSet::new();
    for op in ops {
        disks.apply(op);
        for (digest, name) in &promised {
            if !disks.is_certain(digest) {
                losses.insert(format!("`{name}`, from before, after {op:?}"));
            }
        }
    }
    for path in disks.uncertain_files() {
        if !UNPROMISED.iter().any(|folder| path.contains(folder)) {
            losses.insert(format!("`{path}` at the end"));
        }
    }
    losses.into_iter().collect()
}

fn xtask(sandbox: &Sandbox, task: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(task).arg("--root").arg(sandbox.root());
    command
}

/// Checks that a power cut during `task` loses nothing, and that without
/// its syncs one would.
#[track_caller]
fn check(sandbox: &Sandbox, disk: Option<&Path>, task: &[&str]) {
    let root = sandbox.root().canonicalize().unwrap();
    let roots: Vec<&Path> = [root.as_path()].into_iter().chain(disk).collect();
    let Some((disks, ops)) = record(&roots, &mut xtask(sandbox, task)) else { return };
    assert_eq!(losses(disks.clone(), &ops), Vec::<String>::new(), "{task:?}");
    let unsynced: Vec<Op> = ops.iter().filter(|op| !matches!(op, Op::Sync(_))).cloned().collect();
    assert!(!losses(disks, &unsynced).is_empty(), "{task:?}: the model notices nothing");
    println!("{task:?}: {} calls, {} of them syncs", ops.len(), ops.len() - unsynced.len());
}

/// The tasks, in an order in which each has something to do.
fn check_tasks(linked: &[&str]) {
    let disk = (!linked.is_empty()).then(other_disk);
    let sandbox = full_session();
    for folder in linked {
        move_and_link(&sandbox, folder, disk.as_ref().unwrap().path());
    }
    let disk: Option<PathBuf> = disk.as_ref().map(|disk| disk.path().canonicalize().unwrap());
    let disk = disk.as_deref();
    let trainer = sandbox.trainer(COMPLETES);
    let trainer = trainer.to_str().unwrap();
    check(&sandbox, disk, &["archive"]);
    check(&sandbox, disk, &["pin", "latest", "--reason", "paper"]);
    check(&sandbox, disk, &["clean-workspace"]);
    check(&sandbox, disk, &["restore", "latest"]);
    check(&sandbox, disk, &["train", "--trainer-bin", trainer]);
    check(&sandbox, disk, &["train", "--no-archive", "--trainer-bin", trainer]);
    check(&sandbox, disk, &["train", "--trainer-bin", trainer]);
    check(&sandbox, disk, &["prune", "--keep", "1"]);
    check(&sandbox, disk, &["undelete", "--all"]);
}

#[test]
fn a_power_cut_at_any_call_loses_nothing() {
    check_tasks(&[]);
}

#[test]
fn a_power_cut_at_any_call_loses_nothing_on_two_disks() {
    check_tasks(&["models", "logs/trades", "backups", "archives/.trash"]);
}

#[test]
fn the_trainer_leaves_nothing_unsynced() {
    let sandbox = crate::tasks::cycle::with_bars(1);
    let root = sandbox.root().canonicalize().unwrap();
    let mut command = Command::new(crate::tasks::cycle::trainer());
    command.args(["train", "--root"]).arg(&root);
    let Some((disks, ops)) = record(&[&root], &mut command) else { return };
    assert!(sandbox.path("logs/report.html").exists());
    assert_eq!(losses(disks, &ops), Vec::<String>::new());
}

#[test]
fn the_model_knows_what_a_cut_takes() {
    let (old, new) = (PathBuf::from("/w/old"), PathBuf::from("/w/new"));
    let file = |name: &str| old.join(name);
    let create = [Op::Create(file("a")), Op::Write(file("a"))];
    let lost =
        |ops: &[Op]| losses(Disks::of(&["/w/old", "/w/new"], &[("/w/old/before", "x")]), ops);
    let sync = |path: &Path| Op::Sync(path.to_owned());
    // Neither bytes nor name, one of them, both.
    assert_eq!(lost(&create), ["`/w/old/a` at the end"]);
    assert_eq!(lost(&[&create[..], &[sync(&file("a"))]].concat()).len(), 1);
    assert_eq!(lost(&[&create[..], &[sync(&old)]].concat()).len(), 1);
    assert_eq!(lost(&[&create[..], &[sync(&file("a")), sync(&old)]].concat()), [""; 0]);
    // A rename is either done or not, until its old folder is synced.
    let moved = Op::Rename(file("before"), new.join("after"));
    assert_eq!(lost(std::slice::from_ref(&moved)), [""; 0]);
    assert_eq!(lost(&[moved.clone(), sync(&new), sync(&old)]), [""; 0]);
    assert_eq!(lost(&[moved, sync(&old)]).len(), 2);
    // A removal may come before the link that was to outlive it.
    let link = Op::Link(file("before"), new.join("after"));
    let unlink = Op::Unlink(file("before"));
    assert_eq!(lost(&[link.clone(), unlink.clone()]).len(), 2);
    assert_eq!(lost(&[link, sync(&new), unlink]), [""; 0]);
    // A folder that is not certain holds nothing that is.
    let folder = Op::Mkdir(new.join("sub"));
    let into = Op::Rename(file("before"), new.join("sub/after"));
    assert_eq!(lost(&[folder.clone(), into.clone()]).len(), 2);
    assert_eq!(lost(&[folder, sync(&new), into]), [""; 0]);
}
