//! The 95 % interval of a Sharpe ratio, by the stationary bootstrap.
//!
//! D. N. Politis and J. P. Romano, "The stationary bootstrap", Journal
//! of the American Statistical Association 89 (1994): each resample
//! joins blocks of consecutive returns, wrapped round at the end, whose
//! lengths are geometric, which preserves serial dependence. The
//! interval is the middle 95 % of the resampled ratios.
//!
//! It covers the sampling error of the ratio; not changes of the market,
//! nor the number of strategies tried before.

mod block_length;

use rayon::prelude::*;

use crate::random::splitmix64;

use super::returns::{Group, quantile};
use block_length::block_length;

/// Resamples of one interval.
const N_RESAMPLES: u64 = 2000;
/// Fewest returns to resample: fewer do not show their distribution.
const N_RETURNS_MIN: f64 = 20.0;
/// A variance of up to this share of the sample's is rounding error.
const VARIANCE_SHARE_MIN: f64 = 1e-12;
/// Step of the counter that `splitmix64` turns into random numbers.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// The lower and the upper end of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
}

/// Returns the 95 % interval of the Sharpe ratio per bar of returns that
/// vary, or why there is none. The same `seed` and returns give the same
/// interval on any number of threads.
pub(super) fn sharpe_interval(groups: &[Group], seed: u64) -> Result<Interval, &'static str> {
    let sample = Sample::new(groups);
    if sample.total().n < N_RETURNS_MIN {
        return Err("fewer than 20 bars");
    }
    let ratios: Option<Vec<f64>> = (0..N_RESAMPLES)
        .into_par_iter()
        .map(|idx| sample.resampled_sharpe(Rng(splitmix64(seed ^ splitmix64(idx)))))
        .collect();
    let mut ratios = ratios.ok_or("too few bars earned or lost anything")?;
    ratios.sort_by(f64::total_cmp);
    Ok(Interval { low: quantile(&ratios, 0.025), high: quantile(&ratios, 0.975) })
}

/// Prefix sums of groups of returns: a block costs two look-ups.
struct Sample {
    mean: f64,
    variance: f64,
    /// Sums over the first groups, of the returns less their mean.
    prefix: Vec<Group>,
    /// `1 / ln(1 - 1 / block length)`; 0 for blocks of length 1.
    geometric_scale: f64,
}

impl Sample {
    fn new(groups: &[Group]) -> Self {
        let mut total = Group::default();
        for group in groups {
            total.add(group);
        }
        let mean = total.sum / total.n;
        let mut sum = Group::default();
        let mut prefix = vec![sum];
        for group in groups {
            sum.add(&centred(group, mean));
            prefix.push(sum);
        }
        let variance = sum.sum_of_squares / sum.n;
        let length = block_length(&influences(groups, mean, variance));
        let geometric_scale = if length > 1.0 { 1.0 / (-1.0 / length).ln_1p() } else { 0.0 };
        Self { mean, variance, prefix, geometric_scale }
    }

    fn n_groups(&self) -> usize {
        self.prefix.len() - 1
    }

    fn total(&self) -> &Group {
        &self.prefix[self.n_groups()]
    }

    fn resampled_sharpe(&self, mut rng: Rng) -> Option<f64> {
        let n_groups = self.n_groups();
        let mut sum = Group::default();
        let mut n_left = n_groups;
        while n_left > 0 {
            let begin = rng.below(n_groups);
            let length = rng.geometric(self.geometric_scale).min(n_left);
            self.add_block(&mut sum, begin, length);
            n_left -= length;
        }
        let variance = (sum.sum_of_squares - sum.sum * sum.sum / sum.n) / (sum.n - 1.0);
        let varies = variance > VARIANCE_SHARE_MIN * self.variance;
        varies.then(|| (self.mean + sum.sum / sum.n) / variance.sqrt())
    }

    /// Adds `length` groups, at most all, from `begin` on, wrapping round.
    fn add_block(&self, sum: &mut Group, begin: usize, length: usize) {
        let end = begin + length;
        let n_groups = self.n_groups();
        self.add_span(sum, begin, end.min(n_groups));
        if end > n_groups {
            self.add_span(sum, 0, end - n_groups);
        }
    }

    fn add_span(&self, sum: &mut Group, begin: usize, end: usize) {
        let (begin, end) = (&self.prefix[begin], &self.prefix[end]);
        sum.n += end.n - begin.n;
        sum.sum += end.sum - begin.sum;
        sum.sum_of_squares += end.sum_of_squares - begin.sum_of_squares;
    }
}

/// Returns the sums of the group's returns less `mean`.
fn centred(group: &Group, mean: f64) -> Group {
    let Group { n, sum, sum_of_squares } = *group;
    Group {
        n,
        sum: sum - n * mean,
        sum_of_squares: (sum_of_squares - 2.0 * mean * sum + n * mean * mean).max(0.0),
    }
}

/// Returns each group's influence on the Sharpe ratio (its first-order
/// effect): the mean of `z - sharpe / 2 (z² - 1)`, with `z` a return's
/// distance from the mean in standard deviations. The ratio varies as
/// the mean of these does, for which block lengths are known.
fn influences(groups: &[Group], mean: f64, variance: f64) -> Vec<f64> {
    let deviation = variance.sqrt();
    let sharpe = mean / deviation;
    let influence = |group: &Group| {
        let Group { n, sum, sum_of_squares } = centred(group, mean);
        sum / n / deviation - sharpe / 2.0 * (sum_of_squares / n / variance - 1.0)
    };
    groups.iter().map(influence).collect()
}

/// The counter-based generator of Steele, Lea and Flood (2014).
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        let number = splitmix64(self.0);
        self.0 = self.0.wrapping_add(GOLDEN_GAMMA);
        number
    }

    /// Returns a number from 0 to `n` - 1.
    fn below(&mut self, n: usize) -> usize {
        let product = u128::from(self.next()) * n as u128;
        usize::try_from(product >> 64).expect("it is below `n`")
    }

    /// Returns a geometric length of at least 1.
    fn geometric(&mut self, scale: f64) -> usize {
        if scale == 0.0 {
            return 1;
        }
        let uniform = ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at least 0, and far below 2^53"
        )]
        let n_more = (uniform.ln() * scale) as usize;
        1 + n_more
    }
}
