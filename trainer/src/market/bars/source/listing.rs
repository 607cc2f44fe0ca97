//! The files of a folder, or of a zip file that is read as one.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use tempfile::TempDir;

use crate::digest::{sha256_of_bytes, sha256_of_file};
use crate::market::bars::symbols::{self, SymbolBars};

/// Files, each of a symbol or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
    /// The zip file that they were in, and where they are as long as
    /// anybody reads them.
    archive: Option<(PathBuf, Arc<TempDir>)>,
}

impl Folder {
    pub(super) fn of(path: PathBuf) -> Self {
        Self { path, archive: None }
    }

    pub(super) fn of_archive(archive: PathBuf, unpacked: TempDir) -> Self {
        let path = unpacked.path().to_owned();
        Self { path, archive: Some((archive, Arc::new(unpacked))) }
    }

    /// Returns the SHA-256 of the zip file, or of the lines that
    /// `sha256sum *` prints in the folder.
    pub(super) fn sha256(&self) -> Result<String> {
        if let Some((archive, _)) = &self.archive {
            return sha256_of_file(archive);
        }
        let mut lines = String::new();
        for file in symbols::files(&self.path)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            let _ = writeln!(lines, "{}  {name}", sha256_of_file(&file)?);
        }
        Ok(sha256_of_bytes(lines.as_bytes()))
    }

    /// Returns the files as symbols, in the order of their names.
    pub(super) fn symbols(&self) -> Result<Vec<SymbolBars>> {
        let mut symbols = symbols::of_folder(&self.path)?;
        if let Some((archive, unpacked)) = &self.archive {
            for symbol in &mut symbols {
                let name = symbol.source.name.rsplit('/').next().unwrap_or_default();
                symbol.source.name = format!("{}/{name}", archive.display());
                symbol.source.unpacked = Some(Arc::clone(unpacked));
            }
        }
        Ok(symbols)
    }
}
