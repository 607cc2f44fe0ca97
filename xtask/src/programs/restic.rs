//! Runs the user's restic on one repository.
//!
//! It knows snapshots and files, not sessions. Commands that only read
//! take no lock of the repository, so that they leave none when killed.

mod failure;
mod locks;
mod redact;
mod snapshot;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

pub use failure::FailureKind;
pub use locks::RepositoryLock;
pub use redact::{printable, redacted};
pub use snapshot::{NewSnapshot, Snapshot};

use crate::programs::process::{self, ResticCall, ResticExit};
use crate::workspace::Workspace;
use crate::workspace::config::RemoteConfig;
use crate::workspace::exit::{CodedError, RemoteProblem, check_interrupt};
use crate::workspace::progress;

/// The oldest supported version.
const OLDEST: (u32, u32) = (0, 14);

/// The longest wait of restic before a retry: an unreachable backend is
/// reported after a minute or two, and for queries after half a minute at
/// most.
const WAIT_MAX: Duration = Duration::from_secs(40);
const QUERY_WAIT_MAX: Duration = Duration::from_secs(10);

/// The variables that name a repository or its password; they override
/// the settings.
const REPOSITORY: [&str; 2] = ["RESTIC_REPOSITORY", "RESTIC_REPOSITORY_FILE"];
const PASSWORD: [&str; 3] = ["RESTIC_PASSWORD", "RESTIC_PASSWORD_FILE", "RESTIC_PASSWORD_COMMAND"];

/// A repository and how to access it.
#[derive(Debug)]
pub struct Restic<'a> {
    folder: PathBuf,
    variables: Vec<(&'static str, OsString)>,
    /// Its location, without a password.
    location: String,
    interrupt: &'a AtomicBool,
}

impl<'a> Restic<'a> {
    /// Returns the repository of `workspace`, from the environment or else
    /// its settings. Setting `interrupt` interrupts restic.
    pub fn of(workspace: &Workspace, interrupt: &'a AtomicBool) -> Result<Self> {
        let none = RemoteConfig::default();
        let config = workspace.config().archive.remote.as_ref().unwrap_or(&none);
        // Restic parses `--time` in the local time zone.
        let mut variables = vec![("TZ", OsString::from("UTC"))];
        let here = std::env::current_dir().context("failed to read the current folder")?;
        let (name, repository) = repository(config, &here, workspace.root())?;
        let is_file = name == "RESTIC_REPOSITORY_FILE";
        let location = if is_file { format!("that of `{repository}`") } else { repository.clone() };
        variables.push((name, repository.into()));
        variables.extend(password(config, &here, workspace.root()));
        let location = redacted(&location);
        Ok(Self { folder: workspace.root().to_owned(), variables, location, interrupt })
    }

    /// Returns the location of the repository, without a password.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Returns the version of restic.
    ///
    /// # Errors
    /// When it is not installed, or too old.
    pub fn version(&self) -> Result<String> {
        let text = String::from_utf8(self.output(&["version"])?).unwrap_or_default();
        let version = text.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
        let number = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        if number < OLDEST {
            let (major, minor) = OLDEST;
            let text = format!(
                "restic is of version `{}`, and {major}.{minor} or newer is needed; install a newer one",
                redacted(&version)
            );
            return Err(CodedError::Remote(RemoteProblem::NoProgram, text).into());
        }
        Ok(version)
    }

    /// Creates the repository; `false` if it exists already.
    pub fn init(&self) -> Result<bool> {
        let end = self.call(&["init"], &mut io::sink())?;
        match end.code {
            Some(0) => Ok(true),
            _ if FailureKind::of(&end) == FailureKind::Exists => Ok(false),
            _ => Err(failure_of(&end)),
        }
    }

    /// Returns the repository's id, which requires that it is reachable and
    /// that the password is right.
    pub fn id(&self) -> Result<String> {
        let bytes = self.output(&["cat", "config", "--no-lock"])?;
        let config: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let id = config["id"].as_str().filter(|id| is_id(id));
        id.map(str::to_owned).ok_or_else(|| anyhow!("restic told no id of the repository"))
    }

    /// Writes the file at `path` of a snapshot to `out`.
    pub fn dump(&self, snapshot: &str, path: &str, out: &mut dyn Write) -> Result<()> {
        self.run(&["dump", "--no-lock", snapshot, path], &mut Counted(out))
    }

    /// Forgets these snapshots; their content is kept until a prune.
    pub fn forget(&self, snapshots: &[String]) -> Result<()> {
        let ids = snapshots.iter().map(String::as_str);
        let arguments: Vec<&str> = ["forget"].into_iter().chain(ids).collect();
        self.retry_while_locked(|| self.output(&arguments)).map(drop)
    }

    /// Replaces the tags of a snapshot, which changes its id.
    pub fn set_tags(&self, snapshot: &str, tags: &[String]) -> Result<()> {
        let mut arguments = vec!["tag"];
        arguments.extend(tags.iter().flat_map(|tag| ["--set", tag.as_str()]));
        arguments.push(snapshot);
        self.retry_while_locked(|| self.output(&arguments)).map(drop)
    }

    /// Deletes data that no snapshot uses.
    pub fn prune(&self) -> Result<()> {
        self.retry_while_locked(|| self.output(&["prune"])).map(drop)
    }

    /// Checks the repository's structure, without reading all data.
    ///
    /// # Errors
    /// When something is missing.
    pub fn check(&self) -> Result<()> {
        self.retry_while_locked(|| self.output(&["check"])).map(drop)
    }

    fn output(&self, arguments: &[&str]) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.run(arguments, &mut bytes)?;
        Ok(bytes)
    }

    fn run(&self, arguments: &[&str], out: &mut dyn Write) -> Result<()> {
        let end = self.call(arguments, out)?;
        if end.code == Some(0) { Ok(()) } else { Err(failure_of(&end)) }
    }

    fn call(&self, arguments: &[&str], out: &mut dyn Write) -> Result<ResticExit> {
        self.call_in(&self.folder, arguments, out)
    }

    fn call_in(
        &self,
        folder: &Path,
        arguments: &[&str],
        out: &mut dyn Write,
    ) -> Result<ResticExit> {
        check_interrupt(self.interrupt)?;
        let is_query = arguments.contains(&"--no-lock") && arguments[0] != "dump";
        let wait_max = if is_query { QUERY_WAIT_MAX } else { WAIT_MAX };
        let arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
        let (variables, interrupt) = (&self.variables, self.interrupt);
        let call = ResticCall { arguments: &arguments, variables, folder, interrupt, wait_max };
        let end = process::restic(&call, out)?;
        check_interrupt(self.interrupt)?;
        end.ok_or_else(|| {
            let text = "there is no program `restic`; install it (Debian: `apt install restic`, or see \
                 https://restic.net)";
            CodedError::Remote(RemoteProblem::NoProgram, text.to_owned()).into()
        })
    }
}

fn failure_of(end: &ResticExit) -> anyhow::Error {
    FailureKind::of(end).error(&end.error_output).into()
}

/// Returns the variable that names the repository: the user's, relative
/// to `here`, or else that of `config`, relative to `root`.
fn repository(
    config: &RemoteConfig,
    here: &Path,
    root: &Path,
) -> Result<(&'static str, String), CodedError> {
    if let Some(name) = first_set(&REPOSITORY) {
        let value = std::env::var(name).unwrap_or_default();
        let is_file = name == "RESTIC_REPOSITORY_FILE";
        return Ok((
            name,
            if is_file { absolute_path(&value, here) } else { absolute_location(&value, here) },
        ));
    }
    let repository = config.repository.as_ref().ok_or_else(|| {
        let text = "no remote repository is named; set `archive.remote.repository` in \
                    `config/config.json`, or `RESTIC_REPOSITORY`";
        CodedError::Remote(RemoteProblem::NoRepository, text.to_owned())
    })?;
    Ok(("RESTIC_REPOSITORY", absolute_location(repository, root)))
}

/// Returns the variable that names the password, unless the user's does
/// already.
fn password(config: &RemoteConfig, here: &Path, root: &Path) -> Option<(&'static str, OsString)> {
    match first_set(&PASSWORD) {
        Some(name @ "RESTIC_PASSWORD_FILE") => {
            Some((name, absolute_path(&std::env::var(name).ok()?, here).into()))
        }
        Some(_) => None,
        None => {
            let file = config.password_file.as_ref();
            let file = file.map(|file| ("RESTIC_PASSWORD_FILE", root.join(file).into()));
            let command = config.password_command.as_ref();
            file.or_else(|| Some(("RESTIC_PASSWORD_COMMAND", command?.into())))
        }
    }
}

/// Returns the first of the variables `names` that is set.
fn first_set(names: &[&'static str]) -> Option<&'static str> {
    let is_set = |name: &&&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    names.iter().find(is_set).copied()
}

/// Returns the location `repository`, with an absolute path if it is a
/// folder, since restic runs in several folders.
fn absolute_location(repository: &str, base: &Path) -> String {
    let folder = repository.strip_prefix("local:").unwrap_or(repository);
    let is_folder =
        folder != repository || !folder.contains(':') || Path::new(folder).is_absolute();
    if is_folder { absolute_path(folder, base) } else { repository.to_owned() }
}

fn absolute_path(file: &str, base: &Path) -> String {
    base.join(file).to_string_lossy().into_owned()
}

/// Whether `text` is an id of restic, which it cannot mistake for an
/// option or a file.
fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Counts the bytes written as progress.
struct Counted<'a>(&'a mut dyn Write);

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_bytes = self.0.write(bytes)?;
        progress::add(n_bytes as u64);
        Ok(n_bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
