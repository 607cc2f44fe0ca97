//! What a run reports about its learning.

use serde_json::{Value, json};
use trainer::learning::model::TradingModel;

use crate::learning::agent::Noise;
use crate::session::tensorboard::decode;

use super::{CommandOutput, MODEL, TRAINED, Workspace, bars};

/// Trains one episode of four batches, with `changes` to the agent.
fn run(changes: &serde_json::Value) -> Workspace {
    let workspace = Workspace::new();
    let mut agent = json!({ "n_trees": 4, "memory_shares": 2, "min_samples_leaf": 50 });
    for (key, value) in changes.as_object().unwrap() {
        agent[key] = value.clone();
    }
    workspace.configure(&json!({ "total_episodes": 1, "agent": agent }));
    workspace.train(&[]);
    workspace
}

fn n_lines(workspace: &Workspace, words: &str) -> usize {
    workspace.text("logs/training.log").lines().filter(|line| line.contains(words)).count()
}

#[test]
fn the_change_of_the_values_by_each_backup_is_logged() {
    let workspace = run(&json!({ "backups_per_batch": 3 }));
    // Before the first backup, trees are fitted to the linear values.
    assert_eq!(n_lines(&workspace, "max |dQ|"), 1 + 3 * 4);
}

#[test]
fn the_number_of_backups_chosen_is_logged_and_drawn() {
    let workspace = run(&json!({ "backups_max": 3 }));
    assert_eq!(n_lines(&workspace, "edge found (t "), 1);
    let path = workspace.find("logs/tensorboard", "events.out.tfevents.").unwrap();
    let scalars = decode(&path);
    let drawn = scalars.iter().filter(|(_, name, _)| name == "learner/n_backups");
    let drawn: Vec<_> = drawn.map(|(step, _, n_backups)| (*step, *n_backups)).collect();
    assert_eq!(drawn.iter().map(|it| it.0).collect::<Vec<_>>(), [1600]);
    assert!(drawn.iter().all(|it| (1.0..=3.0).contains(&it.1)), "{drawn:?}");
    let judgement = &workspace.session()["judgement"];
    assert_eq!(judgement["has_edge"], true);
    // 1, 2 and 3 backups, four margins.
    assert_eq!(judgement["n_candidates"], 3 * 4);
}

/// Bars of a random walk.
fn noise_csv(n_bars: i64) -> String {
    let (mut noise, mut open) = (Noise(5), 100.0_f64);
    let rows = (0..n_bars).map(|at| {
        let close = open * (0.003 * noise.normal()).exp();
        let (time_ms, high, low) =
            (1_500_000_000_000 + at * 1_800_000, open.max(close), open.min(close));
        let row = format!("{time_ms},{open},{high},{low},{close},{}\n", 100.0 + noise.uniform());
        open = close;
        row
    });
    "time,open,high,low,close,volume\n".to_owned() + &rows.collect::<String>()
}

#[test]
fn on_noise_it_stays_flat_and_says_so_everywhere() {
    let workspace = Workspace::with_bars(&noise_csv(2000));
    workspace.configure(&json!({
        "agent": { "n_trees": 4, "memory_shares": 2, "min_samples_leaf": 50, "backups_max": 5 },
    }));
    let stdout = workspace.command().assert().success().stdout_text();
    assert!(stdout.contains("Held-out training bars: no edge found: flat (t "), "{stdout}");
    assert!(workspace.text("logs/report.html").contains("no edge found: flat"));
    let session = workspace.session();
    assert_eq!(session["judgement"]["has_edge"], false);
    assert_eq!(session["metrics"]["agent"]["n_trades"], 0);
    assert_eq!(session["episodes"].as_array().unwrap().len(), 1);
    assert_eq!(session["episodes"][0]["n_skipped"], 1);
    let skipped = "1 further episode skipped: nothing is left to learn from these bars";
    assert_eq!(n_lines(&workspace, skipped), 1);
    let model = TradingModel::load(&workspace.path(MODEL));
    let model = model.unwrap();
    let row = vec![1.0; model.n_features()];
    assert_eq!(model.predict(&row, 1.0).to_bits(), 0.0_f64.to_bits());
}

#[test]
fn each_episode_adds_a_member_until_the_committee_is_complete() {
    let members = |episodes: &str| {
        let workspace = Workspace::new();
        workspace.configure(&json!({ "agent": {
            "n_trees": 4, "memory_shares": 2, "min_samples_leaf": 50, "backups_max": 2, "committee": 2,
        }}));
        workspace.train(&["--episodes", episodes]);
        let path = workspace.path(MODEL);
        let counts = TradingModel::load(&path).unwrap().split_counts().unwrap();
        let test = |episode: &Value| episode["test_net_return"].clone();
        let episodes = workspace.session()["episodes"].as_array().unwrap().clone();
        let n_skipped = episodes.iter().filter_map(|episode| episode["n_skipped"].as_u64()).sum();
        let last = episodes.last().map(test);
        ((counts.iter().sum::<u64>(), last), (episodes.len(), n_skipped))
    };
    let [(one, n_one), (two, n_two), (five, n_five)] = ["1", "2", "5"].map(members);
    assert!(two.0 > one.0, "{two:?} splits, {one:?} before");
    assert_eq!(two, five, "it is complete after two");
    assert_eq!([n_one, n_two, n_five], [(1, 0_u64), (2, 0), (2, 3)]);
}

#[test]
fn windows_of_a_walk_forward_are_judged_each() {
    let workspace = Workspace::with_bars(&bars::csv(3000));
    workspace.configure(&json!({
        "walk_forward": { "windows": 2 },
        "agent": { "n_trees": 4, "memory_shares": 2, "min_samples_leaf": 50, "backups_max": 2 },
    }));
    workspace.train(&[]);
    let windows = &workspace.session()["walk_forward"]["windows"];
    for window in windows.as_array().unwrap() {
        assert_eq!(window["judgement"]["has_edge"], true, "{window}");
    }
}

#[test]
fn a_model_of_two_estimates_loads_and_is_the_same_with_any_threads() {
    let workspace = run(&json!({ "double_q": true, "risk_aversion": 5.0 }));
    let path = workspace.path(MODEL);
    let model = TradingModel::load(&path).unwrap();
    assert_eq!(model.metadata().config["agent"]["double_q"], true);
    let bytes = workspace.model();
    workspace.command_at("2027-01-31T12:00:00Z").args(["--threads", "1"]).assert().code(TRAINED);
    assert!(workspace.model() == bytes, "one thread differs");
}
