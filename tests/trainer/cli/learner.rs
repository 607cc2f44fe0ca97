//! What a run tells of its learning.

use serde_json::json;
use trainer::learning::model::TradingModel;

use crate::session::tensorboard::decode;

use super::{TRAINED, Workspace};

/// A small run of one episode and four batches, with `changes` to the
/// agent.
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
    assert_eq!(n_lines(&workspace, "max |dQ|"), 3 * 4);
}

#[test]
fn the_number_of_backups_chosen_is_logged_and_drawn() {
    let workspace = run(&json!({ "backups_max": 3 }));
    assert_eq!(n_lines(&workspace, "inner choice: "), 3 * 4);
    let path = workspace.find("logs/tensorboard", "events.out.tfevents.").unwrap();
    let scalars = decode(&path);
    let drawn = scalars.iter().filter(|(_, name, _)| name == "learner/n_backups");
    let drawn: Vec<_> = drawn.map(|(step, _, n_backups)| (*step, *n_backups)).collect();
    assert_eq!(drawn.iter().map(|it| it.0).collect::<Vec<_>>(), [400, 800, 1200, 1600]);
    assert!(drawn.iter().all(|it| (1.0..=3.0).contains(&it.1)), "{drawn:?}");
}

#[test]
fn a_model_of_two_estimates_loads_and_is_the_same_with_any_threads() {
    let workspace = run(&json!({ "double_q": true, "risk_aversion": 5.0 }));
    let path = workspace.path("models/memory_efficient_model_final.zip");
    let model = TradingModel::load(&path).unwrap();
    assert_eq!(model.metadata().config["agent"]["double_q"], true);
    let bytes = workspace.model();
    workspace.command_at("2027-01-31T12:00:00Z").args(["--threads", "1"]).assert().code(TRAINED);
    assert!(workspace.model() == bytes, "one thread differs");
}
