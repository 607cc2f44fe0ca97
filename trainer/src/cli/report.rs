//! `trainer report` and `trainer compare`: the page of sessions.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::output::report::{Report, ReportContext, SessionSource};

use super::Format;

/// The tasks that show sessions.
#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    Report(ReportArguments),
    Compare(CompareArguments),
}

/// Make the page of a session: one HTML file that works offline
///
/// Reads a workspace, or an archive as it is. A page of an earlier report is replaced, any other
/// file is not.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Workspace folder or archive
    #[arg(value_name = "PATH", default_value = ".")]
    session: PathBuf,
    #[command(flatten)]
    page: PageArguments,
}

/// Make one page of several sessions, with what differs, and print a table of them
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Workspace folders or archives
    #[arg(value_name = "PATH", required = true, num_args = 2..)]
    sessions: Vec<PathBuf>,
    #[command(flatten)]
    page: PageArguments,
}

#[derive(Debug, Args)]
struct PageArguments {
    /// File to write [default: report.html, of several sessions comparison.html]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Folder that a relative path of bars starts from
    #[arg(long, value_name = "DIR", default_value = ".")]
    data_root: PathBuf,
    /// Commit of the code, for a session that is in no archive
    #[arg(long, value_name = "HASH")]
    commit: Option<String>,
    /// Form of the result on stdout
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Writes the page and returns what to print.
pub fn run(command: &ReportCommand) -> Result<String> {
    match command {
        ReportCommand::Report(arguments) => {
            show(std::slice::from_ref(&arguments.session), &arguments.page, "report.html")
        }
        ReportCommand::Compare(arguments) => {
            show(&arguments.sessions, &arguments.page, "comparison.html")
        }
    }
}

fn show(sessions: &[PathBuf], arguments: &PageArguments, default_name: &str) -> Result<String> {
    let sources =
        sessions.iter().map(|path| SessionSource::at(path)).collect::<Result<Vec<_>>>()?;
    let context = ReportContext {
        data_root: &arguments.data_root,
        commit: arguments.commit.as_deref(),
        bars: None,
    };
    let report = Report::read(&sources, &context)?;
    let out = arguments.out.as_deref().unwrap_or(Path::new(default_name));
    let out =
        std::path::absolute(out).with_context(|| format!("`{}` is no path", out.display()))?;
    let size_bytes = report.write_page(&out)?;
    match arguments.format {
        Format::Text => Ok(text(&report, &out, size_bytes)),
        Format::Json => Ok(crate::wording::json(&document(&report, &out, size_bytes))? + "\n"),
    }
}

fn text(report: &Report, out: &Path, size_bytes: u64) -> String {
    let mut text = report.text();
    for note in report.notes() {
        let _ = writeln!(text, "{note}");
    }
    let size_mb = size_bytes as f64 / 1e6;
    let _ = writeln!(text, "\nReport  {} ({size_mb:.2} MB)", out.display());
    text
}

fn document(report: &Report, out: &Path, size_bytes: u64) -> Value {
    let mut document = json!({ "format": 1, "report": out, "size_bytes": size_bytes });
    if let (Value::Object(document), Value::Object(sessions)) = (&mut document, report.json()) {
        document.extend(sessions);
    }
    document
}
