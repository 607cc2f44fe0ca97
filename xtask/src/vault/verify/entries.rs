//! Checks the content of entries on many threads.

use std::io::{self, Read, Seek};
use std::ops::Range;
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, SUPPORTED_COMPRESSION_METHODS, ZipArchive};

use crate::workspace::digest::{BUFFER_BYTES, hex, sha256};

/// From this size on an entry is unpacked and hashed on two threads.
const LARGE_BYTES: u64 = 8 * 1024 * 1024;
/// How many small entries a thread takes at once, in file order.
const N_BATCH: usize = 64;

/// An entry to check.
#[derive(Debug, Clone, Copy)]
pub struct ExpectedEntry<'a> {
    /// Its index in the central directory.
    pub idx: usize,
    /// Its expected size; more is never unpacked.
    pub size_bytes: u64,
    /// Its digest; `None` to trust the zip's CRC-32.
    pub sha256: Option<&'a str>,
}

/// Checks the content of `entries` on `n_threads`, and returns the index
/// and the problem of each that is not as expected.
pub fn check<R: Read + Seek + Clone + Send>(
    zip: &ZipArchive<R>,
    entries: &[ExpectedEntry<'_>],
    n_threads: usize,
) -> Vec<(usize, String)> {
    let queue = Queue::new(entries);
    let check_some = |mut zip: ZipArchive<R>| {
        let mut wrong = Vec::new();
        while let Some(places) = queue.next() {
            for place in &queue.order[places] {
                let problem = problem_of(&mut zip, entries[*place]);
                wrong.extend(problem.map(|problem| (*place, problem)));
            }
        }
        wrong
    };
    let mut wrong = if n_threads == 1 {
        check_some(zip.clone())
    } else {
        let check_some = &check_some;
        thread::scope(|scope| {
            let start = |_| {
                let zip = zip.clone();
                scope.spawn(move || check_some(zip))
            };
            let workers: Vec<_> = (0..n_threads).map(start).collect();
            let join = |worker: ScopedJoinHandle<'_, Vec<(usize, String)>>| {
                worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            };
            workers.into_iter().flat_map(join).collect::<Vec<_>>()
        })
    };
    wrong.sort();
    wrong
}

/// Hands out entries, the largest first, so that all threads finish at
/// about the same time.
struct Queue {
    order: Vec<usize>,
    n_large: usize,
    n_taken: Mutex<usize>,
}

impl Queue {
    fn new(entries: &[ExpectedEntry<'_>]) -> Self {
        let is_large = |place: &usize| entries[*place].size_bytes >= LARGE_BYTES;
        let (mut order, small): (Vec<_>, Vec<_>) = (0..entries.len()).partition(is_large);
        order.sort_by_key(|place| (u64::MAX - entries[*place].size_bytes, *place));
        let n_large = order.len();
        order.extend(small);
        Self { order, n_large, n_taken: Mutex::new(0) }
    }

    fn next(&self) -> Option<Range<usize>> {
        let mut n_taken = self.n_taken.lock().unwrap_or_else(PoisonError::into_inner);
        let start = *n_taken;
        let n_more = if start < self.n_large { 1 } else { N_BATCH };
        *n_taken = (start + n_more).min(self.order.len());
        (start < *n_taken).then_some(start..*n_taken)
    }
}

fn problem_of<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    expected: ExpectedEntry<'_>,
) -> Option<String> {
    match content_digest(zip, expected) {
        Ok((_, size)) if size != expected.size_bytes && expected.sha256.is_none() => {
            Some("its size is not what the zip says".to_owned())
        }
        Ok((digest, size))
            if size != expected.size_bytes || expected.sha256.is_some_and(|sha| sha != digest) =>
        {
            Some("its content has changed".to_owned())
        }
        Ok(_) => None,
        Err(error) => Some(format!("{error:#}")),
    }
}

/// Returns the digest and size of an entry, unpacking at most a byte more
/// than the expected size; the zip's CRC is checked.
fn content_digest<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    expected: ExpectedEntry<'_>,
) -> Result<(String, u64)> {
    check_method(zip.by_index_data(expected.idx)?.compression())?;
    let entry = zip.by_index(expected.idx)?;
    if entry.is_symlink() {
        bail!("it is a symlink, which archives do not hold");
    }
    Ok(if expected.size_bytes < LARGE_BYTES {
        sha256(entry, expected.size_bytes)?
    } else {
        sha256_on_thread(entry, expected.size_bytes)?
    })
}

fn check_method(method: CompressionMethod) -> Result<()> {
    if SUPPORTED_COMPRESSION_METHODS.contains(&method) {
        return Ok(());
    }
    if method == CompressionMethod::ZSTD {
        bail!(
            "it is packed with zstd (method 93), and {}",
            crate::programs::features::WITHOUT_ZSTD
        );
    }
    bail!("it is packed by a method, {method:?}, that this tool does not know; use 7-Zip")
}

/// Does the same as [`sha256`], but hashes on a separate thread.
fn sha256_on_thread(content: impl Read, limit_bytes: u64) -> io::Result<(String, u64)> {
    let mut content = content.take(limit_bytes.saturating_add(1));
    let (full_sender, full) = sync_channel::<Vec<u8>>(2);
    let (empty_sender, empty) = sync_channel::<Vec<u8>>(4);
    thread::scope(|scope| {
        let hasher = scope.spawn(move || {
            let mut digest = Sha256::new();
            for buffer in full {
                digest.update(&buffer);
                // The receiver may have hung up.
                let _ = empty_sender.try_send(buffer);
            }
            hex(&digest.finalize())
        });
        let mut size_bytes = 0;
        loop {
            let mut buffer = empty.try_recv().unwrap_or_default();
            buffer.clear();
            let n_bytes = (&mut content).take(BUFFER_BYTES as u64).read_to_end(&mut buffer)?;
            if n_bytes == 0 {
                break;
            }
            size_bytes += n_bytes as u64;
            if full_sender.send(buffer).is_err() {
                break;
            }
        }
        drop(full_sender);
        let digest = hasher.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((digest, size_bytes))
    })
}
