//! The local engine: runs trials in parallel on this machine.

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
