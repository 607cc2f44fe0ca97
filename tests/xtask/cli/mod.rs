#[cfg(unix)]
pub mod docs;
#[cfg(unix)]
pub mod program;

use crate::support::{CommandOutput, Sandbox, stderr, stdout};

#[test]
fn the_help_names_every_task_and_exit_code() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(stdout(&mut sandbox.xtask(&["--help"])));
}

#[test]
fn the_help_of_train_has_examples() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(stdout(&mut sandbox.xtask(&["train", "--help"])));
}

#[test]
fn the_help_of_each_task_has_examples() {
    let sandbox = Sandbox::new();
    let help = stdout(&mut sandbox.xtask(&["--help"]));
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let tasks: Vec<&str> = listed
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|task| *task != "help")
        .collect();
    assert!(tasks.len() > 20, "{help}");
    for task in tasks {
        let text = stdout(&mut sandbox.xtask(&[task, "--help"]));
        assert!(text.contains(&format!("Examples:\n  cargo xtask {task}")), "{text}");
    }
}

#[test]
fn a_workspace_is_found_from_any_folder_within() {
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", "{}");
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(sandbox.path("logs/trades")).arg("archive").assert().code(0);
    assert_eq!(sandbox.archive_names().len(), 1);
}

#[test]
fn a_workspace_without_settings_is_found_once_a_task_named_it() {
    let sandbox = Sandbox::with_session();
    sandbox.xtask(&["archive"]).assert().code(0);
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(sandbox.path("logs")).env_remove("CARGO_MANIFEST_DIR").arg("list");
    let text = stdout(&mut command);
    assert!(text.contains(&sandbox.archive_names()[0][16..31]), "{text}");
}

#[test]
fn without_a_workspace_the_remedy_is_named() {
    let sandbox = Sandbox::new();
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.current_dir(sandbox.root()).env_remove("CARGO_MANIFEST_DIR").arg("list");
    let text = command.assert().code(2).stderr_text();
    assert!(text.contains("name one by `--root DIR`"), "{text}");
}

#[test]
fn a_root_that_is_not_there_is_an_error() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.xtask(&["list"]);
    drop(sandbox);
    let stderr = command.current_dir("/").assert().code(1).stderr_text();
    assert!(stderr.contains("failed to open the workspace"), "{stderr}");
}

#[test]
fn a_tag_with_a_space_is_refused() {
    let sandbox = Sandbox::with_session();
    let stderr = sandbox.xtask(&["archive", "--tag", "two words"]).assert().code(2).stderr_text();
    assert!(stderr.contains("a tag is one word"));
}

#[test]
fn quiet_leaves_stderr_empty() {
    let sandbox = Sandbox::with_session();
    sandbox.write("archives/.training_backup_20260101_000000.zip.partial", "x");
    assert!(stderr(&mut sandbox.xtask(&["archive"])).contains("removed `archives/."));
    sandbox.write("archives/.training_backup_20260101_000000.zip.partial", "x");
    assert_eq!(stderr(&mut sandbox.xtask(&["archive", "--quiet"])), "");
}

#[cfg(unix)]
#[test]
fn the_trainers_own_tasks_pass_through() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::new();
    let script = sandbox.path("trainer.sh");
    std::fs::write(&script, "#!/bin/sh\necho \"$@\"\ntest \"$3\" != bad.csv\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let binary = script.to_str().unwrap();
    let mut simulate = sandbox.xtask(&[
        "simulate",
        "--trainer-bin",
        binary,
        "--data",
        "bars.csv",
        "--commission",
        "5",
        "--format",
        "json",
    ]);
    assert_eq!(stdout(&mut simulate), "simulate --data bars.csv --commission 5 --format json\n");
    let mut metrics = sandbox.xtask(&[
        "metrics",
        "--format",
        "json",
        "--trainer-bin",
        binary,
        "--equity",
        "curve.csv",
    ]);
    assert_eq!(stdout(&mut metrics), "metrics --format json --equity curve.csv\n");
    let bad = ["metrics", "--trainer-bin", binary, "--equity", "bad.csv"];
    sandbox.xtask(&bad).assert().code(1);
}

#[cfg(unix)]
#[test]
fn our_flags_may_follow_the_trainers_own_in_any_order() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::new();
    let script = sandbox.path("trainer.sh");
    std::fs::write(&script, "#!/bin/sh\necho \"$@\"\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (binary, root) = (script.to_str().unwrap(), sandbox.path("."));
    let root = root.to_str().unwrap();
    let (binary_is, root_is) = (format!("--trainer-bin={binary}"), format!("--root={root}"));
    let given = ["--equity", "curve.csv"];
    for task in ["metrics", "simulate"] {
        for own in [
            vec!["--trainer-bin", binary],
            vec![&binary_is],
            vec!["--root", root, "--trainer-bin", binary, "--quiet"],
            vec![&binary_is, &root_is, "--color=never"],
            vec!["--quiet", &root_is, "--trainer-bin", binary, "--color", "never"],
        ] {
            for arguments in [
                [&[task][..], &own, &given].concat(),
                [&[task][..], &given, &own].concat(),
                [&[task, "--seed", "1"][..], &own, &given].concat(),
            ] {
                let stdout_text = stdout(&mut sandbox.xtask(&arguments));
                let others: Vec<&str> =
                    arguments.iter().copied().filter(|word| !own.contains(word)).collect();
                assert_eq!(stdout_text, others.join(" ") + "\n", "{arguments:?}");
            }
        }
    }
    let twice = ["metrics", "--format", "json", "--equity", "c", "--format=json", &binary_is];
    assert_eq!(stdout(&mut sandbox.xtask(&twice)), "metrics --equity c --format=json\n");
    let raw = ["metrics", &binary_is, "--equity", "c", "--", "--root", "x"];
    assert!(stdout(&mut sandbox.xtask(&raw)).ends_with("--root x\n"));
}

#[cfg(unix)]
#[test]
fn predict_finds_the_model_and_leaves_the_pipes_to_the_trainer() {
    use std::os::unix::fs::PermissionsExt as _;

    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", "{}");
    sandbox.xtask(&["archive"]).assert().success();
    let archive = sandbox.path(&format!("archives/{}", sandbox.archive_names()[0]));
    let script = sandbox.path("trainer.sh");
    std::fs::write(&script, "#!/bin/sh\necho \"$@\"\ncat\n").unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let binary = script.to_str().unwrap();
    let mut latest = sandbox.xtask(&[
        "predict",
        "--model",
        "latest",
        "--data",
        "-",
        "--position",
        "-1",
        "--format",
        "json",
        "--trainer-bin",
        binary,
    ]);
    let out = latest.write_stdin("a bar\n").assert().success().stdout_text();
    let archive = archive.to_str().unwrap();
    assert_eq!(
        out,
        format!("predict --model {archive} --data - --format json --position -1\na bar\n")
    );
    // A file that is there is taken as it is.
    sandbox.write("model.zip", "");
    let named = ["predict", "--model", "model.zip", "--data", "b.csv", "--trainer-bin", binary];
    let out = stdout(sandbox.xtask(&named).write_stdin(""));
    let model = sandbox.path("model.zip");
    assert_eq!(out, format!("predict --model {} --data b.csv --format csv\n", model.display()));
    let unknown = ["predict", "--model", "20010101_000000", "--data", "-", "--trainer-bin", binary];
    sandbox.xtask(&unknown).assert().code(1);
}
