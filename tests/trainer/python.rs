//! Python packages to compare with, in the slow tests only.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

/// Held while an environment is created: tests run in parallel.
static CREATION: Mutex<()> = Mutex::new(());

/// Returns the Python of a virtual environment with `packages`, created
/// under the target folder at the first call.
///
/// Returns `None`, with the reason on stderr, without `RUN_SLOW_TESTS`
/// and where the packages cannot be installed.
pub fn with_packages(packages: &[&str]) -> Option<PathBuf> {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        eprintln!("skipped: set RUN_SLOW_TESTS=1 to compare with {packages:?}");
        return None;
    }
    let _creation = CREATION.lock().unwrap_or_else(PoisonError::into_inner);
    let name = packages.join("_").replace('=', "");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python_{name}"));
    let python = folder.join("bin").join("python");
    let is_ready = folder.join("ready");
    if !is_ready.exists() {
        let is_created = call(Command::new("python3").args(["-m", "venv"]).arg(&folder))
            && call(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(packages));
        if !is_created {
            eprintln!("skipped: {packages:?} cannot be installed here");
            return None;
        }
        std::fs::write(&is_ready, "").expect("the folder was just made");
    }
    Some(python)
}

fn call(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// Runs `script` with `arguments` and returns what it prints.
#[track_caller]
pub fn run(python: &Path, script: &str, arguments: &[&Path]) -> String {
    let output: Output =
        Command::new(python).arg("-c").arg(script).args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}
