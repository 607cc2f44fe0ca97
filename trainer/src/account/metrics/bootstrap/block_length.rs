//! Chooses the block length of a bootstrap from the data.
//!
//! D. N. Politis and H. White, "Automatic block-length selection for
//! the dependent bootstrap", Econometric Reviews 23 (2004), with the
//! correction by A. Patton, D. N. Politis and H. White, 28 (2009); the
//! optimal length for the stationary bootstrap of a mean.

/// Returns the mean block length, at least 1, for values that vary.
pub(super) fn block_length(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let lags = Lags::of(n);
    let covariances = autocovariances(values, lags.max + 1);
    let last = (2 * lags.last_significant(&covariances, n)).min(lags.max);
    let (mut variance, mut slope) = (covariances[0], 0.0);
    for (lag, covariance) in covariances.iter().enumerate().take(last + 1).skip(1) {
        // The flat-top (trapezoidal) lag window.
        let window = (2.0 * (1.0 - lag as f64 / last as f64)).min(1.0);
        variance += 2.0 * window * covariance;
        slope += 2.0 * window * lag as f64 * covariance;
    }
    let length = (slope * slope / (variance * variance) * n).cbrt();
    let length_max = (3.0 * n.sqrt()).min(n / 3.0).ceil();
    if length.is_nan() { 1.0 } else { length.min(length_max).max(1.0) }
}

/// The lags to examine.
struct Lags {
    /// Insignificant lags in a row that end the dependence.
    n_insignificant: usize,
    max: usize,
}

impl Lags {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small numbers above 0"
    )]
    fn of(n: f64) -> Self {
        let n_insignificant = n.log10().ceil().max(5.0) as usize;
        // Short samples do not have that many lags.
        let max = (n.sqrt().ceil() as usize + n_insignificant).min(n as usize - 1);
        Self { n_insignificant, max }
    }

    /// Returns the last lag before the dependence ends.
    fn last_significant(&self, covariances: &[f64], n: f64) -> usize {
        let bound = 2.0 * (n.log10() / n).sqrt();
        let is_significant = |lag: usize| (covariances[lag] / covariances[0]).abs() >= bound;
        let mut n_insignificant = 0;
        for lag in 1..=self.max {
            n_insignificant = if is_significant(lag) { 0 } else { n_insignificant + 1 };
            if n_insignificant == self.n_insignificant {
                return (lag - n_insignificant).max(1);
            }
        }
        (1..=self.max).rev().find(|&lag| is_significant(lag)).unwrap_or(1)
    }
}

/// Returns the autocovariances of the first `n_lags` lags, from 0.
fn autocovariances(values: &[f64], n_lags: usize) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let centred: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let covariance = |lag: usize| {
        let products = centred.iter().zip(&centred[lag..]).map(|(left, right)| left * right);
        products.sum::<f64>() / n
    };
    (0..n_lags).map(covariance).collect()
}
