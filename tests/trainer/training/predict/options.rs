//! Where the account begins, and the forms of the rows.

use serde_json::Value;

use super::{CommandOutput, MODEL, Workspace, predict};

#[test]
fn from_begins_flat_at_its_bar() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    let session = workspace.session();
    let first = session["split"]["test"]["first"].as_str().unwrap();
    let whole = predict(&workspace, &["--data", "bars.csv"]);
    let from = predict(&workspace, &["--data", "bars.csv", "--from", first]);
    let tail = |rows: &str| rows.lines().skip(1649).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(tail(&from), tail(&whole));
    assert!(from.lines().nth(1648).unwrap().ends_with(",,before_start"));
}

#[test]
fn the_position_held_weighs_in() {
    let workspace = Workspace::new();
    workspace.configure(&serde_json::json!({
        "environment": { "commission_bps": 900.0, "leverage": 2.0 },
        "agent": { "n_trees": 4, "memory_shares": 2, "min_samples_leaf": 50 },
    }));
    workspace.train(&["--episodes", "1"]);
    // Trading costs more than anything could earn: what is held stays.
    for position in ["-2", "2"] {
        let arguments =
            ["--data", "bars.csv", "--from", "2017-08-18 00:00:00", "--position", position];
        let rows = predict(&workspace, &arguments);
        let last = rows.lines().last().unwrap();
        assert_eq!(last.split(',').nth(1), Some(position), "{last}");
    }
    let stderr =
        workspace.predict(&["--data", "bars.csv", "--position", "3"]).code(1).stderr_text();
    let stderr = stderr.lines().last().unwrap();
    insta::assert_snapshot!(stderr, @"error: the position `3` is not among what the model may hold: at most `2`, long or short");
}

#[test]
fn json_is_one_document_or_an_object_a_line() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    let csv = predict(&workspace, &["--data", "bars.csv"]);
    let json = predict(&workspace, &["--data", "bars.csv", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["format"], &json["kind"]), (&1.into(), &"fitted_q".into()));
    let lines = predict(&workspace, &["--data", "bars.csv", "--format", "jsonl"]);
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json["exposures"].as_array().unwrap(), &lines);
    for (row, line) in csv.lines().skip(1).zip(&lines) {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(cells[0], line["time"]);
        assert_eq!(cells[1].parse().ok(), line["exposure"].as_f64());
        assert_eq!(cells[2], line["note"].as_str().unwrap_or_default());
    }
    assert_eq!(lines.len(), 2000);
}

#[test]
fn negative_prices_are_refused_as_in_training() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    let refusal = "only `simulate` takes such bars";
    let arguments = ["--model", MODEL, "--data", "bars.csv", "--negative-prices"];
    for (command, arguments) in [
        ("predict", &arguments[..]),
        ("train", &["--negative-prices"]),
        ("train", &["--check-leaks", "--negative-prices"]),
        ("train", &["--check", "--negative-prices"]),
    ] {
        let stderr = workspace.run(command, arguments).code(1).stdout("").stderr_text();
        assert!(stderr.contains(refusal), "{command} {arguments:?}: {stderr}");
    }
}
