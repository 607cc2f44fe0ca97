//! Runs the user's restic.
//!
//! Secrets are passed by environment variables or files, never on the
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

/// How many bytes of its stderr are kept.
const STDERR_BYTES_MAX: usize = 64 * 1024;
/// How often to check for a signal.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// One call of restic.
#[derive(Debug, Clone, Copy)]
pub struct ResticCall<'a> {
    /// Its arguments.
    pub arguments: &'a [OsString],
    /// The variables added to its environment.
    pub variables: &'a [(&'static str, OsString)],
    /// Its current folder.
    pub folder: &'a Path,
    /// Set by a signal: restic is interrupted.
    pub interrupt: &'a AtomicBool,
    /// The longest wait before a retry: when restic announces a longer one,
    /// it is interrupted. Restic doubles its waits, up to 15 minutes in
    /// total.
    pub wait_max: Duration,
}

/// How a call of restic ended.
#[derive(Debug)]
pub struct ResticExit {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its stderr.
    pub error_output: String,
}

/// Runs restic with its output going to `out`; `None` if it is not
/// installed.
pub fn restic(call: &ResticCall<'_>, out: &mut dyn Write) -> Result<Option<ResticExit>> {
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
    let (copied, error_output) = thread::scope(|scope| {
        scope.spawn(|| stop_when_asked(&child, call.interrupt, &is_over));
        let error_output = scope.spawn(|| {
            read_error_output(stderr, |line| {
                if announced_wait(line).is_some_and(|wait| wait > call.wait_max) {
                    send_interrupt(&child);
                }
            })
        });
        let copied = copy(&mut stdout, out);
        if copied.is_err() {
            // No one reads its output any more.
            send_interrupt(&child);
        }
        drop(stdout);
        let error_output = error_output.join().unwrap_or_default();
        is_over.store(true, Ordering::Relaxed);
        (copied, error_output)
    });
    let mut child = child.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let status = child.wait().context("failed to wait for restic")?;
    copied?;
    Ok(Some(ResticExit { code: status.code(), error_output }))
}

fn stop_when_asked(child: &Mutex<Child>, interrupt: &AtomicBool, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        if interrupt.load(Ordering::Relaxed) {
            send_interrupt(child);
            return;
        }
        thread::sleep(POLL_INTERVAL);
    }
}

/// Interrupts restic, so that it removes its lock from the repository.
#[cfg(unix)]
fn send_interrupt(child: &Mutex<Child>) {
    use nix::sys::signal::{Signal, kill};
    let Ok(child) = child.lock() else { return };
    let id = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
    // It may have ended; the id is still valid until it is waited for.
    let _ = kill(id, Signal::SIGINT);
}

/// Kills restic: the system has no interrupt signal.
#[cfg(not(unix))]
fn send_interrupt(child: &Mutex<Child>) {
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

/// Reads everything, so that restic never blocks, and keeps the
/// beginning.
fn read_error_output(stderr: impl Read, mut on_line: impl FnMut(&str)) -> String {
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

/// Parses the wait before a retry that restic announces in `line`:
/// `Stat(<config/>) returned error, retrying after 1m2.5s: …`.
fn announced_wait(line: &str) -> Option<Duration> {
    let (_, rest) = line.split_once("retrying after ")?;
    // Parse a duration as Go formats it.
    let is_number_char = |letter: char| letter.is_ascii_digit() || letter == '.';
    let (mut rest, mut seconds) = (rest, 0.0);
    while rest.starts_with(is_number_char) {
        let (number, unit) = rest.split_at(rest.find(|letter| !is_number_char(letter))?);
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

/// Unknown on this system.
#[cfg(not(unix))]
pub fn has_ended(_: u32) -> bool {
    false
}
