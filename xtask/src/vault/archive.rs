//! Makes an archive: writes it, reads it back, gives it its name.
//!
//! Only a complete, checked archive ever has its final name. What a
//! kill leaves is a `.partial` file, which the next run removes.

mod guard;
mod pack;
mod pipeline;
mod publish;
mod receive;
mod source;
mod writer;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::thread;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};

use pack::Packing;
pub use publish::{PARTIAL_SUFFIX, is_abandoned};
pub use receive::{Incoming, receive};

use crate::programs::features;
use crate::programs::process::WorkTree;
use crate::vault::catalog::Catalog;
use crate::vault::manifest::{
    ArchiveKind, FORMAT, Manifest, PATCH_PATH, SessionSummary, Skipped, Totals,
};
use crate::vault::name::StampedName;
use crate::vault::receipts;
use crate::vault::scan::Scan;
use crate::vault::verify::{self, ReadOptions, Receipt};
use crate::workspace::Workspace;
use crate::workspace::exit::stop_if;
use crate::workspace::files;
use crate::workspace::lock::FolderLock;
use crate::workspace::progress;
use crate::workspace::threads;

/// What to say of an archive, beyond its files.
#[derive(Debug, Clone)]
pub struct ArchiveRequest<'a> {
    /// Why it is made.
    pub kind: ArchiveKind,
    /// The time, which also names it.
    pub now: DateTime<Utc>,
    /// Words to find it by.
    pub tags: &'a [String],
    /// A sentence on it.
    pub note: Option<&'a str>,
    /// The session's record.
    pub session: Option<SessionSummary>,
    /// The state of the work tree, where the workspace is in one.
    pub git: Option<WorkTree>,
    /// Set by a signal: stop, and leave nothing half done.
    pub interrupt: &'a AtomicBool,
}

/// Archives `scan` in the archive folder of `workspace`.
///
/// # Errors
/// When a file cannot be read or written, or the archive, read back,
/// does not hold what was written. No archive is left then.
pub fn create(workspace: &Workspace, scan: &Scan, request: &ArchiveRequest<'_>) -> Result<Receipt> {
    create_on(threads::available(), workspace, scan, request)
}

/// Archives as [`create`] does, on `n_threads`; their number changes
/// nothing in the bytes.
///
/// # Errors
/// As [`create`].
pub fn create_on(
    n_threads: NonZeroUsize,
    workspace: &Workspace,
    scan: &Scan,
    request: &ArchiveRequest<'_>,
) -> Result<Receipt> {
    let receipt = write_and_read_back(n_threads, workspace, scan, request);
    // What was cut short by a signal failed for that reason.
    stop_if(request.interrupt)?;
    receipt
}

fn write_and_read_back(
    n_threads: NonZeroUsize,
    workspace: &Workspace,
    scan: &Scan,
    request: &ArchiveRequest<'_>,
) -> Result<Receipt> {
    let config = &workspace.config().archive;
    features::check_compression(config.compression)?;
    let (name, run_number, draft) = {
        let folder = workspace.archives();
        files::create_folder(&folder)?;
        let lock = FolderLock::acquire(&folder);
        // The drafts first: one that is published meanwhile is then an
        // archive that the catalog finds.
        let reserved = publish::reserved(&folder)?;
        let catalog = Catalog::read_heads(workspace)?;
        let is_reserved = |name: &str| reserved.iter().any(|(other, _)| other == name);
        let name = catalog.free_archive_name(workspace, request.now, is_reserved)?;
        let numbers = reserved.iter().map(|(_, number)| number + 1);
        let run_number = numbers.fold(catalog.next_run_number(), u64::max);
        let draft = publish::Draft::create(&folder, &name.to_string(), run_number, &lock)?;
        (name, run_number, draft)
    };
    let packing = Packing {
        compression: config.compression,
        level: config.compression_level,
        interrupt: request.interrupt,
    };
    let content = writer::ArchiveContent {
        scan,
        manifest: head(name, run_number, request),
        patch: request.git.as_ref().map(|tree| tree.patch.as_slice()),
        time: request.now,
        packing,
        n_threads: n_threads.get(),
    };
    let n_bytes = scan.files.iter().map(|file| file.size_bytes).sum();
    let packing = progress::begin("archiving", n_bytes);
    let digest = writer::write(draft.file()?, draft.path(), content)?;
    drop(packing);
    let options = ReadOptions { n_threads, interrupt: Some(request.interrupt) };
    let receipt = thread::scope(|scope| {
        // While the disk takes what was written, it is read back.
        let sync = scope.spawn(|| draft.sync());
        let receipt = verify::read_back_as(draft.path(), options);
        sync.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        receipt
    })?;
    if receipt.manifest_sha256() != digest {
        bail!("the archive `{name}`, read back, has another manifest than was written; try again");
    }
    stop_if(request.interrupt)?;
    let path = draft.publish()?;
    receipts::remember(workspace, &path);
    Ok(receipt.moved_to(path))
}

fn head(name: StampedName, run_number: u64, request: &ArchiveRequest<'_>) -> Manifest {
    Manifest {
        format: FORMAT,
        name: name.to_string(),
        kind: request.kind,
        created_at: name.time(),
        run_number,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        session: request.session.clone(),
        git: request.git.as_ref().map(|tree| tree.state.clone()),
        tags: request.tags.to_vec(),
        note: request.note.map(str::to_owned),
        pinned: false,
        files: Vec::new(),
        empty_folders: Vec::new(),
        folders: Vec::new(),
        skipped: request
            .git
            .iter()
            .flat_map(|tree| &tree.left_out)
            .map(|reason| patch_lacks(reason))
            .collect(),
        totals: Totals { n_files: 0, size_bytes: 0 },
    }
}

/// Tells a `reason` why the patch of the work tree is not whole.
fn patch_lacks(reason: &str) -> Skipped {
    Skipped { path: PATCH_PATH.to_owned(), reason: reason.to_owned() }
}

/// Returns the `.partial` files that killed runs left in the archive
/// folder of `workspace`, and that no process is still writing.
pub fn leftovers(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    publish::leftovers(&workspace.archives())
}
