//! The tables of a session: traces, trades and equity.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde_json::json;

use crate::session::Layout;

use super::cell::Column;
use super::draft::{Draft, files_in};
use super::equity::CurveReader;
use super::events;
use super::table::{TableFormat, TableWriter};

/// Which tables to write, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables<'a> {
    /// The workspace, or a folder with a restored archive.
    pub layout: &'a Layout,
    /// How they are stored.
    pub format: TableFormat,
    /// The folder to write them to; created if absent.
    pub out: &'a Path,
}

impl Tables<'_> {
    fn create(&self, name: &str, columns: &[Column]) -> Result<TableWriter> {
        let path = self.out.join(format!("{name}.{}", self.format));
        TableWriter::create(&path, self.format, columns)
    }
}

/// A table that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// `traces`, `trades`, `equity` or `train_equity`.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Its rows.
    pub n_rows: u64,
    /// A remark, such as that a truncated line was left out.
    pub note: Option<String>,
}

/// Writes every table that the session has data for, and `schema.json`,
/// which describes their columns.
///
/// # Errors
///
/// Fails when there is no table to write, when one of the files exists,
/// and when a log is malformed.
pub fn export_tables(tables: &Tables<'_>) -> Result<Vec<TableReport>> {
    let mut written = Vec::new();
    let mut schema = serde_json::Map::new();
    let mut add = |report: TableReport, columns: Vec<Column>| {
        schema.insert(report.name.clone(), json!(columns));
        written.push(report);
    };
    let paths = trace_files(&tables.layout.trades())?;
    if !paths.is_empty() {
        let [all, closed] = write_events(tables, &paths)?;
        add(all, events::trace_columns());
        add(closed, events::of_trades(events::trace_columns()).collect());
    }
    for name in ["equity", "train_equity"] {
        let path = tables.layout.trades().join(format!("{name}.csv"));
        if path.is_file() {
            let (report, columns) = write_curve(tables, name, &path)?;
            add(report, columns);
        }
    }
    if written.is_empty() {
        bail!(
            "`{}` holds no trace and no equity curve; train with `enable_trade_tracing`",
            tables.layout.trades().display()
        );
    }
    write_schema(tables, &schema)?;
    Ok(written)
}

/// Returns the traces in `folder`, in the order of their names.
fn trace_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_jsonl = |name: &str| Path::new(name).extension().is_some_and(|end| end == "jsonl");
    files_in(folder, |name| name.starts_with("trade_traces_") && is_jsonl(name))
}

fn write_events(tables: &Tables<'_>, paths: &[PathBuf]) -> Result<[TableReport; 2]> {
    let columns = events::trace_columns();
    let mut all = tables.create("traces", &columns)?;
    let mut closed = tables.create("trades", &events::of_trades(columns).collect::<Vec<_>>())?;
    let mut note = None;
    for path in paths {
        let is_cut = events::read(path, &mut |cells, is_closed| {
            if is_closed {
                closed.push(events::of_trades(cells.iter().copied()))?;
            }
            all.push(cells.iter().copied())
        })?;
        if is_cut {
            note = Some(format!("the last line of `{}` is cut off; left out", path.display()));
        }
    }
    let report = |name: &str, (path, n_rows)| TableReport {
        name: name.to_owned(),
        path,
        n_rows,
        note: None,
    };
    let all = TableReport { note, ..report("traces", all.finish()?) };
    Ok([all, report("trades", closed.finish()?)])
}

fn write_curve(tables: &Tables<'_>, name: &str, path: &Path) -> Result<(TableReport, Vec<Column>)> {
    let curve = CurveReader::open(path)?;
    let columns = curve.columns.clone();
    let mut table = tables.create(name, &columns)?;
    curve
        .read(&mut |cells| table.push(cells.iter().copied()))
        .with_context(|| format!("failed to export `{}`", path.display()))?;
    let (path, n_rows) = table.finish()?;
    Ok((TableReport { name: name.to_owned(), path, n_rows, note: None }, columns))
}

fn write_schema(
    tables: &Tables<'_>,
    schema: &serde_json::Map<String, serde_json::Value>,
) -> Result<()> {
    let (draft, file) = Draft::create(&tables.out.join("schema.json"))?;
    serde_json::to_writer_pretty(&file, &json!({ "format": 1, "tables": schema }))?;
    draft.publish()?;
    Ok(())
}
