//! A workspace for one test, with a small training.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::{Value, json};

use super::{CommandOutput, bars};

/// The exit codes of a completed training or replay: on waves the figures
/// are often implausible, which gives an alarm.
pub(crate) const TRAINED: &[i32] = &[0, 3];

/// The model of a completed training.
pub(crate) const MODEL: &str = "models/memory_efficient_model_final.zip";

pub(crate) struct Workspace {
    folder: tempfile::TempDir,
}

impl Workspace {
    /// Returns a workspace with 2,000 bars and a small agent.
    pub(crate) fn new() -> Self {
        Self::with_bars(&bars::csv(2000))
    }

    pub(crate) fn with_bars(csv: &str) -> Self {
        let workspace = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(workspace.path("config")).unwrap();
        fs::write(workspace.path("bars.csv"), csv).unwrap();
        workspace.configure(&json!({}));
        workspace
    }

    /// Writes `config/training_config.json`: `changes` to a small run of
    /// two episodes, by default without a judgement of the edge.
    pub(crate) fn configure(&self, changes: &Value) {
        let mut config = json!({
            "data": "bars.csv",
            "total_episodes": 2,
            "steps_per_batch": 400,
            "seeds": 1,
            "agent": { "n_trees": 4, "memory_shares": 2, "min_samples_leaf": 50 },
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        if config["agent"].get("backups_max").is_none() {
            config["agent"]["backups_max"] = Value::Null;
        }
        fs::write(self.path("config/training_config.json"), config.to_string()).unwrap();
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub(crate) fn session(&self) -> Value {
        serde_json::from_str(&self.text("logs/session.json")).unwrap()
    }

    pub(crate) fn model(&self) -> Vec<u8> {
        self.bytes(MODEL)
    }

    /// Returns the one file in `folder` whose name contains `part`, if any.
    pub(crate) fn find(&self, folder: &str, part: &str) -> Option<PathBuf> {
        let paths = fs::read_dir(self.path(folder)).unwrap().map(|entry| entry.unwrap().path());
        let mut found = paths.filter(|path| path.to_string_lossy().contains(part));
        let first = found.next();
        assert_eq!(found.next(), None, "more than one `{part}` in `{folder}`");
        first
    }

    /// Returns the lines of the trace.
    pub(crate) fn events(&self) -> Vec<Value> {
        let path = self.find("logs/trades", "trade_traces_").unwrap();
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Returns the command `trainer train` in this workspace.
    pub(crate) fn command(&self) -> Command {
        self.command_at("2026-01-31T12:00:00Z")
    }

    pub(crate) fn command_at(&self, now: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
        command.args(["train", "--now", now, "--root"]).arg(self.root());
        command
    }

    /// Returns another subcommand, with the workspace as current folder.
    pub(crate) fn subcommand(&self, task: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
        command.current_dir(self.root()).arg(task).args(arguments);
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, task: &str, arguments: &[&str]) -> Assert {
        self.subcommand(task, arguments).assert()
    }

    /// Predicts by the workspace's model.
    #[track_caller]
    pub(crate) fn predict(&self, arguments: &[&str]) -> Assert {
        self.run("predict", &[&["--model", MODEL], arguments].concat())
    }

    /// Predicts by the workspace's model for bars on stdin.
    #[track_caller]
    pub(crate) fn predict_live(&self, bars: &str, flags: &[&str]) -> Assert {
        let arguments = [&["--model", MODEL, "--data", "-"], flags].concat();
        self.subcommand("predict", &arguments).write_stdin(bars).assert()
    }

    /// Replays `signals`, rows below their names, on the bars in `data`.
    #[track_caller]
    pub(crate) fn replay(&self, data: &str, signals: &str) -> Value {
        self.write("signals.csv", signals);
        let arguments = ["--data", data, "--signals", "signals.csv", "--format", "json"];
        self.run("simulate", &arguments).code(TRAINED).stdout_json()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    #[track_caller]
    pub(crate) fn train(&self, arguments: &[&str]) {
        self.command().args(arguments).assert().code(TRAINED);
    }

    /// Trains with `arguments`, expects the exit code, returns stderr.
    #[track_caller]
    pub(crate) fn fail(&self, arguments: &[&str], code: i32) -> String {
        let text = self.command().args(arguments).assert().code(code).stdout("").stderr_text();
        text.replace(&*self.root().to_string_lossy(), "[root]")
    }
}
