//! The state of a work tree, as archives record it and as `git status`
//! prints it.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::call::{Git, path_of, text};

/// The folders of a workspace that hold sessions and archives.
const SESSIONS: [&str; 5] = ["logs", "models", "archives", "backups", ".trainvault"];

/// The state of the git work tree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct GitState {
    /// The commit's full hash; null before the first commit.
    pub commit: Option<String>,
    /// The branch; null when detached.
    pub branch: Option<String>,
    /// Whether files differ from the commit, untracked ones that are not
    /// ignored included; null when that is unknown.
    pub dirty: Option<bool>,
    /// Whether `git/dirty.patch` was cut at its size limit.
    pub patch_cut: bool,
    /// Why the state is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

impl GitState {
    /// Describes it in one line, with the `commit` as it is to be shown.
    pub fn describe(&self, commit: Option<&str>) -> String {
        let commit = match (commit, &self.unknown) {
            (Some(commit), _) => commit,
            (None, None) => "no commit",
            (None, Some(_)) => "unknown",
        };
        let branch = self.branch.as_deref().unwrap_or("detached");
        match (self.dirty, &self.unknown) {
            (_, Some(reason)) if self.commit.is_none() => format!("{commit}: {reason}"),
            (_, Some(reason)) => format!("{commit} ({branch}, unknown whether changed: {reason})"),
            (None, None) => format!("{commit} ({branch}, unknown whether changed)"),
            (Some(true), None) => format!("{commit} ({branch}, with changes)"),
            (Some(false), None) => format!("{commit} ({branch})"),
        }
    }
}

/// How the work tree differs from the commit.
#[derive(Debug, Default)]
pub struct Changes {
    /// Tracked files that differ, relative to the top.
    pub tracked: Vec<Vec<u8>>,
    /// Submodules with changed files.
    pub within_submodules: Vec<String>,
    /// Files that are neither tracked nor ignored, relative to the top.
    pub untracked: Vec<Vec<u8>>,
}

impl Changes {
    /// Runs `git status`; `git` must be at the top of the work tree.
    pub fn read(git: &Git) -> Result<Self, String> {
        let status = git.output(&[
            "status",
            "--porcelain=v2",
            "-z",
            "--untracked-files=all",
            "--ignore-submodules=none",
        ])?;
        let mut changes = Self::default();
        for record in records(&status) {
            let n_fields = if record.starts_with(b"u ") { 11 } else { 9 };
            let fields: Vec<&[u8]> = record.splitn(n_fields, |byte| *byte == b' ').collect();
            match fields[0] {
                b"?" => changes.untracked.push(record[2..].to_vec()),
                b"1" | b"u" if fields.len() == n_fields => {
                    let path = fields[n_fields - 1];
                    changes.tracked.push(path.to_vec());
                    let is_within = fields.get(2).is_some_and(|submodule| {
                        submodule.starts_with(b"S") && (submodule[2..] != *b"..")
                    });
                    if is_within {
                        changes.within_submodules.push(text(path));
                    }
                }
                b"#" => {}
                // A record type that was not requested.
                _ => return Err(format!("`git status` says: {}", text(record))),
            }
        }
        Ok(changes)
    }

    /// Drops files that `is_own`, and the sessions of other workspaces in the
    /// same repository.
    pub fn drop_own(&mut self, top: &Path, is_own: &dyn Fn(&Path) -> bool) {
        let others: BTreeSet<Vec<u8>> =
            self.untracked.iter().filter_map(|path| workspace_of(path)).collect();
        let is_of_others = |path: &[u8]| {
            others.iter().any(|workspace| {
                path.strip_prefix(&workspace[..]).is_some_and(|path| {
                    SESSIONS.iter().any(|folder| Path::new(&path_of(path)).starts_with(folder))
                })
            })
        };
        self.untracked.retain(|path| !is_own(&top.join(path_of(path))) && !is_of_others(path));
    }
}

/// Returns the workspace, with a trailing `/`, if `path` lies in its
/// `.trainvault/`.
fn workspace_of(path: &[u8]) -> Option<Vec<u8>> {
    let state = b".trainvault/";
    let start = path.windows(state.len()).position(|part| part == state)?;
    let is_whole = start == 0 || path[start - 1] == b'/';
    is_whole.then(|| path[..start].to_vec())
}

/// Splits `bytes` into the records that end in a zero byte.
pub fn records(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == 0).filter(|record| !record.is_empty())
}
