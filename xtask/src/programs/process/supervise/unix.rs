//! A command and what it has started, on Unix: told apart by process
//! group, and on Linux by descent.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// How often it is looked at whether all have ended.
const LOOK: Duration = Duration::from_millis(10);

/// A command and what it has started.
#[derive(Debug)]
pub struct Family {
    group: Pid,
}

/// The words to end, from the most polite on.
#[derive(Debug, Default)]
pub struct Urging(usize);

impl Urging {
    const WORDS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGKILL];

    /// Returns the next word; the last stays the last.
    pub fn next(&mut self) -> Signal {
        let word = Self::WORDS[self.0.min(Self::WORDS.len() - 1)];
        self.0 += 1;
        word
    }

    /// Leaves the polite words out.
    pub fn skip_to_last(&mut self) {
        self.0 = Self::WORDS.len() - 1;
    }
}

impl Family {
    /// Returns the family of `child`, which leads a process group.
    pub fn of(child: &Child) -> Self {
        Self { group: Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX)) }
    }

    /// Signals the whole group to end. One that is gone has ended.
    pub fn urge(&self, word: Signal) {
        let _ = killpg(self.group, word);
        if word == Signal::SIGKILL {
            kill_children();
        }
    }

    /// Ends what is left when the command has ended: politely first.
    pub fn end(&self, grace: Duration) {
        let _ = killpg(self.group, Signal::SIGTERM);
        for child in children() {
            let _ = kill(child, Signal::SIGTERM);
        }
        let polite_until = Instant::now() + grace;
        let last = polite_until + grace;
        while self.is_anyone_left() && Instant::now() < last {
            if Instant::now() > polite_until {
                self.urge(Signal::SIGKILL);
            }
            thread::sleep(LOOK);
        }
    }

    /// Whether anyone lives, once the dead are buried.
    fn is_anyone_left(&self) -> bool {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => return true,
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return killpg(self.group, None).is_ok(),
            }
        }
    }
}

/// Returns the signal that ended a process.
pub fn signal_of(status: ExitStatus) -> Option<i32> {
    status.signal()
}

fn kill_children() {
    for child in children() {
        let _ = kill(child, Signal::SIGKILL);
    }
}

/// Makes this process the parent of those whose own parent ends.
#[cfg(target_os = "linux")]
pub fn adopt() {
    // Without it the process group is reached all the same.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// The system has no adoption.
#[cfg(not(target_os = "linux"))]
pub fn adopt() {}

/// Lets this process be killed when its parent, the process
/// `supervisor`, ends; `false` when that has ended already.
#[cfg(target_os = "linux")]
pub fn die_with(supervisor: &OsString) -> bool {
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    supervisor.to_str() == Some(&nix::unistd::getppid().to_string())
}

/// The system has no such promise; the supervisor ends the group.
#[cfg(not(target_os = "linux"))]
pub fn die_with(supervisor: &OsString) -> bool {
    supervisor.to_str() == Some(&nix::unistd::getppid().to_string())
}

/// Returns the children of this process, own and adopted.
#[cfg(target_os = "linux")]
fn children() -> Vec<Pid> {
    // Where the kernel does not tell, the process group is all there is.
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let of_thread = |thread: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(thread?.path().join("children"))
    };
    let lists: Vec<String> = threads.filter_map(|thread| of_thread(thread).ok()).collect();
    let pids = lists.iter().flat_map(|list| list.split_whitespace());
    pids.filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).collect()
}

/// They are not told of here.
#[cfg(not(target_os = "linux"))]
fn children() -> Vec<Pid> {
    Vec::new()
}
