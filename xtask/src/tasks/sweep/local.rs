//! The local engine: trials side by side on this machine.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use anyhow::{Error, Result};

use super::attempt::{Job, JobEnd, Runner};
use super::record::TrialRecord;

/// What happens to a trial.
enum Event {
    Over(u64, Box<TrialRecord>),
    Broken(Error),
}

/// Runs the trials `indices`, at most `n_at_once` at a time, and tells
/// `on_end` of each that is over.
///
/// # Errors
/// The first error of a trial; the others are stopped then.
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
                Event::Over(index, record) => on_end(index, &record),
                Event::Broken(broken) => error = error.or(Some(broken)),
            }
        }
        error.map_or(Ok(()), Err)
    })
}

fn work(runner: &Runner<'_>, indices: &[u64], next: &AtomicUsize, sender: &Sender<Event>) {
    while let Some(index) = indices.get(next.fetch_add(1, Ordering::Relaxed)) {
        let event = match runner.run(&Job::of_trial(runner.folder, *index)) {
            Ok(JobEnd::Over(record)) => Event::Over(*index, record),
            Ok(JobEnd::Stopped) => return,
            Err(error) => {
                runner.stop.store(true, Ordering::Relaxed);
                Event::Broken(error)
            }
        };
        if sender.send(event).is_err() {
            return;
        }
    }
}
