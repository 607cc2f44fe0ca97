//! A replay as text, CSV and JSON.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::metrics::account_table;

use super::Replay;

/// Returns the figures, every fill and every trade, for a person.
pub fn text(replay: &Replay) -> String {
    let mut text = replay.metrics.as_ref().map(account_table).unwrap_or_default();
    let _ = writeln!(text, "\n{} fills", replay.fills.len());
    for fill in &replay.fills {
        let _ = writeln!(
            text,
            "{:<26} trade {:<5} {:>16.6} at {:>14.6}  costs {:>10.4}  {:?}",
            fill.time,
            fill.trade_id,
            fill.units,
            fill.price,
            fill.commission + fill.slippage,
            fill.reason
        );
    }
    let _ = writeln!(text, "\n{} trades", replay.trades.len());
    for trade in &replay.trades {
        let _ = writeln!(
            text,
            "{:<5} {:<5?} {} at {:.6} to {} at {:.6}: {:.2} ({:.2} %)",
            trade.trade_id,
            trade.side,
            trade.entry_time,
            trade.entry_price,
            trade.exit_time,
            trade.exit_price,
            trade.net_pnl,
            trade.return_on_equity * 100.0
        );
    }
    for refused in &replay.refused {
        let _ = writeln!(text, "refused at bar {}: {:?}", refused.bar_idx, refused.reason);
    }
    text
}

/// Writes `fills.csv`, `trades.csv`, `equity.csv` and `replay.json` to
/// the folder `directory`, which is created.
///
/// # Errors
///
/// Fails when one of the files is there already: nothing is overwritten.
pub fn write_files(replay: &Replay, directory: &Path) -> Result<()> {
    fs::create_dir_all(directory)
        .with_context(|| format!("failed to create `{}`", directory.display()))?;
    write_new(&directory.join("fills.csv"), &csv_of(&replay.fills)?)?;
    write_new(&directory.join("trades.csv"), &csv_of(&replay.trades)?)?;
    write_new(&directory.join("equity.csv"), &csv_of(&replay.equity)?)?;
    write_new(&directory.join("replay.json"), &serde_json::to_vec_pretty(replay)?)
}

fn csv_of<R: Serialize>(rows: &[R]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row)?;
    }
    Ok(writer.into_inner()?)
}

fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(content));
    written.with_context(|| {
        format!("failed to write `{}`; name a folder without earlier results", path.display())
    })
}
