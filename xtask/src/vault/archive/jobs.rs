//! Packs on one of many threads: blocks of large files, and batches of
//! small ones, which it also reads.

use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};

use super::deflate::{BlockEnd, WINDOW_BYTES};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::container::{EntryTail, Method};
use super::pack::{BLOCK_BYTES, Packer, Packing};
use super::source::{OpenedSource, Source};
use crate::vault::manifest::{FileEntry, Skipped};
use crate::vault::scan::SourceFile;
use crate::workspace::progress;

/// How much is kept of a small file that has become large since it was
/// put into a batch, a moment ago.
const GROWN_BYTES_MAX: usize = 16 * BLOCK_BYTES;

/// What the files are, and how they are packed.
#[derive(Clone, Copy)]
pub struct PackingWork<'a> {
    pub files: &'a [SourceFile],
    pub packing: Packing,
    pub n_threads: usize,
    pub interrupt: &'a AtomicBool,
}

/// What the manifest tells of a file, and how it changed while it was
/// read.
pub type EntryRecord = (FileEntry, Option<Skipped>);

/// What a thread is to pack.
pub enum Job {
    Batch { files: Range<usize>, reply: SyncSender<Result<PackedBatch>> },
    Block { content: BlockInput, reply: SyncSender<PackedBlock> },
}

/// A block of a large file, with what precedes it.
pub struct BlockInput {
    pub window: Vec<u8>,
    pub start: usize,
    pub end: BlockEnd,
    pub method: Method,
}

/// A small file, packed.
pub struct PackedFile {
    pub found: SourceFile,
    pub record: EntryRecord,
    pub method: Method,
    pub tail: EntryTail,
    /// Where it lies in its batch's bytes.
    pub range: Range<usize>,
}

/// Some small files, packed.
#[derive(Default)]
pub struct PackedBatch {
    pub files: Vec<PackedFile>,
    /// Those that were not there any more.
    pub gone: Vec<Skipped>,
    pub bytes: Vec<u8>,
}

/// A block of a large file, packed.
pub struct PackedBlock {
    pub bytes: Vec<u8>,
    pub crc32: crc32fast::Hasher,
}

/// Buffers of blocks that are done, to be used again: fresh memory costs
/// time.
#[derive(Default)]
pub struct BufferPool(Mutex<Vec<Vec<u8>>>);

impl BufferPool {
    pub fn take(&self) -> Vec<u8> {
        let mut buffers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buffers.pop().unwrap_or_else(|| Vec::with_capacity(WINDOW_BYTES + BLOCK_BYTES + 4096))
    }

    pub fn give(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// Packs what comes, until nothing more can come.
pub fn pack_jobs(work: PackingWork<'_>, jobs: &Mutex<Receiver<Job>>, pool: &BufferPool) {
    let mut packer = Packer::new(work.packing);
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        // Nobody may be left to take a reply: then all ends.
        match next {
            Ok(Job::Batch { files, reply }) => {
                let _ = reply.send(pack_batch(&work.files[files], &mut packer));
            }
            Ok(Job::Block { content, reply }) => {
                let _ = reply.send(pack_block(content, &mut packer, pool));
            }
            Err(_) => return,
        }
    }
}

fn pack_block(content: BlockInput, packer: &mut Packer, pool: &BufferPool) -> PackedBlock {
    let BlockInput { mut window, start, end, method } = content;
    let mut crc32 = crc32fast::Hasher::new();
    crc32.update(&window[start..]);
    if method == Method::Deflate {
        let mut bytes = pool.take();
        packer.block(&window, start, end, &mut bytes);
        pool.give(window);
        return PackedBlock { bytes, crc32 };
    }
    window.drain(..start);
    PackedBlock { bytes: window, crc32 }
}

fn pack_batch(files: &[SourceFile], packer: &mut Packer) -> Result<PackedBatch> {
    let mut batch = PackedBatch::default();
    let mut content = Vec::new();
    for found in files {
        let mut source = match Source::open(found)? {
            OpenedSource::File(source) => source,
            OpenedSource::Gone(skipped) => {
                batch.gone.push(skipped);
                continue;
            }
        };
        content.clear();
        // One that has become huge is cut, and said to have changed.
        let n_wanted = usize::try_from(source.found.size_bytes)?.min(GROWN_BYTES_MAX);
        let size_bytes = source.read(n_wanted, &mut content)? as u64;
        progress::add(size_bytes);
        let found = source.found.clone();
        let record = source.finish(&Sha256::digest(&content), size_bytes)?;
        let start = batch.bytes.len();
        let method = packer
            .whole(&content, &mut batch.bytes)
            .with_context(|| format!("failed to pack `{}`", found.disk_path.display()))?;
        let range = start..batch.bytes.len();
        let tail = EntryTail {
            crc32: crc32fast::hash(&content),
            packed_bytes: range.len() as u64,
            size_bytes,
        };
        batch.files.push(PackedFile { found, record, method, tail, range });
    }
    Ok(batch)
}
