//! The run in MLflow's file store, read by the real MLflow (slow).

use std::fs;
use std::path::Path;

use serde_json::Value;
use trainer::output::export::{MlflowReport, MlflowRun, export_mlflow};
use trainer::session::Layout;

use super::trained;
use crate::cli::Workspace;
use crate::python;

const SCRIPT: &str = include_str!("mlflow_runs.py");

fn export(workspace: &Workspace, store: &Path, name: &str) -> MlflowReport {
    let layout = Layout::new(workspace.root());
    let tags = [("mlflow.note.content".to_owned(), "wider stops".to_owned())];
    export_mlflow(&MlflowRun { layout: &layout, store, name: Some(name), tags: &tags }).unwrap()
}

#[test]
fn a_run_appears_once_with_all_its_files() {
    let workspace = trained();
    let store = workspace.path("a folder/mlruns");
    let first = export(&workspace, &store, "first");
    let again = export(&workspace, &store, "second");
    assert!(first.is_new && !again.is_new);
    assert_eq!(first.path, again.path);
    let text = |name: &str| fs::read_to_string(first.path.join(name)).unwrap();
    assert_eq!(text("params/agent.n_trees"), "4");
    assert_eq!(text("tags/mlflow.runName"), "first");
    assert_eq!(text("tags/mlflow.note.content"), "wider stops");
    assert!(text("meta.yaml").contains("artifact_uri: \"file:///"), "{}", text("meta.yaml"));
    assert!(text("meta.yaml").contains("a%20folder"), "{}", text("meta.yaml"));
    let net_return = workspace.session()["metrics"]["agent"]["net_return"].as_f64().unwrap();
    let line = text("metrics/final/agent/net_return");
    let fields: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(fields[1].parse::<f64>().unwrap().to_bits(), net_return.to_bits());
    assert_eq!(text("metrics/train/reward").lines().count(), 4);
    let model = first.path.join("artifacts/models/memory_efficient_model_final.zip");
    assert_eq!(fs::read(model).unwrap(), workspace.model());
    assert_eq!(fs::read_dir(&store).unwrap().count(), 1, "something is left over");
}

/// A record of before figures ended at ruin holds a Sharpe ratio.
#[test]
fn a_ruined_account_has_no_figure_of_its_returns() {
    let workspace = trained();
    let mut session = workspace.session();
    let agent = &mut session["metrics"]["agent"];
    agent["final_equity"] = 0.008.into();
    agent["net_return"] = (-0.999_999_2).into();
    agent["sharpe"] = 4.03.into();
    agent["n_liquidations"] = 3.into();
    let episode = &mut session["episodes"][0];
    episode["test_net_return"] = (-0.999_999_2).into();
    episode["test_sharpe"] = 4.03.into();
    workspace.write("logs/session.json", &session.to_string());
    let old = export(&workspace, &workspace.path("mlruns"), "old").path;
    for name in ["final/agent/sharpe", "final/agent/kurtosis", "episode/test_sharpe"] {
        assert!(!old.join("metrics").join(name).exists(), "{name}");
    }
    assert!(old.join("metrics/final/agent/max_drawdown").exists());
    assert!(old.join("metrics/final/buy_and_hold/sharpe").exists());
    let tag = |run: &Path| fs::read_to_string(run.join("tags/trainvault.ruined_at")).unwrap();
    assert_eq!(tag(&old), "unknown");
    session["metrics"]["agent"]["ruined_at"] = "2017-11-05T06:30:00Z".into();
    workspace.write("logs/session.json", &session.to_string());
    let new = export(&workspace, &workspace.path("mlruns"), "new").path;
    assert_eq!(tag(&new), "2017-11-05T06:30:00Z");
    assert!(fs::read_to_string(new.join("metrics/final/agent/n_liquidations")).is_ok());
}

#[test]
fn mlflow_lists_runs_with_params_metrics_tags_and_artifacts() {
    let Some(python) = python::with_packages(&["mlflow==3.17.2"]) else { return };
    let store = tempfile::tempdir().unwrap();
    let mut sessions = Vec::new();
    for seed in ["7", "8"] {
        let workspace = Workspace::new();
        workspace.train(&["--seed", seed]);
        export(&workspace, store.path(), seed);
        sessions.push(workspace.session());
    }
    let printed = python::run(&python, SCRIPT, &[store.path()]);
    let runs: Vec<Value> = serde_json::from_str(&printed).unwrap();
    assert_eq!(runs.len(), 2);
    for (run, session) in runs.iter().zip(&sessions) {
        assert_eq!(run["status"], "FINISHED");
        assert_eq!(run["params"]["seed"], session["seed"].to_string());
        assert_eq!(run["params"]["data.sha256"], session["data"]["sha256"]);
        assert_eq!(run["tags"]["trainvault.session"], session["id"]);
        let rewards = run["metrics"]["train/reward"].as_array().unwrap();
        let steps: Vec<i64> = rewards.iter().map(|point| point[0].as_i64().unwrap()).collect();
        assert_eq!(steps, [400, 800, 1200, 1600, 2000, 2400, 2800, 3200]);
        let last = &run["metrics"]["final/agent/net_return"][0];
        assert_eq!(last[1], session["metrics"]["agent"]["net_return"]);
        let episodes = run["metrics"]["episode/test_net_return"].as_array().unwrap();
        assert_eq!(episodes[0][1], session["episodes"][0]["test_net_return"]);
        let artifacts = run["artifacts"].as_array().unwrap();
        for name in ["logs", "config", "models/memory_efficient_model_final.zip"] {
            assert!(artifacts.contains(&name.into()), "no `{name}` in {artifacts:?}");
        }
        assert_eq!(run["session"], session["id"]);
    }
}
