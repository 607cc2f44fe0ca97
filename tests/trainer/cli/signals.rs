//! Runs that someone stops.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use trainer::learning::model::TradingModel;

use super::{TRAINED, Workspace};

/// A run without end, past its first episode.
struct Endless {
    child: Child,
    stdin: Option<ChildStdin>,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Endless {
    fn start(workspace: &Workspace) -> Self {
        let first = "episode 1/100000: train reward";
        Self::start_until(first, workspace, &["--episodes", "100000"])
    }

    /// Starts a run and waits for `words` on stderr.
    fn start_until(words: &str, workspace: &Workspace, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_trainer"))
            .args(["train", "--exit-with-parent", "--root"])
            .arg(workspace.root())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended by itself");
        }
        Self { child, stdin, stderr }
    }

    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &pid]).status().unwrap();
        assert!(status.success());
    }

    fn wait(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

/// Kills a run once it has logged `n_episodes` episodes.
pub(super) fn kill_after(workspace: &Workspace, n_episodes: u64, arguments: &[&str]) {
    let words = format!("episode {n_episodes}/8: train reward");
    let run = Endless::start_until(&words, workspace, arguments);
    run.signal("KILL");
    assert_eq!(run.wait().0.code(), None, "it ended before it was killed");
}

/// Stops an endless run after its first episode.
pub(super) fn stop_early(workspace: &Workspace) {
    let run = Endless::start_until(": train reward", workspace, &[]);
    run.signal("INT");
    assert_eq!(run.wait().0.code(), Some(130));
}

#[track_caller]
fn stops_and_saves(stop: impl FnOnce(&mut Endless)) {
    let workspace = Workspace::new();
    let mut run = Endless::start(&workspace);
    stop(&mut run);
    let (status, stderr) = run.wait();
    assert_eq!(status.code(), Some(130), "{stderr}");
    let session = workspace.session();
    assert_eq!(session["status"], "interrupted");
    assert_eq!(session["reason"], "stopped by a signal");
    assert!(session["finished_at"].is_string());
    assert!(session["metrics"]["agent"]["net_return"].is_number());
    let model = session["model"]["path"].as_str().unwrap();
    TradingModel::load(&workspace.path(model)).unwrap();
    assert!(workspace.events().len() > 1);
}

#[test]
fn an_interrupt_stops_after_the_batch_with_everything_saved() {
    stops_and_saves(|run| run.signal("INT"));
}

#[test]
fn an_interrupt_during_other_seeds_keeps_those_that_are_judged() {
    let workspace = Workspace::new();
    let arguments = ["--episodes", "1", "--seeds", "1000"];
    let run = Endless::start_until("seed 43: test net return", &workspace, &arguments);
    run.signal("INT");
    let (status, stderr) = run.wait();
    assert!(status.code().is_some_and(|code| TRAINED.contains(&code)), "{stderr}");
    let session = workspace.session();
    assert_eq!(session["status"], "completed");
    let n_judged = session["seeds"].as_array().unwrap().len();
    assert!((2..1000).contains(&n_judged), "{n_judged} seeds");
    let words = format!("stopped by a signal: {n_judged} of 1000 seeds are judged");
    assert!(stderr.contains(&words), "{stderr}");
    assert!(!workspace.exists(".trainvault/seeds"), "they leave nothing behind");
    TradingModel::load(&workspace.path(session["model"]["path"].as_str().unwrap())).unwrap();
}

#[test]
fn a_termination_stops_after_the_batch_with_everything_saved() {
    stops_and_saves(|run| run.signal("TERM"));
}

#[test]
fn the_word_of_the_parent_stops_after_the_batch_with_everything_saved() {
    stops_and_saves(|run| run.stdin.as_mut().unwrap().write_all(b"stop\n").unwrap());
}

#[test]
fn the_end_of_the_parent_ends_the_run_and_loses_nothing_saved() {
    let workspace = Workspace::new();
    let mut run = Endless::start(&workspace);
    drop(run.stdin.take());
    let (status, stderr) = run.wait();
    assert!(!status.success(), "{stderr}");
    // It could not seal the record, which shows that it was killed.
    assert_eq!(workspace.session()["status"], "running");
    TradingModel::load(&workspace.path("models/checkpoints/memory_efficient_model_ep001.zip"))
        .unwrap();
}

#[test]
fn a_kill_leaves_whole_lines_and_a_readable_record() {
    let workspace = Workspace::new();
    let run = Endless::start(&workspace);
    run.signal("KILL");
    let (status, _) = run.wait();
    assert_eq!(status.code(), None);
    assert_eq!(workspace.session()["status"], "running");
    assert!(!workspace.session()["episodes"].as_array().unwrap().is_empty());
    // Every line parses; `events` would fail on half of one.
    assert!(workspace.events().len() > 1);
    // The lock died with its holder.
    workspace.train(&["--episodes", "1"]);
    assert_eq!(workspace.session()["status"], "completed");
}
