//! Mean, standard deviation, skewness and kurtosis in one pass.
//!
//! B. P. Welford, "Note on a method for calculating corrected sums of
//! squares and products", Technometrics 4 (1962), carried on to the
//! fourth power by P. Pébay, Sandia report SAND2008-6212 (2008): no
//! large sums cancel.

use serde::{Deserialize, Serialize};

/// Count, mean, spread and shape of the values pushed so far.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Moments {
    n: u64,
    mean: f64,
    squared_deviations: f64,
    cubed_deviations: f64,
    fourth_deviations: f64,
}

impl Moments {
    pub(super) fn push(&mut self, value: f64) {
        self.n += 1;
        let n = self.n as f64;
        let deviation = value - self.mean;
        let step = deviation / n;
        let square = deviation * step * (n - 1.0);
        self.fourth_deviations += square * step * step * (n * n - 3.0 * n + 3.0)
            + 6.0 * step * step * self.squared_deviations
            - 4.0 * step * self.cubed_deviations;
        self.cubed_deviations += square * step * (n - 2.0) - 3.0 * step * self.squared_deviations;
        self.mean += step;
        self.squared_deviations += deviation * (value - self.mean);
    }

    pub(super) fn n(&self) -> u64 {
        self.n
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    /// Returns the sample standard deviation (ddof 1), for `n` >= 2.
    pub(super) fn standard_deviation(&self) -> f64 {
        (self.squared_deviations / (self.n as f64 - 1.0)).sqrt()
    }

    /// Returns the third central moment over the second to the power of
    /// 1.5 (both ddof 0), for values that vary.
    pub(super) fn skewness(&self) -> f64 {
        (self.n as f64).sqrt() * self.cubed_deviations / self.squared_deviations.powf(1.5)
    }

    /// Returns the fourth central moment over the square of the second
    /// (both ddof 0): 3 for a normal distribution.
    pub(super) fn kurtosis(&self) -> f64 {
        self.n as f64 * self.fourth_deviations / self.squared_deviations.powi(2)
    }
}
