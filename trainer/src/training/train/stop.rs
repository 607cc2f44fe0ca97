//! A request to stop, which a signal handler can make.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Says whether the run should stop after the current batch.
#[derive(Debug, Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    /// Requests a stop. Returns whether it was requested before.
    pub fn raise(&self) -> bool {
        self.0.swap(true, Ordering::SeqCst)
    }

    /// Returns whether a stop is requested.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
