//! The progress of the current operation: counted here, drawn by
//! `terminal`.
//!
//! Like a logger, it is global: bytes are counted deep in the code that
//! packs and reads, and nothing depends on the count.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::workspace::text;

static PHASE: Mutex<Option<Phase>> = Mutex::new(None);
static N_DONE: AtomicU64 = AtomicU64::new(0);

#[derive(Debug, Clone)]
struct Phase {
    label: &'static str,
    n_total: u64,
    n_passes: u64,
    number: u64,
}

/// An operation, such as packing an archive, which ends on drop.
#[derive(Debug)]
pub struct ProgressGuard {
    /// Whether it is part of another operation.
    is_part: bool,
}

impl Drop for ProgressGuard {
    fn drop(&mut self) {
        if !self.is_part {
            *phase() = None;
        }
    }
}

/// Begins an operation on `n_total` bytes. Within another operation, it
/// is part of that.
pub fn begin(label: &'static str, n_total: u64) -> ProgressGuard {
    begin_passes(label, n_total, 1)
}

/// Begins an operation that counts each of `n_total` bytes `n_passes`
/// times.
pub fn begin_passes(label: &'static str, n_total: u64, n_passes: u64) -> ProgressGuard {
    static N_BEGUN: AtomicU64 = AtomicU64::new(0);
    let mut phase = phase();
    if phase.is_some() {
        return ProgressGuard { is_part: true };
    }
    N_DONE.store(0, Ordering::Relaxed);
    let number = N_BEGUN.fetch_add(1, Ordering::Relaxed);
    *phase = Some(Phase { label, n_total, n_passes: n_passes.max(1), number });
    ProgressGuard { is_part: false }
}

/// Counts processed bytes.
pub fn add(n_bytes: u64) {
    N_DONE.fetch_add(n_bytes, Ordering::Relaxed);
}

/// Returns the progress of the running operation, if any.
pub fn now() -> Option<Progress> {
    let Phase { label, n_total, n_passes, number } = phase().clone()?;
    let n_done = (N_DONE.load(Ordering::Relaxed) / n_passes).min(n_total);
    Some(Progress { label, n_done, n_total, number })
}

fn phase() -> MutexGuard<'static, Option<Phase>> {
    PHASE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The progress of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The operation, such as `archiving`.
    pub label: &'static str,
    /// The number of processed bytes.
    pub n_done: u64,
    /// The total number of bytes.
    pub n_total: u64,
    /// Distinguishes one operation from the next.
    pub number: u64,
}

impl Progress {
    /// Returns the progress as a number of `n` parts.
    fn parts(&self, n: u64) -> u64 {
        if self.n_total == 0 { n } else { scaled(n, self.n_done, self.n_total) }
    }

    /// Returns a line for a log, after `elapsed`.
    pub fn line(&self, elapsed: Duration) -> String {
        format!("{}: {}", self.label, self.figures(elapsed).join(", "))
    }

    /// Returns a progress bar of at most `n_columns`, after `elapsed`;
    /// figures that do not fit are left out.
    pub fn bar(&self, elapsed: Duration, n_columns: usize) -> String {
        let mut figures = self.figures(elapsed);
        let mut line = format!("{} {}", self.label, figures.join("  "));
        while line.len() > n_columns && figures.len() > 1 {
            figures.pop();
            line = format!("{} {}", self.label, figures.join("  "));
        }
        let n_free = n_columns.saturating_sub(line.len() + 3).min(N_BAR_COLUMNS);
        if n_free < N_BAR_COLUMNS / 3 {
            return line.chars().take(n_columns).collect();
        }
        let n_filled = usize::try_from(self.parts(n_free as u64)).unwrap_or(n_free);
        let mut bar = "=".repeat(n_filled);
        if n_filled < n_free {
            bar.push('>');
        }
        format!("{} [{bar:n_free$}] {}", self.label, figures.join("  "))
    }

    /// Returns percentage, remaining time, rate and total, as far as known,
    /// the most important first.
    fn figures(&self, elapsed: Duration) -> Vec<String> {
        let mut figures = vec![format!("{:3} %", self.parts(100))];
        let n_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        if n_ms > 0 && self.n_done > 0 {
            let rate = scaled(self.n_done, 1000, n_ms);
            let n_ms_left = scaled(n_ms, self.n_total - self.n_done, self.n_done);
            figures.push(format!("{} left", duration(n_ms_left.div_ceil(1000))));
            figures.push(format!("{}/s", text::size(rate)));
            figures.push(format!("of {}", text::size(self.n_total)));
        }
        figures
    }
}

/// Returns `n * times / over`, saturating.
fn scaled(n: u64, times: u64, over: u64) -> u64 {
    let product = u128::from(n) * u128::from(times) / u128::from(over);
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// The maximal width of the bar.
const N_BAR_COLUMNS: usize = 30;

/// Formats a duration, such as `1 min 20 s`.
fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
