//! Reads and packs files on all cores, and hands the results on in the
//! order of the files.
//!
//! One thread reads large files, in blocks; as many as there are cores
//! pack blocks and batches of small files. What waits is bounded by the
//! number of threads, whatever the size of a file.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::deflate::{BlockEnd, WINDOW_BYTES};
use anyhow::{Context, Result, anyhow};
use sha2::{Digest, Sha256};

use super::container::Method;
use super::jobs::{
    BlockInput, BufferPool, EntryRecord, Job, PackedBatch, PackedBlock, PackingWork, pack_jobs,
};
use super::pack::{BLOCK_BYTES, Packer};
use super::source::{OpenedSource, Source, unreadable};
use crate::vault::manifest::Skipped;
use crate::vault::scan::SourceFile;
use crate::workspace::exit::stop_if;
use crate::workspace::progress;

/// The most files that one thread takes at once.
const N_BATCH_FILES: usize = 64;

/// Takes what was packed, in the order of the files.
pub trait Sink {
    /// Takes the next small files.
    fn batch(&mut self, batch: PackedBatch) -> Result<()>;
    /// Begins the large file `found`.
    fn begin(&mut self, found: SourceFile, method: Method) -> Result<()>;
    /// Takes the next block of the large file.
    fn block(&mut self, block: &PackedBlock) -> Result<()>;
    /// Ends the large file.
    fn end(&mut self, record: EntryRecord) -> Result<()>;
}

/// Reads and packs the files of `work`, and hands them to `sink`.
///
/// # Errors
/// The first that reading, packing or the sink meets.
pub fn run(work: PackingWork<'_>, sink: &mut impl Sink) -> Result<()> {
    let n_waiting = work.n_threads + 4;
    let pool = BufferPool::default();
    let (step_sender, steps) = sync_channel(n_waiting);
    let (job_sender, jobs) = sync_channel(n_waiting);
    let jobs = Mutex::new(jobs);
    thread::scope(|scope| {
        for _ in 0..work.n_threads {
            scope.spawn(|| pack_jobs(work, &jobs, &pool));
        }
        let feeder = Feeder { work, steps: step_sender, jobs: job_sender, pool: &pool };
        scope.spawn(move || feeder.run());
        // Dropping the steps, as an error here does, ends the feeder;
        // that ends the packers.
        hand_on(steps, sink, &pool)
    })
}

fn hand_on(steps: Receiver<Step>, sink: &mut impl Sink, pool: &BufferPool) -> Result<()> {
    let lost = || anyhow!("a thread that packs files ended early; this is a bug, please report it");
    for step in steps {
        match step {
            Step::Batch(batch) => sink.batch(batch.recv().map_err(|_| lost())??)?,
            Step::Begin(found, method) => sink.begin(*found, method)?,
            Step::Gone(skipped) => {
                sink.batch(PackedBatch { gone: vec![skipped], ..PackedBatch::default() })?;
            }
            Step::Block(block) => {
                let block = block.recv().map_err(|_| lost())?;
                sink.block(&block)?;
                pool.give(block.bytes);
            }
            Step::BlockEnd(record) => sink.end(record)?,
            Step::Failed(error) => return Err(error),
        }
    }
    Ok(())
}

/// What comes next in the archive; packed content comes by a channel of
/// its own, when it is ready.
enum Step {
    Batch(Receiver<Result<PackedBatch>>),
    Begin(Box<SourceFile>, Method),
    Gone(Skipped),
    Block(Receiver<PackedBlock>),
    BlockEnd(EntryRecord),
    Failed(anyhow::Error),
}

/// Nobody waits for the result any more: the work has failed elsewhere.
struct Stopped;

struct Feeder<'a> {
    work: PackingWork<'a>,
    steps: SyncSender<Step>,
    jobs: SyncSender<Job>,
    pool: &'a BufferPool,
}

impl Feeder<'_> {
    fn run(&self) {
        let mut rest = 0..self.work.files.len();
        while !rest.is_empty() {
            let batch = batch_at(self.work.files, rest.start);
            let result = if batch.is_empty() {
                rest.start += 1;
                self.large(rest.start - 1)
            } else {
                rest.start = batch.end;
                self.batch(batch)
            };
            match result {
                Ok(Ok(())) => {}
                Ok(Err(Stopped)) => return,
                Err(error) => {
                    // Who no longer listens has an error already.
                    let _ = self.steps.send(Step::Failed(error));
                    return;
                }
            }
        }
    }

    fn step(&self, step: Step) -> Result<(), Stopped> {
        self.steps.send(step).map_err(|_| Stopped)
    }

    fn batch(&self, files: Range<usize>) -> Result<Result<(), Stopped>> {
        stop_if(self.work.interrupt)?;
        let (reply, result) = sync_channel(1);
        let sent = self.step(Step::Batch(result));
        Ok(sent.and_then(|()| self.jobs.send(Job::Batch { files, reply }).map_err(|_| Stopped)))
    }

    /// Reads the large file numbered `idx` and sends it on in blocks.
    fn large(&self, idx: usize) -> Result<Result<(), Stopped>> {
        let found = &self.work.files[idx];
        let mut source = match Source::open(found)? {
            OpenedSource::File(source) => source,
            OpenedSource::Gone(skipped) => return Ok(self.step(Step::Gone(skipped))),
        };
        let size_bytes = source.found.size_bytes;
        let method = Packer::new(self.work.packing)
            .method_for(source.file(), size_bytes)
            .with_context(|| unreadable(found))?;
        let begun = Box::new(source.found.clone());
        if self.step(Step::Begin(begun, method)).is_err() {
            return Ok(Err(Stopped));
        }
        let mut digest = Sha256::new();
        let (mut n_read, mut tail) = (0, Vec::new());
        loop {
            stop_if(self.work.interrupt)?;
            let mut window = self.pool.take();
            window.append(&mut tail);
            let start = window.len();
            let n_wanted = BLOCK_BYTES.min(usize::try_from(size_bytes - n_read)?);
            let n_bytes = source.read(n_wanted, &mut window)?;
            digest.update(&window[start..]);
            n_read += n_bytes as u64;
            progress::add(n_bytes as u64);
            // A file that shrinks ends early.
            let is_last = n_read == size_bytes || n_bytes < n_wanted;
            tail.extend_from_slice(&window[window.len().saturating_sub(WINDOW_BYTES)..]);
            let end = if is_last { BlockEnd::Finish } else { BlockEnd::Flush };
            if self.block(BlockInput { window, start, end, method }).is_err() {
                return Ok(Err(Stopped));
            }
            if is_last {
                return Ok(self.step(Step::BlockEnd(source.finish(&digest.finalize(), n_read)?)));
            }
        }
    }

    fn block(&self, content: BlockInput) -> Result<(), Stopped> {
        let (reply, result) = sync_channel(1);
        self.step(Step::Block(result))?;
        self.jobs.send(Job::Block { content, reply }).map_err(|_| Stopped)
    }
}

/// Returns the small files from `start` on that one thread takes at
/// once: none when that one is large by now.
fn batch_at(files: &[SourceFile], start: usize) -> Range<usize> {
    let mut n_bytes = 0;
    let fits = |file: &&SourceFile| {
        let now = std::fs::metadata(&file.disk_path).map(|now| now.len());
        n_bytes += now.unwrap_or(file.size_bytes);
        n_bytes <= BLOCK_BYTES as u64
    };
    let n_files = files[start..].iter().take(N_BATCH_FILES).take_while(fits).count();
    start..start + n_files
}
