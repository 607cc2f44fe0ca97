//! Writes a replay as text, CSV and JSON, in constant memory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::account::metrics::{account_table, alarm_lines};
use crate::wording::{counted, money, price};

use super::records::{ReplayRow, ReplaySummary};
use super::spool::Spool;

const FILES: [&str; 4] = ["fills.csv", "trades.csv", "equity.csv", "replay.json"];

/// The formats in which a replay is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutputFormats {
    /// A human-readable table of metrics, and all fills and trades.
    pub text: bool,
    /// The whole replay as one document.
    pub json: bool,
    /// Fills, trades and equity as tables.
    pub csv: bool,
}

/// Collects the rows of a replay and writes them when it ends.
#[derive(Debug)]
pub struct ReplayRecorder {
    formats: OutputFormats,
    text: Tables,
    json: Tables,
    csv: Tables,
}

/// The rows in one format, a table for each kind.
#[derive(Debug)]
struct Tables {
    fills: Spool,
    trades: Spool,
    refused: Spool,
    equity: Spool,
}

impl Tables {
    fn new() -> Self {
        let [fills, trades, refused, equity] = [(); 4].map(|()| Spool::new());
        Self { fills, trades, refused, equity }
    }

    /// Returns the table of rows like `row`.
    fn of(&mut self, row: &ReplayRow) -> &mut Spool {
        match row {
            ReplayRow::Fill(_) => &mut self.fills,
            ReplayRow::Trade(_) => &mut self.trades,
            ReplayRow::Refused(_) => &mut self.refused,
            ReplayRow::Equity(_) => &mut self.equity,
        }
    }
}

impl ReplayRecorder {
    /// Returns an empty recorder for `formats`.
    pub fn new(formats: OutputFormats) -> Self {
        Self { formats, text: Tables::new(), json: Tables::new(), csv: Tables::new() }
    }

    /// Keeps `row` in all formats.
    pub fn push(&mut self, row: &ReplayRow) -> Result<()> {
        if self.formats.text
            && let Some(line) = text_line(row)
        {
            self.text.of(row).push_text(&line)?;
        }
        if self.formats.json {
            self.json.of(row).push_json(row)?;
        }
        let is_in_csv = self.formats.csv && !matches!(row, ReplayRow::Refused(_));
        if is_in_csv { self.csv.of(row).push_csv(row) } else { Ok(()) }
    }

    /// Writes the metrics, all fills and all trades to `out`.
    pub fn write_text(&mut self, summary: &ReplaySummary, out: impl Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        let Tables { fills, trades, refused, .. } = &mut self.text;
        write!(out, "{}{}", alarm_lines(&summary.alarms), account_table(&summary.metrics))?;
        writeln!(out, "\n{}", counted(fills.n_rows(), "fill"))?;
        fills.copy_to(&mut out)?;
        writeln!(out, "\n{}", counted(trades.n_rows(), "trade"))?;
        trades.copy_to(&mut out)?;
        refused.copy_to(&mut out)?;
        out.flush()
    }

    /// Writes the document, format 1, to `out`.
    pub fn write_json(&mut self, summary: &ReplaySummary, out: impl Write) -> Result<()> {
        let mut out = BufWriter::new(out);
        let head = crate::wording::json(summary)?;
        let head = head.trim_end_matches('}').trim_end();
        write!(out, "{head}")?;
        let Tables { fills, trades, refused, equity } = &mut self.json;
        let lists =
            [("fills", fills), ("trades", trades), ("refused", refused), ("equity", equity)];
        for (name, rows) in lists {
            write!(out, ",\n  \"{name}\": [")?;
            rows.copy_to(&mut out)?;
            write!(out, "{}]", if rows.n_rows() == 0 { "" } else { "\n  " })?;
        }
        writeln!(out, "\n}}")?;
        Ok(out.flush()?)
    }

    /// Writes `fills.csv`, `trades.csv`, `equity.csv` and `replay.json`
    /// to the folder `directory`, which is created. The recorder needs
    /// the formats `json` and `csv`.
    ///
    /// # Errors
    ///
    /// Fails when one of the files exists: nothing is overwritten.
    pub fn write_files(&mut self, summary: &ReplaySummary, directory: &Path) -> Result<()> {
        check_folder(directory)?;
        fs::create_dir_all(directory)
            .with_context(|| format!("failed to create `{}`", directory.display()))?;
        let Tables { fills, trades, equity, .. } = &mut self.csv;
        for (name, rows) in FILES.into_iter().zip([fills, trades, equity]) {
            write_new(&directory.join(name), |file| Ok(rows.copy_to(file)?))?;
        }
        write_new(&directory.join(FILES[3]), |file| self.write_json(summary, file))
    }
}

/// Checks that `directory` holds no earlier results.
pub fn check_folder(directory: &Path) -> Result<()> {
    for path in FILES.map(|name| directory.join(name)) {
        ensure!(
            !path.exists(),
            "`{}` is there already; name a folder without earlier results",
            path.display()
        );
    }
    Ok(())
}

fn write_new(path: &Path, write: impl FnOnce(&mut File) -> Result<()>) -> Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    file.map_err(Into::into)
        .and_then(|mut file| write(&mut file))
        .with_context(|| format!("failed to write `{}`", path.display()))
}

/// Returns `row` as a line of text, if it has one.
fn text_line(row: &ReplayRow) -> Option<String> {
    Some(match row {
        ReplayRow::Fill(fill) => format!(
            "{:<26} trade {:<5} {:>16} at {:>14}  costs {:>10}  {}",
            fill.time,
            fill.trade_id,
            price(fill.units),
            price(fill.price),
            money(fill.commission + fill.slippage, 4),
            fill.reason
        ),
        ReplayRow::Trade(trade) => format!(
            "{:<5} {:<5} {} at {} to {} at {}: {} ({:.2} %)",
            trade.trade_id,
            trade.side,
            trade.entry_time,
            price(trade.entry_price),
            trade.exit_time,
            price(trade.exit_price),
            money(trade.net_pnl, 2),
            trade.return_on_equity * 100.0
        ),
        ReplayRow::Refused(action) => {
            format!("refused at bar {}: {}", action.bar_idx, action.reason)
        }
        ReplayRow::Equity(_) => return None,
    })
}
