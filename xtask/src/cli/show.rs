//! What `report` and `compare` may be told.

use std::path::PathBuf;

use clap::Args;

/// What `report` may be told.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The archive's name, its time alone, `latest`, or a path [default: the session in the
    /// workspace]
    pub name: Option<String>,
    /// What both tasks may be told.
    #[command(flatten)]
    pub page: PageArgs,
}

/// What `compare` may be told.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The archives: names, times alone, `latest`, or paths; `.` is the session in the workspace
    #[arg(required = true, num_args = 2.., value_name = "NAME")]
    pub names: Vec<String>,
    /// What both tasks may be told.
    #[command(flatten)]
    pub page: PageArgs,
}

/// What becomes of the page.
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
