//! `train --audit` tells real figures from impossible ones.

use serde_json::{Value, json};

use crate::account::alarm::{leaking, normal};
use crate::cli::columns::walk;
use crate::cli::{CommandOutput, Workspace};

const NAMES: [&str; 7] = [
    "filled_1_bar_later",
    "filled_2_bars_later",
    "filled_4_bars_later",
    "costs_doubled",
    "placebo",
    "shuffled_bars",
    "prices_rescaled",
];

/// Trains and audits; returns the verdicts.
#[track_caller]
fn audit(workspace: &Workspace, arguments: &[&str]) -> Vec<Value> {
    let assert = workspace.command().arg("--audit").args(arguments).assert();
    let table = assert.stdout_text();
    let session = workspace.session();
    let verdicts = session["audit"]["verdicts"].as_array().expect("it was audited").clone();
    let names: Vec<&Value> = verdicts.iter().map(|verdict| &verdict["name"]).collect();
    assert_eq!(names, NAMES);
    let page = workspace.text("logs/report.html");
    for verdict in &verdicts {
        let finding = verdict["finding"].as_str().expect("it is a text");
        assert!(table.contains(finding), "{finding} is not in {table}");
        let name = verdict["name"].as_str().expect("it has a name").replace('_', " ");
        assert!(page.contains(&format!("<th scope=\"row\">{name}</th>")), "no {name} on the page");
    }
    let has_failed = verdicts.iter().any(|verdict| verdict["verdict"] == "failed");
    let code = if has_failed || session.get("alarms").is_some() { 3 } else { 0 };
    assert_eq!(assert.exit_code(), code, "{table}");
    verdicts
}

fn judgement<'a>(verdicts: &'a [Value], name: &str) -> &'a str {
    let found = verdicts.iter().find(|verdict| verdict["name"] == name).expect("it was judged");
    found["verdict"].as_str().expect("it is a word")
}

#[test]
fn a_leak_of_the_next_return_is_gone_one_bar_later() {
    let verdicts = audit(&leaking(), &["--split"]);
    for name in &NAMES[..3] {
        assert_eq!(judgement(&verdicts, name), "failed", "{name}");
    }
    // The leak is timed well, and the bars themselves are not to blame.
    assert_eq!(judgement(&verdicts, "placebo"), "passed");
    assert_eq!(judgement(&verdicts, "shuffled_bars"), "passed");
    assert!(verdicts[4]["p_value"].as_f64().unwrap() < 0.01);
}

#[test]
fn an_edge_that_lasts_stands_and_chance_does_not() {
    // Waves of 160 bars under noise.
    let verdicts = audit(&Workspace::new(), &[]);
    for name in ["filled_1_bar_later", "filled_2_bars_later", "costs_doubled", "placebo"] {
        assert_eq!(judgement(&verdicts, name), "passed", "{name}");
    }
    let chance = Workspace::with_bars(&walk(3000, |_, at| normal(3, at)));
    let verdicts = audit(&chance, &[]);
    assert_ne!(judgement(&verdicts, "placebo"), "passed");
}

#[test]
fn an_audit_is_the_same_each_time_on_any_threads_and_changes_no_model() {
    let [one, other] = [leaking(), leaking()];
    let [of_one, of_three] = ["1", "3"].map(|threads| ["--split", "--threads", threads]);
    assert_eq!(audit(&one, &of_one), audit(&other, &of_three));
    let plain = leaking();
    plain.train(&["--split"]);
    assert!(plain.model() == one.model(), "the audit changed the model");
    assert_eq!(plain.session()["metrics"], one.session()["metrics"]);
}

/// Whoever replays the decisions a bar later gets the audit's figure.
#[test]
fn fills_one_bar_later_are_those_of_simulate_with_later_signals() {
    let workspace = Workspace::with_bars(&walk(3000, |_, at| normal(3, at)));
    let verdicts = audit(&workspace, &["--split"]);
    let rows = workspace.predict(&["--data", "bars.csv"]).success().stdout_text();
    let session = workspace.session();
    let first = session["split"]["test"]["first"].as_str().unwrap();
    let tested: Vec<(&str, &str)> = rows
        .lines()
        .skip(1)
        .filter(|row| *row >= first)
        .map(|row| {
            let mut cells = row.split(',');
            (cells.next().unwrap(), cells.next().unwrap())
        })
        .collect();
    let later = tested.iter().skip(1).zip(&tested);
    let later: String =
        later.map(|((time, _), (_, exposure))| format!("{time},{exposure}\n")).collect();
    let header = workspace.text("bars.csv").lines().next().unwrap().to_owned();
    let n_before = session["split"]["test"]["first_bar_idx"].as_u64().unwrap();
    let bars = workspace.text("bars.csv");
    let bars: Vec<&str> = bars.lines().skip(1 + usize::try_from(n_before).unwrap()).collect();
    workspace.write("test.csv", &format!("{header}\n{}\n", bars.join("\n")));
    let replay = workspace.replay("test.csv", &format!("time,exposure\n{later}"));
    assert_eq!(verdicts[0]["net_return"], replay["metrics"]["net_return"]);
}

#[test]
fn a_walk_forward_and_several_symbols_are_audited_as_they_are_judged() {
    let workspace = leaking();
    let verdicts = audit(&workspace, &["--walk-forward", "2"]);
    assert_eq!(judgement(&verdicts, "filled_1_bar_later"), "failed");
    assert_eq!(judgement(&verdicts, "placebo"), "passed");
    for arguments in [["--split"].as_slice(), &["--walk-forward", "2"]] {
        let workspace = leaking();
        let bars = workspace.text("bars.csv");
        std::fs::create_dir(workspace.path("names")).unwrap();
        for name in ["A", "B"] {
            workspace.write(&format!("names/{name}.csv"), &bars);
        }
        let folder = workspace.path("names").display().to_string();
        let all = [&["--data", folder.as_str()], arguments].concat();
        let verdicts = audit(&workspace, &all);
        assert_eq!(judgement(&verdicts, "filled_1_bar_later"), "failed");
        assert_eq!(workspace.session()["symbols"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn an_account_that_earned_nothing_has_nothing_to_lose() {
    let workspace = Workspace::with_bars(&walk(1500, |_, at| normal(3, at)));
    workspace.configure(&json!({ "environment": { "commission_bps": 400.0 } }));
    let verdicts = audit(&workspace, &[]);
    assert_eq!(judgement(&verdicts, "filled_1_bar_later"), "undecided");
}
