//! Keeps returns for their quantiles, in bounded memory.

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
