//! Runs a command that knows nothing of this tool, and lets it never
//! outlive the task that it belongs to.
//!
//! A process of its own stands between the task and the command. The
//! task's end closes its standard input, however the task ends; it then
//! ends the command and what that has started. On Linux it also adopts
//! what the command leaves behind, and the command dies with it.
//! Elsewhere it reaches the command's process group, on Windows the
//! command alone.

#[cfg_attr(not(unix), path = "supervise/other.rs")]
#[cfg_attr(unix, path = "supervise/unix.rs")]
mod family;
mod tee;

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use xshell::cmd;

use self::family::Family;
use super::{own_process_group, shell};
use crate::workspace::files;

/// The words that make this program a supervisor, and one that becomes
/// the command; no task has such a name.
const SUPERVISE: &str = "__supervise";
const BECOME: &str = "__become";

/// How long a command may take to end when its task is gone: the next
/// task waits for it ten seconds.
const ORPHAN_GRACE: Duration = Duration::from_secs(3);
/// How long what the command has started may take to end after it.
const REST_GRACE: Duration = Duration::from_secs(2);

/// How long each word is waited for at least.
const LEAST_WAIT: Duration = Duration::from_millis(50);

/// One run of a command, as the supervisor sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    /// Tells this run from earlier ones.
    pub run: String,
    /// Where to write how it ended.
    pub outcome: PathBuf,
    /// Where to write what the command prints.
    pub log: PathBuf,
    /// The lock that tells of a running trainer.
    pub lock: PathBuf,
    /// How long the command may take to end when asked to.
    pub grace_ms: u64,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// [`Order::run`].
    pub run: String,
    /// Its exit code; `None` when a signal ended it.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether it was asked to stop.
    pub was_stopped: bool,
    /// Why the log is not whole.
    pub log_problem: Option<String>,
}

/// Returns the words that start a supervisor by this program.
pub(super) fn arguments(order: &Order, command: &[OsString]) -> Vec<OsString> {
    let order = serde_json::to_string(order).expect("an order is plain data");
    let own = [OsString::from(SUPERVISE), OsString::from(order)];
    own.into_iter().chain(command.iter().cloned()).collect()
}

/// Does what a supervisor does, when the command line says that this
/// process is one, and returns its exit code.
pub fn supervise_if_asked() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let result = match words.next()?.to_str()? {
        SUPERVISE => supervise(&words.next()?, &words.collect::<Vec<_>>()),
        BECOME => return Some(become_command(&words.next()?, &words.collect::<Vec<_>>())),
        _ => return None,
    };
    Some(result.map_or_else(
        |error| {
            tell(&format!("error: {error:#}"));
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    ))
}

/// Becomes the command, unless the supervisor is gone already.
fn become_command(supervisor: &OsString, words: &[OsString]) -> ExitCode {
    if !family::die_with(supervisor) {
        return ExitCode::FAILURE;
    }
    let Some((program, arguments)) = words.split_first() else { return ExitCode::FAILURE };
    let Err(error) = super::become_program(Path::new(program), arguments) else {
        return ExitCode::FAILURE;
    };
    tell(&format!("error: {error:#}"));
    ExitCode::from(127)
}

/// What may happen to a supervisor.
enum Event {
    Ended(std::io::Result<ExitStatus>),
    /// The task wants the command to stop.
    Stop,
    /// The task is gone.
    Orphaned,
    /// One of the command's streams is at its end.
    Closed,
}

fn supervise(order: &OsString, words: &[OsString]) -> Result<()> {
    let order = order.to_str().context("the supervisor's order is not text")?;
    let order: Order = serde_json::from_str(order).context("the supervisor's order is not JSON")?;
    let _lock = hold(&order.lock);
    family::adopt();
    let (sender, events) = channel();
    listen(sender.clone())?;
    let mut child = start(words)?;
    let log = tee::Log::open(&order.log);
    let n_open = tee::forward(&mut child, &log, || {
        let sender = sender.clone();
        move || drop(sender.send(Event::Closed))
    });
    let family = Family::of(&child);
    thread::spawn(move || sender.send(Event::Ended(child.wait())));
    let mut watch = Watch { family, events, n_open, was_stopped: false };
    let status = watch.wait(Duration::from_millis(order.grace_ms))?;
    watch.family.end(REST_GRACE);
    watch.drain();
    let outcome = Outcome {
        run: order.run,
        exit_code: status.code(),
        signal: family::signal_of(status),
        was_stopped: watch.was_stopped,
        log_problem: log.problem(),
    };
    let text = serde_json::to_vec(&outcome).expect("an outcome is plain data");
    files::write_atomically(&order.outcome, &text)
}

/// Takes the lock that a trainer holds, where it can be had.
fn hold(path: &Path) -> Option<File> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path).ok()?;
    file.try_lock().ok()?;
    let _ = write!(file, "process {}", std::process::id());
    Some(file)
}

/// Passes on the task's requests, and signals.
fn listen(sender: Sender<Event>) -> Result<()> {
    let to_signals = sender.clone();
    ctrlc::set_handler(move || drop(to_signals.send(Event::Stop)))
        .context("failed to listen for signals")?;
    thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() {
                break;
            }
            let _ = sender.send(Event::Stop);
        }
        sender.send(Event::Orphaned)
    });
    Ok(())
}

fn start(words: &[OsString]) -> Result<Child> {
    let shell = shell()?;
    let own = std::env::current_exe().context("failed to find this program's own file")?;
    let supervisor = std::process::id().to_string();
    let mut command = Command::from(cmd!(shell, "{own} {BECOME} {supervisor} {words...}"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    own_process_group(&mut command);
    command.spawn().context("failed to start the command")
}

/// A command that runs.
struct Watch {
    family: Family,
    events: Receiver<Event>,
    /// How many of its streams are not at their end.
    n_open: usize,
    was_stopped: bool,
}

impl Watch {
    /// Waits for the command, which it urges on when that is wanted:
    /// asked once, the command has `grace` to end, asked again, none.
    fn wait(&mut self, grace: Duration) -> Result<ExitStatus> {
        let mut urging = family::Urging::default();
        let mut patience = grace;
        let mut deadline: Option<Instant> = None;
        loop {
            match self.next(deadline) {
                Ok(Event::Ended(status)) => {
                    return status.context("failed to wait for the command");
                }
                Ok(Event::Closed) => {
                    self.n_open -= 1;
                    continue;
                }
                Ok(Event::Stop) if self.was_stopped => urging.skip_to_last(),
                Ok(Event::Orphaned) => patience = grace.min(ORPHAN_GRACE),
                Ok(Event::Stop) | Err(_) => {}
            }
            self.was_stopped = true;
            self.family.urge(urging.next());
            // Half of the time for each of two polite words.
            deadline = Some(Instant::now() + (patience / 2).max(LEAST_WAIT));
        }
    }

    fn next(&self, deadline: Option<Instant>) -> Result<Event, RecvTimeoutError> {
        match deadline {
            Some(at) => self.events.recv_timeout(at.saturating_duration_since(Instant::now())),
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Waits for the ends of the command's streams, which what nobody
    /// could end may still hold.
    fn drain(&mut self) {
        let deadline = Instant::now() + REST_GRACE;
        while self.n_open > 0 {
            match self.next(Some(deadline)) {
                Ok(Event::Closed) => self.n_open -= 1,
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
