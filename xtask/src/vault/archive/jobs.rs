//! Packs on one of many threads: blocks of large files, and batches of
//! small ones, which it also reads.

use std::ops::Range;
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Mutex, PoisonError};

use super::deflate::{End, WINDOW_BYTES};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::container::{EntryTail, Method};
use super::pack::{BLOCK_BYTES, Packer};
use super::pipeline::{Told, Work};
use super::source::{Opened, Source};
use crate::vault::manifest::Skipped;
use crate::vault::scan::SourceFile;
use crate::workspace::progress;

/// How much is kept of a small file that has become large since it was
/// put into a batch, a moment ago.
const GROWN_BYTES_MAX: usize = 16 * BLOCK_BYTES;

/// What a thread is to pack.
pub enum Job {
    Batch { files: Range<usize>, reply: SyncSender<Result<Batch>> },
    Block { content: Content, reply: SyncSender<Block> },
}

/// A block of a large file, with what precedes it.
pub struct Content {
    pub window: Vec<u8>,
    pub start: usize,
    pub end: End,
    pub method: Method,
}

/// A small file, packed.
pub struct Packed {
    pub found: SourceFile,
    pub told: Told,
    pub method: Method,
    pub tail: EntryTail,
    /// Where it lies in its batch's bytes.
    pub range: Range<usize>,
}

/// Some small files, packed.
#[derive(Default)]
pub struct Batch {
    pub files: Vec<Packed>,
    /// Those that were not there any more.
    pub gone: Vec<Skipped>,
    pub bytes: Vec<u8>,
}

/// A block of a large file, packed.
pub struct Block {
    pub bytes: Vec<u8>,
    pub crc32: crc32fast::Hasher,
}

/// Buffers of blocks that are done, to be used again: fresh memory costs
/// time.
#[derive(Default)]
pub struct Spare(Mutex<Vec<Vec<u8>>>);

impl Spare {
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
pub fn pack_jobs(work: Work<'_>, jobs: &Mutex<Receiver<Job>>, spare: &Spare) {
    let mut packer = Packer::new(work.packing);
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        // Nobody may be left to take a reply: then all ends.
        match next {
            Ok(Job::Batch { files, reply }) => {
                let _ = reply.send(pack_batch(&work.files[files], &mut packer));
            }
            Ok(Job::Block { content, reply }) => {
                let _ = reply.send(pack_block(content, &mut packer, spare));
            }
            Err(_) => return,
        }
    }
}

fn pack_block(content: Content, packer: &mut Packer, spare: &Spare) -> Block {
    let Content { mut window, start, end, method } = content;
    let mut crc32 = crc32fast::Hasher::new();
    crc32.update(&window[start..]);
    if method == Method::Deflate {
        let mut bytes = spare.take();
        packer.block(&window, start, end, &mut bytes);
        spare.give(window);
        return Block { bytes, crc32 };
    }
    window.drain(..start);
    Block { bytes: window, crc32 }
}

fn pack_batch(files: &[SourceFile], packer: &mut Packer) -> Result<Batch> {
    let mut batch = Batch::default();
    let mut content = Vec::new();
    for found in files {
        let mut source = match Source::open(found)? {
            Opened::File(source) => source,
            Opened::Gone(skipped) => {
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
        let told = source.finish(&Sha256::digest(&content), size_bytes)?;
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
        batch.files.push(Packed { found, told, method, tail, range });
    }
    Ok(batch)
}
