//! Reports on sessions: an HTML page that needs only a browser, and a
//! table for a terminal.
//!
//! It reads what a run wrote, in a workspace or an archive, and
//! recomputes no figure of a session. The page holds its charts' script
//! and data, and loads nothing from a network. Memory is bounded: long
//! curves and many trades are thinned, and the page says so.

mod account_tables;
mod charts;
mod curve;
mod data;
mod distribution;
mod drawdowns;
mod figures;
mod header;
mod identity;
mod importance;
mod input;
mod markup;
mod pack;
mod page;
mod panels;
mod part_tables;
mod periods;
mod record;
mod return_tables;
mod rolling;
mod series;
mod source;
mod terminal;
mod text;
mod trades;

use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::session::{create_folder, replace_unsynced};

use input::{ReportInput, SessionLimits};

pub use source::{ReportContext, SessionSource};

/// The most sessions of one page.
pub const N_SESSIONS_MAX: usize = 8;

const BUFFER_BYTES: usize = 1 << 16;

/// The data of one or several sessions to report on.
#[derive(Debug)]
pub struct Report {
    sessions: Vec<ReportInput>,
}

impl Report {
    /// Reads the sessions at `sources`, one or several. Other data than
    /// the record may be missing: it is left out, and the page says why.
    ///
    /// # Errors
    ///
    /// Fails for no or too many sources, and when one has no record.
    pub fn read(sources: &[SessionSource], context: &ReportContext<'_>) -> Result<Self> {
        ensure!(!sources.is_empty(), "name a session to report");
        ensure!(
            sources.len() <= N_SESSIONS_MAX,
            "{} sessions are too many to tell apart; name {N_SESSIONS_MAX} or fewer",
            sources.len()
        );
        let limits = SessionLimits::among(sources.len());
        let read = |source| ReportInput::read(source, context, limits);
        Ok(Self { sessions: sources.iter().map(read).collect::<Result<_>>()? })
    }

    /// Returns the page: HTML with its styles, scripts and data.
    pub fn page(&self) -> Result<String> {
        let mut page = Vec::new();
        page::render(&self.sessions, &mut page)?;
        Ok(String::from_utf8(page)?)
    }

    /// Writes the page to `path`, whole or not at all, and returns its
    /// size in bytes. It replaces an earlier page.
    ///
    /// # Errors
    ///
    /// Fails when another file is at `path`, or it cannot be written.
    pub fn write_page(&self, path: &Path) -> Result<u64> {
        prepare(path)?;
        replace_unsynced(path, &mut |file| {
            let mut out = BufWriter::with_capacity(BUFFER_BYTES, file);
            page::render(&self.sessions, &mut out)?;
            Ok(out.flush()?)
        })
    }

    /// Returns the sessions as a table for a terminal.
    pub fn text(&self) -> String {
        terminal::text(&self.sessions)
    }

    /// Returns the same as a JSON object.
    pub fn json(&self) -> Value {
        terminal::json(&self.sessions)
    }

    /// Returns what could not be shown, and why.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.sessions.iter().flat_map(|session| session.notes.iter().map(String::as_str))
    }
}

/// Checks that `path` holds no other file, and creates its folder.
fn prepare(path: &Path) -> Result<()> {
    if path.exists() && !is_report(path)? {
        bail!(
            "`{}` is no report and is not overwritten; name another file by `--out`",
            path.display()
        );
    }
    path.parent().map_or(Ok(()), create_folder)
}

fn is_report(path: &Path) -> Result<bool> {
    let mut start = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(page::MARK.len() as u64).read_to_end(&mut start));
    read.with_context(|| format!("failed to read `{}`", path.display()))?;
    Ok(start == page::MARK.as_bytes())
}
