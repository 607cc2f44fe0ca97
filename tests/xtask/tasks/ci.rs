//! The recipes for CI: their commands are ones that this tool takes,
//! and their files are ones that the services take.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser as _;
use xtask::cli::Cli;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Returns the commands of this tool in `text`, with the lines that a
/// YAML `>` folds into one.
fn commands(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in text.lines().map(str::trim) {
        if let Some((_, rest)) = line.split_once("cargo xtask ").filter(|_| !line.starts_with('#'))
        {
            commands.push(rest.to_owned());
            is_open = true;
        } else if let Some(last) = commands.last_mut().filter(|_| is_open && line.starts_with("--"))
        {
            *last += &format!(" {line}");
        } else {
            is_open = false;
        }
    }
    commands
}

#[track_caller]
fn check(path: &str, n_commands: usize) {
    let commands = commands(&read(path));
    assert_eq!(commands.len(), n_commands, "{path}: {commands:?}");
    for command in commands {
        // What the shell makes of these words, as far as they need it.
        let words = command.split_whitespace().map(|word| word.trim_matches(['\'', '"']));
        let parsed = Cli::try_parse_from(["xtask"].into_iter().chain(words));
        assert!(parsed.is_ok(), "{path}: {command}: {}", parsed.unwrap_err());
    }
}

#[test]
fn the_recipes_name_tasks_and_flags_that_exist() {
    check("examples/ci/github-actions.yml", 3);
    check("examples/ci/gitlab-ci.yml", 3);
    check(".github/workflows/ci.yml", 8);
}

#[test]
fn the_oldest_rust_of_the_ci_is_the_one_that_is_promised() {
    let promised = read("Cargo.toml");
    let version = promised.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let version = version.trim_matches('"');
    let ci = read(".github/workflows/ci.yml");
    assert!(ci.contains(&format!("cargo +{version} check")), "{version}");
    assert!(ci.contains(&format!("rustup toolchain install {version} ")), "{version}");
}

/// By the services' own schemas, which a Python package brings.
#[test]
fn the_recipes_are_valid_for_their_services() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        eprintln!("skipped: set RUN_SLOW_TESTS=1 to check by the services' schemas");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("check-jsonschema");
    let checker = folder.join("bin/check-jsonschema");
    if !checker.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
        assert!(made.unwrap().success());
        let pip = folder.join("bin/pip");
        let installed = Command::new(pip).args(["install", "--quiet", "check-jsonschema"]).status();
        assert!(installed.unwrap().success());
    }
    for (schema, path) in [
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
        ("vendor.github-workflows", "examples/ci/github-actions.yml"),
        ("vendor.gitlab-ci", "examples/ci/gitlab-ci.yml"),
    ] {
        let output = Command::new(&checker)
            .args(["--builtin-schema", schema])
            .arg(root().join(path))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
