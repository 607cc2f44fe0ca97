//! What an archive tells of the git work tree around a workspace.

use serde::{Deserialize, Serialize};

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
    /// Returns a line on it, with the `commit` as it is to be shown.
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
