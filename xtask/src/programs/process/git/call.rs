//! Calls git so that neither the user's settings nor the variables that
//! git sets for hooks affect the result.

use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use xshell::{Shell, cmd};

use crate::programs::process::shell;

/// How much of git's error output is shown.
const N_REASON_CHARS: usize = 300;

/// Overrides of settings that would affect the result or run programs.
const SETTINGS: [&str; 13] = [
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.splitIndex=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=true",
    "core.safecrlf=false",
    "diff.orderFile=/dev/null",
    "diff.relative=false",
    "diff.renames=false",
    "diff.suppressBlankEmpty=false",
    "status.renames=false",
    "status.relativePaths=false",
    "submodule.recurse=false",
];

/// The arguments for a diff that `git apply` accepts.
const DIFF: [&str; 18] = [
    // Diff the bytes on the disk, without line conversion.
    "-c",
    "core.autocrlf=false",
    "diff",
    "--binary",
    "--full-index",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-renames",
    "--no-indent-heuristic",
    "--diff-algorithm=myers",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--unified=3",
    "--inter-hunk-context=0",
    "--submodule=short",
    // A patch cannot express changes within a submodule.
    "--ignore-submodules=dirty",
    "--ws-error-highlight=none",
];

/// The variables of git that are kept: the paths of the settings.
const KEPT_VARIABLES: [&str; 3] = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];

/// Calls git in one folder. Errors say why the state is unknown.
#[derive(Clone)]
pub struct Git {
    shell: Shell,
    /// An index to use instead of the repository's.
    index: Option<PathBuf>,
    /// A tree to read `.gitattributes` from, instead of the files.
    attributes: Option<String>,
}

/// The output and exit status of git.
pub struct GitOutput {
    pub bytes: Vec<u8>,
    pub status: ExitStatus,
    is_cut: bool,
    error_output: String,
}

impl Git {
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        let shell = shell().map_err(|error| format!("{error:#}"))?;
        shell.change_dir(folder);
        Ok(Self { shell, index: None, attributes: None })
    }

    /// Returns git with `index` instead of the repository's index.
    pub fn with_index(&self, index: PathBuf) -> Self {
        Self { index: Some(index), ..self.clone() }
    }

    /// Returns git that reads attributes from the tree `tree` instead of the
    /// files.
    pub fn with_attributes_of(&self, tree: &str) -> Self {
        Self { attributes: Some(tree.to_owned()), ..self.clone() }
    }

    /// Calls git in `folder` from now on.
    pub fn enter(&self, folder: &Path) {
        self.shell.change_dir(folder);
    }

    /// Runs git and returns its output.
    pub fn output(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        self.call(arguments, &[])?.checked(arguments[0])
    }

    /// Runs git with `input` on standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Result<(), String> {
        self.call(arguments, input)?.checked(arguments[0]).map(drop)
    }

    /// Returns the difference of all files, or of `paths`, from the tree
    /// `base`, and whether it was cut at `limit_bytes`.
    pub fn diff(
        &self,
        base: &str,
        limit_bytes: u64,
        paths: &[&str],
    ) -> Result<(Vec<u8>, bool), String> {
        let arguments = [&DIFF[..], &[base, "--"], paths].concat();
        let answer = self.run(&arguments, &[], limit_bytes)?;
        if answer.is_cut {
            return Ok((answer.bytes, true));
        }
        Ok((answer.checked("diff")?, false))
    }

    /// Runs git with `input` on standard input, and returns its output even
    /// if it failed.
    pub fn call(&self, arguments: &[&str], input: &[u8]) -> Result<GitOutput, String> {
        self.run(arguments, input, u64::MAX)
    }

    fn run(&self, arguments: &[&str], input: &[u8], limit_bytes: u64) -> Result<GitOutput, String> {
        let mut child = self.command(arguments).spawn().map_err(|error| no_git(&error))?;
        let failed = |error: io::Error| format!("failed to talk to git: {error}");
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let mut bytes = Vec::new();
        let error_output = thread::scope(|scope| {
            let error_output = scope.spawn(move || {
                let mut bytes = Vec::new();
                // If reading fails, show what was read.
                let _ = stderr.map(|mut stderr| stderr.read_to_end(&mut bytes));
                text(&bytes)
            });
            // If git stops reading, its exit code says why.
            scope.spawn(move || drop(stdin.map(|mut stdin| stdin.write_all(input))));
            let limit = limit_bytes.saturating_add(1);
            let read = stdout.map_or(Ok(0), |out| out.take(limit).read_to_end(&mut bytes));
            if read.is_err() || bytes.len() as u64 > limit_bytes {
                // It may have ended already.
                let _ = child.kill();
            }
            let error_output = error_output.join().expect("reading does not panic");
            read.map(|_| error_output)
        });
        let status = child.wait().map_err(failed)?;
        let is_cut = bytes.len() as u64 > limit_bytes;
        bytes.truncate(usize::try_from(limit_bytes).unwrap_or(usize::MAX));
        Ok(GitOutput { bytes, status, is_cut, error_output: error_output.map_err(failed)? })
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
        let mut command = Command::from(cmd!(
            self.shell,
            "git --no-pager --literal-pathspecs {settings...} {arguments...}"
        ));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().to_uppercase().starts_with("GIT_")
                && !KEPT_VARIABLES.iter().any(|kept| name == *kept)
            {
                command.env_remove(name);
            }
        }
        command
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_DISCOVERY_ACROSS_FILESYSTEM", "1")
            .env("LANGUAGE", "en")
            .envs(self.index.iter().map(|index| ("GIT_INDEX_FILE", index)))
            .envs(self.attributes.iter().map(|tree| ("GIT_ATTR_SOURCE", tree)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl GitOutput {
    /// Returns the output if git succeeded.
    pub fn checked(self, task: &str) -> Result<Vec<u8>, String> {
        if self.status.success() { Ok(self.bytes) } else { Err(self.reason(task)) }
    }

    /// Returns why git failed.
    pub fn reason(&self, task: &str) -> String {
        let said =
            |start: &str| self.error_output.lines().find_map(|line| line.strip_prefix(start));
        let reason =
            said("fatal: ").or_else(|| said("error: ")).unwrap_or(&self.error_output).trim();
        let reason: String = reason.chars().take(N_REASON_CHARS).collect();
        if reason.is_empty() {
            return format!("`git {task}` ended by {}", self.status);
        }
        format!("`git {task}` says: {reason}")
    }
}

fn no_git(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no `git` program to ask; install it".to_owned(),
        _ => format!("failed to start git: {error}"),
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(unix)]
pub fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(text(bytes))
}
