//! `train --check-leaks`: the trainer's verdict, and nothing moved.

use crate::support::{CommandOutput, Sandbox, tree};

/// The trainer's answer, the exit code, and that nothing changed.
#[track_caller]
fn check(body: &str, arguments: &[&str], code: i32) -> String {
    let sandbox = Sandbox::with_session();
    let trainer = sandbox.trainer(body);
    let before = tree(sandbox.root());
    let mut command = sandbox.xtask(&["train", "--check-leaks"]);
    let stdout = command
        .args(arguments)
        .arg("--trainer-bin")
        .arg(&trainer)
        .assert()
        .code(code)
        .stdout_text();
    assert_eq!(tree(sandbox.root()), before);
    let root = sandbox.root().canonicalize().unwrap();
    stdout.replace(root.to_str().unwrap(), "[root]")
}

#[test]
fn a_search_for_leaks_passes_its_flags_on_and_moves_nothing() {
    assert_eq!(
        check("echo \"$@\"", &["--seed", "7", "--episodes", "1"], 0),
        "train --check-leaks --root [root] --episodes 1 --seed 7\n"
    );
    assert_eq!(
        check("echo \"$@\"", &["--format", "json", "--default"], 0),
        "train --check-leaks --format json --root [root] --default\n"
    );
    assert_eq!(
        check("echo \"$@\"", &["--column", "close=Last", "--adjusted", "--negative-prices"], 0),
        "train --check-leaks --root [root] --column close=Last --adjusted --negative-prices\n"
    );
}

#[test]
fn a_leak_has_an_exit_code_of_its_own_and_a_failure_is_none() {
    assert_eq!(check("echo the table; exit 13", &[], 13), "the table\n");
    assert_eq!(check("echo the table; exit 1", &[], 1), "the table\n");
}

#[test]
fn a_search_for_leaks_trains_nothing_that_could_be_resumed_or_gated() {
    for arguments in [&["--resume"] as &[&str], &["--no-archive"], &["--gate", "sharpe>=1"]] {
        check("exit 0", arguments, 2);
    }
}
