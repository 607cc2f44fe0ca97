//! Runs that end well.

use std::fs;

use serde_json::{Value, json};
use trainer::learning::model::TradingModel;
use trainer::session::Session;

use crate::session::tensorboard::decode;

use super::{CommandOutput, MODEL, TRAINED, Workspace, bars};

#[test]
fn a_run_completes_and_seals_its_session() {
    let workspace = Workspace::new();
    let out = workspace.command().assert().code(TRAINED).stdout_text();
    for words in ["agent", "buy and hold", "never trade", "net return", "95 % interval"] {
        assert!(out.contains(words), "no `{words}` in {out}");
    }
    let session = workspace.session();
    assert_eq!(session["status"], "completed");
    assert_eq!(session["data"]["n_bars"], 2000);
    assert_eq!(session["split"]["train"]["n_bars"], 1600);
    assert_eq!(session["split"]["test"]["n_bars"], 352);
    assert_eq!(session["episodes"].as_array().unwrap().len(), 2);
    assert_eq!(session["episodes"][0]["n_batches"], 4);
    assert_eq!(session["metrics"]["never_trade"]["net_return"], 0.0);
    assert_eq!(session["metrics"]["buy_and_hold"]["n_trades"], 1);
    for file in [
        "logs/training.log",
        "logs/trades/trade_execution.log",
        "logs/trades/trade_traces_20260131_120000.jsonl",
        "logs/trades/equity.csv",
        MODEL,
        "models/checkpoints/memory_efficient_model_ep001.zip",
        "models/checkpoints/memory_efficient_model_ep002.zip",
    ] {
        assert!(workspace.exists(file), "no `{file}`");
    }
}

#[test]
fn the_saved_model_loads_and_is_the_one_recorded() {
    let workspace = Workspace::new();
    workspace.train(&[]);
    let record = &workspace.session()["model"];
    assert_eq!(record["path"], MODEL);
    let path = workspace.path(record["path"].as_str().unwrap());
    let digest = trainer::digest::sha256_of_file(&path).unwrap();
    assert_eq!(record["sha256"], digest);
    let model = TradingModel::load(&path).unwrap();
    assert_eq!(model.exposures(), [-1.0, 0.0, 1.0]);
    assert_eq!(model.metadata().data["sha256"], workspace.session()["data"]["sha256"]);
}

#[test]
fn the_json_result_is_the_sealed_session() {
    let workspace = Workspace::new();
    let assert = workspace.command().args(["--format", "json", "--quiet"]).assert().code(TRAINED);
    assert_eq!(assert.stderr_text(), "");
    assert_eq!(assert.stdout_json(), workspace.session());
    let session: Session = serde_json::from_str(&assert.stdout_text()).unwrap();
    let idle = session.metrics.never_trade.unwrap();
    assert_eq!(idle.sharpe, None);
    assert!(idle.undefined.contains_key("sharpe"), "no reason for the missing Sharpe ratio");
}

#[test]
fn the_same_seed_gives_the_same_model_bytes_with_any_threads() {
    let run = |seed: &str, threads: &str, now: &str| {
        let workspace = Workspace::new();
        let arguments = ["--seed", seed, "--threads", threads];
        workspace.command_at(now).args(arguments).assert().code(TRAINED);
        workspace.model()
    };
    let model = run("7", "1", "2026-01-31T12:00:00Z");
    assert!(model == run("7", "1", "2027-02-01T13:00:00Z"), "the same run differs later");
    assert!(model == run("7", "2", "2026-01-31T12:00:00Z"), "two threads differ from one");
    assert!(model != run("8", "1", "2026-01-31T12:00:00Z"), "the seed changes nothing");
}

#[test]
fn a_forecaster_trains_in_the_same_loop_with_any_threads() {
    let run = |threads: &str| {
        let workspace = Workspace::new();
        workspace.configure(&json!({
            "model": "forecast",
            "models": { "forecast": {
                "learner": "extra_trees", "n_trees": 8, "memory_shares": 2,
                "min_samples_leaf": 50, "min_t_statistic": 0.0, "refit_bars": 400,
            } },
        }));
        workspace.train(&["--threads", threads]);
        workspace
    };
    let (one, two) = (run("1"), run("2"));
    assert!(one.model() == two.model(), "two threads differ from one");
    let session = one.session();
    assert_eq!(session["status"], "completed");
    assert_eq!(session["config"]["training"]["model"], "forecast");
    let path = one.path(MODEL);
    let model = TradingModel::load(&path).unwrap();
    assert_eq!((model.kind(), model.n_features()), ("forecast", 25));
    assert_eq!(model.metadata().config["models"]["forecast"]["learner"], "extra_trees");
    let n_trades = session["metrics"]["agent"]["n_trades"].as_u64().unwrap();
    assert!(n_trades > 0, "the forecaster never traded; the test proves little");
}

#[test]
fn later_bars_change_no_earlier_decision() {
    let before = Workspace::with_bars(&bars::csv(2000));
    let after = Workspace::with_bars(&bars::csv_with_end(2000, 100, 1.5));
    before.train(&[]);
    after.train(&[]);
    let curves = [&before, &after].map(|workspace| workspace.text("logs/trades/equity.csv"));
    let [left, right] = curves.each_ref().map(|curve| curve.lines().collect::<Vec<_>>());
    // 352 test bars and the header; the last 100 bars differ.
    assert_eq!((left.len(), right.len()), (353, 353));
    assert_eq!(left[..253], right[..253]);
    assert_ne!(left[253..], right[253..]);
}

#[test]
fn the_trades_add_up_to_the_equity() {
    let workspace = Workspace::new();
    workspace.train(&[]);
    let session = workspace.session();
    let agent = &session["metrics"]["agent"];
    let last_test = |event: &&Value| event["phase"] == "test" && event["episode"] == 2;
    let events = workspace.events();
    let closed: Vec<_> =
        events.iter().filter(last_test).filter(|event| event["event"] == "TRADE_CLOSED").collect();
    assert!(!closed.is_empty(), "the agent never traded; the test proves nothing");
    assert_eq!(agent["n_trades"], closed.len());
    let sum: f64 = closed.iter().map(|event| event["net_pnl"].as_f64().unwrap()).sum();
    let equity = agent["final_equity"].as_f64().unwrap();
    assert!((10_000.0 + sum - equity).abs() < 1e-6, "{sum} does not lead to {equity}");
    let curve = workspace.text("logs/trades/equity.csv");
    let last: Vec<&str> = curve.lines().last().unwrap().split(',').collect();
    assert_eq!(last[1].parse::<f64>().unwrap().to_bits(), equity.to_bits());
}

#[test]
fn the_curves_hold_every_batch_and_every_episode() {
    let workspace = Workspace::new();
    workspace.train(&[]);
    let path = workspace.find("logs/tensorboard", "events.out.tfevents.").unwrap();
    let scalars = decode(&path);
    let steps = |tag: &str| -> Vec<i64> {
        scalars.iter().filter(|(_, name, _)| name == tag).map(|(step, _, _)| *step).collect()
    };
    let batches = [400, 800, 1200, 1600, 2000, 2400, 2800, 3200];
    for tag in ["train/reward", "train/equity", "train/drawdown"] {
        assert_eq!(steps(tag), batches, "{tag}");
    }
    assert_eq!(steps("learner/max_abs_delta_q"), batches[..]);
    assert_eq!(steps("learner/fit_seconds"), batches[..]);
    assert_eq!(steps("test/net_return"), [1600, 3200]);
    let recorded = workspace.session()["metrics"]["agent"]["net_return"].as_f64().unwrap();
    let drawn = scalars.iter().rfind(|(_, name, _)| name == "test/net_return").unwrap().2;
    assert!((f64::from(drawn) - recorded).abs() < 1e-6);
}

/// The episodes whose models lie in `models/checkpoints/`.
fn checkpoints(workspace: &Workspace) -> Vec<String> {
    let entries = std::fs::read_dir(workspace.path("models/checkpoints")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter_map(|name| Some(name.split_once("model_")?.1.trim_end_matches(".zip").to_owned()))
        .collect();
    names.sort();
    names
}

#[test]
fn only_the_last_checkpoints_stay_where_that_is_asked() {
    let run = |changes: serde_json::Value| {
        let workspace = Workspace::new();
        workspace.configure(&changes);
        workspace.train(&[]);
        (checkpoints(&workspace), workspace.model())
    };
    let (all, model) = run(json!({ "total_episodes": 5 }));
    assert_eq!(all, ["ep001", "ep002", "ep003", "ep004", "ep005"]);
    let (two, same_model) = run(json!({ "total_episodes": 5, "keep_checkpoints": 2 }));
    assert_eq!((two, same_model), (vec!["ep004".to_owned(), "ep005".to_owned()], model));
    let every = json!({
        "total_episodes": 5, "keep_checkpoints": 1, "checkpoint_every_episodes": 2,
    });
    assert_eq!(run(every).0, ["ep004"]);
    // The models of windows are the result, not checkpoints on the way.
    let walk =
        json!({ "total_episodes": 2, "keep_checkpoints": 1, "walk_forward": {"windows": 2} });
    assert_eq!(run(walk).0, ["ep006", "window001", "window002"]);
}

#[test]
fn disabled_outputs_are_not_written() {
    let workspace = Workspace::new();
    workspace.configure(&json!({
        "enable_trade_logging": false,
        "enable_trade_tracing": false,
        "enable_tensorboard": false,
        "checkpoint_every_episodes": 0,
    }));
    workspace.train(&[]);
    assert!(!workspace.exists("logs/trades/trade_execution.log"));
    assert_eq!(workspace.find("logs/trades", "trade_traces"), None);
    assert_eq!(workspace.find("logs/tensorboard", "events"), None);
    assert_eq!(workspace.find("models/checkpoints", "ep"), None);
    assert!(workspace.exists("logs/session.json"));
}

#[test]
fn flags_override_the_file() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1", "--steps-per-batch", "800", "--seed", "9"]);
    let training = &workspace.session()["config"]["training"];
    assert_eq!(training["total_episodes"], 1);
    assert_eq!(training["steps_per_batch"], 800);
    assert_eq!(training["seed"], 9);
    assert_eq!(training["agent"]["n_trees"], 4);
}

#[test]
fn default_ignores_a_broken_config() {
    let workspace = Workspace::new();
    fs::write(workspace.path("config/training_config.json"), "no json").unwrap();
    fs::write(workspace.path("config/logging_config.json"), "no json").unwrap();
    let data = workspace.path("bars.csv");
    workspace.train(&["--default", "--episodes", "1", "--data", data.to_str().unwrap()]);
    let session = workspace.session();
    assert_eq!(session["status"], "completed");
    assert_eq!(session["config"]["training"]["agent"]["n_trees"], 20);
}

#[test]
fn absent_settings_files_are_told_and_defaulted() {
    let workspace = Workspace::new();
    fs::remove_file(workspace.path("config/training_config.json")).unwrap();
    let data = workspace.path("bars.csv");
    let arguments = ["--episodes", "1", "--data", data.to_str().unwrap()];
    let stderr = workspace.command().args(arguments).assert().code(TRAINED).stderr_text();
    for file in ["training_config.json", "logging_config.json"] {
        let words = format!("no `config/{file}`: using the built-in settings");
        assert!(stderr.contains(&words), "{stderr}");
    }
}

#[test]
fn a_second_run_overwrites_nothing_of_the_first() {
    let workspace = Workspace::new();
    workspace.train(&["--seed", "1"]);
    let (first, model) = (workspace.session(), workspace.model());
    workspace.train(&["--seed", "2"]);
    let kept = workspace.text("logs/session_20260131_120000.json");
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap(), first);
    let version = "models/versions/memory_efficient_model_final_20260131_120000.zip";
    assert!(workspace.bytes(version) == model, "the first model changed");
    assert!(workspace.model() != model);
}
