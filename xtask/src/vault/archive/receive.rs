//! Takes an archive from elsewhere: it gets its name when it is proven.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::publish::{Draft, leftovers};
use crate::workspace::files;
use crate::workspace::lock::FolderLock;

/// An archive that is to come.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// Where it goes.
    pub folder: &'a Path,
    /// Its file name, which nothing has there.
    pub name: &'a str,
    /// Its run number; 0 without one.
    pub run_number: u64,
}

/// Lets `fill` write the archive and `prove` read it back, then gives it
/// its name.
///
/// # Errors
/// Those of both, or of the disk; nothing is left then.
pub fn receive(
    incoming: &Incoming<'_>,
    fill: impl FnOnce(&mut File) -> Result<()>,
    prove: impl FnOnce(&Path) -> Result<()>,
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
    prove(draft.path())?;
    draft.publish()
}
