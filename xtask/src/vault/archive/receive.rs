//! Receives an archive from a repository and publishes it once it is
//! verified.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::publish::{Draft, leftovers};
use crate::workspace::files;
use crate::workspace::lock::FolderLock;

/// An archive that is to be received.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// The folder to put it in.
    pub folder: &'a Path,
    /// Its file name, which must be free.
    pub name: &'a str,
    /// Its run number; 0 without one.
    pub run_number: u64,
}

/// Writes the archive by `fill`, verifies it by `verify`, then publishes
/// it.
///
/// # Errors
/// When `fill` or `verify` fails, or the disk does; nothing is left then.
pub fn receive(
    incoming: &Incoming<'_>,
    fill: impl FnOnce(&mut File) -> Result<()>,
    verify: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    let Incoming { folder, name, run_number } = *incoming;
    files::create_folder(folder)?;
    for draft in leftovers(folder)? {
        fs::remove_file(&draft)
            .with_context(|| format!("failed to remove `{}`", draft.display()))?;
    }
    let draft = Draft::create(folder, name, run_number, &FolderLock::acquire(folder))?;
    fill(&mut draft.file()?)?;
    draft.sync()?;
    verify(draft.path())?;
    draft.publish()
}
