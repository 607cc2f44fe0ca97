//! Columns of the bars' file as features.

use std::fs;

use serde_json::{Value, json};
use trainer::learning::forest::splitmix64;
use trainer::learning::model::TradingModel;
use trainer::market::features::FeatureSet;

use super::{CommandOutput, MODEL, Workspace, bars};

/// `csv` with the columns `oracle`, the return that a decision at the
/// bar's close earns, and `noise`, in front of the volume.
pub(crate) fn with_columns(csv: &str) -> String {
    let mut lines = csv.lines();
    let names = lines.next().unwrap().replace("volume", "oracle,noise,volume");
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let open = |at: usize| rows.get(at).map(|row| row[1].parse::<f64>().unwrap());
    let rows = rows.iter().enumerate().map(|(at, row)| {
        let oracle = open(at + 1).zip(open(at + 2)).map_or(0.0, |(from, to)| to / from - 1.0);
        let noise = (at * 7919 % 1000) as f64 / 1000.0;
        let [prices, volume] = [&row[..5], &row[5..]].map(|cells| cells.join(","));
        format!("{prices},{oracle},{noise},{volume}\n")
    });
    names + "\n" + &rows.collect::<String>()
}

/// `n_bars` bars of a random walk with a column `own`, made of the closes
/// and the bar's index.
pub(crate) fn walk(n_bars: usize, own: impl Fn(&[f64], usize) -> f64) -> String {
    let (mut state, mut price) = (5_u64, 100.0);
    let mut uniform = || {
        state = splitmix64(state);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let prices: Vec<f64> = (0..=n_bars)
        .map(|_| {
            price *= f64::exp(0.02 * uniform());
            price
        })
        .collect();
    let rows = (0..n_bars).map(|at| {
        let (open, close) = (prices[at], prices[at + 1]);
        let (high, low) = (open.max(close), open.min(close));
        let time = 1_500_000_000 + 1800 * at;
        let own = own(&prices[1..], at);
        format!("{time},{open},{high},{low},{close},{own}\n")
    });
    format!("time,open,high,low,close,own\n{}", rows.collect::<String>())
}

fn workspace(features: &Value) -> Workspace {
    let workspace = Workspace::with_bars(&with_columns(&bars::csv(2000)));
    workspace.configure(&json!({ "features": features }));
    workspace
}

fn net_return(workspace: &Workspace) -> f64 {
    workspace.session()["metrics"]["agent"]["net_return"].as_f64().unwrap()
}

#[test]
fn a_column_stands_beside_the_standard_features_or_alone() {
    let csv = walk(2000, |closes, at| closes.get(at + 1).map_or(0.0, |next| next / closes[at]));
    let run = |features: Value| {
        let workspace = Workspace::with_bars(&csv.replace("own", "oracle"));
        workspace.configure(&json!({ "features": features }));
        workspace.train(&[]);
        workspace
    };
    let beside = run(json!({ "columns": ["oracle"] }));
    let alone = run(json!({ "standard": false, "columns": ["open", "or*"] }));
    let names = |workspace: &Workspace| {
        let model = TradingModel::load(&workspace.path(MODEL)).unwrap();
        let features = model.metadata().features.clone();
        serde_json::from_value::<FeatureSet>(features).unwrap().names().to_vec()
    };
    assert_eq!(names(&alone), ["open", "oracle"]);
    let mut expected = FeatureSet::standard().names().to_vec();
    expected.push("oracle".to_owned());
    assert_eq!(names(&beside), expected);
    // Who knows the next return earns it: the column reaches the learner.
    let without = run(json!({}));
    let [beside, alone, without] = [&beside, &alone, &without].map(net_return);
    assert!(beside > without + 0.2 && alone > without + 0.2, "{beside} {alone} {without}");
}

#[test]
fn predict_asks_for_the_columns_and_gives_the_decisions_of_training() {
    let workspace = workspace(&json!({ "columns": ["oracle"] }));
    workspace.train(&[]);
    let rows = workspace.predict(&["--data", "bars.csv"]).success().stdout_text();
    let live = workspace.predict_live(&workspace.text("bars.csv"), &[]).success();
    assert!(live.stdout_text() == rows, "stdin gives other rows");
    let session = workspace.session();
    let first = session["split"]["test"]["first"].as_str().unwrap();
    let signals = rows.lines().skip(1).filter(|row| *row >= first).collect::<Vec<_>>().join("\n");
    let replay = workspace.replay("bars.csv", &format!("time,exposure,note\n{signals}\n"));
    let of_training = &session["metrics"]["agent"]["final_equity"];
    assert_eq!(&replay["metrics"]["final_equity"], of_training);
    workspace.write("bare.csv", &bars::csv(400));
    let stderr = workspace.predict(&["--data", "bare.csv"]).code(1).stderr_text();
    let stderr = stderr.replace('\n', "");
    assert!(
        stderr.starts_with(
            "error: the model takes the columns `oracle`: `bare.csv` has no column `oracle`, which \
             is to be a feature; found `time`"
        ),
        "{stderr}"
    );
}

#[test]
fn a_bad_cell_stops_before_anything_is_written() {
    let workspace = workspace(&json!({ "columns": ["noise"] }));
    let spoiled = workspace.text("bars.csv").replacen(",0.919,", ",,", 1);
    workspace.write("bars.csv", &spoiled);
    let stderr = workspace.fail(&["--check"], 1);
    insta::assert_snapshot!(stderr, @"error: `bars.csv` line 3, column `noise`: `` is empty, and a feature must be known at each bar's close: delete the rows before its first value, and fill later ones with the last known value");
    assert!(!workspace.exists("logs") && !workspace.exists("models"));
}

#[test]
fn settings_of_features_are_checked() {
    let check = |data: &str, features: Value, words: &str| {
        let workspace = workspace(&features);
        workspace.configure(&json!({ "data": data, "features": features }));
        let stderr = workspace.fail(&["--check"], 1);
        assert!(stderr.contains(words), "{stderr}");
    };
    let alone = "`features.columns` is empty; it must be at least one column while";
    check("bars.csv", json!({ "standard": false }), alone);
    let twice = "`features.columns` is \"noise\" twice; it must be each column once";
    check("bars.csv", json!({ "columns": ["noise", "noise"] }), twice);
    let unknown = "`bars.csv` has no column `return_1`, which is to be a feature";
    check("bars.csv", json!({ "standard": false, "columns": ["return_1"] }), unknown);
    let taken = "`features.columns` is `return_1`; it must be a name that no other feature has";
    check("bars.csv", json!({ "columns": ["return_1"] }), taken);
    let builtin = "`builtin:btcusd_30m` has no column `x`, which is to be a feature";
    check("builtin:btcusd_30m", json!({ "columns": ["x"] }), builtin);
}

#[test]
fn each_symbol_brings_its_columns() {
    let csv = with_columns(&bars::csv(2000));
    let features = json!({ "columns": ["*"] });
    let folder = Workspace::new();
    fs::create_dir(folder.path("bars")).unwrap();
    let mut rows = Vec::new();
    for (symbol, shift) in [("AAA", "1"), ("BBB", "2")] {
        // Another noise for the other symbol: what is mixed up differs.
        let csv = csv.replace(",0.", &format!(",{shift}."));
        folder.write(&format!("bars/{symbol}.csv"), &csv);
        rows.extend(csv.lines().skip(1).map(|row| format!("{symbol},{row}\n")));
    }
    folder.configure(&json!({ "data": "bars", "features": features }));
    folder.train(&[]);
    rows.sort_by_key(|row| row.split(',').nth(1).map(str::to_owned));
    let file =
        Workspace::with_bars(&format!("symbol,{}\n{}", csv.lines().next().unwrap(), rows.concat()));
    file.configure(&json!({ "features": features }));
    file.train(&[]);
    let figures = |workspace: &Workspace| {
        let session = workspace.session();
        [&session["metrics"], &session["symbols"]].map(Value::clone)
    };
    assert_eq!(figures(&folder), figures(&file));
    let predicted = |workspace: &Workspace, data: &str| {
        let text = workspace.predict(&["--data", data]).success().stdout_text();
        let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
        rows.sort();
        rows
    };
    assert_eq!(predicted(&folder, "bars"), predicted(&file, "bars.csv"));
}
