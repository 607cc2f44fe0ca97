//! Divides remembered bars in time: each part is judged by what the
//! others taught.
//!
//! Cross-validation on blocks of time, with the bars at a seam left out
//! (Racine, Consistent cross-validatory model-selection for dependent
//! data, Journal of Econometrics 99, 2000). All bars judge, and most of
//! them teach: a single later part has fewer of both.

/// Bars left out on either side of a part: the return of a decision at
/// the close of bar t ends at the open of bar t + 2.
const PURGED_BARS: usize = 2;
/// Fewest bars of a part: fewer hide any edge.
const PART_MIN: usize = 50;

/// A part of the remembered bars, and those that teach for it, by their
/// indices.
#[derive(Debug, Clone, PartialEq)]
pub struct InnerPart {
    /// Those to learn from.
    pub training: Vec<usize>,
    /// Those to judge on.
    pub held_out: Vec<usize>,
}

impl InnerPart {
    /// Divides the bars of `times_ms` at the same times for all symbols
    /// into parts of about the same size, `share` of all, but at least
    /// two. Two bars of each symbol on either side of a part do not
    /// teach for it. Returns none where a part would be too small.
    pub fn of(times_ms: &[i64], share: f64) -> Vec<Self> {
        let mut sorted = times_ms.to_vec();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share from 0.05 on makes a small count"
        )]
        let n_parts = (share.recip().round() as usize).max(2);
        if sorted.len() < n_parts * PART_MIN {
            return Vec::new();
        }
        let begins_ms: Vec<i64> =
            (1..n_parts).map(|part| sorted[part * sorted.len() / n_parts]).collect();
        let part_of = |time_ms: &i64| begins_ms.partition_point(|begin_ms| begin_ms <= time_ms);
        let part_of: Vec<usize> = times_ms.iter().map(part_of).collect();
        let n_bars = times_ms.len();
        let part = |part: usize| {
            let is_near = |at: usize| {
                let near = at.saturating_sub(PURGED_BARS)..=(at + PURGED_BARS).min(n_bars - 1);
                part_of[near].contains(&part)
            };
            Self {
                training: (0..n_bars).filter(|&at| !is_near(at)).collect(),
                held_out: (0..n_bars).filter(|&at| part_of[at] == part).collect(),
            }
        };
        let parts: Vec<Self> = (0..n_parts).map(part).collect();
        let is_enough = |part: &Self| part.held_out.len() >= PART_MIN && !part.training.is_empty();
        if parts.iter().all(is_enough) { parts } else { Vec::new() }
    }
}
