//! Runs a command that does not know this tool, and ensures that it never
//! outlives its task.
//!
//! A supervisor process runs between the task and the command. When the
//! task ends, however it ends, the supervisor's standard input closes; it
//! then ends the command and the processes started by it. On Linux it is
//! also the subreaper of these processes, and the command is killed with
//! it. On other Unixes it ends the command's process group, on Windows
//! the command and its children.

#[cfg_attr(not(unix), path = "supervise/other.rs")]
#[cfg_attr(unix, path = "supervise/unix.rs")]
mod process_tree;
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

use self::process_tree::ProcessTree;
use super::{own_process_group, shell};
use crate::workspace::files;

/// The first arguments that make this program the supervisor, or a
/// process that then becomes the command; no task has such a name.
const SUPERVISE: &str = "__supervise";
const BECOME: &str = "__become";

/// How long a command may take to stop when its task is gone. The next
/// task waits ten seconds for it.
const ORPHAN_GRACE: Duration = Duration::from_secs(3);
/// How long the remaining processes may take to end after the command.
const REMAINDER_GRACE: Duration = Duration::from_secs(2);

/// How long to wait after each signal at least.
const LEAST_WAIT: Duration = Duration::from_millis(50);

/// The instructions of the supervisor for one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Instructions {
    /// Identifies this run among earlier ones.
    pub run: String,
    /// The file to write the outcome to.
    pub outcome: PathBuf,
    /// The file to write the command's output to.
    pub log: PathBuf,
    /// The lock that marks a running trainer.
    pub lock: PathBuf,
    /// How long the command may take to stop when asked to.
    pub grace_ms: u64,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CommandExit {
    /// Its exit code; `None` when a signal ended it.
    pub exit_code: Option<i32>,
    /// The signal that ended it, if known.
    pub signal: Option<i32>,
    /// Whether it was asked to stop.
    pub was_stopped: bool,
    /// Why the log is incomplete, if it is.
    pub log_problem: Option<String>,
}

/// What a supervisor records at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// [`Instructions::run`].
    pub run: String,
    /// How it ended.
    #[serde(flatten)]
    pub end: CommandExit,
}

/// Returns the arguments that start this program as a supervisor.
pub(super) fn arguments(instructions: &Instructions, command: &[OsString]) -> Vec<OsString> {
    let instructions = serde_json::to_string(instructions).expect("instructions are plain data");
    let own = [OsString::from(SUPERVISE), OsString::from(instructions)];
    own.into_iter().chain(command.iter().cloned()).collect()
}

/// If the command line says so, runs as a supervisor and returns the exit
/// code.
pub fn supervise_if_asked() -> Option<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let result = match words.next()?.to_str()? {
        SUPERVISE => supervise(&words.next()?, &words.collect::<Vec<_>>()),
        BECOME => return Some(exec_command(&words.next()?, &words.collect::<Vec<_>>())),
        _ => return None,
    };
    Some(result.map_or_else(
        |error| {
            print_error(&format!("error: {error:#}"));
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    ))
}

/// Becomes the command, unless the supervisor has ended already.
fn exec_command(supervisor: &OsString, words: &[OsString]) -> ExitCode {
    if !process_tree::die_with_parent(supervisor) {
        return ExitCode::FAILURE;
    }
    let Some((program, arguments)) = words.split_first() else { return ExitCode::FAILURE };
    let Err(error) = super::exec_program(Path::new(program), arguments) else {
        return ExitCode::FAILURE;
    };
    print_error(&format!("error: {error:#}"));
    ExitCode::from(127)
}

/// The events that a supervisor handles.
enum Event {
    Ended(std::io::Result<ExitStatus>),
    /// The task asks the command to stop.
    Stop,
    /// The task is gone.
    Orphaned,
    /// One of the command's streams was closed.
    Closed,
}

fn supervise(instructions: &OsString, words: &[OsString]) -> Result<()> {
    let instructions =
        instructions.to_str().context("the supervisor's instructions are not text")?;
    let instructions: Instructions =
        serde_json::from_str(instructions).context("the supervisor's instructions are not JSON")?;
    let _lock = lock_as_trainer(&instructions.lock);
    process_tree::become_subreaper();
    let (sender, events) = channel();
    listen(sender.clone())?;
    let mut child = start(words)?;
    let log = tee::Log::open(&instructions.log);
    let n_open = tee::forward(&mut child, &log, || {
        let sender = sender.clone();
        move || drop(sender.send(Event::Closed))
    });
    let tree = ProcessTree::of(&child);
    thread::spawn(move || sender.send(Event::Ended(child.wait())));
    let mut running = RunningCommand { tree, events, n_open, was_stopped: false };
    let status = running.wait(Duration::from_millis(instructions.grace_ms))?;
    running.tree.end(REMAINDER_GRACE);
    running.drain();
    let end = CommandExit {
        exit_code: status.code(),
        signal: process_tree::signal_of(status),
        was_stopped: running.was_stopped,
        log_problem: log.problem(),
    };
    let outcome = Outcome { run: instructions.run, end };
    let text = serde_json::to_vec(&outcome).expect("an outcome is plain data");
    files::write_atomically(&instructions.outcome, &text)
}

/// Takes the lock of a running trainer, if possible.
fn lock_as_trainer(path: &Path) -> Option<File> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).open(path).ok()?;
    file.try_lock().ok()?;
    let _ = write!(file, "process {}", std::process::id());
    Some(file)
}

/// Forwards the task's requests and signals as events.
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

/// A running command.
struct RunningCommand {
    tree: ProcessTree,
    events: Receiver<Event>,
    /// How many of its streams are still open.
    n_open: usize,
    was_stopped: bool,
}

impl RunningCommand {
    /// Waits for the command and stops it when asked to: the first time with
    /// `grace`, the second time at once.
    fn wait(&mut self, grace: Duration) -> Result<ExitStatus> {
        let mut escalation = process_tree::Escalation::default();
        let mut timeout = grace;
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
                Ok(Event::Stop) if self.was_stopped => escalation.skip_to_kill(),
                Ok(Event::Orphaned) => timeout = grace.min(ORPHAN_GRACE),
                Ok(Event::Stop) | Err(_) => {}
            }
            self.was_stopped = true;
            self.tree.signal(escalation.next());
            // Half of the time for each of SIGINT and SIGTERM.
            deadline = Some(Instant::now() + (timeout / 2).max(LEAST_WAIT));
        }
    }

    fn next(&self, deadline: Option<Instant>) -> Result<Event, RecvTimeoutError> {
        match deadline {
            Some(at) => self.events.recv_timeout(at.saturating_duration_since(Instant::now())),
            None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    /// Waits until the command's streams are closed, for a limited time: a
    /// process that could not be killed may keep them open.
    fn drain(&mut self) {
        let deadline = Instant::now() + REMAINDER_GRACE;
        while self.n_open > 0 {
            match self.next(Some(deadline)) {
                Ok(Event::Closed) => self.n_open -= 1,
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

fn print_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
