//! How many threads work at once.

use std::num::NonZeroUsize;
use std::thread;

/// More would only wait for the disk, and each has its own buffers.
const N_THREADS_MAX: NonZeroUsize = NonZeroUsize::new(16).expect("16 is not 0");

/// Returns how many threads the machine lets work at once.
pub fn available() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).min(N_THREADS_MAX)
}
