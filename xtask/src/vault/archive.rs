//! Creates an archive: writes it, reads it back, then publishes it.
//!
//! Only a complete, checked archive ever has its final name. A killed run
//! leaves a `.partial` file, which the next run removes.

mod fail_once;
mod file_reader;
mod pack;
mod pipeline;
mod publish;
mod writer;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::thread;

use anyhow::{Result, bail};
use chrono::{DateTime, Utc};

use pack::Packing;
pub use publish::{Incoming, PARTIAL_SUFFIX, is_abandoned, receive};

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
use crate::workspace::exit::check_interrupt;
use crate::workspace::files;
use crate::workspace::lock::FolderLock;
use crate::workspace::progress;
use crate::workspace::threads;

/// What to record in an archive besides its files.
#[derive(Debug, Clone)]
pub struct ArchiveRequest<'a> {
    /// Why the archive is made.
    pub kind: ArchiveKind,
    /// The current time, from which the name is made.
    pub now: DateTime<Utc>,
    /// The initial tags.
    pub tags: &'a [String],
    /// The initial note.
    pub note: Option<&'a str>,
    /// The summary of the session.
    pub session: Option<SessionSummary>,
    /// The state of the git work tree, if the workspace is in one.
    pub git: Option<WorkTree>,
    /// Set by a signal: the archive is abandoned and its draft removed.
    pub interrupt: &'a AtomicBool,
}

/// Archives `scan` in the archive folder of `workspace`.
///
/// # Errors
/// When a file cannot be read or written, or the archive does not read
/// back as it was written. No archive is left then.
pub fn create(workspace: &Workspace, scan: &Scan, request: &ArchiveRequest<'_>) -> Result<Receipt> {
    create_on(threads::available(), workspace, scan, request)
}

/// Archives as [`create`] does, on `n_threads`; the bytes do not depend
/// on their number.
pub fn create_on(
    n_threads: NonZeroUsize,
    workspace: &Workspace,
    scan: &Scan,
    request: &ArchiveRequest<'_>,
) -> Result<Receipt> {
    let receipt = write_and_read_back(n_threads, workspace, scan, request);
    // After a signal, report the interruption, not the error it caused.
    check_interrupt(request.interrupt)?;
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
        // Read the drafts before the catalog: one that is published in between
        // is then found in the catalog.
        let reserved = publish::reserved(&folder)?;
        let catalog = Catalog::read_without_files(workspace)?;
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
    let input = writer::ArchiveInput {
        scan,
        manifest: empty_manifest(name, run_number, request),
        patch: request.git.as_ref().map(|tree| tree.patch.as_slice()),
        time: request.now,
        packing,
        n_threads: n_threads.get(),
    };
    let n_bytes = scan.files.iter().map(|file| file.size_bytes).sum();
    let packing = progress::begin("archiving", n_bytes);
    let digest = writer::write(draft.file()?, draft.path(), input)?;
    drop(packing);
    let options = ReadOptions { n_threads, interrupt: Some(request.interrupt) };
    let receipt = thread::scope(|scope| {
        // Sync to disk and read back at the same time.
        let sync = scope.spawn(|| draft.sync());
        let receipt = verify::read_back_as(draft.path(), options);
        sync.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        receipt
    })?;
    if receipt.manifest_sha256() != digest {
        bail!("the archive `{name}`, read back, has another manifest than was written; try again");
    }
    check_interrupt(request.interrupt)?;
    let path = draft.publish()?;
    receipts::remember(workspace, &path);
    Ok(receipt.moved_to(path))
}

fn empty_manifest(name: StampedName, run_number: u64, request: &ArchiveRequest<'_>) -> Manifest {
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
            .map(|reason| incomplete_patch(reason))
            .collect(),
        totals: Totals { n_files: 0, size_bytes: 0 },
    }
}

/// Records why the patch of the work tree is incomplete.
fn incomplete_patch(reason: &str) -> Skipped {
    Skipped { path: PATCH_PATH.to_owned(), reason: reason.to_owned() }
}

/// Returns the `.partial` files in the archive folder of `workspace` that
/// killed runs left and no process is writing.
pub fn leftovers(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    publish::leftovers(&workspace.archives())
}
