//! Says why a trial was stopped, and what to do about one that always is.

use std::sync::atomic::{AtomicU32, Ordering};

use super::record::{AttemptEnd, TrialStatus};

/// Why an attempt came to nothing that had the whole of its job's time.
const OUT_OF_TIME: &str = "it exceeded its job's time limit";

/// Whoever may stop the trials of this process.
pub struct Stopper<'a> {
    /// Whether the job that this process runs in has used up its time.
    is_out_of_time: &'a (dyn Fn() -> bool + Sync),
    n_begun: AtomicU32,
}

impl<'a> Stopper<'a> {
    /// Returns the one that `is_out_of_time` tells of.
    pub fn new(is_out_of_time: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self { is_out_of_time, n_begun: AtomicU32::new(0) }
    }

    /// Counts a trial that begins.
    pub fn begin(&self) {
        self.n_begun.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how a trial ended that was told to stop. One that came
    /// after others had only the rest of the job's time: it is begun anew
    /// as often as that happens, since each time another one is over.
    pub fn end(&self) -> AttemptEnd {
        let (status, reason) = match (self.is_out_of_time)() {
            false => (TrialStatus::Interrupted, "it was stopped"),
            true if self.n_begun.load(Ordering::Relaxed) > 1 => {
                (TrialStatus::Interrupted, "its job's time was over")
            }
            true => (TrialStatus::Lost, OUT_OF_TIME),
        };
        AttemptEnd::without_session(status, reason.to_owned())
    }
}

/// Says of a trial of the sweep `name` that `n_lost` attempts came to
/// nothing, as far as is known for these `reasons`.
pub fn worn_out(name: &str, n_lost: u32, reasons: &[String]) -> String {
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
        || "killed, or its machine was lost, and nobody is left to say why".to_owned(),
        Clone::clone,
    );
    format!(
        "{n_lost} attempts came to nothing, and `retries` allows no more: {last}; mend the cause \
         (`memory_mb` and `retries` of the spec may change), then go on by {go_on}"
    )
}
