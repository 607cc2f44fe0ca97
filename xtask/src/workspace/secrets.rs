//! The files that hold secrets, which are never archived.

use std::path::{Path, PathBuf};

use super::Workspace;
use super::files;

/// Environment variables of restic and its backends that name such a
/// file.
const VARIABLES: [&str; 4] = [
    "RESTIC_PASSWORD_FILE",
    "RESTIC_REPOSITORY_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "GOOGLE_APPLICATION_CREDENTIALS",
];

/// The files with secrets that the settings and the environment name.
#[derive(Debug, Clone, Default)]
pub struct SecretFiles(Vec<PathBuf>);

impl SecretFiles {
    /// Collects those of `workspace` and the environment.
    pub fn of(workspace: &Workspace) -> Self {
        let remote = workspace.config().archive.remote.as_ref();
        let own = remote.and_then(|remote| remote.password_file.as_ref());
        let own = own.map(|file| workspace.root().join(file));
        let given = VARIABLES.iter().filter_map(std::env::var_os).map(PathBuf::from);
        Self(own.into_iter().chain(given).collect())
    }

    /// Whether `path` is one of them, under any name.
    pub fn contain(&self, path: &Path) -> bool {
        self.0.iter().any(|secret| secret == path || files::is_same(secret, path))
    }
}
