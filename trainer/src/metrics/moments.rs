//! Mean and standard deviation in one pass.
//!
//! B. P. Welford, "Note on a method for calculating corrected sums of
//! squares and products", Technometrics 4 (1962): no large sums cancel.

/// Count, mean and spread of the values pushed so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Moments {
    n: u64,
    mean: f64,
    squared_deviations: f64,
}

impl Moments {
    pub(super) fn push(&mut self, value: f64) {
        self.n += 1;
        let deviation = value - self.mean;
        self.mean += deviation / self.n as f64;
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
}
