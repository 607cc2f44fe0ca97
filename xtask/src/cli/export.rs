//! The arguments of `export` and `tensorboard`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

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
