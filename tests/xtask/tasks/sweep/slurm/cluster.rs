//! A real Slurm on loopback, which goes with the test.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::Sandbox;

const SCRIPT: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/xtask/tasks/sweep/slurm/cluster.sh");
/// Ports that a cluster takes.
const N_PORTS: u16 = 4;

/// One at a time: each has both cores.
static ONE: Mutex<()> = Mutex::new(());

pub struct Cluster {
    folder: TempDir,
    _one: MutexGuard<'static, ()>,
}

impl Cluster {
    /// Starts one; says so, and returns `None`, where Slurm is not there.
    pub fn start() -> Option<Self> {
        let is_there = |name: &&str| {
            ["/usr/bin", "/usr/sbin"].iter().any(|folder| Path::new(folder).join(name).exists())
        };
        let needed = ["sbatch", "squeue", "slurmctld", "slurmd", "munged"];
        if let Some(missing) = needed.iter().find(|name| !is_there(name)) {
            // Past the capture of the test's own output.
            let _ = writeln!(std::io::stderr(), "skipped a test of Slurm: there is no {missing}");
            return None;
        }
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = Self { folder: tempfile::tempdir().unwrap(), _one: one };
        // Below those that the system gives to programs that ask for any.
        let start = u16::try_from(std::process::id() % 700).unwrap();
        for port in (0..50).map(|n| 20_000 + (start + n * 17) * 8) {
            if (port..port + N_PORTS).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
                let (port, owner) = (port.to_string(), std::process::id().to_string());
                cluster.script("start", &[&port, &owner]);
                return Some(cluster);
            }
        }
        panic!("no ports are free");
    }

    fn script(&self, task: &str, arguments: &[&str]) {
        let mut command = Command::new("sh");
        command.args([SCRIPT, task]).arg(self.folder.path()).args(arguments);
        // The daemons keep what they inherit open.
        let log = std::fs::File::create(self.folder.path().join("script.log")).unwrap();
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let status = command.status().unwrap();
        let log = || std::fs::read_to_string(self.folder.path().join("script.log")).unwrap();
        assert!(status.success(), "{}", log());
    }

    pub fn conf(&self) -> std::path::PathBuf {
        self.folder.path().join("slurm.conf")
    }

    /// Runs a task on the workspace with this cluster.
    pub fn xtask(&self, sandbox: &Sandbox, arguments: &[&str]) -> Output {
        sandbox.xtask(arguments).env("SLURM_CONF", self.conf()).output().unwrap()
    }

    /// Returns what a client program of Slurm prints.
    pub fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.try_ask(program, arguments);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {complaint}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs a client program of Slurm, which may fail.
    pub fn try_ask(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).env("SLURM_CONF", self.conf()).stdin(Stdio::null());
        command.output().unwrap()
    }

    /// Waits until no job waits or runs.
    pub fn wait_until_idle(&self) {
        wait_until("the queue is empty", || self.ask("squeue", &["-h"]).is_empty());
    }

    /// Kills a daemon: `slurmctld`, or `slurmd-n1`.
    pub fn kill(&self, daemon: &str) {
        let pid = std::fs::read_to_string(self.folder.path().join(format!("{daemon}.pid")));
        let pid = pid.unwrap().trim().to_owned();
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        let proc = format!("/proc/{pid}");
        wait_until("it is gone", || !Path::new(&proc).exists());
    }

    /// Waits until the controller has written down what it knows now, as
    /// it does every few seconds.
    pub fn wait_until_saved(&self) {
        let state = self.folder.path().join("state/job_state");
        let saved_at = || std::fs::metadata(&state).ok().map(|it| it.modified().unwrap());
        self.ask("scontrol", &["update", "JobId=1", "Comment=saved"]);
        let before = saved_at();
        wait_until("the state is saved", || saved_at() != before);
    }

    pub fn start_controller(&self) {
        self.script("controller", &[]);
        wait_until("it answers", || {
            let mut command = Command::new("scontrol");
            command.arg("ping").env("SLURM_CONF", self.conf()).stdin(Stdio::null());
            String::from_utf8_lossy(&command.output().unwrap().stdout).contains(" UP")
        });
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut command = Command::new("sh");
        command.args([SCRIPT, "stop"]).arg(self.folder.path());
        let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}

#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(120), "not within two minutes: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}
