//! The digest of an archive in the repository.

use std::io;

use anyhow::Result;

use crate::programs::restic::Restic;
use crate::vault::catalog::Archive;
use crate::workspace::digest::DigestWriter;
use crate::workspace::exit::{CodedError, RemoteProblem};

/// Returns the digest of the archive's zip in the snapshot.
///
/// # Errors
/// When restic fails. Damage is only reported when found twice, since
/// data that another machine's prune is moving seems to be missing.
pub fn stored_digest(restic: &Restic<'_>, snapshot: &str, archive: &Archive) -> Result<String> {
    retry_if_damaged(|| {
        let mut digest = DigestWriter::new(io::sink());
        restic.dump(snapshot, &format!("/{}", archive.name), &mut digest)?;
        Ok(digest.finish())
    })
}

/// Repeats `act` once if it finds the repository damaged.
///
/// # Errors
/// The last error of `act`.
pub fn retry_if_damaged<T>(mut act: impl FnMut() -> Result<T>) -> Result<T> {
    act().or_else(|error| match error.downcast_ref() {
        Some(CodedError::Remote(RemoteProblem::Damaged, _)) => act(),
        _ => Err(error),
    })
}
