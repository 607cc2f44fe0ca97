//! `trainer export`: a session for other tools.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

use trainer::export::{MlflowRun, TableFormat, Tables, export_mlflow, export_onnx, export_tables};
use trainer::session::Layout;

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
    #[arg(long, value_enum)]
    format: Option<TableChoice>,
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
}

/// The formats of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TableChoice {
    Parquet,
    Csv,
}

impl From<TableChoice> for TableFormat {
    fn from(choice: TableChoice) -> Self {
        match choice {
            TableChoice::Parquet => Self::Parquet,
            TableChoice::Csv => Self::Csv,
        }
    }
}

/// Returns what to print, and writes what is wanted.
pub fn run(arguments: &ExportArguments) -> Result<String> {
    ensure!(
        arguments.root.is_dir(),
        "there is no folder `{}`; name the workspace with `--root`",
        arguments.root.display()
    );
    let layout = Layout::new(&arguments.root);
    let mut text = String::new();
    let is_elsewhere = arguments.onnx.is_some() || arguments.mlflow.is_some();
    if arguments.format.is_some() || arguments.out.is_some() || !is_elsewhere {
        text += &tables(arguments, &layout)?;
    }
    if let Some(path) = &arguments.onnx {
        let report = export_onnx(&layout.final_model(), path)?;
        let _ = writeln!(text, "ONNX      {}, {} trees", report.path.display(), report.n_trees);
        let _ = writeln!(text, "Features  {}", report.about.display());
    }
    if let Some(store) = &arguments.mlflow {
        text += &mlflow(arguments, &layout, store)?;
    }
    Ok(text)
}

fn tables(arguments: &ExportArguments, layout: &Layout) -> Result<String> {
    let name = arguments.name.as_deref().unwrap_or("session");
    let out = arguments.out.clone().unwrap_or_else(|| Path::new("export").join(name));
    let format = arguments.format.unwrap_or(TableChoice::Parquet).into();
    let mut text = String::new();
    for table in export_tables(&Tables { layout, format, out: &out })? {
        let (name, path, n_rows) = (table.name, table.path.display(), table.n_rows);
        let _ = writeln!(text, "{name:<13} {n_rows:>10} rows  {path}");
        if let Some(note) = table.note {
            let _ = writeln!(text, "{note}");
        }
    }
    let _ =
        writeln!(text, "{:<13} {:>10}       {}", "schema", "", out.join("schema.json").display());
    Ok(text)
}

fn mlflow(arguments: &ExportArguments, layout: &Layout, store: &Path) -> Result<String> {
    let run =
        MlflowRun { layout, store, name: arguments.name.as_deref(), tags: &arguments.run_tags };
    let report = export_mlflow(&run)?;
    let already = if report.is_new { "" } else { " (was there already)" };
    Ok(format!("MLflow    {}, run {}{already}\n", report.name, report.run_id))
}

fn parse_tag(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    pair.ok_or_else(|| "write it as NAME=VALUE".to_owned())
}
