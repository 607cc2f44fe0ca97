//! A digest of what a repository gives, taken on the way.

use std::io::{self, Write};

use anyhow::Result;
use sha2::{Digest, Sha256};

use crate::programs::restic::Restic;
use crate::vault::catalog::Archive;
use crate::workspace::digest::hex;
use crate::workspace::exit::{CodedError, RemoteProblem};
use crate::workspace::progress;

/// Returns the digest of the archive's zip as the snapshot holds it.
///
/// # Errors
/// As restic; damage is found twice, since what another machine's prune
/// moves at that moment seems to be missing.
pub fn of_stored(restic: &Restic<'_>, snapshot: &str, archive: &Archive) -> Result<String> {
    twice(|| {
        let mut digest = DigestWriter::default();
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

/// Counts and digests what is written to it.
#[derive(Default)]
pub struct DigestWriter(Sha256);

impl DigestWriter {
    /// Returns the digest of all, in hexadecimal.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

impl Write for DigestWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        progress::add(bytes.len() as u64);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
