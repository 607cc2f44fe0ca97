//! The local engine: runs as many trials in parallel on this machine as
//! cores and memory allow.

use std::fs;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use anyhow::{Error, Result};

use super::attempt::{PlannedTraining, Runner, TrainingEnd};
use super::record::TrialRecord;

/// The outcome of a trial.
enum Event {
    Finished(u64, Box<TrialRecord>),
    Failed(Error),
}

/// Runs the trials `indices`, at most `n_at_once` at a time, and calls
/// `on_end` for each that is finished.
///
/// # Errors
/// The first error of a trial; the other trials are stopped then.
pub fn run(
    runner: &Runner<'_>,
    indices: &[u64],
    n_at_once: NonZeroUsize,
    on_end: &mut dyn FnMut(u64, &TrialRecord),
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let (sender, events) = channel();
    thread::scope(|scope| {
        for _ in 0..n_at_once.get().min(indices.len()) {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || work(runner, indices, next, &sender));
        }
        drop(sender);
        let mut error = None;
        for event in events {
            match event {
                Event::Finished(index, record) => on_end(index, &record),
                Event::Failed(broken) => error = error.or(Some(broken)),
            }
        }
        error.map_or(Ok(()), Err)
    })
}

fn work(runner: &Runner<'_>, indices: &[u64], next: &AtomicUsize, sender: &Sender<Event>) {
    while let Some(index) = indices.get(next.fetch_add(1, Ordering::Relaxed)) {
        let event = match runner.run(&PlannedTraining::of_trial(runner.folder, *index)) {
            Ok(TrainingEnd::Finished(record)) => Event::Finished(*index, record),
            Ok(TrainingEnd::Stopped) => return,
            Err(error) => {
                runner.stop.store(true, Ordering::Relaxed);
                Event::Failed(error)
            }
        };
        if sender.send(event).is_err() {
            return;
        }
    }
}

/// The resources of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// The cores that this process may use.
    pub n_cores: usize,
    /// The available memory in MB, if known.
    pub free_mb: Option<u64>,
}

impl Machine {
    /// Returns the resources of this machine.
    pub fn detect() -> Self {
        let n_cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        // A container may have less memory than its machine.
        let limit = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
        let limits = limit.iter().filter_map(|path| fs::read_to_string(path).ok());
        let limits = limits.filter_map(|text| Some(text.trim().parse::<u64>().ok()? / 1_000_000));
        let free = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available_mb(&text));
        Self { n_cores, free_mb: limits.chain(free).min() }
    }

    /// Returns how many trials with these `threads` and `memory_mb` fit; at
    /// least one.
    pub fn n_trials(self, threads: u32, memory_mb: u64) -> NonZeroUsize {
        let by_cores = self.n_cores / usize::try_from(threads.max(1)).unwrap_or(usize::MAX);
        let by_memory = self.free_mb.map(|free_mb| free_mb / memory_mb.max(1));
        let by_memory = by_memory.and_then(|n| usize::try_from(n).ok()).unwrap_or(usize::MAX);
        NonZeroUsize::new(by_cores.min(by_memory)).unwrap_or(NonZeroUsize::MIN)
    }
}

/// Parses the available memory in `/proc/meminfo`.
fn available_mb(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024 / 1_000_000)
}
