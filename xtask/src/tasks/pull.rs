//! Pulls an archive from the remote repository and verifies it before it
//! is published.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use digest_io::HashWriter;
use serde::Serialize;
use sha2::Sha256;

use crate::programs::restic::Restic;
use crate::tasks::TaskContext;
use crate::tasks::push::retry_if_damaged;
use crate::vault::annotate;
use crate::vault::annotations::{self, Annotations};
use crate::vault::archive::{self, Incoming};
use crate::vault::catalog::Fingerprint;
use crate::vault::receipts;
use crate::vault::relocate;
use crate::vault::remote::{self, RemoteArchive, RemoteReceipt};
use crate::vault::verify;
use crate::workspace::digest::{file_sha256, hex};
use crate::workspace::exit::{CodedError, RemoteProblem, usage};
use crate::workspace::files::{exists, folder_entries};
use crate::workspace::progress;

/// What a pull did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PullReport {
    /// The archive's name.
    pub name: String,
    /// The machine that pushed it.
    pub host: String,
    /// The file.
    pub path: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// Whether it was not in the folder before.
    pub is_new: bool,
}

/// Pulls the archive called `name` into the folder `into`, or else into
/// the archive folder of the workspace.
///
/// # Errors
/// When it cannot be pulled intact, or another file of its name exists,
/// which is not overwritten.
pub fn pull(context: &mut TaskContext<'_>, name: &str, into: Option<&Path>) -> Result<PullReport> {
    let restic = Restic::of(context.workspace, context.interrupt)?;
    restic.version()?;
    let archives = remote::read(&restic, context.workspace)?;
    let remote = remote::find(&archives, name)?;
    let folder = into.map_or_else(|| context.workspace.archives(), Path::to_owned);
    let path = folder.join(remote.archive.name.to_string());
    let is_new = !exists(&path);
    if is_new {
        fetch(context, &restic, remote, &folder)?;
    } else if Some(file_sha256(&path)?) != remote.sha256 {
        return Err(usage!(
            "`{}` is there and holds another session than that of {}; pull it elsewhere by \
             `--into DIR` (nothing was changed)",
            context.workspace.display(&path),
            remote.host
        ));
    }
    if into.is_none() {
        receipts::remember(context.workspace, &path);
    }
    // An earlier pull may have been killed before it wrote the receipt.
    let lacks_companions =
        || RemoteReceipt::of(&path).is_none() && !exists(&annotations::path_of(&path));
    if into.is_none() && (is_new || lacks_companions()) {
        write_companions(context, &restic, remote, &path)?;
    }
    Ok(PullReport {
        name: remote.archive.name.to_string(),
        host: remote.host.clone(),
        path: context.workspace.display(&path),
        size_bytes: remote.archive.size_bytes,
        is_new,
    })
}

/// Writes the annotations and the receipt of the pulled zip, as after a
/// push.
fn write_companions(
    context: &TaskContext<'_>,
    restic: &Restic<'_>,
    remote: &RemoteArchive,
    path: &Path,
) -> Result<()> {
    let pushed = remote.archive.annotations.clone().and_then(Result::ok).unwrap_or_default();
    let manifest = remote.archive.manifest();
    let sealed_tags = manifest.map(|manifest| manifest.tags.clone()).unwrap_or_default();
    let sealed_pin = manifest.is_some_and(|manifest| manifest.pinned);
    let annotations = Annotations {
        format: 1,
        tags: pushed.tags.filter(|tags| *tags != sealed_tags),
        pin: pushed.pin.filter(|pin| pin.is_pinned != sealed_pin),
        note: pushed.note.filter(|note| manifest.and_then(|it| it.note.as_ref()) != Some(note)),
    };
    if annotations != Annotations::default() {
        annotate::store(&annotations, path)?;
    }
    let file = Fingerprint::read(path).map(|it| it.to_string()).unwrap_or_default();
    let receipt = RemoteReceipt {
        format: 1,
        repository: restic.id()?,
        sha256: remote.sha256.clone().unwrap_or_default(),
        tags: remote::tags_of_archive(&remote.archive),
        file,
        read_back_at: (context.clock)(),
    };
    receipt.store(path)
}

/// How many copies of remote archives are cached.
const N_COPIES_MAX: usize = 8;

/// Returns a cached copy of the remote archive called `name`.
pub fn copy_of(context: &TaskContext<'_>, name: &str) -> Result<PathBuf> {
    let restic = Restic::of(context.workspace, context.interrupt)?;
    let archives = remote::read(&restic, context.workspace)?;
    let remote = remote::find(&archives, name)?;
    let digest = remote.sha256.clone().unwrap_or_default();
    let copies = context.workspace.state().join("copies");
    let folder = copies.join(&digest);
    let path = folder.join(remote.archive.name.to_string());
    if exists(&path) && file_sha256(&path)? == digest {
        return Ok(path);
    }
    remove_old_copies(&copies)?;
    relocate::remove(&path)?;
    fetch(context, &restic, remote, &folder)
}

/// Removes the oldest copies to make room for a new one.
fn remove_old_copies(copies: &Path) -> Result<()> {
    let age = |folder: &PathBuf| fs::metadata(folder).and_then(|it| it.modified()).ok();
    let mut folders = folder_entries(copies)?;
    folders.sort_by_key(age);
    let n_old = (folders.len() + 1).saturating_sub(N_COPIES_MAX);
    folders[..n_old].iter().try_for_each(|folder| relocate::remove(folder))
}

/// Downloads the zip of `remote` into `folder`, under its name.
///
/// # Errors
/// When the repository does not return the bytes that were pushed.
pub fn fetch(
    context: &TaskContext<'_>,
    restic: &Restic<'_>,
    remote: &RemoteArchive,
    folder: &Path,
) -> Result<PathBuf> {
    let name = remote.archive.name.to_string();
    let digest = remote.sha256.as_deref().ok_or_else(|| {
        anyhow!("`{name}` cannot be pulled by its description; take it out by `restic restore`")
    })?;
    let snapshot = remote.snapshots.first().map_or("", String::as_str);
    let run_number = remote.archive.manifest().map_or(0, |manifest| manifest.run_number);
    let _running = progress::begin("pulling", remote.archive.size_bytes);
    let incoming = Incoming { folder, name: &name, run_number };
    let fill = |file: &mut File| {
        let mut file = HashWriter::<Sha256, _>::new(file);
        restic.dump(snapshot, &format!("/{name}"), &mut file)?;
        if hex(&file.finalize()) == digest {
            return Ok(());
        }
        let text = format!(
            "the remote repository gives other bytes for `{name}` than were pushed; `cargo xtask \
             verify --remote` tells which archives are hit"
        );
        Err(CodedError::Remote(RemoteProblem::Damaged, text).into())
    };
    retry_if_damaged(|| archive::receive(&incoming, fill, |draft| verify_draft(context, draft)))
        .with_context(|| format!("failed to pull `{name}`"))
}

/// Verifies the pulled file by its seal, or by CRC-32 if it is from
/// another tool.
fn verify_draft(context: &TaskContext<'_>, draft: &Path) -> Result<()> {
    if let Some(damage) = verify::first_damage(draft, context.interrupt)? {
        bail!("it was damaged when it was pushed: {}", damage.problem);
    }
    Ok(())
}
