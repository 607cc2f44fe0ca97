//! Runs that cannot end well, and what they say.

use assert_cmd::Command;
use serde_json::json;
use trainer::session::{Clock, TrainerLock, parse_time};

use super::{CommandOutput, Workspace, bars};

#[test]
fn a_bad_bar_seals_the_session_as_failed_and_names_its_place() {
    let csv = bars::csv(2000);
    let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
    let mut cells: Vec<&str> = lines[1499].split(',').collect();
    cells[2] = "-5";
    lines[1499] = cells.join(",");
    let workspace = Workspace::with_bars(&lines.join("\n"));
    let stderr = workspace.fail(&[], 1);
    for words in ["bars.csv", "line 1500", "high", "-5"] {
        assert!(stderr.contains(words), "no `{words}` in {stderr}");
    }
    let session = workspace.session();
    assert_eq!(session["status"], "failed");
    assert!(session["reason"].as_str().unwrap().contains("line 1500"), "{session}");
    assert_eq!(session["finished_at"], "2026-01-31T12:00:00Z");
    assert!(workspace.text("logs/training.log").contains("ERROR"));
}

#[test]
fn an_absent_data_file_seals_the_session_as_failed() {
    let workspace = Workspace::new();
    workspace.configure(&json!({ "data": "no_such.csv" }));
    let stderr = workspace.fail(&[], 1);
    assert!(stderr.contains("no_such.csv"), "{stderr}");
    assert_eq!(workspace.session()["status"], "failed");
}

#[test]
fn a_pipe_is_refused_since_bars_are_opened_again() {
    let workspace = Workspace::new();
    let stderr = workspace.fail(&["--data", "-", "--check"], 1);
    assert!(
        stderr.contains("`-` is a pipe") && stderr.contains("write it to a file first"),
        "{stderr}"
    );
    workspace.configure(&json!({ "data": "-" }));
    assert!(workspace.fail(&["--check"], 1).contains("`-` is a pipe"));
    #[cfg(unix)]
    {
        let fifo = workspace.path("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let stderr = workspace.fail(&["--data", fifo.to_str().unwrap(), "--check"], 1);
        assert!(stderr.contains("fifo` is a pipe"), "{stderr}");
    }
}

#[test]
fn too_few_bars_are_told_with_the_split() {
    let workspace = Workspace::with_bars(&bars::csv(150));
    workspace.configure(&json!({ "train_ratio": 0.3 }));
    insta::assert_snapshot!(
        workspace.fail(&["--quiet"], 1),
        @"error: `bars.csv` has 150 bars: 45 to train (it takes 338), 48 of embargo, 57 to test (it takes 3); give more bars, or change `train_ratio` and `embargo_bars`"
    );
    assert_eq!(workspace.session()["status"], "failed");
}

#[test]
fn an_unknown_key_is_refused_before_anything_is_touched() {
    let workspace = Workspace::new();
    workspace.configure(&json!({ "total_epsiodes": 3 }));
    let stderr = workspace.fail(&[], 1);
    assert!(
        stderr.contains("unknown key `total_epsiodes`; did you mean `total_episodes`?"),
        "{stderr}"
    );
    assert!(!workspace.exists("logs"), "a refused run made logs");
}

#[test]
fn a_setting_out_of_range_is_refused() {
    let workspace = Workspace::new();
    workspace.configure(&json!({ "agent": { "exposures": [-2.0, 0.0, 2.0] } }));
    let stderr = workspace.fail(&[], 1);
    assert!(stderr.contains("`agent.exposures` is [-2.0, 0.0, 2.0]"), "{stderr}");
    assert!(stderr.contains("environment.leverage"), "{stderr}");
}

#[test]
fn a_locked_workspace_exits_with_11_and_says_who_holds_it() {
    let workspace = Workspace::new();
    let clock = Clock::fixed(parse_time("2026-01-31T11:00:00Z").unwrap());
    let _held = TrainerLock::take(&workspace.path(".trainvault/trainer.lock"), clock).unwrap();
    let stderr = workspace.fail(&[], 11);
    let expected = format!("process {} since 2026-01-31T11:00:00Z", std::process::id());
    assert!(stderr.contains(&expected), "{stderr}");
    assert!(!workspace.exists("logs"), "a locked-out run made logs");
}

#[test]
fn a_check_finds_what_a_run_would_and_writes_nothing() {
    let workspace = Workspace::new();
    let stdout = workspace.command().arg("--check").assert().success().stdout_text();
    assert!(stdout.contains("2000 bars"), "{stdout}");
    workspace.configure(&json!({ "data": "no_such.csv" }));
    assert!(workspace.fail(&["--check"], 1).contains("no_such.csv"));
    assert!(!workspace.exists("logs") && !workspace.exists("models"));
}

#[test]
fn wrong_usage_exits_with_2() {
    let workspace = Workspace::new();
    for arguments in [
        &["--episodes", "0"] as &[&str],
        &["--steps-per-batch", "-1"],
        &["--now", "yesterday"],
        &["--format", "xml"],
        &["--no-such-flag"],
    ] {
        workspace.fail(arguments, 2);
    }
    Command::new(env!("CARGO_BIN_EXE_trainer")).assert().code(2);
}

#[test]
fn an_absent_workspace_is_told() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    let stderr =
        command.args(["train", "--root", "/no/such/folder"]).assert().code(1).stderr_text();
    assert!(stderr.contains("there is no folder `/no/such/folder`"), "{stderr}");
}

#[test]
fn the_help_is_this() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    let help = command.args(["train", "--help"]).assert().success().stdout_text();
    insta::with_settings!({ snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("train_help", help.replace("trainer.exe", "trainer"));
    });
}

#[cfg(unix)]
#[test]
fn a_failed_save_is_an_error_that_names_the_file() {
    let workspace = Workspace::new();
    // A folder where the model should go stops the save, for root too.
    std::fs::create_dir_all(workspace.path("models/memory_efficient_model_final.zip/x")).unwrap();
    let stderr = workspace.fail(&["--quiet"], 1);
    assert!(stderr.contains("memory_efficient_model_final.zip"), "{stderr}");
    assert_eq!(workspace.session()["status"], "failed");
}
