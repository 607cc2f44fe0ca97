//! Where archives are pushed to: a restic repository.
//!
//! The settings contain no secrets, since they are archived.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

/// The restic repository that archives are pushed to. Restic's own
/// environment, such as `RESTIC_REPOSITORY`, takes precedence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct RemoteConfig {
    /// The repository as restic spells it: a folder,
    /// `sftp:user@host:/path`, `s3:https://host/bucket`, `rest:…`,
    /// without a password in it. Default: what `RESTIC_REPOSITORY` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The file that holds the repository's password, relative to the
    /// workspace or absolute. It is never archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<String>,
    /// The command by which restic gets the repository's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_command: Option<String>,
    /// What `train` pushes by itself. Default: `never`.
    pub push: PushMode,
}

/// What `train` pushes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PushMode {
    /// Nothing; `train --push` and `push` do.
    #[default]
    Never,
    /// Each session's archive, when its training is over.
    EachSession,
}

impl RemoteConfig {
    pub(super) fn check(&self) -> Result<()> {
        let repository = self.repository.as_deref();
        if repository.is_some_and(|repository| repository.trim().is_empty()) {
            bail!("`archive.remote.repository` is empty; name one, or remove the key");
        }
        if repository.is_some_and(has_password) {
            // Do not print the value either.
            bail!(
                "`archive.remote.repository` holds a password, and these settings are archived; \
                 take it out, and give the repository by `RESTIC_REPOSITORY` or \
                 `RESTIC_REPOSITORY_FILE`"
            );
        }
        if self.password_file.is_some() && self.password_command.is_some() {
            bail!(
                "`archive.remote` has a `password_file` and a `password_command`; remove one of \
                 them"
            );
        }
        Ok(())
    }
}

/// Whether the URL `repository` has the form `…//user:password@…`.
fn has_password(repository: &str) -> bool {
    let Some((_, rest)) = repository.split_once("//") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
}
