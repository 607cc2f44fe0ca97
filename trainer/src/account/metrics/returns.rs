//! Keeps the returns of a run of any length in bounded memory: for their
//! quantiles, and summed in groups.
//!
//! A group holds one return and, beyond [`N_GROUPS_MAX`] returns, the
//! sums of two, four, eight … consecutive ones, so that serial
//! dependence stays within groups.

/// Most returns kept: 512 kB.
const N_KEPT_MAX: usize = 1 << 16;

/// All returns up to 65,535; beyond, every second, fourth, … one.
#[derive(Debug, Clone)]
pub(super) struct KeptReturns {
    kept: Vec<f64>,
    stride: u64,
    n: u64,
}

impl KeptReturns {
    pub(super) fn new() -> Self {
        Self { kept: Vec::new(), stride: 1, n: 0 }
    }

    pub(super) fn push(&mut self, value: f64) {
        if self.n.is_multiple_of(self.stride) {
            self.kept.push(value);
        }
        self.n += 1;
        if self.kept.len() == N_KEPT_MAX {
            for idx in 0..N_KEPT_MAX / 2 {
                self.kept[idx] = self.kept[2 * idx];
            }
            self.kept.truncate(N_KEPT_MAX / 2);
            self.stride *= 2;
        }
    }

    /// Returns the kept returns, the lowest first.
    pub(super) fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.kept.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted
    }
}

/// Returns the quantile of `sorted`, which is not empty, at `share` (0 to
/// 1), linearly interpolated (R. J. Hyndman and Y. Fan, The American
/// Statistician 50, 1996, definition 7).
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let idx = rounded_down(position);
    let next = sorted[(idx + 1).min(sorted.len() - 1)];
    sorted[idx] + (next - sorted[idx]) * (position - idx as f64)
}

/// Returns the mean of the lowest `share` of `sorted`, of one at least.
pub(super) fn mean_of_lowest(sorted: &[f64], share: f64) -> f64 {
    let n = rounded_down(share * (sorted.len() - 1) as f64) + 1;
    sorted[..n].iter().sum::<f64>() / n as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position within a slice"
)]
fn rounded_down(position: f64) -> usize {
    position as usize
}

/// Most groups held: 16,384 take 400 kB.
const N_GROUPS_MAX: usize = 1 << 14;

/// Consecutive returns, by their sums.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Group {
    pub(super) n: f64,
    pub(super) sum: f64,
    pub(super) sum_of_squares: f64,
}

/// All returns of a run, in groups of equal size but the last.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    whole: Vec<Group>,
    open: Group,
    size: f64,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self { whole: Vec::new(), open: Group::default(), size: 1.0 }
    }

    pub(super) fn push(&mut self, value: f64) {
        self.open.add(&Group { n: 1.0, sum: value, sum_of_squares: value * value });
        if self.open.n < self.size {
            return;
        }
        self.whole.push(std::mem::take(&mut self.open));
        if self.whole.len() == N_GROUPS_MAX {
            for idx in 0..N_GROUPS_MAX / 2 {
                let mut pair = self.whole[2 * idx];
                pair.add(&self.whole[2 * idx + 1]);
                self.whole[idx] = pair;
            }
            self.whole.truncate(N_GROUPS_MAX / 2);
            self.size *= 2.0;
        }
    }

    /// Returns the groups; the last may be smaller.
    pub(super) fn finish(mut self) -> Vec<Group> {
        if self.open.n > 0.0 {
            self.whole.push(self.open);
        }
        self.whole
    }
}

impl Group {
    pub(super) fn add(&mut self, other: &Self) {
        self.n += other.n;
        self.sum += other.sum;
        self.sum_of_squares += other.sum_of_squares;
    }
}
