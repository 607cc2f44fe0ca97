//! Divides the memory in time, to choose the number of backups.
//!
//! What is learned comes before what it is judged on, in every episode
//! that the memory holds; no bar after the memory is looked at.

use super::experience::{Experience, Transition};
use super::memory::Memory;
use super::policy::FittedPolicy;

/// Bars left out between the parts: the return of a decision at the
/// close of bar t ends at the open of bar t + 2.
const PURGED_BARS: usize = 2;

/// The memory in two parts.
pub(super) struct InnerSplit<'a> {
    pub(super) earlier: InnerTraining<'a>,
    pub(super) later: InnerValidation<'a>,
}

/// The transitions to learn from.
pub(super) struct InnerTraining<'a> {
    memory: &'a Memory,
    transitions: Vec<usize>,
}

/// The transitions to judge on.
pub(super) struct InnerValidation<'a> {
    memory: &'a Memory,
    transitions: Vec<usize>,
}

impl<'a> InnerSplit<'a> {
    /// Divides `memory`: of its bars, in order of time, the last
    /// `share` judge. Returns none where a part is empty.
    pub(super) fn of(memory: &'a Memory, share: f64) -> Option<Self> {
        let mut times: Vec<usize> =
            (0..memory.n_transitions()).map(|it| memory.bar_idx(it)).collect();
        times.sort_unstable();
        // A share of a count is a count.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "see above")]
        let n_later = (times.len() as f64 * share).ceil() as usize;
        let begin = *times.get(times.len().checked_sub(n_later)?)?;
        let select = |takes: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..memory.n_transitions()).filter(|&it| takes(memory.bar_idx(it))).collect()
        };
        let earlier = select(&|bar_idx| bar_idx + PURGED_BARS < begin);
        let later = select(&|bar_idx| bar_idx >= begin);
        let is_some = !earlier.is_empty() && !later.is_empty();
        is_some.then_some(Self {
            earlier: InnerTraining { memory, transitions: earlier },
            later: InnerValidation { memory, transitions: later },
        })
    }
}

impl InnerValidation<'_> {
    /// Returns the number of bars to judge on.
    pub(super) fn n_bars(&self) -> usize {
        self.transitions.len()
    }

    /// Returns what `policy` earns on the bars, net of costs, as a sum
    /// of log returns before leverage; each run of bars begins and
    /// ends without a position. A loss of all is minus infinity.
    pub(super) fn net_log_return(&self, policy: &FittedPolicy) -> f64 {
        let (mut position, mut sum) = (0.0, 0.0);
        let mut last_row = None;
        let cost = policy.cost();
        for &index in &self.transitions {
            let Transition { row, reward, next, .. } = self.memory.transition(index);
            if last_row.is_some_and(|last| last != row) {
                sum += worth(-cost * f64::abs(position));
                position = 0.0;
            }
            let target = policy.act(self.memory.row(row), position);
            sum += worth(target * reward - cost * (target - position).abs());
            position = target;
            last_row = Some(next.unwrap_or(usize::MAX));
        }
        sum + worth(-cost * position.abs())
    }
}

/// Returns the log return of a net return.
fn worth(net_return: f64) -> f64 {
    if net_return > -1.0 { net_return.ln_1p() } else { f64::NEG_INFINITY }
}

impl Experience for InnerTraining<'_> {
    fn n_features(&self) -> usize {
        self.memory.n_features()
    }

    fn pieces(&self) -> [&[f64]; 2] {
        self.memory.pieces()
    }

    fn row(&self, row: usize) -> &[f64] {
        self.memory.row(row)
    }

    fn n_transitions(&self) -> usize {
        self.transitions.len()
    }

    fn transition(&self, index: usize) -> Transition {
        self.memory.transition(self.transitions[index])
    }

    fn subsample_key(&self, index: usize) -> u64 {
        self.memory.subsample_key(self.transitions[index])
    }
}
