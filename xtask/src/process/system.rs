//! Git, and the small programs of the system.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

use super::shell;
use crate::manifest::GitState;

/// The largest difference that an archive keeps, in bytes.
const PATCH_LIMIT_BYTES: u64 = 1024 * 1024;

/// Returns the state of the git work tree around `root` and its
/// difference from the commit; `None` outside a work tree or without
/// git.
pub fn git_state(root: &Path) -> Option<(GitState, Vec<u8>)> {
    let shell = shell().ok()?;
    shell.change_dir(root);
    let read = |cmd: xshell::Cmd<'_>| cmd.quiet().ignore_stderr().read().ok();
    read(cmd!(shell, "git rev-parse --is-inside-work-tree")).filter(|text| text == "true")?;
    let commit = read(cmd!(shell, "git rev-parse --verify HEAD"));
    let branch = read(cmd!(shell, "git symbolic-ref --short --quiet HEAD"));
    let (patch, patch_cut) = match &commit {
        Some(_) => git_patch(&shell).unwrap_or_default(),
        None => (Vec::new(), false),
    };
    let state = GitState { commit, branch, dirty: !patch.is_empty(), patch_cut };
    Some((state, patch))
}

/// Returns the commit of the git work tree around `root`, where there
/// is one.
pub fn git_commit(root: &Path) -> Option<String> {
    let shell = shell().ok()?;
    shell.change_dir(root);
    cmd!(shell, "git rev-parse --verify HEAD").quiet().ignore_stderr().read().ok()
}

/// Returns those of `names`, files in the folder `root`, that git
/// tracks; none outside a work tree or without git.
pub fn git_tracked(root: &Path, names: &[String]) -> Vec<String> {
    let read = || -> Result<String> {
        let shell = shell()?;
        shell.change_dir(root);
        let command = cmd!(shell, "git --literal-pathspecs ls-files -z -- {names...}");
        Ok(command.quiet().ignore_stderr().read()?)
    };
    let listed = if names.is_empty() { String::new() } else { read().unwrap_or_default() };
    listed.split_terminator('\0').map(str::to_owned).collect()
}

/// Shows `file` by the program that the user has for files of its kind.
///
/// # Errors
/// When there is none.
pub fn open_file(file: &Path) -> Result<()> {
    let shell = shell()?;
    let command = if cfg!(windows) {
        // Not by `cmd /C start`, which takes `&` in a name for its own.
        cmd!(shell, "rundll32 url.dll,FileProtocolHandler {file}")
    } else if cfg!(target_os = "macos") {
        cmd!(shell, "open {file}")
    } else {
        cmd!(shell, "xdg-open {file}")
    };
    command
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .with_context(|| format!("no program shows `{}`; open it in a browser", file.display()))
}

fn git_patch(shell: &Shell) -> Result<(Vec<u8>, bool)> {
    let mut child = Command::from(cmd!(shell, "git diff --binary --no-color --no-ext-diff HEAD"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut patch = Vec::new();
    let stdout = child.stdout.take().context("git has no standard output")?;
    stdout.take(PATCH_LIMIT_BYTES + 1).read_to_end(&mut patch)?;
    let is_cut = patch.len() as u64 > PATCH_LIMIT_BYTES;
    if is_cut {
        patch.truncate(usize::try_from(PATCH_LIMIT_BYTES)?);
        child.kill()?;
    }
    child.wait()?;
    Ok((patch, is_cut))
}

/// Returns the free space on the disk of `folder`, in bytes, as `df`
/// tells it; `None` where there is no such program.
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let shell = shell().ok()?;
    // The form of POSIX: one line for the disk, in units of 1024.
    let table = cmd!(shell, "df -P -k -- {folder}").quiet().ignore_stderr().read().ok()?;
    let free = table.lines().nth(1)?.split_whitespace().rev().nth(2)?;
    free.parse::<u64>().ok()?.checked_mul(1024)
}

/// Returns how many columns the terminal has, as `stty` tells it; `None`
/// where there is no such program or no terminal.
pub fn terminal_columns() -> Option<usize> {
    let terminal = std::fs::File::open("/dev/tty").ok()?;
    let shell = shell().ok()?;
    let output = Command::from(cmd!(shell, "stty size"))
        .stdin(terminal)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let size = String::from_utf8(output.stdout).ok()?;
    let n_columns = size.split_whitespace().nth(1)?.parse().ok()?;
    (n_columns > 0).then_some(n_columns)
}
