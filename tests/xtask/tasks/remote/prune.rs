//! `prune --remote`: the plan of the local one, by workspace.

use serde_json::{Value, json};

use super::{Team, listed, run, task};
use crate::support::Sandbox;

/// Archives at these hours of a day, and pushes them.
fn push_hours(sandbox: &Sandbox, hours: std::ops::Range<u32>) {
    for hour in hours {
        let sharpe = f64::from(20 - hour) / 10.0;
        let session =
            format!(r#"{{"status": "completed", "metrics": {{"agent": {{"sharpe": {sharpe}}}}}}}"#);
        sandbox.write("logs/session.json", &session);
        sandbox.archive(&format!("2026-01-02T{hour:02}:00:00Z"));
    }
    task(sandbox, &["push", "--all"]);
}

fn removed(document: &Value) -> Vec<String> {
    let names = document["archives"]["remove"].as_array().unwrap();
    let first = |it: &Value| it.as_str().unwrap().split(' ').next().unwrap().to_owned();
    names.iter().map(first).collect()
}

#[test]
fn it_removes_what_the_local_prune_would() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = team.workspace();
    push_hours(&sandbox, 3..8);
    let names = sandbox.archive_names();
    // A pin that was not pushed yet holds, too.
    sandbox.xtask(&["pin", &names[1]]).assert().code(0);
    let rules = ["--keep", "1", "--keep-best", "1", "--metric", "sharpe"];
    let with = |more: &[&str]| task(&sandbox, &[&["prune"], &rules[..], more].concat());
    let local = with(&["--dry-run"]);
    let planned = with(&["--remote", "--dry-run"]);
    assert_eq!(removed(&planned), removed(&local));
    assert_eq!(removed(&planned), [names[3].clone(), names[2].clone()]);
    let reasons = |document: &Value| -> Vec<Value> {
        let kept = document["archives"]["keep"].as_array().unwrap();
        kept.iter().map(|kept| kept["reasons"].clone()).collect()
    };
    assert_eq!(reasons(&planned), reasons(&local));
    assert_eq!(listed(&sandbox).len(), 5);

    with(&["--remote"]);
    assert_eq!(listed(&sandbox), [names[4].clone(), names[1].clone(), names[0].clone()]);
    assert_eq!(sandbox.archive_names().len(), 5);
    team.restic(&["check", "--read-data"]);
    // Nobody holds a receipt for what is gone.
    let plan = task(&sandbox, &["prune", "--keep", "1", "--keep-pushed-only", "--dry-run"]);
    assert_eq!(removed(&plan), [names[0].clone()]);
}

#[test]
fn each_workspace_counts_by_itself() {
    let Some(team) = Team::with_repository() else { return };
    let (one, other) = (team.workspace(), team.workspace());
    push_hours(&one, 3..6);
    push_hours(&other, 6..8);
    task(&other, &["prune", "--remote", "--keep", "1"]);
    let newest = |sandbox: &Sandbox| sandbox.archive_names().last().unwrap().clone();
    assert_eq!(listed(&one), [newest(&other), newest(&one)]);
}

#[test]
fn a_policy_that_fits_nothing_removes_nothing() {
    let Some(team) = Team::with_repository() else { return };
    let sandbox = team.workspace();
    push_hours(&sandbox, 3..5);
    for rules in [&["--keep-tag", "unknown"][..], &["--keep", "0"]] {
        let refused = run(&sandbox, &[&["prune", "--remote"], rules].concat());
        assert_eq!(refused.code, 2, "{}", refused.stderr);
    }
    assert_eq!(listed(&sandbox).len(), 2);
    assert_eq!(json!(team.snapshots().len()), json!(2));
}
