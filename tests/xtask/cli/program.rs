//! `trainvault`, the program that is installed.

#![cfg(feature = "standalone")]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;
use xtask::cli::program::Program;
use xtask::tasks::train::TrainerSource;

use crate::support::{COMPLETES, CommandOutput, Sandbox, stderr, stdout};

/// The program, installed alone in a folder of its own.
struct Installed(TempDir);

impl Installed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("trainvault");
        // A copy is still open for writing in what another test starts
        // meanwhile, and then does not run: "text file busy".
        if fs::hard_link(env!("CARGO_BIN_EXE_trainvault"), &program).is_err() {
            fs::copy(env!("CARGO_BIN_EXE_trainvault"), &program).unwrap();
        }
        Self(folder)
    }

    /// Installs a trainer beside it.
    fn with_trainer(body: &str) -> Self {
        let installed = Self::new();
        write_trainer(installed.0.path(), body);
        installed
    }

    fn run(&self, sandbox: &Sandbox, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.0.path().join("trainvault"));
        command.current_dir(sandbox.root()).env("PATH", "/usr/bin:/bin").args(arguments);
        command
    }
}

fn write_trainer(folder: &Path, body: &str) -> PathBuf {
    let path = folder.join("trainer");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn workspace() -> Sandbox {
    let sandbox = Sandbox::with_session();
    sandbox.write("config/config.json", "{}");
    sandbox
}

#[test]
fn its_help_speaks_of_trainvault_alone() {
    let mut command = Program::Trainvault.command();
    command.build();
    let mut n_tasks = 0;
    for task in command.get_subcommands_mut() {
        let help = task.render_long_help().to_string();
        assert!(!help.contains("cargo xtask"), "{help}");
        n_tasks += 1;
    }
    assert!(n_tasks > 15);
    let installed = Installed::new();
    let help = stdout(&mut installed.run(&workspace(), &["train", "--help"]));
    assert!(help.contains("Usage: trainvault train [OPTIONS]"), "{help}");
    assert!(help.contains("Examples:\n  trainvault train\n"), "{help}");
}

#[test]
fn its_results_and_errors_do_too() {
    let (installed, sandbox) = (Installed::new(), workspace());
    let text = stdout(&mut installed.run(&sandbox, &["list"]));
    assert_eq!(text, "no archives yet; `trainvault train` makes the first\n");
    installed.run(&sandbox, &["archive"]).assert().code(0);
    let outside = Sandbox::new();
    let error = stderr(&mut installed.run(&outside, &["list"]));
    assert!(error.contains("name one by `--root DIR`"), "{error}");
}

#[test]
fn without_a_trainer_it_says_how_to_get_one() {
    let (installed, sandbox) = (Installed::new(), workspace());
    let stderr = installed.run(&sandbox, &["train"]).assert().code(2).stderr_text();
    insta::assert_snapshot!(stderr, @"error: there is no `trainer` beside this program or on the PATH; install it from the source of this tool by `cargo install --path trainer`, or name another by `--trainer-bin PATH`");
    assert!(sandbox.backup_names().is_empty());
}

#[test]
fn it_trains_by_the_trainer_beside_it() {
    let body = format!(
        "if [ \"$1\" = --version ]; then echo trainer 1; exit; fi\n\
         for word; do [ \"$word\" = --check ] && exit; done\n{COMPLETES}"
    );
    let (installed, sandbox) = (Installed::with_trainer(&body), workspace());
    installed.run(&sandbox, &["train"]).assert().code(0);
    assert_eq!(sandbox.archive_names().len(), 2);
}

#[test]
fn another_program_called_trainer_is_not_run() {
    let (installed, sandbox) = (Installed::with_trainer("touch was-run; echo gym 3"), workspace());
    let stderr = installed.run(&sandbox, &["train"]).assert().code(2).stderr_text();
    assert!(stderr.contains("is not the trainer of this tool"));
    assert!(sandbox.backup_names().is_empty());
}

#[test]
fn a_trainer_is_looked_for_beside_the_program_then_on_the_path() {
    let folders = tempfile::tempdir().unwrap();
    let [beside, first, second] = ["beside", "first", "second"].map(|name| {
        let folder = folders.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    });
    let path: OsString = std::env::join_paths([&first, &second]).unwrap();
    let found = || {
        let own = beside.join("trainvault");
        Program::Trainvault.trainer(Path::new("/home"), &own, Some(&path))
    };
    assert!(matches!(found(), TrainerSource::Missing));
    for folder in [&second, &first, &beside] {
        let trainer = write_trainer(folder, "");
        assert!(matches!(found(), TrainerSource::Installed(file) if file == trainer));
    }
    let built = Program::Xtask.trainer(Path::new("/home"), &beside.join("xtask"), Some(&path));
    assert!(matches!(built, TrainerSource::Build(home) if home == Path::new("/home")));
}

#[cfg(not(feature = "zstd"))]
#[test]
fn what_it_lacks_it_does_not_build_by_itself() {
    let (installed, sandbox) = (Installed::new(), workspace());
    sandbox.write("config/config.json", r#"{"archive": {"compression": "zstd"}}"#);
    let stderr = installed.run(&sandbox, &["archive"]).assert().code(1).stderr_text();
    insta::assert_snapshot!(stderr, @"error: `archive.compression` is `zstd`, and this program was built without that; install it again from its source by `cargo install --path xtask --features zstd`, or set `archive.compression` to `deflate`");
}

/// Returns what bash is offered for the last of `words`.
fn offered(installed: &Installed, sandbox: &Sandbox, words: &[&str]) -> String {
    let mut command = installed.run(sandbox, &["--", "trainvault"]);
    command.args(words).env("COMPLETE", "bash").env("_CLAP_IFS", "\n");
    stdout(command.env("_CLAP_COMPLETE_INDEX", words.len().to_string()))
}

#[test]
fn a_shell_completes_tasks_archives_and_tags() {
    let (installed, sandbox) = (Installed::new(), workspace());
    let clock = ["--clock", "2026-01-02T03:04:05Z", "--tag", "paper"];
    installed.run(&sandbox, &["archive"]).args(clock).assert().code(0);
    let script = stdout(installed.run(&sandbox, &[]).env("COMPLETE", "bash"));
    assert!(script.contains("complete") && script.contains("trainvault"), "{script}");
    assert_eq!(offered(&installed, &sandbox, &["un"]), "undelete\nunpin");
    assert_eq!(offered(&installed, &sandbox, &["show", ""]).lines().next(), Some("latest"));
    assert_eq!(offered(&installed, &sandbox, &["show", "2026"]), "20260102_030405");
    assert_eq!(offered(&installed, &sandbox, &["diff", "latest", "20"]), "20260102_030405");
    assert_eq!(offered(&installed, &sandbox, &["tag", "latest", "--remove", "p"]), "paper");
    assert_eq!(offered(&installed, &sandbox, &["prune", "--keep-tag", ""]), "paper");
    assert_eq!(offered(&installed, &sandbox, &["list", "--tag", ""]), "paper");
    assert_eq!(offered(&installed, &sandbox, &["list", "--sort", "n"]), "name");
    assert_eq!(offered(&installed, &sandbox, &["list", "--status", "c"]), "completed");
    // Nothing to offer where there is no workspace.
    assert_eq!(offered(&installed, &Sandbox::new(), &["show", "2"]), "");
}

#[test]
fn a_shell_completes_from_the_workspace_that_the_line_names() {
    let (installed, sandbox, here) = (Installed::new(), workspace(), workspace());
    let clock = ["--clock", "2026-01-02T03:04:05Z", "--tag", "paper"];
    installed.run(&sandbox, &["archive"]).args(clock).assert().code(0);
    let root = sandbox.root().to_str().unwrap();
    let offered = |words: &[&str]| offered(&installed, &here, words);
    assert_eq!(offered(&["show", "2026"]), "", "there is none here");
    assert_eq!(offered(&["--root", root, "show", "2026"]), "20260102_030405");
    assert_eq!(offered(&["show", "--root", root, "2026"]), "20260102_030405");
    assert_eq!(offered(&["prune", &format!("--root={root}"), "--keep-tag", ""]), "paper");
    // As bash cuts the line, quotes and all.
    let quoted = format!("'{root}'");
    assert_eq!(offered(&["--root", "=", &quoted, "show", "2026"]), "20260102_030405");
    let relative = format!("../{}", sandbox.root().file_name().unwrap().to_str().unwrap());
    assert_eq!(offered(&["--root", &relative, "show", "2026"]), "20260102_030405");
    assert_eq!(offered(&["--root", "no-such", "show", "2026"]), "");
}

#[test]
fn the_manual_has_a_page_for_each_task() {
    let (installed, sandbox) = (Installed::new(), Sandbox::new());
    installed.run(&sandbox, &["manual", "--out", "man1"]).assert().code(0);
    let page = sandbox.read("man1/trainvault-train.1");
    assert!(page.contains("trainvault train") && !page.contains("cargo xtask"), "{page}");
    assert!(page.contains("Examples:"), "{page}");
    let n_tasks = Program::Trainvault.command().get_subcommands().count();
    assert!(fs::read_dir(sandbox.path("man1")).unwrap().count() > n_tasks);
    assert!(sandbox.read("man1/trainvault.1").contains("Exit codes"));
}

/// As users install it: compiles everything anew where it is cold.
#[test]
fn cargo_installs_it() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let target = Path::new(env!("CARGO_BIN_EXE_trainvault")).parent().unwrap().join("install-test");
    let installed = std::process::Command::new(env!("CARGO"))
        .args(["install", "--debug", "--locked", "--offline", "--path", env!("CARGO_MANIFEST_DIR")])
        .arg("--root")
        .arg(folder.path())
        .arg("--target-dir")
        .arg(target)
        .status()
        .unwrap();
    assert!(installed.success());
    let sandbox = workspace();
    let program = folder.path().join("bin/trainvault");
    Command::new(&program).current_dir(sandbox.root()).arg("archive").assert().code(0);
    let script = stdout(Command::new(&program).env("COMPLETE", "zsh"));
    assert!(script.contains("#compdef trainvault"), "{script}");
}
