//! The model as ONNX, judged by the real onnxruntime (slow).

use std::fs;

use serde::Deserialize;
use serde_json::Value;
use trainer::learning::ModelPart;
use trainer::learning::forest::splitmix64;
use trainer::learning::model::TradingModel;
use trainer::output::export::export_onnx;

use crate::cli::{MODEL, Workspace};
use crate::python;

const SCRIPT: &str = include_str!("onnx_values.py");

#[derive(Deserialize)]
struct Theirs {
    exposures: Vec<f64>,
    values: Vec<Vec<f64>>,
}

/// The features and thresholds of the first tree in `part`, if any.
fn splits_of(part: &ModelPart) -> Vec<(usize, f64)> {
    let stored: Value = serde_json::from_slice(&part.bytes).unwrap();
    let regressor = &stored["rule"]["regressor"];
    let forests = [
        &stored,
        &regressor["extra_trees"],
        &regressor["random_forest"],
        &regressor["xgboost"][0]["forest"],
    ];
    let Some(tree) = forests.iter().find_map(|forest| forest["trees"].get(0)) else {
        return Vec::new();
    };
    (0..tree["children"].as_array().unwrap().len())
        .filter(|node| tree["children"][node] != 0)
        .map(|node| {
            let feature = tree["features"][node].as_u64().unwrap();
            (usize::try_from(feature).unwrap(), tree["values"][node].as_f64().unwrap())
        })
        .collect()
}

/// Rows near the ones that the model proves itself on, so that they
/// reach many leaves; some features lie exactly on a threshold.
fn rows_of(workspace: &Workspace, model: &TradingModel, n_rows: usize) -> Vec<f64> {
    let file = fs::File::open(workspace.path(MODEL)).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let probe: Value = serde_json::from_reader(zip.by_name("probe.json").unwrap()).unwrap();
    let probe: Vec<Vec<f64>> = serde_json::from_value(probe["rows"].clone()).unwrap();
    let splits = splits_of(&model.policy().parts().unwrap()[0]);
    let n_features = model.n_features();
    let mut state = 7;
    let mut random = |n: usize| {
        state += 1;
        usize::try_from(splitmix64(state) % n as u64).unwrap()
    };
    let mut rows = Vec::new();
    for _ in 0..n_rows {
        let start = rows.len();
        // Each feature of another probe row: a state that never was.
        rows.extend((0..n_features).map(|feature| probe[random(probe.len())][feature]));
        if splits.is_empty() {
            continue;
        }
        let (feature, threshold) = splits[random(splits.len())];
        let neighbours = [threshold, threshold.next_up(), threshold.next_down()];
        rows[start + feature] = neighbours[random(3)];
    }
    rows
}

#[track_caller]
fn check_with(settings: &Value) {
    let Some(python) = python::with_packages(&["onnx==1.23.2", "onnxruntime==1.32.0"]) else {
        return;
    };
    let workspace = Workspace::new();
    workspace.configure(settings);
    workspace.train(&["--episodes", "1"]);
    let model = TradingModel::load(&workspace.path(MODEL)).unwrap();
    let rows = rows_of(&workspace, &model, 1000);
    let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
    fs::write(workspace.path("rows.bin"), bytes).unwrap();
    export_onnx(&workspace.path(MODEL), &workspace.path("model.onnx")).unwrap();
    let paths = [workspace.path("model.onnx"), workspace.path("rows.bin")];
    let printed = python::run(&python, SCRIPT, &[&paths[0], &paths[1]]);
    let theirs: Theirs = serde_json::from_str(&printed).unwrap();
    assert_eq!(theirs.exposures, model.exposures());
    assert_eq!(theirs.values.len(), 1000);
    let mut values = vec![0.0; theirs.exposures.len()];
    let mut differing = std::collections::BTreeSet::new();
    for (row, theirs) in rows.chunks(model.n_features()).zip(&theirs.values) {
        model.policy().values(row, &mut values);
        for (ours, theirs) in values.iter().zip(theirs) {
            // Rounded once to 32 bits, and summed in another order.
            let bound = ours.abs() * (2.0_f64.powi(-24) + 1e-14) + 1e-18;
            assert!((ours - theirs).abs() <= bound.min(1e-6), "{theirs} is not {ours}");
        }
        differing.insert(values[0].to_bits());
    }
    assert!(differing.len() > 20, "the rows reach {} leaves only", differing.len());
}

/// A small forecaster by `learner`.
fn forecast(learner: &str) -> Value {
    let mut forecast = serde_json::json!({
        "learner": learner, "min_t_statistic": 0, "refit_bars": 400, "memory_shares": 2,
    });
    if learner != "ridge" {
        forecast["n_trees"] = 12.into();
        forecast["min_samples_leaf"] = 20.into();
    }
    serde_json::json!({ "model": "forecast", "models": { "forecast": forecast } })
}

#[test]
fn onnxruntime_gives_the_same_values_of_forecasters() {
    for learner in ["ridge", "extra_trees", "random_forest", "xgboost"] {
        check_with(&forecast(learner));
    }
}

#[test]
fn a_forecaster_tells_its_threshold_and_its_features() {
    for (learner, n_trees) in [("ridge", 0), ("extra_trees", 12)] {
        let workspace = Workspace::new();
        workspace.configure(&forecast(learner));
        workspace.train(&["--episodes", "1"]);
        let report =
            export_onnx(&workspace.path(MODEL), &workspace.path("out/model.onnx")).unwrap();
        assert_eq!(report.n_trees, n_trees);
        let about: Value = serde_json::from_str(&workspace.text("out/model.json")).unwrap();
        assert_eq!(
            (&about["kind"], &about["features"][0]),
            (&"forecast".into(), &"return_1".into())
        );
        assert!(about["threshold"].as_f64() >= about["cost_per_exposure"].as_f64());
        assert!(about["choice"].as_str().unwrap().contains("threshold * |a - held|"));
    }
}

#[test]
fn onnxruntime_gives_the_same_values() {
    check_with(&serde_json::json!({}));
}

#[test]
fn onnxruntime_gives_the_same_values_of_deep_forests() {
    check_with(&serde_json::json!({
        "agent": {
            "n_trees": 20,
            "memory_shares": 1,
            "min_samples_leaf": 2,
            "exposures": [-1, -0.5, 0, 0.5, 1],
        },
    }));
}

#[test]
fn the_features_are_listed_beside_the_model() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    let path = workspace.path("out/model.onnx");
    let report = export_onnx(&workspace.path(MODEL), &path).unwrap();
    assert_eq!(report.n_trees, 12);
    let about: Value = serde_json::from_str(&workspace.text("out/model.json")).unwrap();
    assert_eq!(about["exposures"], serde_json::json!([-1.0, 0.0, 1.0]));
    assert_eq!(about["features"], about["feature_set"]["names"]);
    assert_eq!(about["model_sha256"], workspace.session()["model"]["sha256"]);
    let error = export_onnx(&workspace.path(MODEL), &path).unwrap_err();
    assert!(format!("{error:#}").contains("exists"), "{error:#}");
}
