//! The arguments of the tasks that only read sessions: `list`, `show`,
//! `report`, `compare`, `export`, `tensorboard`.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::Args;

use super::global::NameArgs;
use crate::tasks::steps::parse_tag;
use crate::vault::manifest::SessionStatus;
use crate::vault::name::parse_time;

/// The arguments of `list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Sort by `time`, `name`, `size`, or a figure of the agent such as `sharpe`: the newest, largest or
    /// best first [default: time]
    #[arg(long, value_name = "KEY")]
    pub sort: Option<String>,
    /// Only those with this tag; may be repeated, and all must fit
    #[arg(long = "tag", value_name = "TAG", value_parser = parse_tag)]
    pub tags: Vec<String>,
    /// Only those whose session ended with this status
    #[arg(long, value_name = "STATUS")]
    pub status: Option<SessionStatus>,
    /// Only those made on this day or later, such as 2026-01-31 (UTC), or 2026-01-31T08:00:00Z
    #[arg(long, value_name = "DATE", value_parser = parse_since)]
    pub since: Option<DateTime<Utc>>,
    /// List those of the remote repository
    #[arg(long)]
    pub remote: bool,
    /// Only the first N of these
    #[arg(long, value_name = "N")]
    pub limit: Option<NonZeroUsize>,
}

fn parse_since(text: &str) -> Result<DateTime<Utc>, String> {
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let of_day = || day().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let exact = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
    of_day()
        .or_else(exact)
        .or_else(|| parse_time(text))
        .ok_or_else(|| "give a day such as 2026-01-31, or a time, 2026-01-31T08:00:00Z".to_owned())
}

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

/// The arguments of `export`; `--format` is among what applies to every
/// task.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The archive's name, its time alone, `latest`, or a path [default: the session in the
    /// workspace]
    #[arg(conflicts_with = "all")]
    pub name: Option<String>,
    /// Export every archive
    #[arg(long, requires = "mlflow", conflicts_with = "onnx")]
    pub all: bool,
    /// Write the tables of traces, trades and equity into this folder [default: in export/,
    /// named after the archive]
    #[arg(long, value_name = "DIR", conflicts_with = "all")]
    pub out: Option<PathBuf>,
    /// Write the final model as ONNX to this file, and its list of features beside it as JSON
    #[arg(long, value_name = "FILE")]
    pub onnx: Option<PathBuf>,
    /// Add the session as a run to this MLflow file store, the folder that MLflow calls `mlruns`
    #[arg(long, value_name = "DIR")]
    pub mlflow: Option<PathBuf>,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
}

/// The arguments of `tensorboard`.
#[derive(Debug, Args)]
pub struct TensorboardArgs {
    /// The archives to look at: names, times alone, `latest`, or paths; `.` is the session in the
    /// workspace [default: .]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Start this program instead of the `tensorboard` that the shell would find
    #[arg(long, value_name = "PATH")]
    pub tensorboard_bin: Option<PathBuf>,
    /// What goes to TensorBoard as it is
    #[arg(value_name = "ARGUMENTS", last = true)]
    pub arguments: Vec<OsString>,
}
