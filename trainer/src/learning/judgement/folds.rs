//! Splits the remembered bars into folds for cross-validation in time.
//!
//! Blocked cross-validation that leaves out the bars next to the
//! held-out block (Racine, Consistent cross-validatory model-selection
//! for dependent data, Journal of Econometrics 99, 2000). Every bar is
//! held out once, and each fit has most of the bars; a single split
//! into earlier and later bars would leave fewer for both.

/// Bars left out on either side of a held-out block: the return of a
/// decision at the close of bar t ends at the open of bar t + 2.
const PURGED_BARS: usize = 2;
/// Fewest held-out bars of a fold: with fewer, the noise would hide
/// every edge.
const HELD_OUT_BARS_MIN: usize = 50;

/// One fold: indices of the remembered bars, increasing.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// The bars to fit on.
    pub training: Vec<usize>,
    /// The bars to validate on.
    pub held_out: Vec<usize>,
}

impl Fold {
    /// Splits the bars, bar `i` of which opened at `times_ms[i]`, into
    /// `1 / share` folds, rounded and at least two, of about equal size. The
    /// borders are times, the same for all symbols; the two bars of each
    /// symbol on either side of a border are purged from the training
    /// bars. Returns no folds where one would be too small.
    pub fn split(times_ms: &[i64], share: f64) -> Vec<Self> {
        let mut sorted = times_ms.to_vec();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of at least 0.05 gives a small count"
        )]
        let n_folds = (share.recip().round() as usize).max(2);
        if sorted.len() < n_folds * HELD_OUT_BARS_MIN {
            return Vec::new();
        }
        let begins_ms: Vec<i64> =
            (1..n_folds).map(|fold_idx| sorted[fold_idx * sorted.len() / n_folds]).collect();
        let fold_idx_of = |time_ms: &i64| begins_ms.partition_point(|begin_ms| begin_ms <= time_ms);
        let fold_idxs: Vec<usize> = times_ms.iter().map(fold_idx_of).collect();
        let n_bars = times_ms.len();
        let fold = |fold_idx: usize| {
            let is_purged = |bar_idx: usize| {
                let first = bar_idx.saturating_sub(PURGED_BARS);
                let last = (bar_idx + PURGED_BARS).min(n_bars - 1);
                fold_idxs[first..=last].contains(&fold_idx)
            };
            Self {
                training: (0..n_bars).filter(|&bar_idx| !is_purged(bar_idx)).collect(),
                held_out: (0..n_bars).filter(|&bar_idx| fold_idxs[bar_idx] == fold_idx).collect(),
            }
        };
        let folds: Vec<Self> = (0..n_folds).map(fold).collect();
        let is_large_enough =
            |fold: &Self| fold.held_out.len() >= HELD_OUT_BARS_MIN && !fold.training.is_empty();
        if folds.iter().all(is_large_enough) { folds } else { Vec::new() }
    }
}
