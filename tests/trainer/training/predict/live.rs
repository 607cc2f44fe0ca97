//! Bars from stdin: a row out for each bar in.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use super::{CommandOutput, MODEL, Workspace, predict};

#[test]
fn each_row_is_out_before_the_next_bar_is_in() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_trainer"))
        .args(["predict", "--model", MODEL, "--data", "-"])
        .current_dir(workspace.root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let bars = workspace.text("bars.csv");
    let mut rows = String::new();
    let mut lines = bars.lines();
    writeln!(stdin, "{}", lines.next().unwrap()).unwrap();
    for (idx, bar) in lines.take(500).enumerate() {
        writeln!(stdin, "{bar}").unwrap();
        if idx == 0 {
            stdout.read_line(&mut rows).unwrap();
        }
        // Waits for ever if the row were held back.
        assert!(stdout.read_line(&mut rows).unwrap() > 0);
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert!(predict(&workspace, &["--data", "bars.csv"]).starts_with(&rows));
    assert_eq!(rows.lines().count(), 501);
}

#[test]
fn an_error_on_stdin_names_the_line() {
    let workspace = Workspace::new();
    workspace.train(&["--episodes", "1"]);
    let bars = "time,open,high,low,close\n2020-01-01,1,2,1,1\n2020-01-01,1,2,1,1\n";
    let stderr = workspace.predict_live(bars, &[]).code(1).stderr_text();
    insta::assert_snapshot!(stderr, @"
    times: `time`, dates as written, UTC where they name no zone, oldest first
    open, high, low, close: `open`, `high`, `low`, `close`
    volume: none
    names: in the file
    error: `standard input` line 3, column `time`: `2020-01-01` is a duplicate: the bar before has the same time (a local time repeats an hour each autumn: name its zone in `bars.time_zone`); if both are of one bar, delete one or leave it out with `--bad-rows drop`
    ");
}
