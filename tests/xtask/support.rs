//! A workspace in a temporary folder, and the tasks run on it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, SystemTime};

use assert_cmd::Command;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tempfile::TempDir;

use xtask::tasks::TaskContext;
use xtask::tasks::steps::{ArchiveLabel, archive_now};
use xtask::vault::catalog::Catalog;
use xtask::vault::manifest::ArchiveKind;
use xtask::vault::scan::{Scan, scan};
use xtask::vault::session;
use xtask::vault::verify::Receipt;
use xtask::workspace::Workspace;

pub use crate::command_output::CommandOutput;

/// A workspace that goes with the test.
pub struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// One with a small session: a log, a model, a root checkpoint and
    /// settings, all of a fixed time.
    pub fn with_session() -> Self {
        let sandbox = Self::new();
        sandbox.write("logs/training.log", "trained\n");
        sandbox.write("logs/trades/trade_execution.log", "");
        sandbox.write("models/memory_efficient_model_final.zip", "the model\n");
        sandbox.write("config/training_config.json", "{}\n");
        sandbox.write("policy.pth", "weights\n");
        fs::create_dir_all(sandbox.path("models/checkpoints")).unwrap();
        sandbox
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.root().join(relative)
    }

    /// Writes a file of the fixed time and mode that snapshots show.
    pub fn write(&self, relative: &str, content: &str) -> PathBuf {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        set_mode(&path, 0o644);
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        path
    }

    pub fn read(&self, relative: &str) -> String {
        fs::read_to_string(self.path(relative)).unwrap()
    }

    pub fn workspace(&self) -> Workspace {
        Workspace::open(self.root()).unwrap()
    }

    pub fn scan(&self) -> Scan {
        scan(&self.workspace()).unwrap()
    }

    pub fn catalog(&self) -> Catalog {
        Catalog::read(&self.workspace()).unwrap()
    }

    pub fn archive_names(&self) -> Vec<String> {
        self.catalog().archives.iter().map(|archive| archive.name.to_string()).collect()
    }

    pub fn backup_names(&self) -> Vec<String> {
        self.catalog().backups.iter().map(|backup| backup.name.to_string()).collect()
    }

    /// Runs `act` as a task at `now`, and returns its result and what
    /// it noted.
    pub fn run_task<T>(
        &self,
        now: &str,
        act: impl FnOnce(&mut TaskContext<'_>) -> T,
    ) -> (T, Vec<String>) {
        let workspace = self.workspace();
        let time = time(now);
        let mut lines = Vec::new();
        let mut on_message = |line: &str| lines.push(line.to_owned());
        let mut context = TaskContext {
            workspace: &workspace,
            clock: &move || time,
            interrupt: &AtomicBool::new(false),
            on_message: &mut on_message,
        };
        let result = act(&mut context);
        (result, lines)
    }

    /// Archives the workspace as `cargo xtask archive` does.
    pub fn archive(&self, now: &str) -> Receipt {
        let session = session::read(self.root());
        let archive = |context: &mut TaskContext<'_>| {
            archive_now(context, ArchiveKind::Manual, &ArchiveLabel::default(), session)
        };
        self.run_task(now, archive).0.unwrap()
    }

    /// Returns the task's command, run in this workspace.
    pub fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(self.root()).arg("--root").arg(self.root()).args(arguments);
        command
    }

    /// Returns the task as a process of its own, whose output nobody
    /// reads.
    pub fn process(&self, arguments: &[&str]) -> process::Command {
        let mut command = process::Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.current_dir(self.root()).arg("--root").arg(self.root()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Runs the task, kills it after `delay`, and returns whether it was
    /// still running then.
    pub fn kill_after(&self, arguments: &[&str], delay: Duration) -> bool {
        let mut child = self.process(arguments).spawn().unwrap();
        thread::sleep(delay);
        let was_running = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        child.wait().unwrap();
        was_running
    }

    /// Writes a trainer: a shell script that does `body` in the
    /// workspace.
    #[cfg(unix)]
    pub fn trainer(&self, body: &str) -> PathBuf {
        let path = self.path("trainer.sh");
        // One that runs cannot be written to.
        let draft = self.path("trainer.sh.new");
        fs::write(&draft, format!("#!/bin/sh\n{body}\n")).unwrap();
        set_mode(&draft, 0o755);
        fs::rename(&draft, &path).unwrap();
        path
    }

    /// Trains by `trainer`, and returns the exit code and stderr.
    #[cfg(unix)]
    pub fn train(&self, trainer: &Path, arguments: &[&str]) -> (i32, String) {
        ended(self.xtask(&["train", "--trainer-bin"]).arg(trainer).args(arguments))
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_: &Path, _: u32) {}

/// A trainer's body that leaves a completed session whose bytes differ
/// from those of any other.
#[cfg(unix)]
pub const COMPLETES: &str = r#"
echo "run $$ $(date +%N)" > logs/training.log
echo "model $$ $(date +%N)" > models/memory_efficient_model_final.zip
echo '{"format":1,"status":"completed","seed":42,"metrics":{"agent":{"sharpe":0.5}}}' \
    > logs/session.json
"#;

pub fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// Returns every file below `folder`, by relative path, with its bytes.
pub fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(current) = folders.pop() {
        for entry in fs::read_dir(&current).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
                let name = name.replace(std::path::MAIN_SEPARATOR, "/");
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

pub fn stdout(command: &mut Command) -> String {
    command.assert().stdout_text()
}

/// Returns the JSON document that the task prints.
pub fn json_of(command: &mut Command) -> Value {
    command.assert().stdout_json()
}

/// Runs the task, and returns its exit code and stderr.
pub fn ended(command: &mut Command) -> (i32, String) {
    let assert = command.assert();
    (assert.exit_code(), assert.stderr_text())
}

pub fn stderr(command: &mut Command) -> String {
    command.assert().stderr_text()
}
