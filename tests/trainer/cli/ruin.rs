//! A training whose account is ruined out of sample.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};
use trainer::output::export::{MlflowRun, export_mlflow};
use trainer::session::tensorboard::read_scalars;
use trainer::session::{Layout, time_of_ms};

use super::{CommandOutput, Workspace};

/// 2,000 bars: quiet ones to learn from, then gaps up and down at odd
/// times, which no account with leverage outlives.
fn gapping() -> String {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    for idx in 0..2000_i64 {
        let wave = 100.0 + 5.0 * (idx as f64 / 25.0).sin();
        let is_high = idx >= 1700 && idx * idx / 7 % 2 == 0;
        let close = if is_high { wave * 3.0 } else { wave };
        let (high, low) = (close * 1.002, close * 0.998);
        let time = time_of_ms(1_506_816_000_000 + idx * 1_800_000);
        writeln!(text, "{time},{close},{high},{low},{close},{}", 10 + idx % 7).unwrap();
    }
    text
}

fn trained() -> (Workspace, String) {
    let workspace = Workspace::with_bars(&gapping());
    workspace.configure(&json!({
        "data": "bars.csv",
        "environment": { "leverage": 10.0, "maintenance_margin": 0.004 },
    }));
    let out = workspace.command().assert().success().stdout_text();
    (workspace, out)
}

#[test]
fn a_ruined_training_says_so_wherever_it_is_shown() {
    let (workspace, out) = trained();
    let session = workspace.session();
    let agent = &session["metrics"]["agent"];
    assert_eq!(agent["is_bankrupt"], true);
    let when = agent["ruined_at"].as_str().unwrap();
    let line = format!("The agent was ruined at {when}");
    let page = workspace.text("logs/report.html");
    assert!(out.contains(&line) && page.contains(&line), "{out}");
    let sharpe = out.lines().find(|line| line.starts_with("Sharpe ")).unwrap();
    assert!(sharpe.contains("ruined"), "{sharpe}");
    for name in ["sharpe", "sharpe_low", "annual_return", "kurtosis", "kelly", "omega"] {
        assert_eq!(agent[name], Value::Null, "{name}");
        assert_eq!(agent["undefined"][name], "the account was ruined", "{name}");
    }
}

#[test]
fn metrics_measures_a_ruined_session_as_its_record_does() {
    let (workspace, _) = trained();
    let arguments = ["--equity", "logs/trades/equity.csv", "--format", "json"];
    let measured = workspace.run("metrics", &arguments).success().stdout_json();
    let agent = &workspace.session()["metrics"]["agent"];
    let mut n_compared = 0;
    for (name, figure) in measured["metrics"].as_object().unwrap() {
        if name != "undefined" {
            assert_eq!(figure, &agent[name], "{name}");
            n_compared += 1;
        }
    }
    assert!(n_compared >= 20, "{n_compared}");
}

#[test]
fn curves_and_exports_hold_no_figure_of_ruined_returns() {
    let (workspace, _) = trained();
    let folder = workspace.path("logs/tensorboard");
    let mut last = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let each = &mut |point: trainer::session::tensorboard::ScalarPoint| {
            last.insert(point.tag, point.value);
            Ok(())
        };
        read_scalars(&entry.unwrap().path(), each).unwrap();
    }
    for name in ["test/sharpe", "test/sharpe_low", "test/sharpe_high"] {
        assert!(last[name].is_nan(), "{name}");
    }
    assert!(last["test/net_return"] < -0.99, "{last:?}");
    let (layout, store) = (Layout::new(workspace.root()), workspace.path("mlruns"));
    let run = MlflowRun { layout: &layout, store: &store, name: None, tags: &[] };
    let run = export_mlflow(&run).unwrap().path;
    for name in ["test/sharpe", "final/agent/sharpe", "final/agent/skewness"] {
        assert!(!run.join("metrics").join(name).exists(), "{name}");
    }
    let when = fs::read_to_string(run.join("tags/trainvault.ruined_at")).unwrap();
    assert_eq!(when, workspace.session()["metrics"]["agent"]["ruined_at"]);
}
