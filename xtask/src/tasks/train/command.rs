//! Runs any command as the trainer, and writes `session.json` for it,
//! since the command does not know this tool.
//!
//! Its metrics are read from `logs/metrics.json`; this tool has neither
//! computed nor checked them.

mod metrics;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::outcome::{CommandReport, TrainingOutcome};
use crate::programs::process::{CommandExit, CommandRun, TrainerProcess, find_program};
use crate::tasks::TaskContext;
use crate::vault::name::stamp;
use crate::vault::session::{self, RECORD};
use crate::workspace::exit::{TrainerExit, check_interrupt, usage};
use crate::workspace::files;

/// The log of the command's output.
const LOG: &str = "logs/training.log";

/// The default seed, the same as the trainer's.
pub const DEFAULT_SEED: u64 = 42;

/// A command that trains.
#[derive(Debug, Clone)]
pub struct CommandTrainer {
    /// The command and its arguments.
    pub words: Vec<OsString>,
    /// Its current folder.
    pub folder: PathBuf,
    /// The seed passed to the trainer.
    pub seed: u64,
    /// Further environment variables.
    pub variables: Vec<(String, OsString)>,
    /// The binary of this tool, which acts as the supervisor.
    pub supervisor: PathBuf,
    /// How long it may take to stop when asked to.
    pub grace: Duration,
}

impl CommandTrainer {
    /// Checks that the command exists, before anything is moved.
    ///
    /// # Errors
    /// A usage error when it is not.
    pub fn check(&self) -> Result<()> {
        let name = self.words.first().map(OsString::as_os_str).unwrap_or_default();
        let path = std::env::var_os("PATH");
        if find_program(name, &self.folder, path.as_deref()).is_some() {
            return Ok(());
        }
        let name = name.to_string_lossy();
        Err(usage!(
            "there is no program `{name}` to train with; check its name, make it executable, or \
             name it by its path; nothing was moved"
        ))
    }

    /// Runs the command in the cleaned workspace.
    pub fn run(
        &self,
        context: &mut TaskContext<'_>,
        trainer: &TrainerProcess,
        is_silent: bool,
    ) -> Result<(TrainingOutcome, Option<CommandReport>)> {
        let started_at = (context.clock)();
        if check_interrupt(context.interrupt).is_err() {
            return Ok((TrainingOutcome { exit: TrainerExit::INTERRUPTED, session: None }, None));
        }
        let record = Record { command: self, started_at };
        let initial_record = write(context.workspace.root(), &record.running())?;
        let start = Instant::now();
        let end = self.start(context, trainer, is_silent, started_at)?;
        let report = self.report(&end, start.elapsed());
        if let Some(problem) = &end.log_problem {
            (context.on_message)(&format!(
                "warning: `{LOG}` does not hold all that the command printed: {problem}"
            ));
        }
        let (status, exit) = status_and_exit(&end);
        record.close(context, &initial_record, status, &report)?;
        if let Some(reason) = &report.reason {
            (context.on_message)(&format!("the command {reason}; its last lines are in `{LOG}`"));
        }
        Ok((
            TrainingOutcome { exit, session: session::read(context.workspace.root()) },
            Some(report),
        ))
    }

    fn start(
        &self,
        context: &TaskContext<'_>,
        trainer: &TrainerProcess,
        is_silent: bool,
        started_at: DateTime<Utc>,
    ) -> Result<CommandExit> {
        let root = context.workspace.root();
        let seed = OsString::from(self.seed.to_string());
        let extra = self.variables.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let variables: Vec<(&str, OsString)> = [
            ("TRAINVAULT_ROOT", root.into()),
            ("TRAINVAULT_LOGS", root.join("logs").into()),
            ("TRAINVAULT_SEED", seed),
        ]
        .into_iter()
        .chain(extra)
        .collect();
        trainer.run_command(&CommandRun {
            supervisor: &self.supervisor,
            words: &self.words,
            folder: &self.folder,
            variables: &variables,
            state: &context.workspace.state(),
            log: &root.join(LOG),
            run: &format!("{}_{}", stamp(started_at), std::process::id()),
            grace: self.grace,
            is_silent,
        })
    }

    fn report(&self, end: &CommandExit, duration: Duration) -> CommandReport {
        CommandReport {
            arguments: self.words.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
            exit_code: end.exit_code,
            signal: end.signal,
            duration_seconds: duration.as_secs_f64(),
            reason: reason(end),
        }
    }
}

/// Signals by which a user, a scheduler or the kernel stops a command:
/// HUP, INT, KILL and TERM. Others count as a failure.
const STOPPING: [i32; 4] = [1, 2, 9, 15];

/// Returns the status for the record, and the exit of the trainer.
fn status_and_exit(end: &CommandExit) -> (&'static str, TrainerExit) {
    match (end.exit_code, end.signal) {
        _ if end.was_stopped => ("interrupted", TrainerExit::INTERRUPTED),
        (Some(0), _) => ("completed", TrainerExit::Code(0)),
        (Some(130 | 143), _) => ("interrupted", TrainerExit::INTERRUPTED),
        (Some(code), _) => ("failed", TrainerExit::Code(code)),
        (None, Some(signal)) if !STOPPING.contains(&signal) => ("failed", TrainerExit::Killed),
        (None, _) => ("interrupted", TrainerExit::Killed),
    }
}

fn reason(end: &CommandExit) -> Option<String> {
    let how = match (end.exit_code, end.signal) {
        (Some(0), _) if !end.was_stopped => return None,
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "was killed together with its supervisor".to_owned(),
    };
    let why = if end.was_stopped { " when it was asked to stop" } else { "" };
    Some(format!("{how}{why}"))
}

/// The record of a command's session.
struct Record<'a> {
    command: &'a CommandTrainer,
    started_at: DateTime<Utc>,
}

impl Record<'_> {
    fn running(&self) -> Value {
        json!({
            "format": 1,
            "id": format!("session_{}", stamp(self.started_at)),
            "status": "running",
            "started_at": self.started_at.to_rfc3339_opts(SecondsFormat::Millis, true),
            "tool_version": env!("CARGO_PKG_VERSION"),
            "seed": self.command.seed,
        })
    }

    /// Writes to the record how the session ended. If the command wrote a
    /// record of its own, that is kept and only completed.
    fn close(
        &self,
        context: &mut TaskContext<'_>,
        initial_record: &[u8],
        status: &str,
        report: &CommandReport,
    ) -> Result<()> {
        let root = context.workspace.root();
        let path = root.join(RECORD);
        let found = fs::read(&path).unwrap_or_default();
        let own = serde_json::from_slice::<Value>(&found).ok().filter(Value::is_object);
        let mut record = if let Some(own) = own {
            own
        } else {
            keep_broken(&path, &found)?;
            (context.on_message)(&format!(
                "warning: the command's own `{RECORD}` is not JSON; it is kept as \
                 `{RECORD}.broken`"
            ));
            self.running()
        };
        if found == initial_record || !session::is_sealed(&record) {
            record["status"] = status.into();
            let finished_at = (context.clock)();
            record["finished_at"] = finished_at.to_rfc3339_opts(SecondsFormat::Millis, true).into();
        }
        let (figures, problems) = metrics::read(root);
        context.warn(problems);
        if record.get("metrics").is_none() && !figures.is_empty() {
            record["metrics"] = json!({ "agent": figures });
        }
        record["command"] = serde_json::to_value(report).expect("a report is plain data");
        write(root, &record).map(|_| ())
    }
}

/// Writes `record`, and returns its bytes.
fn write(root: &Path, record: &Value) -> Result<Vec<u8>> {
    let bytes = serde_json::to_vec_pretty(record).expect("a record is plain data");
    files::write_atomically(&root.join(RECORD), &bytes)?;
    Ok(bytes)
}

fn keep_broken(path: &Path, content: &[u8]) -> Result<()> {
    if content.is_empty() {
        return Ok(());
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".broken");
    let aside = PathBuf::from(name);
    fs::rename(path, &aside).with_context(|| format!("failed to write `{}`", aside.display()))
}
