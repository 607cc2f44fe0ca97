//! A digest of what a repository gives, taken on the way.

use std::io;

use anyhow::Result;

use crate::programs::restic::Restic;
use crate::vault::catalog::Archive;
use crate::workspace::digest::DigestWriter;
use crate::workspace::exit::{CodedError, RemoteProblem};

/// Returns the digest of the archive's zip as the snapshot holds it.
///
/// # Errors
/// As restic; damage is found twice, since what another machine's prune
/// moves at that moment seems to be missing.
pub fn of_stored(restic: &Restic<'_>, snapshot: &str, archive: &Archive) -> Result<String> {
    twice(|| {
        let mut digest = DigestWriter::new(io::sink());
        restic.dump(snapshot, &format!("/{}", archive.name), &mut digest)?;
        Ok(digest.finish())
    })
}

/// Does `act` again when it finds the repository damaged.
///
/// # Errors
/// The last one of `act`.
pub fn twice<T>(mut act: impl FnMut() -> Result<T>) -> Result<T> {
    act().or_else(|error| match error.downcast_ref() {
        Some(CodedError::Remote(RemoteProblem::Damaged, _)) => act(),
        _ => Err(error),
    })
}
