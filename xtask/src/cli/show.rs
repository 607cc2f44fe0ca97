//! The arguments of `show`, `report` and `compare`.

use std::path::PathBuf;

use clap::Args;

use super::global::NameArgs;

/// The arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The archive.
    #[command(flatten)]
    pub archive: NameArgs,
    /// Show one of the remote repository
    #[arg(long)]
    pub remote: bool,
}

/// The arguments of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The archive's name, its time alone, `latest`, `remote:NAME`, or a path [default: the session
    /// in the workspace]
    pub name: Option<String>,
    /// The arguments of both tasks.
    #[command(flatten)]
    pub page: PageArgs,
}

/// The arguments of `compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The archives: names, times alone, `latest`, `remote:NAME`, or paths; `.` is the session in the
    /// workspace
    #[arg(required = true, num_args = 2.., value_name = "NAME")]
    pub names: Vec<String>,
    /// The arguments of both tasks.
    #[command(flatten)]
    pub page: PageArgs,
}

/// The arguments of a page.
#[derive(Debug, Args)]
pub struct PageArgs {
    /// Show the page in the browser
    #[arg(long)]
    pub open: bool,
    /// Write the page to this file [default: in reports/, named after the archive]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
}
