//! The arguments of `verify`, `restore` and `diff`.

use std::path::PathBuf;

use clap::Args;

use super::remote::RemoteVerifyArgs;
use crate::vault::restore::Overwrite;

/// The arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The archive's name, its time alone, `latest`, `remote:NAME`, or a path
    #[arg(default_value = "latest", conflicts_with = "all")]
    pub name: String,
    /// Verify every archive
    #[arg(long)]
    pub all: bool,
    /// Also load the archived models and repeat their stored predictions
    #[arg(long)]
    pub load: bool,
    /// Load by this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH", requires = "load")]
    pub trainer_bin: Option<PathBuf>,
    /// What is verified in the remote repository.
    #[command(flatten)]
    pub remote: RemoteVerifyArgs,
}

/// The arguments of `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The archive's name, its time alone, `latest`, `remote:NAME`, or a path
    pub name: String,
    /// Restore into this folder instead of the workspace
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
    /// Restore only what this matches, such as `models/`; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Only say what would be done
    #[arg(long)]
    pub dry_run: bool,
    /// What to do when a file with other content is there
    #[arg(
        long,
        value_name = "never|if-changed|always",
        default_value = "never",
        hide_possible_values = true
    )]
    pub overwrite: Overwrite,
}

/// The arguments of `diff`.
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// The older archive: its name, its time alone, `latest`, `remote:NAME`, or a path
    pub a: String,
    /// The newer archive
    pub b: String,
}
