//! The manifest of an Indexed Job.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{four_trials, trainer, write_spec};
use crate::support::{Sandbox, stdout};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Returns the command of the manifest's pods.
fn command() -> String {
    let manifest = fs::read_to_string(repository().join("examples/kubernetes/sweep.yaml")).unwrap();
    let lines = manifest.lines().skip_while(|line| line.trim() != "- >-").skip(1);
    let words: Vec<&str> =
        lines.map(str::trim).take_while(|line| !line.starts_with("resources:")).collect();
    words.join(" ")
}

#[test]
fn each_pod_runs_its_trials() {
    let sandbox = Sandbox::new();
    write_spec(&sandbox, &four_trials());
    fs::rename(sandbox.path("sweep.json"), sandbox.path("ridge.json")).unwrap();
    trainer(&sandbox, "");
    let begin = ["sweep", "ridge.json", "--engine", "external", "--trainer-bin", "./trainer.sh"];
    sandbox.xtask(&begin).assert().success();
    let command = command()
        .replace("/shared/bin/trainvault", env!("CARGO_BIN_EXE_xtask"))
        .replace("/shared/workspace", sandbox.root().to_str().unwrap())
        .replace("/shared/bin/trainer", sandbox.path("trainer.sh").to_str().unwrap());
    for index in ["0", "1"] {
        let mut pod = Command::new("sh");
        pod.args(["-c", &command]).env("COUNT", "3").env("JOB_COMPLETION_INDEX", index);
        let output = pod.output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let stdout_text = stdout(&mut sandbox.xtask(&["sweep", "status"]));
    assert!(stdout_text.contains("4 of 4 trials over, 4 completed"), "{stdout_text}");
}

/// By the classes of Kubernetes' own client, which a Python package brings.
#[test]
fn the_manifest_has_only_fields_that_kubernetes_has() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        eprintln!("skipped: set RUN_SLOW_TESTS=1 to check by Kubernetes' own client");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kubernetes");
    if !folder.join("bin/pip").exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&folder).status();
        assert!(made.unwrap().success());
    }
    let pip = Command::new(folder.join("bin/pip")).args(["install", "-q", "kubernetes"]).status();
    assert!(pip.unwrap().success());
    let sandbox = Sandbox::new();
    let manifest = fs::read_to_string(repository().join("examples/kubernetes/sweep.yaml")).unwrap();
    let check = |manifest: &str| {
        let mut python = Command::new(folder.join("bin/python"));
        python.arg(repository().join("tests/xtask/tasks/sweep/manifest.py"));
        let output = python.arg(sandbox.write("job.yaml", manifest)).output().unwrap();
        (output.status.success(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(check(&manifest), (true, String::new()));
    let (is_good, stderr) = check(&manifest.replace("backoffLimitPerIndex", "backofLimitPerIndex"));
    assert!(!is_good && stderr.contains("has no field backofLimitPerIndex"), "{stderr}");
}
