//! Exposures for new bars: those of training's evaluation.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

mod archive;
mod live;
mod made_for;
mod options;

use serde_json::Value;
use trainer::learning::model::TradingModel;
use trainer::market::bars::BarSource;
use trainer::market::features::{FeatureEngine, FeatureSet};
use trainer::output::export::export_onnx;

use crate::cli::{CommandOutput, MODEL, Workspace};

/// `trainer predict` on the model of a trained workspace.
#[track_caller]
fn predict(workspace: &Workspace, arguments: &[&str]) -> String {
    workspace.predict(arguments).success().stdout_text()
}

/// The fills of the last evaluation, as (time, units, price).
fn traced_fills(workspace: &Workspace) -> Vec<(String, f64, f64)> {
    let number = |event: &Value, key: &str| event[key].as_f64().unwrap();
    let events = workspace.events();
    let is_fill = |event: &&Value| {
        event["phase"] == "test" && event["episode"] == 2 && event["units"].is_number()
    };
    let fills = events.iter().filter(is_fill).map(|event| {
        let time = event["time"].as_str().unwrap().to_owned();
        (time, number(event, "units"), number(event, "price"))
    });
    fills.collect()
}

/// The rule of decision is one in code, in the JSON beside an ONNX file
/// and in the docs: from the exposure last asked for.
#[test]
fn each_decision_starts_from_the_exposure_last_asked_for() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    let first = workspace.session()["split"]["test"]["first"].as_str().unwrap().to_owned();
    let rows = predict(&workspace, &["--data", "bars.csv", "--from", &first]);
    let model = TradingModel::load(&workspace.path(MODEL)).unwrap();
    export_onnx(&workspace.path(MODEL), &workspace.path("out/model.onnx")).unwrap();
    let about: Value = serde_json::from_str(&workspace.text("out/model.json")).unwrap();
    let cost = about["cost_per_exposure"].as_f64().unwrap();
    let set: FeatureSet = serde_json::from_value(model.metadata().features.clone()).unwrap();
    let mut engine = FeatureEngine::new(&set);
    let mut features = vec![0.0; set.n_features()];
    let source = BarSource::open("bars.csv", workspace.root()).unwrap();
    let (mut asked, mut values, mut n_trades) = (0.0, vec![0.0; model.exposures().len()], 0);
    for (bar, row) in source.read().unwrap().zip(rows.lines().skip(1)) {
        engine.push(&bar.unwrap(), &mut features);
        let cells: Vec<&str> = row.split(',').collect();
        let Ok(exposure) = cells[1].parse::<f64>() else { continue };
        model.policy().values(&features, &mut values);
        let nets =
            model.exposures().iter().zip(&values).map(|(a, q)| (*a, q - cost * (a - asked).abs()));
        let best = nets.clone().map(|net| net.1).fold(f64::NEG_INFINITY, f64::max);
        assert!(
            nets.clone().any(|(a, net)| a.to_bits() == exposure.to_bits() && net >= best),
            "{row}: {:?}",
            nets.collect::<Vec<_>>()
        );
        n_trades += usize::from(exposure.to_bits() != f64::to_bits(asked));
        asked = exposure;
    }
    assert!(n_trades > 1, "it never traded; the test proves nothing");
    let held = about["held"].as_str().unwrap();
    let docs = include_str!("../../../docs/learner.md");
    let readme = include_str!("../../../trainer/README.md");
    for (name, text) in [("held", held), ("docs", docs), ("readme", readme)] {
        assert!(
            text.contains("exposure last asked for") || text.contains("exposure it last asked for"),
            "{name}"
        );
    }
    assert!(about["choice"].as_str().unwrap().contains("cost_per_exposure * |a - held|"));
}

#[test]
fn the_test_bars_get_the_decisions_of_training() {
    let workspace = Workspace::new();
    workspace.train(&[]);
    let rows = predict(&workspace, &["--data", "bars.csv"]);
    assert_eq!(rows.lines().count(), 2001, "a row a bar, below the names");

    // The rows of the test bars, replayed, are the evaluation: fill by
    // fill, to the last bit of the equity.
    let session = workspace.session();
    let first = session["split"]["test"]["first"].as_str().unwrap();
    let is_test = |row: &&str| row.split(',').next().unwrap() >= first;
    let signals: Vec<&str> = rows.lines().skip(1).filter(is_test).collect();
    assert_eq!(signals.len(), 352);
    let signals = format!("time,exposure,note\n{}\n", signals.join("\n"));
    let replay = workspace.replay("bars.csv", &signals);
    let replayed: Vec<_> = replay["fills"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fill| {
            let number = |key: &str| fill[key].as_f64().unwrap();
            (fill["time"].as_str().unwrap().to_owned(), number("units"), number("price"))
        })
        .collect();
    let traced = traced_fills(&workspace);
    assert!(traced.len() > 4, "the agent hardly traded; the test proves little");
    assert_eq!(replayed, traced);
    let agent = &session["metrics"]["agent"];
    assert_eq!(replay["metrics"]["final_equity"], agent["final_equity"]);
}

#[test]
fn rows_without_an_exposure_say_why() {
    let workspace = Workspace::new();
    workspace.train(&[]);
    let rows = predict(&workspace, &["--data", "bars.csv"]);
    let row = |idx: usize| rows.lines().nth(idx).unwrap();
    assert_eq!(row(0), "time,exposure,note");
    assert_eq!(row(1), "2017-07-14T02:40:00Z,,warm_up");
    let first_warm = rows.lines().position(|row| row.ends_with(",in_sample")).unwrap();
    assert!(rows.lines().skip(1).take(first_warm - 1).all(|row| row.ends_with(",,warm_up")));
    // 1,600 bars train; what follows was not seen.
    assert!(row(1600).ends_with(",in_sample"), "{}", row(1600));
    assert!(row(1601).ends_with(','), "{}", row(1601));
    let exposure: f64 = row(2000).split(',').nth(1).unwrap().parse().unwrap();
    assert!([-1.0, 0.0, 1.0].contains(&exposure), "{exposure}");
}

#[test]
fn later_bars_change_no_earlier_row() {
    let workspace = Workspace::new();
    workspace.train(&[]);
    let whole = predict(&workspace, &["--data", "bars.csv"]);
    let bars = workspace.text("bars.csv");
    let head: Vec<&str> = bars.lines().take(1901).collect();
    workspace.write("head.csv", &(head.join("\n") + "\n"));
    let part = predict(&workspace, &["--data", "head.csv"]);
    assert_eq!(part.lines().count(), 1901);
    assert!(whole.starts_with(&part));
}

#[test]
fn a_bad_row_names_its_line_and_column() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    workspace
        .write("bad.csv", "time,open,high,low,close\n2020-01-01,1,2,1,1\n2020-01-02,1,x,1,1\n");
    let assert = workspace.predict(&["--data", "bad.csv"]).code(1);
    insta::assert_snapshot!(assert.stderr_text().lines().last().unwrap(), @"error: `bad.csv` line 3, column `high`: `x` is not a number; write digits and a decimal point, such as `4367.1`, or leave the row out with `--bad-rows drop`");
    // What was right before it is out.
    assert_eq!(assert.stdout_text(), "time,exposure,note\n2020-01-01T00:00:00Z,,warm_up\n");
}
