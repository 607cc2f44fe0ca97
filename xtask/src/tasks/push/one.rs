//! Pushes one archive: verifies it, stores it, reads it back, and only
//! then writes its remote receipt.

use std::path::Path;

use anyhow::{Context, Result, bail};
use digest_io::IoWrapper;
use sha2::{Digest, Sha256};

use super::outcome::PushOutcome;
use crate::programs::restic::{NewSnapshot, Restic};
use crate::tasks::TaskContext;
use crate::vault::catalog::{Archive, Fingerprint};
use crate::vault::diff;
use crate::vault::receipts;
use crate::vault::remote::{self, Description, RemoteArchive, RemoteReceipt};
use crate::vault::verify;
use crate::workspace::digest::{file_sha256, hex};
use crate::workspace::exit::{CodedError, RemoteProblem};
use crate::workspace::progress;

/// How often each byte counts as progress: verified twice, read back
/// once.
pub const N_PASSES: u64 = 3;

/// The state of one push task.
pub struct Push<'a> {
    /// The repository to push to.
    pub restic: &'a Restic<'a>,
    /// Its id.
    pub repository: String,
    /// The archives in it.
    pub remotes: Vec<RemoteArchive>,
}

/// A new snapshot and its description.
pub type Stored = (String, Description);

impl Push<'_> {
    /// Pushes `archive`; if it is in the repository already, only updates its
    /// tags and pin.
    ///
    /// # Errors
    /// A [`CodedError`] if the repository fails; else the archive is damaged
    /// or was changed meanwhile.
    pub fn one(
        &self,
        context: &mut TaskContext<'_>,
        archive: &Archive,
    ) -> Result<(PushOutcome, Option<Stored>)> {
        let path = &archive.path;
        let held = RemoteReceipt::of(path).filter(|it| it.repository == self.repository);
        if let Some(receipt) = &held
            && let Some(pushed) = self.find(archive, &receipt.sha256)
        {
            progress::add(archive.size_bytes * N_PASSES);
            let is_changed = receipt.tags != remote::tags_of_archive(archive);
            let outcome = self.retag(archive, pushed, is_changed)?;
            if is_changed {
                let tags = remote::tags_of_archive(archive);
                RemoteReceipt { tags, ..receipt.clone() }.store(path)?;
            }
            return Ok((outcome, None));
        }
        let before = Fingerprint::read(path);
        check(context, path)?;
        let sha256 = file_sha256(path)?;
        let (outcome, stored) = if let Some(pushed) = self.find(archive, &sha256) {
            let snapshot = pushed.snapshots.first().map_or("", String::as_str);
            self.read_back(snapshot, archive, &sha256)?;
            // Without a receipt, only local annotations count as a change.
            (self.retag(archive, pushed, archive.annotations.is_some())?, None)
        } else {
            (PushOutcome::Pushed, Some(self.store(context, archive, &sha256)?))
        };
        let file = before.filter(|before| Fingerprint::read(path) == Some(*before));
        let file = file.with_context(|| format!("`{}` changed meanwhile", path.display()))?;
        let receipt = RemoteReceipt {
            format: 1,
            repository: self.repository.clone(),
            sha256,
            tags: remote::tags_of_archive(archive),
            file: file.to_string(),
            read_back_at: (context.clock)(),
        };
        receipt.store(path)?;
        Ok((outcome, stored))
    }

    fn find(&self, archive: &Archive, sha256: &str) -> Option<&RemoteArchive> {
        self.remotes.iter().find(|remote| {
            remote.archive.name == archive.name && remote.sha256.as_deref() == Some(sha256)
        })
    }

    /// Stores the archive as a new snapshot, and reads it back.
    fn store(
        &self,
        context: &mut TaskContext<'_>,
        archive: &Archive,
        sha256: &str,
    ) -> Result<Stored> {
        let (side, _) = diff::read(&archive.path)?;
        let description = Description {
            format: 1,
            archive: archive.name.to_string(),
            size_bytes: archive.size_bytes,
            sha256: sha256.to_owned(),
            workspace: context.workspace.root().display().to_string(),
            pushed_at: (context.clock)(),
            note: archive.note().map(str::to_owned),
            pin_reason: archive.pin_reason().map(str::to_owned),
            settings: side.config,
            manifest: side.manifest,
        };
        let folder = context.workspace.archives();
        let staged = description.stage(&folder)?;
        let backup = NewSnapshot {
            folder: &folder,
            files: &[&description.archive, &staged],
            time: archive.created_at(),
            tags: &remote::tags_of_archive(archive),
        };
        let snapshot = self.restic.backup(&backup);
        description.unstage(&folder);
        let snapshot = snapshot?;
        if let Err(error) = self.read_back(&snapshot, archive, sha256) {
            // An archive that does not read back must not be listed.
            if matches!(error.downcast_ref(), Some(CodedError::Remote(RemoteProblem::Damaged, _))) {
                self.restic.forget(&[snapshot])?;
            }
            return Err(error);
        }
        Ok((snapshot, description))
    }

    /// Reads the archive back from the repository and compares its digest.
    fn read_back(&self, snapshot: &str, archive: &Archive, sha256: &str) -> Result<()> {
        if stored_digest(self.restic, snapshot, archive)? == sha256 {
            return Ok(());
        }
        let text = format!(
            "the remote repository gave other bytes for `{}` than it was sent; look at its store \
             by `restic check --read-data`, and push again",
            archive.name
        );
        Err(CodedError::Remote(RemoteProblem::Damaged, text).into())
    }

    /// Updates the tags of the snapshots of an archive if they were changed
    /// locally; otherwise another machine may have changed them.
    fn retag(
        &self,
        archive: &Archive,
        pushed: &RemoteArchive,
        is_changed: bool,
    ) -> Result<PushOutcome> {
        let tags = remote::tags_of_archive(archive);
        if !is_changed || tags == remote::tags_of_archive(&pushed.archive) {
            return Ok(PushOutcome::Present);
        }
        pushed.snapshots.iter().try_for_each(|id| self.restic.set_tags(id, &tags))?;
        Ok(PushOutcome::Retagged)
    }
}

/// Verifies the archive at `path`.
fn check(context: &mut TaskContext<'_>, path: &Path) -> Result<()> {
    if let Some(damage) = verify::first_damage(path, context.interrupt)? {
        bail!("it is damaged and was not pushed: {damage}");
    }
    receipts::remember(context.workspace, path);
    Ok(())
}

/// Returns the digest of the archive's zip in the snapshot.
///
/// # Errors
/// When restic fails. Damage is only reported when found twice, since
/// data that another machine's prune is moving seems to be missing.
pub fn stored_digest(restic: &Restic<'_>, snapshot: &str, archive: &Archive) -> Result<String> {
    retry_if_damaged(|| {
        let mut digest = IoWrapper(Sha256::new());
        restic.dump(snapshot, &format!("/{}", archive.name), &mut digest)?;
        Ok(hex(&digest.0.finalize()))
    })
}

/// Repeats `act` once if it finds the repository damaged.
pub fn retry_if_damaged<T>(mut act: impl FnMut() -> Result<T>) -> Result<T> {
    act().or_else(|error| match error.downcast_ref() {
        Some(CodedError::Remote(RemoteProblem::Damaged, _)) => act(),
        _ => Err(error),
    })
}
