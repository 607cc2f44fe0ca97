//! `trainer export`: exports a session for other tools.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use crate::output::export::{
    MlflowReport, MlflowRun, OnnxReport, TableFormat, TableReport, Tables, export_mlflow,
    export_onnx, export_tables,
};
use crate::session::Layout;
use crate::wording::plural;

use super::{check_root, one_of};

/// Take a session out for other tools: tables, ONNX, MLflow
///
/// Without `--onnx` and `--mlflow` it writes the tables: traces, trades and equity, with
/// schema.json beside them. Nothing is overwritten.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Workspace with the session, or a folder that an archive was restored to
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
    /// Write the tables in this format [default: parquet]
    #[arg(long, value_parser = one_of::<TableFormat>(["parquet", "csv"]))]
    format: Option<TableFormat>,
    /// Folder for the tables [default: export/NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write the final model as ONNX to this file, and its list of features beside it as JSON
    #[arg(long, value_name = "FILE")]
    onnx: Option<PathBuf>,
    /// Add the session as a run to this MLflow file store, the folder that MLflow calls mlruns
    #[arg(long, value_name = "DIR")]
    mlflow: Option<PathBuf>,
    /// What the run and the default folder are called [default: the session's id]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A further tag of the MLflow run; may be repeated
    #[arg(long = "run-tag", value_name = "NAME=VALUE", value_parser = parse_tag)]
    run_tags: Vec<(String, String)>,
    /// Print what was written as one JSON document
    #[arg(long)]
    json: bool,
}

/// What was written, the document of `--json`.
#[derive(Debug, Serialize)]
struct Exported {
    format: u32,
    tables: Vec<TableReport>,
    schema: Option<PathBuf>,
    onnx: Option<OnnxReport>,
    mlflow: Option<MlflowReport>,
}

/// Writes the exports and returns what to print.
pub fn run(arguments: &ExportArguments) -> Result<String> {
    check_root(&arguments.root)?;
    let exported = export(arguments)?;
    if arguments.json {
        return Ok(crate::wording::json(&exported)? + "\n");
    }
    Ok(text(&exported))
}

fn export(arguments: &ExportArguments) -> Result<Exported> {
    let layout = Layout::new(&arguments.root);
    let mut done = Exported { format: 1, tables: vec![], schema: None, onnx: None, mlflow: None };
    let has_other = arguments.onnx.is_some() || arguments.mlflow.is_some();
    if arguments.format.is_some() || arguments.out.is_some() || !has_other {
        let name = arguments.name.as_deref().unwrap_or("session");
        let out = arguments.out.clone().unwrap_or_else(|| Path::new("export").join(name));
        let format = arguments.format.unwrap_or(TableFormat::Parquet);
        done.tables = export_tables(&Tables { layout: &layout, format, out: &out })?;
        done.schema = Some(out.join("schema.json"));
    }
    if let Some(path) = &arguments.onnx {
        done.onnx = Some(export_onnx(&layout.final_model(), path)?);
    }
    if let Some(store) = &arguments.mlflow {
        let name = arguments.name.as_deref();
        let run = MlflowRun { layout: &layout, store, name, tags: &arguments.run_tags };
        done.mlflow = Some(export_mlflow(&run)?);
    }
    Ok(done)
}

fn text(exported: &Exported) -> String {
    let mut text = String::new();
    for table in &exported.tables {
        let (name, path, n_rows) = (&table.name, table.path.display(), table.n_rows);
        let _ = writeln!(text, "{name:<13} {n_rows:>10} {:<4}  {path}", plural(n_rows, "row"));
        if let Some(note) = &table.note {
            let _ = writeln!(text, "{note}");
        }
    }
    if let Some(schema) = &exported.schema {
        let _ = writeln!(text, "{:<30}{}", "schema", schema.display());
    }
    if let Some(OnnxReport { path, about, n_trees }) = &exported.onnx {
        let _ = writeln!(
            text,
            "{:<13} {n_trees:>10} {:<5} {}",
            "onnx",
            plural(*n_trees as u64, "tree"),
            path.display()
        );
        let _ = writeln!(text, "{:<30}{}", "features", about.display());
    }
    if let Some(run) = &exported.mlflow {
        let already = if run.is_new { "" } else { " (was there already)" };
        let _ = writeln!(text, "{:<30}{}{already}", "mlflow run", run.path.display());
    }
    text
}

fn parse_tag(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "write it as NAME=VALUE".to_owned())
}
