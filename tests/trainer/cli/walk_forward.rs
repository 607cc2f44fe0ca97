//! Runs that walk forward through the bars.

use serde_json::{Value, json};
use trainer::config::{ConfigFile, TrainingConfig, WalkForwardConfig, WindowMode};
use trainer::learning::model::TradingModel;
use trainer::training::train::Split;

use super::{CommandOutput, MODEL, TRAINED, Workspace, bars};

const WINDOW: &str = "models/checkpoints/memory_efficient_model_window";

fn splits(n_bars: u64, walk_forward: WalkForwardConfig) -> Vec<Split> {
    let config = TrainingConfig { walk_forward, ..TrainingConfig::default() };
    config.validate().unwrap();
    Split::windows(n_bars, &config).unwrap().unwrap()
}

#[test]
fn windows_train_on_bars_before_a_gap_before_their_test_bars() {
    for mode in [WindowMode::Expanding, WindowMode::Rolling] {
        let config = WalkForwardConfig { windows: Some(4), mode, purge_bars: 3, embargo_bars: 10 };
        let splits = splits(5003, config);
        // Five parts of 1000; what is left over trains first.
        let begins: Vec<u64> = splits.iter().map(Split::test_begin).collect();
        assert_eq!(begins, [1003, 2003, 3003, 4003]);
        assert_eq!(splits[3].test_end(), 5003);
        for (window, split) in splits.iter().enumerate() {
            assert_eq!(split.n_test, 1000);
            assert_eq!(split.train_begin + split.n_train + 13, split.test_begin());
            let begin = if mode == WindowMode::Rolling { window as u64 * 1000 } else { 0 };
            assert_eq!(split.train_begin, begin);
        }
    }
}

/// Three windows on 2,000 bars, which take the warm-up of 336 off the
/// first.
fn walked(mode: &str, arguments: &[&str]) -> Workspace {
    let workspace = Workspace::new();
    workspace.configure(&json!({ "walk_forward": { "mode": mode, "embargo_bars": 24 } }));
    let mut all = vec!["--walk-forward", "3"];
    all.extend(arguments);
    workspace.train(&all);
    workspace
}

#[test]
fn the_joined_account_trades_each_window_by_its_own_model() {
    let workspace = walked("expanding", &[]);
    let session = workspace.session();
    let windows = session["walk_forward"]["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 3);
    assert_eq!(session["episodes"].as_array().unwrap().len(), 8);
    assert_eq!(session["episodes"][3]["window"], 2);
    // One curve over all test bars, without a seam.
    let curve = workspace.text("logs/trades/equity.csv");
    let rows: Vec<Vec<&str>> =
        curve.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 1500);
    assert_eq!(rows[0][0], windows[0]["split"]["test"]["first"]);
    assert_eq!(rows[1499][0], windows[2]["split"]["test"]["last"]);
    let joined = &session["metrics"]["agent"];
    assert_eq!(joined["n_bars"], 1499);
    let last: f64 = rows[1499][1].parse().unwrap();
    assert_eq!(last.to_bits(), joined["final_equity"].as_f64().unwrap().to_bits());
    // Up to its last bar the first window is the first part of it, but
    // for the exit at its end.
    let first = windows[0]["metrics"]["agent"]["final_equity"].as_f64().unwrap();
    let joined_then: f64 = rows[499][1].parse().unwrap();
    assert!((first / joined_then - 1.0).abs() < 0.01, "{first} and {joined_then}");
}

#[test]
fn the_model_that_stays_is_fitted_last_to_all_bars_and_has_no_test() {
    let values_of = |workspace: &Workspace, model: &str| {
        let model = TradingModel::load(&workspace.path(model)).unwrap();
        let row: Vec<f64> = (0..model.n_features()).map(|idx| idx as f64 / 10.0).collect();
        let mut values = [0.0; 3];
        model.policy().values(&row, &mut values);
        (values.map(f64::to_bits), model)
    };
    let workspace = walked("expanding", &[]);
    let (last_window, _) = values_of(&workspace, &format!("{WINDOW}003.zip"));
    let (saved, model) = values_of(&workspace, MODEL);
    assert_ne!(saved, last_window);
    let session = workspace.session();
    let split = &model.metadata().data["split"];
    assert_eq!(split, &session["split"]);
    assert_eq!(split["train"]["n_bars"], 2000);
    assert_eq!(split["test"]["n_bars"], 0);
    assert_eq!(split["test"]["first"], Value::Null);
    assert_eq!(model.metadata().metrics["test"]["agent"], session["metrics"]["agent"]);
    assert_eq!(model.metadata().config["walk_forward"]["windows"], 3);
    for last_fit in &session["episodes"].as_array().unwrap()[6..] {
        assert_eq!(last_fit.get("window"), None);
        assert_eq!((&last_fit["n_bars"], &last_fit["test_n_trades"]), (&json!(2000), &Value::Null));
    }
    // A checkpoint on the way shows no other model's figures.
    let (_, on_the_way) =
        values_of(&workspace, "models/checkpoints/memory_efficient_model_ep007.zip");
    assert_eq!(on_the_way.metadata().metrics["test"]["agent"], Value::Null);
    // Whatever is predicted for these bars is no test of it.
    let rows = workspace.predict(&["--data", "bars.csv"]).success().stdout_text();
    assert!(rows.lines().last().unwrap().ends_with("in_sample"), "{rows}");
    // Rolling, it forgets what a later window would.
    let rolling = walked("rolling", &[]).session();
    assert_eq!(rolling["split"]["train"]["first_bar_idx"], 1500);
    assert_eq!(rolling["split"]["train"]["n_bars"], 500);
}

#[test]
fn five_windows_judge_unless_one_split_is_wanted_or_the_bars_are_too_few() {
    let windows = |n_bars: usize, arguments: &[&str]| {
        let workspace = Workspace::with_bars(&bars::csv(n_bars));
        workspace.configure(&json!({ "total_episodes": 1 }));
        let stdout = workspace.command().args(arguments).assert().code(TRAINED).stdout_text();
        let session = workspace.session();
        let windows = session["walk_forward"]["windows"].as_array().map_or(0, Vec::len);
        let n_tested = session["metrics"]["agent"]["n_bars"].as_u64().unwrap() + 1;
        (windows, n_tested, stdout.contains("too few for 5 windows"))
    };
    assert_eq!(windows(3000, &[]), (5, 2500, false));
    assert_eq!(windows(3000, &["--split"]), (0, 552, false));
    assert_eq!(windows(2000, &[]), (0, 352, true));
    assert_eq!(windows(2000, &["--split"]), (0, 352, false));
}

#[test]
fn a_setting_of_a_single_split_is_not_passed_over_in_silence() {
    let output = |arguments: &[&str]| {
        let workspace = Workspace::new();
        workspace.configure(&json!({ "total_episodes": 1, "embargo_bars": 100 }));
        let assert = workspace.command().args(arguments).assert().code(TRAINED);
        assert.stdout_text() + &assert.stderr_text()
    };
    let warning = "`embargo_bars` changes nothing where windows judge";
    assert!(output(&["--walk-forward", "1"]).contains(warning));
    assert!(!output(&["--split"]).contains(warning));
}

#[test]
fn a_window_learns_nothing_from_its_gap_and_later() {
    let model = |n_changed: usize| {
        let csv = bars::csv_with_end(2000, n_changed, 1.5);
        let workspace = Workspace::with_bars(&csv);
        workspace.train(&["--walk-forward", "1"]);
        let path = workspace.path(&format!("{WINDOW}001.zip"));
        let model = TradingModel::load(&path).unwrap();
        (model.to_bytes().unwrap(), workspace.session()["episodes"][1]["train_equity"].clone())
    };
    let values = |n_changed: usize| {
        let (_, equity) = model(n_changed);
        equity
    };
    // 1,000 bars test; the 50 before them are purge and embargo.
    assert_eq!(values(0), values(1050));
    assert_ne!(values(0), values(1051));
}

#[test]
fn both_modes_are_the_same_on_any_threads_and_differ_from_each_other() {
    let rolling = walked("rolling", &["--threads", "1"]);
    assert!(rolling.model() == walked("rolling", &["--threads", "2"]).model());
    let expanding = walked("expanding", &[]);
    assert!(expanding.model() != rolling.model());
    let first = |workspace: &Workspace| {
        let session = workspace.session();
        session["walk_forward"]["windows"][0]["metrics"].clone()
    };
    assert_eq!(first(&expanding), first(&rolling));
}

#[test]
fn too_many_windows_for_the_bars_are_told() {
    let workspace = Workspace::new();
    insta::assert_snapshot!(
        workspace.fail(&["--quiet", "--check", "--walk-forward", "6"], 1),
        @"error: `bars.csv` has 2000 bars: for 6 windows the first has 240 to train (it takes 338), 50 of purge and embargo, 285 to test (it takes 3); give more bars or fewer windows, or change `walk_forward.purge_bars` and `walk_forward.embargo_bars`"
    );
    workspace.configure(&json!({ "walk_forward": { "purge_bars": 1 } }));
    assert!(workspace.fail(&[], 1).contains("`walk_forward.purge_bars` is 1"));
}

#[test]
fn the_windows_are_told_in_the_table_and_in_a_file() {
    let workspace = Workspace::new();
    let stdout =
        workspace.command().args(["--walk-forward", "2"]).assert().code(TRAINED).stdout_text();
    assert!(stdout.contains("one account through 2 of 2 windows (expanding)"), "{stdout}");
    let table = workspace.text("logs/trades/walk_forward.csv");
    let cells: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(cells.len(), 3);
    let windows: Value = workspace.session()["walk_forward"]["windows"].clone();
    for (row, window) in cells[1..].iter().zip(windows.as_array().unwrap()) {
        assert_eq!(row[3], window["split"]["test"]["first"]);
        let found: f64 = row[5].parse().unwrap();
        let recorded = window["metrics"]["agent"]["net_return"].as_f64().unwrap();
        assert_eq!(found.to_bits(), recorded.to_bits());
        let day = &row[3][..10];
        assert!(stdout.contains(day), "no {day} in {stdout}");
    }
}
