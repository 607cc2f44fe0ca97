//! Classifies failures of restic: a sentence with a remedy, followed by
//! restic's messages.
//!
//! Newer versions report a few failures by exit code; messages of the
//! backends are classified by phrases.

use serde_json::Value;

use super::redact;
use crate::programs::process::ResticExit;
use crate::workspace::exit::{CodedError, RemoteProblem};

/// How many lines of restic's messages are shown.
const N_LINES_MAX: usize = 8;

/// A kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The repository's backend is full.
    Full,
    /// Another process holds the repository's lock.
    Locked,
    /// No password was given.
    NoPassword,
    /// The password file or command failed.
    UnreadPassword,
    /// The password opens no key of the repository.
    WrongPassword,
    /// No repository is named, or its location is not valid.
    NotNamed,
    /// The backend denies access.
    Refused,
    /// The backend does not respond.
    Unreachable,
    /// There is no repository at the location.
    NoRepository,
    /// There is a repository at the location already.
    Exists,
    /// Data in the repository is missing or has changed.
    Damaged,
    /// Any other failure.
    Other,
}

/// The phrases of each kind, between bars, in the order of the search: a
/// full backend also fails to create a lock.
const PHRASES: [(FailureKind, &str); 12] = [
    (
        FailureKind::Full,
        "no space left|disk quota exceeded|quota exceeded|quotaexceeded|insufficient storage|\
         storage full|storagefull|not enough space|no writable volumes|no free volumes|\
         ssh_fx_failure|file too large",
    ),
    (
        FailureKind::NoPassword,
        "empty password is not a password|an empty password is not allowed|\
         unable to read password",
    ),
    (FailureKind::UnreadPassword, "resolving password failed|reading password from"),
    (FailureKind::WrongPassword, "wrong password|no key found"),
    (FailureKind::Exists, "config file already exists|repository master key and config already"),
    (
        FailureKind::Unreachable,
        "connection refused|connection reset|connection timed out|connection lost|\
         connection closed|no such host|server misbehaving|name resolution|could not resolve|\
         network is unreachable|no route to host|i/o timeout|handshake timeout|\
         deadline exceeded|broken pipe|unable to start the sftp session|service unavailable|\
         bad gateway|unexpected eof|x509|read-only file system|stale file handle|\
         input/output error|transport endpoint is not connected",
    ),
    (
        FailureKind::Refused,
        "access denied|accessdenied|permission denied|invalidaccesskeyid|\
         access key id you provided does not exist|signaturedoesnotmatch|\
         signature we calculated|no credentials|unauthorized|forbidden",
    ),
    (FailureKind::Locked, "already locked|unable to create lock"),
    (
        FailureKind::NotNamed,
        "please specify repository location|parsing repository location failed|\
         invalid backend|invalid format",
    ),
    (
        FailureKind::NoRepository,
        "is there a repository at the following location|unable to open config file|\
         repository does not exist|the specified bucket does not exist",
    ),
    (
        FailureKind::Damaged,
        "ciphertext verification failed|hash does not match|wrong hash|invalid data returned|\
         repository contains errors|not found in index|not found in repository|\
         unable to load index|load(<data/|load(<index/|load(<snapshot/|\
         returned error, retrying|does not exist in the repository",
    ),
    // The folder of the repository cannot be created or read.
    (FailureKind::Unreachable, "failed: mkdir |failed: stat "),
];

impl FailureKind {
    /// Classifies the failure of a call.
    pub fn of(end: &ResticExit) -> Self {
        match end.code {
            Some(10) => return Self::NoRepository,
            Some(11) => return Self::Locked,
            Some(12) => return Self::WrongPassword,
            _ => {}
        }
        let error_output = end.error_output.to_lowercase();
        let fits =
            |(_, words): &&(Self, &str)| words.split('|').any(|word| error_output.contains(word));
        PHRASES.iter().find(fits).map_or(Self::Other, |(kind, _)| *kind)
    }

    fn sentence(self) -> &'static str {
        match self {
            Self::Full => {
                "the store of the remote repository is full; free some space there, or \
                 `cargo xtask prune --remote`, and push again: what was sent is not lost"
            }
            Self::Locked => {
                "another process holds the lock of the remote repository; wait for it, or, when its \
                 machine is gone, take the lock off by `restic unlock`"
            }
            Self::NoPassword => {
                "the password of the remote repository is not given; set `RESTIC_PASSWORD_FILE`, or \
                 `archive.remote.password_file` or `password_command` in `config/config.json`"
            }
            Self::UnreadPassword => {
                "the password of the remote repository cannot be read; mend the file or the command \
                 that gives it: `password_file` or `password_command` of `archive.remote` in \
                 `config/config.json`, or what `RESTIC_PASSWORD_FILE` or `RESTIC_PASSWORD_COMMAND` name"
            }
            Self::WrongPassword => {
                "the password does not open the remote repository; check what `RESTIC_PASSWORD…` or \
                 `archive.remote` gives"
            }
            Self::NotNamed => {
                "the remote repository is not spelled as restic spells one; see `archive.remote.\
                 repository` in `config/config.json`, or `RESTIC_REPOSITORY`"
            }
            Self::Refused => {
                "the store of the remote repository refuses this account; check its permissions and \
                 keys, such as `AWS_ACCESS_KEY_ID`"
            }
            Self::Unreachable => {
                "the remote repository cannot be reached; check the network and the server, or the \
                 folder's disk, and try again"
            }
            Self::NoRepository => {
                "there is no remote repository in that place; check its spelling, or make one by \
                 `cargo xtask remote init`"
            }
            Self::Damaged => {
                "the remote repository is damaged; `cargo xtask verify --remote` names the archives \
                 that are hit: push those again from a machine that has them, and see \
                 `restic check --read-data`"
            }
            Self::Exists | Self::Other => {
                "restic failed in a way that is not known here; what it says is below: try it by \
                 itself, such as `restic snapshots`, with the same repository and password"
            }
        }
    }

    /// Returns the error of this kind, followed by restic's `error_output`.
    pub fn error(self, error_output: &str) -> CodedError {
        let text = format!("{}{}", self.sentence(), indented(error_output));
        let problem = match self {
            Self::Locked => return CodedError::Locked(text),
            Self::Full => RemoteProblem::Full,
            Self::NoPassword | Self::UnreadPassword | Self::WrongPassword => {
                RemoteProblem::Password
            }
            Self::Unreachable | Self::Refused => RemoteProblem::Unreachable,
            Self::NotNamed | Self::NoRepository => RemoteProblem::NoRepository,
            Self::Damaged => RemoteProblem::Damaged,
            Self::Exists | Self::Other => RemoteProblem::Other,
        };
        CodedError::Remote(problem, text)
    }
}

/// Formats restic's messages as indented lines.
fn indented(error_output: &str) -> String {
    let lines: Vec<String> =
        error_output.lines().map(plain).filter(|line| !line.is_empty()).collect();
    let first = lines.len().saturating_sub(N_LINES_MAX);
    lines[first..].iter().map(|line| format!("\n  restic: {}", redact::redacted(line))).collect()
}

/// Returns the message of a line, which restic may print as JSON.
fn plain(line: &str) -> String {
    let value: Value = serde_json::from_str(line).unwrap_or(Value::Null);
    let message = value.pointer("/error/message").or_else(|| value.get("message"));
    message.and_then(Value::as_str).unwrap_or(line).trim().to_owned()
}
