//! Packs files on all cores and merges them into the archive in order.
//!
//! Each thread packs some small files, or one larger file, into a part: a
//! small zip in memory or, beyond a megabyte, in an unnamed temporary
//! file beside the archive. The largest files, and all but small ones
//! when the disk is nearly full, are packed directly into the archive, so
//! that they never take space twice. The number of parts is bounded by
//! the number of threads. None of this changes a byte of the archive.

use std::collections::VecDeque;
use std::io::{Seek, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow};
use tempfile::SpooledTempFile;
use zip::{ZipArchive, ZipWriter};

use super::fail_once::FailOnceWriter;
use super::file_reader::{FileReader, OpenedFile};
use super::pack::{BLOCK_BYTES, EntryRecord, Packing, failed};
use crate::programs::process;
use crate::vault::manifest::{FileEntry, Skipped};
use crate::vault::scan::SourceFile;

/// The most files in one part.
const N_PART_FILES: usize = 64;
/// Up to how many bytes a part is kept in memory: small files with their
/// headers.
const MEMORY_BYTES: usize = 2 * BLOCK_BYTES;
/// A file of more bytes is packed directly into the archive.
const PART_BYTES_MAX: u64 = 64 * BLOCK_BYTES as u64;

/// The files to pack, and how.
#[derive(Clone, Copy)]
pub struct PackingWork<'a> {
    pub files: &'a [SourceFile],
    pub packing: Packing<'a>,
    pub n_threads: usize,
    /// The folder of the archive, for temporary files.
    pub folder: &'a Path,
}

impl PackingWork<'_> {
    /// Returns how many parts are in flight at most.
    fn n_parts(&self) -> usize {
        self.n_threads + 2
    }

    /// Returns the size of the largest file that becomes a part: a part that
    /// does not fit into memory takes disk space twice for a while.
    fn part_bytes_max(&self) -> u64 {
        let in_memory = BLOCK_BYTES as u64;
        if self.files.iter().all(|file| file.size_bytes <= in_memory) {
            return in_memory;
        }
        let n_bytes: u64 = self.files.iter().map(|file| file.size_bytes).sum();
        let wanted = n_bytes + self.n_parts() as u64 * PART_BYTES_MAX;
        let has_space = process::free_bytes(self.folder).is_some_and(|free| free >= wanted);
        if has_space { PART_BYTES_MAX } else { in_memory }
    }
}

/// The manifest's entries of the files that were packed.
#[derive(Default)]
pub struct Records {
    pub files: Vec<FileEntry>,
    pub skipped: Vec<Skipped>,
}

impl Records {
    fn push(&mut self, (file, change): EntryRecord) {
        self.files.push(file);
        self.skipped.extend(change);
    }
}

/// Packs the files of `work` into `zip`. Its bytes depend on the files
/// and the packing, not on the number of threads.
///
/// # Errors
/// The first error, in the order of the files, of reading or packing.
pub fn run<W: Write + Seek>(work: PackingWork<'_>, zip: &mut ZipWriter<W>) -> Result<Records> {
    let (request_sender, requests) = channel();
    let requests = Mutex::new(requests);
    thread::scope(|scope| {
        for _ in 0..work.n_threads {
            scope.spawn(|| pack_parts(work, &requests));
        }
        let records = merge_parts(work, &request_sender, zip);
        // The threads end once the channel is closed.
        drop(request_sender);
        records
    })
}

/// A request to pack some files into a part.
struct PackRequest {
    files: Range<usize>,
    reply: SyncSender<Result<Part>>,
}

/// Packed files in a zip of their own.
struct Part {
    zip: ZipArchive<FailOnceWriter<SpooledTempFile>>,
    records: Records,
}

/// The next piece of the archive.
enum Step {
    Part(Receiver<Result<Part>>),
    /// The file with this index, packed when its turn comes.
    Direct(usize),
}

fn merge_parts<W: Write + Seek>(
    work: PackingWork<'_>,
    requests: &Sender<PackRequest>,
    zip: &mut ZipWriter<W>,
) -> Result<Records> {
    let worker_died =
        || anyhow!("a thread that packs files ended early; this is a bug, please report it");
    let mut records = Records::default();
    let mut steps = VecDeque::new();
    let mut n_begun = 0;
    let bytes_max = work.part_bytes_max();
    loop {
        while steps.len() < work.n_parts() && n_begun < work.files.len() {
            let files = part_at(work.files, n_begun, bytes_max);
            n_begun = files.end.max(n_begun + 1);
            steps.push_back(if files.is_empty() {
                Step::Direct(n_begun - 1)
            } else {
                let (reply, part) = sync_channel(1);
                requests.send(PackRequest { files, reply }).map_err(|_| worker_died())?;
                Step::Part(part)
            });
        }
        match steps.pop_front() {
            Some(Step::Part(part)) => {
                let part = part.recv().map_err(|_| worker_died())??;
                let first = part.records.files.first().map_or("", |file| &file.path);
                zip.merge_archive(part.zip).with_context(|| failed(first))?;
                // Everything up to here is final and can be hashed.
                zip.flush().with_context(|| failed(first))?;
                records.files.extend(part.records.files);
                records.skipped.extend(part.records.skipped);
            }
            Some(Step::Direct(idx)) => pack(&work.files[idx], work.packing, zip, &mut records)?,
            None => return Ok(records),
        }
    }
}

/// Packs what is requested until the channel is closed.
fn pack_parts(work: PackingWork<'_>, requests: &Mutex<Receiver<PackRequest>>) {
    loop {
        let next = requests.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(PackRequest { files, reply }) = next else { return };
        // The receiver may have hung up because the archive failed; no further
        // request comes then.
        let _ = reply.send(pack_part(work, files));
    }
}

fn pack_part(work: PackingWork<'_>, files: Range<usize>) -> Result<Part> {
    let spool = tempfile::spooled_tempfile_in(MEMORY_BYTES, work.folder);
    let mut zip = ZipWriter::new(FailOnceWriter::new(spool));
    let mut records = Records::default();
    for found in &work.files[files] {
        pack(found, work.packing, &mut zip, &mut records)?;
    }
    let zip = zip.finish_into_readable().context("failed to pack some files; free some space")?;
    Ok(Part { zip, records })
}

/// Packs the file `found` into `zip`, unless it has vanished.
fn pack<W: Write + Seek>(
    found: &SourceFile,
    packing: Packing<'_>,
    zip: &mut ZipWriter<W>,
    records: &mut Records,
) -> Result<()> {
    match FileReader::open(found)? {
        OpenedFile::File(reader) => records.push(packing.add(zip, reader)?),
        OpenedFile::Gone(skipped) => records.skipped.push(skipped),
    }
    Ok(())
}

/// Returns the range of files from `start` on that form one part: empty
/// when the first is too large for a part.
fn part_at(files: &[SourceFile], start: usize, bytes_max: u64) -> Range<usize> {
    if files[start].size_bytes > bytes_max {
        return start..start;
    }
    let mut n_bytes = files[start].size_bytes;
    let fits = |file: &&SourceFile| {
        n_bytes += file.size_bytes;
        n_bytes <= BLOCK_BYTES as u64
    };
    let n_more = files[start + 1..].iter().take(N_PART_FILES - 1).take_while(fits).count();
    start..start + 1 + n_more
}
