//! What a kill, a server that goes away, a full store or a wrong clock
//! may not do: lose what was pushed, or list what was not.
//!
//! All are behind `RUN_SLOW_TESTS=1`.

mod stores;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Team, listed, noise, run, task};
use crate::support::{Sandbox, tree};
use crate::tasks::faults::is_slow;

const N_KILLS: u64 = 100;

/// A repository for a drill; `None` in the fast suite.
fn slow_team() -> Option<Team> {
    if is_slow() { Team::with_repository() } else { None }
}

/// Starts a task in a process group of its own.
fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    sandbox.process(arguments).process_group(0).spawn().unwrap()
}

/// Kills the task, and in every other round its restic with it. Returns
/// whether it was still running.
fn kill(child: &mut Child, round: u64) -> bool {
    let was_running = child.try_wait().unwrap().is_none();
    if round.is_multiple_of(2) {
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status();
    } else {
        let _ = child.kill();
    }
    child.wait().unwrap();
    was_running
}

/// A delay of up to `longest`, another one each round.
fn delay(round: u64, longest: Duration) -> Duration {
    let share =
        noise(round + 99, 64).iter().fold(0_u64, |sum, byte| (sum * 31 + u64::from(*byte)) % 1000);
    longest.mul_f64(share as f64 / 1000.0)
}

fn archive(sandbox: &Sandbox, number: u64) {
    fs::write(sandbox.path("models/noise.bin"), noise(number, 300_000)).unwrap();
    let hour = number % 24;
    sandbox.archive(&format!("2026-02-{:02}T{hour:02}:00:00Z", 1 + number / 24));
}

#[test]
fn a_push_killed_at_any_moment_loses_nothing_and_lists_nothing_half() {
    let Some(team) = slow_team() else { return };
    let (sandbox, other) = (team.workspace(), team.workspace());
    archive(&sandbox, 0);
    let begun = Instant::now();
    task(&sandbox, &["push"]);
    let longest = begun.elapsed();
    let mut n_late = 0;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for round in 1..=N_KILLS {
        archive(&sandbox, round);
        let mut push = start(&sandbox, &["push"]);
        thread::sleep(delay(round, longest));
        n_late += u64::from(!kill(&mut push, round));
        let now: BTreeSet<String> = listed(&other).into_iter().collect();
        assert!(seen.is_subset(&now), "round {round}: {seen:?} {now:?}");
        seen = now;
        // What is owed would let no kill come late.
        if round.is_multiple_of(2) {
            task(&sandbox, &["push"]);
        }
        if round.is_multiple_of(20) {
            task(&other, &["verify", "--remote"]);
        }
    }
    // A push that was killed in its first moment left nothing to make up.
    assert_eq!(run(&sandbox, &["push", "--all"]).code, 0);
    let names: BTreeSet<String> = sandbox.archive_names().into_iter().collect();
    assert_eq!(listed(&other).into_iter().collect::<BTreeSet<_>>(), names);
    task(&other, &["verify", "--remote"]);
    task(&sandbox, &["prune", "--remote", "--keep", "unlimited"]);
    team.restic(&["check", "--read-data"]);
    println!("{N_KILLS} kills of push ({n_late} too late), {} archives, none lost", names.len());
    assert!(n_late < N_KILLS / 2);
}

#[test]
fn a_pull_killed_at_any_moment_leaves_no_half_archive() {
    let Some(team) = slow_team() else { return };
    let sandbox = team.workspace();
    archive(&sandbox, 0);
    task(&sandbox, &["push"]);
    let other = team.workspace();
    let begun = Instant::now();
    task(&other, &["pull", "latest"]);
    let longest = begun.elapsed().mul_f64(1.1);
    let name = sandbox.archive_names()[0].clone();
    let whole = fs::read(sandbox.path(&format!("archives/{name}"))).unwrap();
    let pulled = other.path(&format!("archives/{name}"));
    let mut n_late = 0;
    for round in 0..N_KILLS {
        let _ = fs::remove_file(&pulled);
        let mut pull = start(&other, &["pull", "latest"]);
        thread::sleep(delay(round, longest));
        n_late += u64::from(!kill(&mut pull, round));
        if let Ok(bytes) = fs::read(&pulled) {
            assert!(bytes == whole, "round {round}");
        }
    }
    let _ = fs::remove_file(&pulled);
    task(&other, &["pull", "latest"]);
    assert!(fs::read(&pulled).unwrap() == whole);
    // The zip and its receipt, and nothing half.
    let receipt = name.replace(".zip", ".remote.json");
    let left: BTreeSet<String> = tree(&other.path("archives")).into_keys().collect();
    assert_eq!(left, BTreeSet::from([name, receipt]));
    println!("{N_KILLS} kills of pull ({n_late} too late), no half archive");
}

#[test]
fn two_workspaces_push_and_prune_at_once() {
    let Some(team) = slow_team() else { return };
    let machines = [team.workspace(), team.workspace()];
    thread::scope(|scope| {
        for (idx, sandbox) in machines.iter().enumerate() {
            scope.spawn(move || {
                for round in 0..8 {
                    archive(sandbox, 100 * idx as u64 + round);
                    assert_eq!(run(sandbox, &["push"]).code, 0);
                    let pruned = run(sandbox, &["prune", "--remote", "--keep", "3"]);
                    assert_eq!(pruned.code, 0, "{}", pruned.stderr);
                }
            });
        }
    });
    team.restic(&["check", "--read-data"]);
    task(&machines[0], &["prune", "--remote", "--keep", "3"]);
    let names: BTreeSet<String> = listed(&machines[0]).into_iter().collect();
    for sandbox in &machines {
        let own = sandbox.archive_names();
        assert!(own[own.len() - 3..].iter().all(|name| names.contains(name)), "{names:?}");
    }
    assert_eq!(names.len(), 6);
    task(&machines[0], &["verify", "--remote"]);
}

#[test]
fn the_lock_of_a_living_process_is_waited_for() {
    let Some(team) = slow_team() else { return };
    let sandbox = team.workspace();
    archive(&sandbox, 0);
    task(&sandbox, &["push"]);
    let mut backup = team.restic_std(&["backup", "--stdin", "--stdin-filename", "x"]);
    let mut living = backup.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let n_locks = || fs::read_dir(team.path("repository/locks")).unwrap().count();
    team.wait_for_lock();
    // Whatever this machine's clock says.
    let arguments = ["prune", "--remote", "--keep", "1", "--clock", "2099-01-01T00:00:00Z"];
    let mut prune = start(&sandbox, &arguments);
    thread::sleep(Duration::from_secs(5));
    assert!(prune.try_wait().unwrap().is_none());
    assert!(n_locks() > 0);
    living.stdin.take().unwrap().write_all(b"x").unwrap();
    assert!(living.wait().unwrap().success());
    assert!(prune.wait().unwrap().success());
}

#[test]
fn a_wrong_clock_loses_nothing_and_is_told() {
    let Some(team) = slow_team() else { return };
    let sandbox = team.workspace();
    let clocks = [
        "2026-01-02T03:04:05Z",
        "2099-01-01T00:00:00Z",
        "1999-01-01T00:00:00Z",
        "2026-01-02T03:04:05Z",
    ];
    for clock in clocks {
        let mark = format!("{clock} {}\n", sandbox.archive_names().len());
        sandbox.write("logs/training.log", &mark);
        sandbox.archive(clock);
        task(&sandbox, &["push", "--all", "--clock", clock]);
    }
    // The order is that of the run numbers; the future is kept.
    let newest_first: Vec<String> = sandbox.archive_names().into_iter().rev().collect();
    assert_eq!(listed(&sandbox), newest_first);
    let checked = run(&sandbox, &["remote", "check", "--clock", "2026-01-03T00:00:00Z"]);
    assert_eq!(checked.code, 3);
    assert!(checked.stderr.contains("ahead of this machine's clock"), "{}", checked.stderr);
    let arguments = ["prune", "--remote", "--keep", "1", "--clock", "2026-01-03T00:00:00Z"];
    assert_eq!(run(&sandbox, &arguments).code, 3);
    let names = sandbox.archive_names();
    let kept: BTreeSet<String> = listed(&sandbox).into_iter().collect();
    assert_eq!(kept, BTreeSet::from([names[3].clone(), names[1].clone()]));
    task(&sandbox, &["verify", "--remote"]);
}

#[test]
fn two_hundred_archives_are_listed_in_three_seconds() {
    let Some(team) = slow_team() else { return };
    let sandbox = team.workspace();
    for number in 0..200_u64 {
        sandbox.write("logs/training.log", &format!("{number}\n"));
        let (day, hour) = (1 + number / 24, number % 24);
        sandbox.archive(&format!("2026-03-{day:02}T{hour:02}:00:00Z"));
    }
    task(&sandbox, &["push", "--all"]);
    let seconds = |sandbox: &Sandbox| {
        let begun = Instant::now();
        assert_eq!(listed(sandbox).len(), 200);
        begun.elapsed().as_secs_f64()
    };
    let (warm, cold) = (seconds(&sandbox), seconds(&team.workspace()));
    println!("list of 200 remote archives: {warm:.2} s warm, {cold:.2} s cold");
    assert!(warm < 3.0);
}
