//! Holdout bars, which no session reads.

use serde_json::json;
use trainer::config::{TrainingConfig, WalkForwardConfig};
use trainer::training::train::Split;

use super::portfolio::in_a_folder;
use super::{CommandOutput, MODEL, Workspace, bars};

/// Trains on bars of which the last `n_changed` differ, and returns the
/// model, the figures and the curve.
fn trained(n_changed: usize, settings: &serde_json::Value) -> (Vec<u8>, String, String) {
    let workspace = Workspace::with_bars(&bars::csv_with_end(2000, n_changed, 1.5));
    workspace.configure(settings);
    workspace.train(&[]);
    let session = workspace.session();
    let path = workspace.path(MODEL);
    let model = trainer::learning::model::TradingModel::load(&path).unwrap();
    let probe: Vec<f64> = (0..model.n_features()).map(|idx| idx as f64 / 10.0).collect();
    let mut values = [0.0; 3];
    model.policy().values(&probe, &mut values);
    (
        values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        session["metrics"].to_string(),
        workspace.text("logs/trades/equity.csv"),
    )
}

#[test]
fn held_out_bars_change_neither_the_model_nor_the_figures() {
    for settings in [
        json!({ "holdout_ratio": 0.25 }),
        json!({ "holdout_ratio": 0.25, "walk_forward": { "windows": 2 } }),
    ] {
        let whole = trained(0, &settings);
        assert!(whole == trained(500, &settings), "{settings}");
        assert!(whole != trained(501, &settings), "{settings}");
    }
}

#[test]
fn the_bars_before_are_divided_as_if_they_were_all() {
    for windows in [0, 3] {
        let walk_forward =
            WalkForwardConfig { windows: Some(windows), ..WalkForwardConfig::default() };
        let all = TrainingConfig { walk_forward, ..TrainingConfig::default() };
        let held = TrainingConfig { holdout_ratio: 0.2, ..all.clone() };
        assert_eq!(Split::of(5000, &held).unwrap(), Split::of(4000, &all).unwrap());
        assert_eq!(Split::windows(5000, &held).unwrap(), Split::windows(4000, &all).unwrap());
    }
}

#[test]
fn the_test_of_the_rest_begins_where_the_held_out_bars_do() {
    for n_bars in [4001, 5003, 7919] {
        for holdout_ratio in [0.1, 0.2, 0.3, 0.35] {
            let walk_forward =
                WalkForwardConfig { windows: Some(0), ..WalkForwardConfig::default() };
            let once = TrainingConfig { walk_forward, ..TrainingConfig::default() };
            let held = TrainingConfig { holdout_ratio, ..once.clone() };
            let rest = TrainingConfig { train_ratio: 1.0 - holdout_ratio, ..once };
            let validated = Split::of(n_bars, &held).unwrap();
            let tested = Split::of(n_bars, &rest).unwrap();
            assert_eq!(validated.test_end(), tested.n_train);
        }
    }
}

#[test]
fn several_symbols_hold_out_the_same_time() {
    let workspace = in_a_folder();
    workspace.configure(&json!({ "data": "bars", "holdout_ratio": 0.25 }));
    workspace.train(&[]);
    let session = workspace.session();
    // Of 2,000 bars of time, 1,500 are left, of which 0.8 train.
    let n_bars = |part: &str| session["split"][part]["n_bars"].as_u64().unwrap();
    assert_eq!(n_bars("train"), 3 * 1200);
    assert_eq!(n_bars("test") + n_bars("embargo"), 3 * 300);
    let curve = workspace.text("logs/trades/equity.csv");
    assert_eq!(session["split"]["test"]["last"], curve.lines().last().unwrap()[..20]);
}

#[test]
fn a_wrong_share_is_told_and_the_audit_keeps_away() {
    let workspace = Workspace::new();
    workspace.configure(&json!({ "holdout_ratio": 1.0 }));
    assert!(workspace.fail(&[], 1).contains("`holdout_ratio` is 1"));
    workspace.configure(&json!({ "holdout_ratio": 0.25 }));
    let notes = workspace.command().args(["--audit"]).assert().stderr_text();
    assert!(notes.contains("not audited: the audit would read"), "{notes}");
}
