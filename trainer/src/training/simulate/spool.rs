//! Buffers rows until the end, on disk where they are many.

use std::io::{self, BufWriter, Seek as _, Write};

use anyhow::{Context as _, Result};
use serde::Serialize;
use tempfile::SpooledTempFile;

/// Beyond this many bytes, the rows move to an unnamed file in the
/// system's temporary folder.
const MEMORY_BYTES_MAX: usize = 1 << 20;

/// The rows of one table in one format.
#[derive(Debug)]
pub(super) struct Spool {
    rows: BufWriter<SpooledTempFile>,
    n_rows: u64,
}

impl Spool {
    pub(super) fn new() -> Self {
        Self { rows: BufWriter::new(SpooledTempFile::new(MEMORY_BYTES_MAX)), n_rows: 0 }
    }

    pub(super) fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// Adds a line of text.
    pub(super) fn push_text(&mut self, line: &str) -> Result<()> {
        self.n_rows += 1;
        writeln!(self.rows, "{line}").context(PUSH_FAILED)
    }

    /// Adds an element of a JSON array.
    pub(super) fn push_json(&mut self, row: &impl Serialize) -> Result<()> {
        let separator = if self.n_rows == 0 { "\n    " } else { ",\n    " };
        self.n_rows += 1;
        self.rows.write_all(separator.as_bytes()).context(PUSH_FAILED)?;
        serde_json::to_writer(&mut self.rows, row).context(PUSH_FAILED)
    }

    /// Adds a row of CSV; the first is preceded by the header.
    pub(super) fn push_csv(&mut self, row: &impl Serialize) -> Result<()> {
        let mut writer =
            csv::WriterBuilder::new().has_headers(self.n_rows == 0).from_writer(&mut self.rows);
        self.n_rows += 1;
        writer.serialize(row).context(PUSH_FAILED)?;
        writer.flush().context(PUSH_FAILED)
    }

    /// Writes all rows to `out`.
    pub(super) fn copy_to(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.rows.flush()?;
        let rows = self.rows.get_mut();
        rows.rewind()?;
        io::copy(rows, out)?;
        Ok(())
    }
}

const PUSH_FAILED: &str = "failed to keep a row; is the temporary folder full?";
