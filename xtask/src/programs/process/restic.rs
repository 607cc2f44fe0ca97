//! Runs the user's restic.
//!
//! Secrets reach it by its environment or by files, never by its
//! command line, which every user of the machine can read.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use xshell::cmd;

use super::shell;
use crate::workspace::digest::BUFFER_BYTES;

/// How much of its complaints is kept, in bytes.
const STDERR_BYTES_MAX: usize = 64 * 1024;
/// How often a signal is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// One call of restic.
#[derive(Debug, Clone, Copy)]
pub struct ResticCall<'a> {
    /// What follows the program's name.
    pub arguments: &'a [OsString],
    /// What is added to its environment.
    pub variables: &'a [(&'static str, OsString)],
    /// Its current folder.
    pub folder: &'a Path,
    /// Set by a signal: it is asked to end.
    pub interrupt: &'a AtomicBool,
    /// It is asked to end, too, when it says that it waits longer than
    /// this before it tries again what failed: each wait is about twice
    /// the one before, for 15 minutes in all.
    pub wait_max: Duration,
}

/// How a call of restic ended.
#[derive(Debug)]
pub struct ResticEnd {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it complained of.
    pub complaint: String,
}

/// Runs restic, whose output goes to `out`; `None` when there is no
/// such program.
///
/// # Errors
/// When it cannot be started, or `out` takes no more.
pub fn restic(call: &ResticCall<'_>, out: &mut dyn Write) -> Result<Option<ResticEnd>> {
    let (shell, arguments) = (shell()?, call.arguments);
    let mut command = Command::from(cmd!(shell, "restic {arguments...}"));
    command.current_dir(call.folder).envs(call.variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        child => child.context("failed to start `restic`")?,
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut stdout, stderr) =
        stdout.zip(stderr).ok_or_else(|| anyhow!("restic was started without its pipes"))?;
    let child = Mutex::new(child);
    let is_over = AtomicBool::new(false);
    let (copied, complaint) = thread::scope(|scope| {
        scope.spawn(|| stop_when_asked(&child, call.interrupt, &is_over));
        let complaint = scope.spawn(|| {
            read_complaint(stderr, |line| {
                if announced_wait(line).is_some_and(|wait| wait > call.wait_max) {
                    urge(&child);
                }
            })
        });
        let copied = copy(&mut stdout, out);
        if copied.is_err() {
            // Its output is read no more.
            urge(&child);
        }
        drop(stdout);
        let complaint = complaint.join().unwrap_or_default();
        is_over.store(true, Ordering::Relaxed);
        (copied, complaint)
    });
    let mut child = child.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let status = child.wait().context("failed to wait for restic")?;
    copied?;
    Ok(Some(ResticEnd { code: status.code(), complaint }))
}

fn stop_when_asked(child: &Mutex<Child>, interrupt: &AtomicBool, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        if interrupt.load(Ordering::Relaxed) {
            urge(child);
            return;
        }
        thread::sleep(LOOK);
    }
}

/// Asks restic to end, so that it takes its lock off the repository.
#[cfg(unix)]
fn urge(child: &Mutex<Child>) {
    use nix::sys::signal::{Signal, kill};
    let Ok(child) = child.lock() else { return };
    let id = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    // One that is gone has ended; it is not waited for yet.
    let _ = kill(id, Signal::SIGINT);
}

/// Ends restic: the system has no signal that asks for it.
#[cfg(not(unix))]
fn urge(child: &Mutex<Child>) {
    if let Ok(mut child) = child.lock() {
        let _ = child.kill();
    }
}

fn copy(from: &mut impl Read, to: &mut dyn Write) -> Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(n_bytes) => to.write_all(&buffer[..n_bytes]).context("failed to take its output")?,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("failed to read what restic prints"),
        }
    }
}

/// Reads all, so that restic never waits, and keeps the beginning.
fn read_complaint(stderr: impl Read, mut on_line: impl FnMut(&str)) -> String {
    let mut stderr = BufReader::new(stderr);
    let mut kept = String::new();
    loop {
        let mut line = Vec::new();
        match stderr.by_ref().take(STDERR_BYTES_MAX as u64).read_until(b'\n', &mut line) {
            Ok(n_bytes) if n_bytes > 0 => {}
            _ => return kept,
        }
        let line = String::from_utf8_lossy(&line);
        on_line(&line);
        if kept.len() + line.len() <= STDERR_BYTES_MAX {
            kept += &line;
        }
    }
}

/// Returns how long restic says in `line` that it waits before it tries
/// again: `Stat(<config/>) returned error, retrying after 1m2.5s: …`.
fn announced_wait(line: &str) -> Option<Duration> {
    let (_, rest) = line.split_once("retrying after ")?;
    // As Go writes a duration.
    let is_of_number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let (mut rest, mut seconds) = (rest, 0.0);
    while rest.starts_with(is_of_number) {
        let (number, unit) = rest.split_at(rest.find(|letter| !is_of_number(letter))?);
        let end = unit.find(|letter: char| !letter.is_alphabetic()).unwrap_or(unit.len());
        let unit_seconds = match &unit[..end] {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * unit_seconds;
        rest = &unit[end..];
    }
    Duration::try_from_secs_f64(seconds).ok()
}

/// Whether the process `id` of this machine has ended.
#[cfg(unix)]
pub fn has_ended(id: u32) -> bool {
    let Ok(id) = i32::try_from(id) else { return false };
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), None) == Err(nix::errno::Errno::ESRCH)
}

/// It is not asked here.
#[cfg(not(unix))]
pub fn has_ended(_: u32) -> bool {
    false
}
