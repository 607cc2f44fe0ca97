//! `train --gate` and `--summary`, which a CI relies on.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use xtask::tasks::gate::{Gate, METRICS};
use xtask::workspace::digest::file_sha256;

use crate::support::{CommandOutput, Sandbox, stderr, stdout, tree};

/// A trainer whose session has some figures and lacks others.
const TELLS: &str = r#"
echo model > models/memory_efficient_model_final.zip
cat > logs/session.json <<'END'
{"format": 1, "id": "20260102_030405", "status": "completed", "seed": 42,
 "data": {"source": "bars.csv", "n_bars": 1000},
 "metrics": {
   "agent": {"net_return": 0.25, "sharpe": 0.5, "sharpe_low": -0.1, "sharpe_high": 1.1,
             "max_drawdown": 0.125, "n_trades": 12, "sortino": null, "exposure": 0.5,
             "final_equity": 12500.0, "accuracy": 0.75,
             "undefined": {"sortino": "no bar lost"}},
   "buy_and_hold": {"net_return": -0.1, "sharpe": -0.2, "max_drawdown": 0.3, "n_trades": 1},
   "never_trade": {"net_return": 0.0, "sharpe": null, "max_drawdown": 0.0, "n_trades": 0}}}
END
"#;

#[track_caller]
fn refused(text: &str) -> String {
    text.parse::<Gate>().unwrap_err()
}

#[test]
fn a_gate_is_a_figure_a_sign_and_a_number() {
    for text in ["sharpe>=0.5", "max_drawdown<=0.3", "n_trades>10", "volatility<1", "sqn>=-1.5"] {
        assert_eq!(text.parse::<Gate>().unwrap().to_string(), text);
    }
    assert_eq!(" sharpe >= 5e-1 ".parse::<Gate>().unwrap().to_string(), "sharpe>=0.5");
    assert!(refused("sharpe").contains("`sharpe>=0.5`"));
    assert!(refused("sharpe=0.5").contains("`sharpe>=0.5`"));
    assert_eq!(refused("sharpe>=much"), "`much` is not a number to compare with");
    assert_eq!(refused("sharpe>=NaN"), "`NaN` is not a number to compare with");
    assert_eq!(refused("sharpe>="), "`` is not a number to compare with");
    assert!(
        refused("sharp>=0.5").starts_with("there is no figure `sharp`; there are annual_return")
    );
    assert!(refused(">=0.5").contains("there is no figure ``"));
}

#[test]
fn the_known_figures_are_the_trainers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let source =
        fs::read_to_string(root.join("trainer/src/account/metrics/performance.rs")).unwrap();
    let mut figures: Vec<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": "))
        .filter(|(_, kind)| ["f64,", "u64,", "Option<f64>,", "Option<u64>,"].contains(kind))
        .map(|(name, _)| name)
        .collect();
    figures.sort_unstable();
    assert_eq!(METRICS.to_vec(), figures);
}

fn train(sandbox: &Sandbox, body: &str, arguments: &[&str]) -> (i32, Value) {
    let trainer = sandbox.trainer(body);
    let mut command = sandbox.xtask(&["train", "--format", "json", "--trainer-bin"]);
    let assert = command.arg(&trainer).args(arguments).assert();
    (assert.exit_code(), serde_json::from_str(&assert.stdout_text()).unwrap_or_default())
}

/// Trains with one gate, and returns its result.
#[track_caller]
fn check(gate: &str, code: i32) -> Value {
    let sandbox = Sandbox::new();
    let (exit, report) = train(&sandbox, TELLS, &["--gate", gate]);
    assert_eq!(exit, code, "{gate}");
    // Sealed and archived, whatever the gate says.
    assert_eq!(sandbox.archive_names().len(), 1);
    assert_eq!(report["status"], "completed");
    report["gates"][0].clone()
}

#[test]
fn a_session_passes_or_misses_a_gate() {
    assert_eq!(check("sharpe>=0.5", 0)["is_passed"], true);
    assert_eq!(check("max_drawdown<=0.125", 0)["is_passed"], true);
    assert_eq!(check("net_return<0.25", 12)["is_passed"], false);
    let missed = check("sharpe>0.5", 12);
    insta::assert_json_snapshot!(missed, @r#"
    {
      "comparison": ">",
      "gate": "sharpe>0.5",
      "is_passed": false,
      "metric": "sharpe",
      "reason": null,
      "threshold": 0.5,
      "value": 0.5
    }
    "#);
}

#[test]
fn an_undefined_figure_passes_no_gate_and_tells_why() {
    let result = check("sortino<=100", 12);
    assert_eq!(result["value"], Value::Null);
    assert_eq!(result["reason"], "no bar lost");
    assert_eq!(check("calmar<=100", 12)["reason"], "the session has no such figure");
}

#[test]
fn a_figure_of_another_trainers_own_is_named_in_full() {
    assert_eq!(check("agent.accuracy>=0.7", 0)["metric"], "accuracy");
}

#[test]
fn one_missed_gate_of_two_is_enough() {
    let sandbox = Sandbox::new();
    let gates = ["--gate", "sharpe>=0.5", "--gate", "max_drawdown<=0.1"];
    let trainer = sandbox.trainer(TELLS);
    let mut command = sandbox.xtask(&["train", "--trainer-bin"]);
    command.arg(&trainer).args(gates);
    let text = command.assert().code(12).stdout_text();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("gate")).collect();
    let passed = "gate      sharpe>=0.5 passed: 0.5";
    assert_eq!(lines, [passed, "gate      max_drawdown<=0.1 missed: 0.125"]);
    let mut as_json = sandbox.xtask(&["train", "--format", "json", "--trainer-bin"]);
    let notes = stderr(as_json.arg(&trainer).args(gates));
    assert!(notes.ends_with("gate max_drawdown<=0.1 missed: 0.125\n"), "{notes}");
}

#[test]
fn a_training_that_fails_keeps_its_own_exit_code() {
    let sandbox = Sandbox::new();
    let fails = format!("{TELLS}sed -i s/completed/failed/ logs/session.json; exit 1");
    let (code, report) = train(&sandbox, &fails, &["--gate", "sharpe>=0"]);
    assert_eq!(code, 1);
    assert_eq!(report["gates"][0]["is_passed"], false);
    assert_eq!(report["gates"][0]["reason"], "the session is failed");
    let (code, report) = train(&Sandbox::new(), "exit 1", &["--gate", "sharpe>=0"]);
    assert_eq!(code, 1);
    assert_eq!(report["gates"][0]["reason"], "the trainer left no session");
}

#[test]
fn a_wrong_gate_or_summary_is_wrong_usage_and_moves_nothing() {
    let sandbox = Sandbox::with_session();
    sandbox.trainer(TELLS);
    let before = tree(sandbox.root());
    for arguments in [
        ["--gate", "nonsense>=1"],
        ["--gate", "sharpe~1"],
        ["--gate", "sharpe>=x"],
        ["--summary", "no-such-folder/summary.md"],
        ["--summary", "logs"],
    ] {
        assert_eq!(train(&sandbox, TELLS, &arguments).0, 2, "{arguments:?}");
        assert_eq!(tree(sandbox.root()), before);
    }
}

#[test]
fn the_summary_is_appended_as_markdown() {
    let sandbox = Sandbox::new();
    let file = sandbox.write("summary.md", "Before.\n\n");
    let arguments = ["--summary", "summary.md", "--gate", "sharpe>=0.5", "--gate", "sortino>1"];
    let (code, report) = train(&sandbox, TELLS, &arguments);
    assert_eq!(code, 12);
    let archive = PathBuf::from(report["archive"]["path"].as_str().unwrap());
    let digest = file_sha256(&sandbox.root().join(&archive)).unwrap();
    let page = fs::read_to_string(file).unwrap();
    let size_bytes = report["archive"]["size_bytes"].as_u64().unwrap();
    let page = page
        .replace(&digest, "[digest]")
        .replace(archive.file_name().unwrap().to_str().unwrap(), "[archive]")
        .replace(&format!("{:.1} kB", size_bytes as f64 / 1000.0), "[size]");
    insta::assert_snapshot!(page);
}

#[test]
fn a_summary_without_archive_or_figures_says_so() {
    let sandbox = Sandbox::new();
    let arguments = ["--no-archive", "--summary", "summary.md"];
    assert_eq!(train(&sandbox, "echo weights > policy.pth", &arguments).0, 0);
    insta::assert_snapshot!(sandbox.read("summary.md"), @"
    ## Training session -: completed

    No archive was made.
    ");
}

/// The record of a trainer of before it told of ruin.
const RUINED: &str = r#"
cat > logs/session.json <<'END'
{"format": 1, "id": "20260102_030405", "status": "completed", "seed": 42,
 "data": {"source": "bars.csv", "n_bars": 1000},
 "metrics": {"agent": {"net_return": -0.9999992, "sharpe": 4.03, "final_equity": 0.008,
                       "initial_equity": 10000.0, "is_bankrupt": true}}}
END
"#;

#[test]
fn a_ruined_session_misses_every_gate_and_is_shown_as_ruined() {
    let sandbox = Sandbox::new();
    for gate in ["sharpe>=3", "net_return>=-2"] {
        let (exit, report) = train(&sandbox, RUINED, &["--gate", gate]);
        assert_eq!(exit, 12, "{gate}");
        assert_eq!(report["gates"][0]["reason"], "the account was ruined");
    }
    let list = stdout(&mut sandbox.xtask(&["list"]));
    assert!(list.contains("ruined") && !list.contains("4.03"), "{list}");
    assert!(!list.contains("liquidation"), "an old record does not count them: {list}");
    let prune = ["prune", "--keep", "1", "--keep-best", "1", "--metric", "sharpe", "--dry-run"];
    let plan = stdout(&mut sandbox.xtask(&prune));
    assert!(!plan.contains("number 1 by sharpe"), "{plan}");
}

#[test]
fn liquidations_stand_beside_the_ruin() {
    let sandbox = Sandbox::new();
    let ruined = RUINED.replace(
        r#""is_bankrupt""#,
        r#""ruined_at": "2017-11-05T06:30:00Z", "n_liquidations": 3, "is_bankrupt""#,
    );
    let (_, report) = train(&sandbox, &ruined, &["--gate", "sharpe>=3", "--summary", "summary.md"]);
    let text = "ruined 2017-11-05 06:30:00, 3 liquidations";
    assert_eq!(report["gates"][0]["reason"], format!("the account was {text}"));
    // Below the figures, and as the gate's reason.
    assert_eq!(sandbox.read("summary.md").matches(text).count(), 2);
    for task in [&["list"][..], &["show", "latest"], &["status"]] {
        let shown = stdout(&mut sandbox.xtask(task));
        assert_eq!(shown.matches(text).count(), 1, "{shown}");
    }
    let once = ruined.replace("\"n_liquidations\": 3", "\"n_liquidations\": 1");
    train(&sandbox, &once, &[]);
    let shown = stdout(&mut sandbox.xtask(&["status"]));
    assert!(shown.contains("06:30:00, 1 liquidation\n"), "{shown}");
}
