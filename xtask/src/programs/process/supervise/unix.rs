//! A command and the processes started by it, on Unix: its process group
//! and, on Linux, the children of this subreaper.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// How often to check whether all have ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// A command and the processes started by it.
#[derive(Debug)]
pub struct ProcessTree {
    group: Pid,
}

/// The signals to end a command, in the order of their severity.
#[derive(Debug, Default)]
pub struct Escalation(usize);

impl Escalation {
    const SIGNALS: [Signal; 3] = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGKILL];

    /// Returns the next signal; SIGKILL is repeated.
    pub fn next(&mut self) -> Signal {
        let signal = Self::SIGNALS[self.0.min(Self::SIGNALS.len() - 1)];
        self.0 += 1;
        signal
    }

    /// Skips the signals before SIGKILL.
    pub fn skip_to_kill(&mut self) {
        self.0 = Self::SIGNALS.len() - 1;
    }
}

impl ProcessTree {
    /// Returns the tree of `child`, which leads a process group.
    pub fn of(child: &Child) -> Self {
        Self { group: Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX)) }
    }

    /// Signals the whole group; errors are ignored, since it may have ended.
    pub fn signal(&self, signal: Signal) {
        let _ = killpg(self.group, signal);
        if signal == Signal::SIGKILL {
            kill_children();
        }
    }

    /// Ends the remaining processes after the command: SIGTERM, then SIGKILL.
    pub fn end(&self, grace: Duration) {
        let _ = killpg(self.group, Signal::SIGTERM);
        for child in children() {
            let _ = kill(child, Signal::SIGTERM);
        }
        let kill_after = Instant::now() + grace;
        let deadline = kill_after + grace;
        while self.has_survivors() && Instant::now() < deadline {
            if Instant::now() > kill_after {
                self.signal(Signal::SIGKILL);
            }
            thread::sleep(POLL_INTERVAL);
        }
    }

    /// Whether any process is left, after reaping those that have ended.
    fn has_survivors(&self) -> bool {
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

/// Makes this process the parent of descendants whose parent ends.
#[cfg(target_os = "linux")]
pub fn become_subreaper() {
    // Without it, the process group is still reached.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// The system has no subreapers.
#[cfg(not(target_os = "linux"))]
pub fn become_subreaper() {}

/// Has this process killed when its parent, the process `supervisor`,
/// ends; `false` if that has ended already.
#[cfg(target_os = "linux")]
pub fn die_with_parent(supervisor: &OsString) -> bool {
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    supervisor.to_str() == Some(&nix::unistd::getppid().to_string())
}

/// The system cannot do that; the supervisor ends the group instead.
#[cfg(not(target_os = "linux"))]
pub fn die_with_parent(supervisor: &OsString) -> bool {
    supervisor.to_str() == Some(&nix::unistd::getppid().to_string())
}

/// Returns the children of this process, including reparented ones.
#[cfg(target_os = "linux")]
fn children() -> Vec<Pid> {
    // If the kernel does not list them, only the process group is reached.
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else { return Vec::new() };
    let of_thread = |thread: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(thread?.path().join("children"))
    };
    let lists: Vec<String> = threads.filter_map(|thread| of_thread(thread).ok()).collect();
    let pids = lists.iter().flat_map(|list| list.split_whitespace());
    pids.filter_map(|pid| pid.parse().ok()).map(Pid::from_raw).collect()
}

/// Unknown on this system.
#[cfg(not(target_os = "linux"))]
fn children() -> Vec<Pid> {
    Vec::new()
}
