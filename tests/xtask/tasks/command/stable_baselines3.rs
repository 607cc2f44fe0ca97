//! The example that trains Stable-Baselines3, as its text says to.

use std::path::Path;
use std::process::Command;

use crate::support::Sandbox;
use crate::tasks::faults::is_slow;

#[test]
fn the_example_trains_and_its_figures_are_the_sessions() {
    if !is_slow() {
        return;
    }
    let sandbox = Sandbox::new();
    let run = |program: &Path, arguments: &[&str]| {
        assert!(Command::new(program).args(arguments).status().unwrap().success(), "{arguments:?}");
    };
    let venv = sandbox.path("venv");
    run(Path::new("python3"), &["-m", "venv", venv.to_str().unwrap()]);
    run(&venv.join("bin/pip"), &["install", "--quiet", "stable-baselines3"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/stable_baselines3/train.py");
    let mut task = sandbox.xtask(&["train", "--seed", "7", "--gate", "sharpe>=0", "--"]);
    let output = task.args(["venv/bin/python", script, "4096"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let archive = &sandbox.catalog().archives[0];
    let manifest = archive.manifest().unwrap();
    assert!(manifest.files.iter().any(|file| file.path == "models/ppo.zip"));
    assert_eq!(manifest.agent_metric("n_steps"), Some(4096.0));
    assert_eq!(manifest.session.as_ref().unwrap().seed, Some(7));
    assert!(sandbox.read("logs/training.log").contains("total_timesteps"));
}
