//! Several symbols walk forward.

use std::fs;

use serde_json::{Value, json};

use super::super::{Workspace, bars};
use super::{SYMBOLS, final_equity, in_a_folder};

/// Three windows of 500 bars of time, after as many that only train.
fn walked(mode: &str) -> Workspace {
    let workspace = in_a_folder();
    let walk = json!({ "windows": 3, "mode": mode, "embargo_bars": 24 });
    let agent = json!({ "n_trees": 4, "memory_shares": 4, "min_samples_leaf": 100 });
    workspace.configure(&json!({ "data": "bars", "walk_forward": walk, "agent": agent }));
    workspace
}

#[test]
fn every_window_cuts_all_symbols_at_one_time() {
    for (mode, n_before) in [("expanding", 500), ("rolling", 0)] {
        let workspace = walked(mode);
        workspace.train(&[]);
        let session = workspace.session();
        let windows = session["walk_forward"]["windows"].as_array().unwrap();
        assert_eq!(windows.len(), 3);
        let split = &windows[1]["split"];
        let n_bars = |part: &str| split[part]["n_bars"].as_u64().unwrap();
        // Two whole symbols, and one that ends 100 bars before them.
        assert_eq!(n_bars("train"), 3 * (500 + n_before - 26));
        assert_eq!(n_bars("embargo"), 3 * 26);
        assert_eq!(n_bars("test"), 3 * 500);
        assert_eq!(windows[2]["split"]["test"]["n_bars"], 1400);
        assert_eq!(windows[1]["split"]["test"]["last"].as_str().unwrap(), time(1499));
        assert_eq!(windows[2]["split"]["test"]["first"].as_str().unwrap(), time(1500));
        let symbols = session["symbols"].as_array().unwrap();
        let sum: f64 = symbols.iter().map(|symbol| final_equity(&symbol["metrics"])).sum();
        let joint = final_equity(&session["metrics"]);
        assert!((sum / 3.0 - joint).abs() < 1e-6, "{sum} / 3 is not {joint}");
        assert_eq!(session["metrics"]["agent"]["n_bars"], 1499);
        let curve = workspace.text("logs/trades/equity.csv");
        assert_eq!(curve.lines().count(), 1501);
        // Over the first window the joined account is the first model's.
        let row: Vec<&str> = curve.lines().nth(500).unwrap().split(',').collect();
        let first = final_equity(&windows[0]["metrics"]);
        let joined: f64 = row[1].parse().unwrap();
        assert!((first / joined - 1.0).abs() < 0.01, "{first} and {joined}");
        let rows = workspace.text("logs/trades/walk_forward.csv");
        assert_eq!(rows.lines().count(), 4);
        // The saved model is fitted last, to all bars that there are.
        let n_last = if mode == "rolling" { 500 + 500 + 400 } else { 2000 + 2000 + 1900 };
        assert_eq!(session["split"]["train"]["n_bars"], n_last);
        assert_eq!(session["split"]["test"]["n_bars"], 0);
        assert_eq!(symbols[0]["split"]["test"]["last"], windows[2]["split"]["test"]["last"]);
    }
}

fn time(bar_idx: i64) -> String {
    let time = chrono::DateTime::from_timestamp(1_500_000_000 + 1800 * bar_idx, 0).unwrap();
    trainer::session::time_of_ms(time.timestamp_millis())
}

#[test]
fn one_symbol_walks_as_it_does_alone() {
    let single = Workspace::new();
    let folder = Workspace::new();
    let walk = json!({ "windows": 3, "embargo_bars": 24 });
    single.configure(&json!({ "walk_forward": walk }));
    folder.configure(&json!({ "walk_forward": walk, "data": "bars" }));
    fs::create_dir(folder.path("bars")).unwrap();
    fs::rename(folder.path("bars.csv"), folder.path("bars/AAA.csv")).unwrap();
    single.train(&[]);
    folder.train(&[]);
    let (single, folder) = (single.session(), folder.session());
    assert_eq!(folder["metrics"], single["metrics"]);
    let figures = |session: &Value| {
        let windows = session["walk_forward"]["windows"].as_array().unwrap().iter();
        windows.map(|it| (it["split"].clone(), it["metrics"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(figures(&folder), figures(&single));
}

#[test]
fn no_window_is_taught_by_any_symbols_later_bars() {
    let before = walked("expanding");
    let after = walked("expanding");
    // Bars of the last two windows of one symbol.
    after.write("bars/AAA.csv", &bars::csv_with_end(2000, 1000, 1.5));
    before.train(&[]);
    after.train(&[]);
    let first = |workspace: &Workspace| {
        workspace.session()["walk_forward"]["windows"][0]["metrics"].clone()
    };
    assert_eq!(first(&before), first(&after));
    let model = |workspace: &Workspace| {
        let path = "models/checkpoints/memory_efficient_model_window001.zip";
        let file = fs::File::open(workspace.path(path)).unwrap();
        let mut zip = zip::ZipArchive::new(file).unwrap();
        serde_json::from_reader::<_, Value>(zip.by_name("probe.json").unwrap()).unwrap()
    };
    assert_eq!(model(&before), model(&after));
    assert_eq!(SYMBOLS.len(), 3);
    assert_ne!(before.session()["metrics"], after.session()["metrics"]);
}

#[test]
fn bars_too_few_for_the_windows_are_told() {
    let workspace = walked("expanding");
    let stderr = workspace.fail(&["--check", "--walk-forward", "9"], 1);
    insta::assert_snapshot!(stderr, @"error: no symbol of `bars` has 338 bars to train in window 1, or none has 3 to test; give more bars or fewer windows, or change `walk_forward.purge_bars` and `walk_forward.embargo_bars`");
}

#[test]
fn other_seeds_of_all_windows_are_judged_as_if_they_were_trained_alone() {
    let workspace = walked("expanding");
    workspace.train(&["--seeds", "2"]);
    let session = workspace.session();
    let alone = walked("expanding");
    alone.train(&["--seed", "43"]);
    assert_eq!(session["seeds"][0]["agent"], session["metrics"]["agent"]);
    assert_eq!(session["seeds"][1]["agent"], alone.session()["metrics"]["agent"]);
    assert_ne!(session["seeds"][0]["agent"], session["seeds"][1]["agent"]);
    assert!(workspace.text("logs/report.html").contains("seed 43"));
}
