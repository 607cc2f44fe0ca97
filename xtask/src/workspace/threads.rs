//! Runs work on all cores.

use std::num::NonZeroUsize;
use std::thread::{self, ScopedJoinHandle};

/// More threads would only wait for the disk, and each has buffers.
const N_THREADS_MAX: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not 0");

/// With fewer items, another thread is not worthwhile.
const N_ITEMS_MIN: usize = 8;

/// Returns how many threads to use at once.
pub fn available() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).min(N_THREADS_MAX)
}

/// Maps `items` by `act` on all threads, keeping their order.
pub fn map<T: Send, U: Send>(items: Vec<T>, act: impl Fn(T) -> U + Sync) -> Vec<U> {
    let n_threads = available().get().min(items.len() / N_ITEMS_MIN + 1);
    let n_each = items.len().div_ceil(n_threads).max(1);
    let mut items = items.into_iter();
    thread::scope(|scope| {
        let act = &act;
        let start = |_| {
            let part: Vec<T> = items.by_ref().take(n_each).collect();
            scope.spawn(move || part.into_iter().map(act).collect::<Vec<U>>())
        };
        let workers: Vec<_> = (0..n_threads).map(start).collect();
        let join = |worker: ScopedJoinHandle<'_, Vec<U>>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().flat_map(join).collect()
    })
}
