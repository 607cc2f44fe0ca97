//! The remote repository, by the real restic: pushed, pulled, listed,
//! pruned by several workspaces.

mod drills;
mod failures;
mod hostile;
mod prune;
mod pull;
mod push;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Sandbox, json_of, tree};

/// A repository of restic 0.14 without a snapshot; `correct horse` opens
/// it. Its key is the one that restic made, encrypted by scrypt of N = 2,
/// r = 1, p = 1 in place of restic's parameters. `KEY_ID` is its SHA-256.
const CONFIG: &[u8] = include_bytes!("../../data/restic/config");
const KEY: &[u8] = include_bytes!("../../data/restic/key.json");
const KEY_ID: &str = "54e6f34b1c1daf463775718981858b997c3b6484d9bc620b53b58abad61d7b73";

/// A repository, and workspaces that share it.
pub struct Team {
    folder: TempDir,
    pub repository: String,
}

impl Team {
    /// One with a folder for its repository; `None`, and a loud word,
    /// where there is no restic.
    pub fn new() -> Option<Self> {
        if !has_restic() {
            say_skipped("there is no `restic`; .ci/run installs it");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let repository = folder.path().join("repository").to_str().unwrap().to_owned();
        Some(Self { folder, repository })
    }

    /// One whose repository is made.
    pub fn with_repository() -> Option<Self> {
        let team = Self::new()?;
        team.make_repository();
        Some(team)
    }

    pub fn make_repository(&self) {
        make_repository(Path::new(&self.repository));
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    /// Returns a workspace with a session, which uses the repository.
    pub fn workspace(&self) -> Sandbox {
        let sandbox = Sandbox::with_session();
        self.join(&sandbox, "");
        sandbox
    }

    /// Lets a workspace use the repository.
    pub fn join(&self, sandbox: &Sandbox, more: &str) {
        sandbox.write("secret/password", "correct horse\n");
        let repository = &self.repository;
        let remote = format!(
            r#"{{"repository": "{repository}", "password_file": "secret/password"{more}}}"#
        );
        sandbox.write("config/config.json", &format!(r#"{{"archive": {{"remote": {remote}}}}}"#));
    }

    /// Runs restic itself, which must go well, and returns what it says.
    pub fn restic(&self, arguments: &[&str]) -> String {
        let output = self.restic_command(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn restic_command(&self, arguments: &[&str]) -> Command {
        Command::from_std(self.restic_std(arguments))
    }

    pub fn restic_std(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new("restic");
        command.args(arguments).current_dir(self.folder.path()).env("TZ", "UTC");
        command.env("RESTIC_REPOSITORY", &self.repository).env("RESTIC_PASSWORD", "correct horse");
        command
    }

    /// Waits until someone has locked the repository.
    pub fn wait_for_lock(&self) {
        // One that is still being written has another name.
        let is_lock = |name: &str| name.len() == 64;
        while !tree(&self.path("repository/locks")).keys().any(|name| is_lock(name)) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// Returns the snapshots, as restic itself tells of them.
    pub fn snapshots(&self) -> Vec<Value> {
        serde_json::from_str(&self.restic(&["snapshots", "--json"])).unwrap()
    }
}

/// Makes a repository in the folder: a copy of one whose password is
/// cheap to check. What `restic init` makes takes half a second of
/// processor time for each call of restic.
pub fn make_repository(folder: &Path) {
    for name in ["data", "index", "keys", "locks", "snapshots"] {
        fs::create_dir_all(folder.join(name)).unwrap();
    }
    fs::write(folder.join("config"), CONFIG).unwrap();
    fs::write(folder.join("keys").join(KEY_ID), KEY).unwrap();
}

/// Says what is left out, whether the test is captured or not.
pub fn say_skipped(why: &str) {
    std::io::stderr().write_all(format!("SKIPPED: {why}\n").as_bytes()).unwrap();
}

pub fn has_restic() -> bool {
    std::process::Command::new("restic").arg("version").output().is_ok()
}

/// Runs a task that must go well, and returns its document.
#[track_caller]
pub fn task(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let output = run(sandbox, arguments);
    assert_eq!(output.code, 0, "{arguments:?}: {}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

pub fn run(sandbox: &Sandbox, arguments: &[&str]) -> Ran {
    ran(sandbox.xtask(arguments).args(["--format", "json"]))
}

pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Returns the names that `list --remote` shows, newest first.
pub fn listed(sandbox: &Sandbox) -> Vec<String> {
    let document = json_of(&mut sandbox.xtask(&["list", "--remote", "--format", "json"]));
    let rows = document["archives"].as_array().unwrap();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// Returns what became of each archive of a push.
pub fn outcomes(document: &Value) -> Vec<(&str, &str)> {
    let archives = document["archives"].as_array().unwrap();
    archives
        .iter()
        .map(|it| (it["name"].as_str().unwrap(), it["outcome"].as_str().unwrap()))
        .collect()
}

/// Writes a program called `restic` that stands before the real one on
/// the `PATH`, and returns that `PATH`.
pub fn stand_in(folder: &Path, script: &str) -> String {
    stand_in_named(folder, "restic", script)
}

pub fn stand_in_named(folder: &Path, name: &str, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).unwrap();
    let program = bin.join(name);
    fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
}

/// Returns bytes that nothing packs, other ones for each `seed`.
pub fn noise(seed: u64, n_bytes: usize) -> Vec<u8> {
    let mut state = seed + 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[4]
    };
    (0..n_bytes).map(|_| next()).collect()
}
