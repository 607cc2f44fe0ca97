//! Why a trial was stopped, and what to do if it always is.

use std::sync::atomic::{AtomicU32, Ordering};

use super::record::{AttemptOutcome, TrialStatus};

/// The reason if an attempt used the whole time of its job.
const OUT_OF_TIME: &str = "it exceeded its job's time limit";

/// Tells why trials of this process were stopped.
pub struct StopCause<'a> {
    /// Whether the Slurm job of this process has used up its time.
    is_out_of_time: &'a (dyn Fn() -> bool + Sync),
    n_begun: AtomicU32,
}

impl<'a> StopCause<'a> {
    /// Creates one; `is_out_of_time` says whether the time of the Slurm job
    /// is used up.
    pub fn new(is_out_of_time: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { is_out_of_time, n_begun: AtomicU32::new(0) }
    }

    /// Counts a trial that starts.
    pub fn begin(&self) {
        self.n_begun.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how a trial ended that was asked to stop. If it was not the
    /// first of its job, it had only the rest of the job's time, and is
    /// started again without using up a retry.
    pub fn end(&self) -> AttemptOutcome {
        let (status, reason) = match (self.is_out_of_time)() {
            false => (TrialStatus::Interrupted, "it was stopped"),
            true if self.n_begun.load(Ordering::Relaxed) > 1 => {
                (TrialStatus::Interrupted, "its job's time was over")
            }
            true => (TrialStatus::Lost, OUT_OF_TIME),
        };
        AttemptOutcome::without_session(status, reason.to_owned())
    }
}

/// Returns why a trial of the sweep `name` is given up after `n_lost`
/// attempts were lost, for these `reasons` as far as known.
pub fn out_of_retries(name: &str, n_lost: u32, reasons: &[String]) -> String {
    let go_on = format!("`cargo xtask sweep resume {name} --spec SPEC.json --retry-failed`");
    if !reasons.is_empty() && reasons.iter().all(|reason| reason == OUT_OF_TIME) {
        let times = match reasons.len() {
            1 => "once".to_owned(),
            n => format!("{n} times"),
        };
        return format!(
            "{OUT_OF_TIME}, {times}; raise `slurm.time_minutes` in the spec, then go on by {go_on}"
        );
    }
    let last = reasons.last().map_or_else(
        || "killed, or its machine was lost; the cause is unknown".to_owned(),
        Clone::clone,
    );
    format!(
        "{n_lost} attempts came to nothing, and `retries` allows no more: {last}; mend the cause \
         (`memory_mb` and `retries` of the spec may change), then go on by {go_on}"
    )
}
