//! The arguments of the tasks on the remote repository.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand};

/// The arguments of `push`.
#[derive(Debug, Args)]
pub struct PushArgs {
    /// The archive's name, its time alone, or `latest`
    #[arg(default_value = "latest", conflicts_with = "all")]
    pub name: String,
    /// Push every archive
    #[arg(long)]
    pub all: bool,
}

/// The arguments of `pull`.
#[derive(Debug, Args)]
pub struct PullArgs {
    /// The archive's name, its time alone, `latest`, or the first digits of its snapshot's id
    pub name: String,
    /// Pull into this folder instead of that of the archives
    #[arg(long, value_name = "DIR")]
    pub into: Option<PathBuf>,
}

/// The arguments of `remote`.
#[derive(Debug, Args)]
pub struct RemoteArgs {
    /// What to do.
    #[command(subcommand)]
    pub task: RemoteTask,
}

/// What to do with the remote repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum RemoteTask {
    /// Make it
    Init,
    /// Check that everything is there that a push needs
    Check,
}

/// The arguments of `verify` of the remote repository.
#[derive(Debug, Args)]
pub struct RemoteVerifyArgs {
    /// Verify the archives of the remote repository, every byte of each
    #[arg(long, conflicts_with_all = ["name", "all", "load"])]
    pub remote: bool,
    /// Verify only so many of these, others each day
    #[arg(long, value_name = "PERCENT", requires = "remote")]
    pub sample: Option<Sample>,
}

/// A share of the archives, 1 to 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample(pub u8);

impl FromStr for Sample {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_suffix('%').and_then(|number| number.trim().parse().ok());
        let percent = number.filter(|percent| (1..=100).contains(percent));
        percent.map(Self).ok_or_else(|| "give a whole percentage, 1% to 100%".to_owned())
    }
}
