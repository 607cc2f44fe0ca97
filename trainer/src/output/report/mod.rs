//! Shows sessions to people: a page that needs nothing but a browser,
//! and a table for a terminal.
//!
//! It reads what a run wrote, in a workspace or an archive, and
//! computes no figure of a session anew. The page holds its charts'
//! script and data, and asks no network for anything. Memory is bounded:
//! long curves and many trades are thinned, and the page says so.

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

use std::fs::{self, File};
use std::io::{BufWriter, Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::session::put_atomically;

use input::{Budget, ReportInput};

pub use source::{ReportContext, SessionSource};

/// The most sessions that one page can hold and a reader tell apart.
pub const N_SESSIONS_MAX: usize = 8;

const BUFFER_BYTES: usize = 1 << 16;

/// Sessions that were read, to be shown side by side.
#[derive(Debug)]
pub struct Report {
    sessions: Vec<ReportInput>,
}

impl Report {
    /// Reads the sessions at `sources`, one or several.
    ///
    /// Fails where there is no record of a session. What else cannot be
    /// read is left out, and the page says why.
    pub fn read(sources: &[SessionSource], context: &ReportContext<'_>) -> Result<Self> {
        ensure!(!sources.is_empty(), "name a session to report");
        ensure!(
            sources.len() <= N_SESSIONS_MAX,
            "{} sessions are too many to tell apart; name {N_SESSIONS_MAX} or fewer",
            sources.len()
        );
        let budget = Budget::among(sources.len());
        let read = |source| ReportInput::gather(source, context, budget);
        Ok(Self { sessions: sources.iter().map(read).collect::<Result<_>>()? })
    }

    /// Returns the page: HTML with its styles, scripts and data.
    pub fn page(&self) -> Result<String> {
        let mut page = Vec::new();
        page::render(&self.sessions, &mut page)?;
        Ok(String::from_utf8(page)?)
    }

    /// Writes the page to `path`, whole or not at all, and returns its
    /// size in bytes; it goes out in pieces. A page of an earlier report
    /// there is replaced; fails where there is any other file.
    pub fn write_page(&self, path: &Path) -> Result<u64> {
        make_room(path)?;
        put_atomically(path, &mut |file| {
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

    /// What could not be shown, and why.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.sessions.iter().flat_map(|session| session.notes.iter().map(String::as_str))
    }
}

/// Sees to it that a page can be put at `path`.
fn make_room(path: &Path) -> Result<()> {
    if path.exists() && !is_report(path)? {
        bail!(
            "`{}` is no report and is not overwritten; name another file by `--out`",
            path.display()
        );
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to create the folder `{}`", folder.display()))?;
    }
    Ok(())
}

fn is_report(path: &Path) -> Result<bool> {
    let mut start = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(page::MARK.len() as u64).read_to_end(&mut start));
    read.with_context(|| format!("failed to read `{}`", path.display()))?;
    Ok(start == page::MARK.as_bytes())
}
