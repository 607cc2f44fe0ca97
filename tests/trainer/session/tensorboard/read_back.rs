//! What the real TensorBoard reads of a run: while it runs, after its
//! end, and after a kill. Slow.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::Workspace;
use crate::python;

const PACKAGES: [&str; 1] = ["tensorboard==2.21.0"];
const SCRIPT: &str = include_str!("read_back.py");

/// What TensorBoard reads in the event files of `folder`.
fn read(python: &Path, folder: &Path) -> Value {
    serde_json::from_str(&python::run(python, SCRIPT, &[folder])).unwrap()
}

fn start(workspace: &Workspace) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(["train", "--quiet", "--root"]).arg(workspace.root());
    command.stdout(Stdio::null()).spawn().unwrap()
}

/// A workspace whose training takes long, and what is read of it once
/// a batch has ended.
fn long_run(python: &Path) -> (Workspace, Child, Value) {
    let workspace = Workspace::new();
    workspace.configure(&json!({ "total_episodes": 100_000 }));
    let mut child = start(&workspace);
    let begin = Instant::now();
    let folder = workspace.path("logs/tensorboard");
    loop {
        assert!(begin.elapsed() < Duration::from_secs(120), "no batch ends");
        assert!(child.try_wait().unwrap().is_none(), "the training has ended");
        if folder.is_dir() {
            let found = read(python, &folder);
            if found["scalars"]["test/net_return"].is_array() {
                return (workspace, child, found);
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn tensorboard_reads_all_of_a_run() {
    let Some(python) = python::with_packages(&PACKAGES) else { return };
    let workspace = Workspace::new();
    workspace.train(&[]);
    let found = read(&python, &workspace.path("logs/tensorboard"));
    let session = workspace.session();
    let agent = &session["metrics"]["agent"];
    for (tag, figure) in [("test/net_return", "net_return"), ("test/sharpe_low", "sharpe_low")] {
        let points = found["scalars"][tag].as_array().unwrap();
        assert_eq!(points.len(), 2, "{tag}");
        let last = points[1][1].as_f64().unwrap();
        let figure = agent[figure].as_f64().unwrap();
        assert!((last / figure - 1.0).abs() < 1e-6, "{tag} is {last}, not {figure}");
    }
    let n_trades = agent["n_trades"].as_f64();
    let histograms = &found["histograms"];
    assert_eq!(histograms["test/trade_net_pnl"]["num"].as_f64(), n_trades);
    assert_eq!(histograms["test/returns"]["num"], 352.0);
    for exposure in ["-1", "0", "1"] {
        assert_eq!(histograms[format!("test/q_values/{exposure}")]["num"], 352.0);
    }
    let config = found["texts"]["config"].as_str().unwrap();
    let config = config.strip_prefix("```json\n").unwrap().strip_suffix("\n```").unwrap();
    let config: Value = serde_json::from_str(config).unwrap();
    assert_eq!(config, session["config"]["training"]);
}

#[test]
fn several_sessions_compare_by_settings_and_results() {
    let Some(python) = python::with_packages(&PACKAGES) else { return };
    let runs = tempfile::tempdir().unwrap();
    let mut expected = Vec::new();
    for seed in ["7", "8"] {
        let workspace = Workspace::new();
        workspace.train(&["--seed", seed, "--episodes", "1"]);
        let event_file = workspace.find("logs/tensorboard", "events").unwrap();
        let run = runs.path().join(seed);
        fs::create_dir(&run).unwrap();
        fs::copy(&event_file, run.join(event_file.file_name().unwrap())).unwrap();
        expected.push(workspace.session()["metrics"]["agent"]["net_return"].as_f64().unwrap());
    }
    let found = read(&python, runs.path());
    let sessions = found["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    for (session, (seed, net_return)) in sessions.iter().zip([7.0, 8.0].iter().zip(expected)) {
        assert_eq!(session["hparams"]["seed"], *seed);
        assert_eq!(session["hparams"]["agent.n_trees"], 4.0);
        assert_eq!(session["status"], "STATUS_SUCCESS");
        let metric = session["metrics"]["test/net_return"].as_f64().unwrap();
        assert!((metric - net_return).abs() < 1e-6, "{metric} is not {net_return}");
    }
}

#[test]
fn tensorboard_reads_a_run_that_still_runs_and_one_that_was_killed() {
    let Some(python) = python::with_packages(&PACKAGES) else { return };
    let (workspace, mut child, early) = long_run(&python);
    let n_points = |found: &Value| found["scalars"]["train/reward"].as_array().unwrap().len();
    child.kill().unwrap();
    child.wait().unwrap();
    let folder = workspace.path("logs/tensorboard");
    let late = read(&python, &folder);
    assert!(n_points(&late) >= n_points(&early));
    assert_eq!(late["sessions"][0]["status"], "STATUS_UNKNOWN");
    // A kill in the middle of a write leaves a part of a record.
    let file: PathBuf = workspace.find("logs/tensorboard", "events").unwrap();
    let bytes = fs::read(&file).unwrap();
    for n_cut in [1, 3, 17, 100] {
        fs::write(&file, &bytes[..bytes.len() - n_cut]).unwrap();
        let cut = read(&python, &folder);
        let (n_cut_points, n_all) = (n_points(&cut), n_points(&late));
        assert!(n_cut_points <= n_all && n_cut_points + 4 > n_all, "{n_cut_points} of {n_all}");
    }
}
