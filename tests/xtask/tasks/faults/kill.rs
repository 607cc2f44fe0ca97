//! SIGKILL at random moments of every task that changes something.

#![expect(clippy::print_stdout, reason = "a test that tries less, or how much, says so")]

use std::thread;
use std::time::Duration;

use super::is_slow;
use super::ledger::Ledger;
use crate::support::{COMPLETES, Sandbox};

/// A generator of numbers that are random enough and repeatable.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % limit
    }
}

const TASKS: [&[&str]; 7] = [
    &["train", "--trainer-bin", "trainer.sh"],
    &["train", "--trainer-bin", "trainer.sh"],
    &["archive"],
    &["clean-workspace"],
    &["prune", "--keep", "2"],
    &["restore", "latest", "--overwrite", "always"],
    &["undelete", "--all"],
];

/// Kills in one workspace: with more, reading it all after each kill
/// would take most of the time.
const N_KILLS_EACH: usize = 50;

#[test]
fn a_kill_at_any_moment_loses_nothing() {
    kill_often(if is_slow() { 1000 } else { 30 }, &[]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_kill_at_any_moment_loses_nothing_on_two_disks() {
    let folders = ["models", "logs/trades", "backups", "archives/.trash"];
    kill_often(if is_slow() { 1000 } else { 30 }, &folders);
}

/// Kills tasks `n_kills` times, in workspaces whose `linked` folders are
/// symlinks to another disk.
fn kill_often(n_kills: usize, linked: &[&str]) {
    let mut dice = Dice(2026);
    let mut n_late = 0;
    let mut n_files = 0;
    for first in (0..n_kills).step_by(N_KILLS_EACH) {
        let sandbox = Sandbox::new();
        #[cfg(target_os = "linux")]
        let disk = crate::tasks::moves::disk::other_disk();
        for folder in linked {
            #[cfg(target_os = "linux")]
            crate::tasks::moves::move_and_link(&sandbox, folder, disk.path());
        }
        sandbox.trainer(COMPLETES);
        let mut longest = [slowest_task(&sandbox); TASKS.len()];
        let mut ledger = Ledger::default();
        for round in first..n_kills.min(first + N_KILLS_EACH) {
            let idx = usize::try_from(dice.below(TASKS.len() as u64)).unwrap();
            let (task, delay) = (TASKS[idx], Duration::from_micros(dice.below(longest[idx])));
            let was_running = run_and_kill(&sandbox, task, delay);
            n_late += usize::from(!was_running);
            // Follows the task's own time, and the load of the machine.
            longest[idx] = longest[idx] * if was_running { 5 } else { 3 } / 4;
            let after = format!("kill {round} of {task:?} after {delay:?}");
            ledger.check(&sandbox, &after);
            if round % 5 == 0 {
                // The next command recovers by itself.
                let status = sandbox.process(TASKS[0]).status().unwrap();
                assert_eq!(status.code(), Some(0), "{after}");
                ledger.check(&sandbox, &after);
                assert!(linked.iter().all(|folder| sandbox.path(folder).is_symlink()), "{after}");
            }
            ledger.note_session(&sandbox);
        }
        n_files += ledger.len();
    }
    println!(
        "{n_kills} kills ({n_late} came after the task's end), {n_files} files of finished \
         sessions, none lost"
    );
    assert!(n_files > n_kills / 10);
    assert!(n_late < n_kills * 4 / 5, "{n_late} of {n_kills} kills came too late");
}

/// Returns how long a train takes here, in microseconds: the least of
/// three times, since another process may have slowed down one.
fn slowest_task(sandbox: &Sandbox) -> u64 {
    let time = || {
        let start = std::time::Instant::now();
        assert!(sandbox.process(TASKS[0]).status().unwrap().success());
        u64::try_from(start.elapsed().as_micros()).unwrap()
    };
    time().min(time()).min(time())
}

/// Runs the task, kills it after `delay`, and returns whether it was
/// still running then.
fn run_and_kill(sandbox: &Sandbox, task: &[&str], delay: Duration) -> bool {
    let was_running = sandbox.kill_after(task, delay);
    // The stand-in for a trainer does not watch its parent, as the real
    // one does; it ends within milliseconds.
    thread::sleep(Duration::from_millis(20));
    was_running
}
