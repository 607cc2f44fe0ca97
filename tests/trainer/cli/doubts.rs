//! The robustness checks of a session's own figures.

use serde_json::{Value, json};

use super::{CommandOutput, TRAINED, Workspace};

fn trained(workspace: &Workspace, arguments: &[&str]) -> (String, Value) {
    let text = workspace.command().args(arguments).assert().code(TRAINED).stdout_text();
    (text, workspace.session())
}

#[test]
fn the_figures_stand_beside_later_fills_doubled_costs_and_a_constant_exposure() {
    let workspace = Workspace::new();
    let (text, session) = trained(&workspace, &["--walk-forward", "2", "--audit"]);
    let metrics = &session["metrics"];
    // The audit replays the same decisions.
    for verdict in session["audit"]["verdicts"].as_array().unwrap() {
        let name = verdict["name"].as_str().unwrap();
        if let Some(doubt) = metrics.get(name) {
            assert_eq!(doubt["net_return"], verdict["net_return"], "{name}");
        }
    }
    let [agent, later, costs, constant] =
        ["agent", "filled_1_bar_later", "costs_doubled", "constant_exposure"].map(|name| {
            let of = |figure: &str| metrics[name][figure].as_f64().unwrap();
            (of("net_return"), of("volatility"))
        });
    assert!(costs.0 < agent.0 && later.0.to_bits() != agent.0.to_bits());
    assert!((constant.1 / agent.1 - 1.0).abs() < 0.1, "{} beside {}", constant.1, agent.1);
    for words in ["constant 0.", "filled 1 bar later", "costs doubled", "Only seed 42 was tried"] {
        assert!(text.contains(words), "no `{words}` in {text}");
    }
    let page = workspace.text("logs/report.html");
    for words in ["constant exposure", "filled 1 bar later", "costs doubled"] {
        assert!(page.contains(words), "no `{words}` on the page");
    }
}

#[test]
fn other_seeds_are_judged_as_if_they_were_trained_alone() {
    let workspace = Workspace::new();
    let (text, session) = trained(&workspace, &["--walk-forward", "2", "--seeds", "3"]);
    let seeds = session["seeds"].as_array().unwrap();
    assert_eq!(seeds.iter().map(|of| of["seed"].clone()).collect::<Vec<_>>(), [42, 43, 44]);
    assert_eq!(seeds[0]["agent"], session["metrics"]["agent"]);
    let alone = Workspace::new();
    alone.train(&["--walk-forward", "2", "--seed", "44"]);
    assert_eq!(seeds[2]["agent"], alone.session()["metrics"]["agent"]);
    assert_ne!(seeds[2]["agent"], seeds[1]["agent"]);
    let own = Workspace::new();
    own.train(&["--walk-forward", "2"]);
    assert!(own.model() == workspace.model(), "other seeds changed the model");
    assert!(text.contains("3 seeds: net return median"), "{text}");
    assert!(workspace.text("logs/report.html").contains("seed 44"));
    assert!(!workspace.exists(".trainvault/seeds"), "they leave nothing behind");
}

#[test]
fn three_seeds_are_the_default_of_a_short_training() {
    let workspace = Workspace::new();
    workspace.configure(&json!({ "seeds": null, "total_episodes": 1 }));
    let (_, session) = trained(&workspace, &["--split"]);
    assert_eq!(session["seeds"].as_array().unwrap().len(), 3);
    workspace.configure(&json!({ "seeds": 0 }));
    assert!(workspace.fail(&[], 1).contains("`seeds` is 0"));
}
