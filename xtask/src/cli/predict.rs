//! What `predict` may be told.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

/// What `predict` may be told.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// Ask this model: a zip of `models/`, an archive's name, path or time alone, or `latest`
    #[arg(long, value_name = "ZIP|ARCHIVE|latest")]
    pub model: PathBuf,
    /// Read these bars, in any form that `train` reads; `-` is CSV on stdin
    #[arg(long, value_name = "FILE")]
    pub data: OsString,
    /// Begin at this bar, flat; earlier ones only warm the features up [default: the first, and
    /// anew at the first that the model was tested on]
    #[arg(long, value_name = "TIME")]
    pub from: Option<OsString>,
    /// Take this exposure as held at the beginning [default: 0]
    #[arg(long, value_name = "EXPOSURE", allow_negative_numbers = true)]
    pub position: Option<f64>,
    /// Print one JSON object a line in place of CSV
    #[arg(long)]
    pub json_lines: bool,
    /// Run this trainer instead of building the workspace's own
    #[arg(long, value_name = "PATH")]
    pub trainer_bin: Option<PathBuf>,
}
