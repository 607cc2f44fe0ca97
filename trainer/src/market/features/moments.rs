//! Rolling mean and variance, without accumulating rounding errors.
//!
//! Values that leave the window are not subtracted: the window is the
//! tail of a finished block merged with the block being filled. So an
//! outlier has no effect once it has left the window.

/// Count, mean and sum of squared deviations of some values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    count: f64,
    mean: f64,
    squared_deviations: f64,
}

impl Moments {
    const EMPTY: Self = Self { count: 0.0, mean: 0.0, squared_deviations: 0.0 };

    /// Returns the number of values.
    pub(super) fn count(self) -> f64 {
        self.count
    }

    /// Returns the mean; 0 without values.
    pub(super) fn mean(self) -> f64 {
        self.mean
    }

    /// Returns the standard deviation (ddof 0).
    pub(super) fn deviation(self) -> f64 {
        (self.squared_deviations / self.count.max(1.0)).sqrt()
    }

    /// Returns the root of the mean square.
    pub(super) fn root_mean_square(self) -> f64 {
        (self.squared_deviations / self.count.max(1.0) + self.mean * self.mean).sqrt()
    }

    /// Adds one value (B. P. Welford, Technometrics 4, 1962).
    fn with(self, value: f64) -> Self {
        let count = self.count + 1.0;
        let delta = value - self.mean;
        let mean = self.mean + delta / count;
        let squared_deviations = self.squared_deviations + delta * (value - mean);
        Self { count, mean, squared_deviations }
    }

    /// Merges two sets of values (T. F. Chan and others, 1979).
    fn merged(self, other: Self) -> Self {
        if self.count == 0.0 {
            return other;
        }
        let count = self.count + other.count;
        let delta = other.mean - self.mean;
        let weight = other.count / count;
        Self {
            count,
            mean: self.mean + delta * weight,
            squared_deviations: self.squared_deviations
                + other.squared_deviations
                + delta * delta * self.count * weight,
        }
    }
}

/// The moments of the last values of a stream, each in amortised constant
/// time.
#[derive(Debug, Clone)]
pub(super) struct RollingMoments {
    /// The block being filled, as long as the window.
    block: Vec<f64>,
    n_in_block: usize,
    block_moments: Moments,
    /// The moments of the previous block, from each index to its end.
    tails: Vec<Moments>,
}

impl RollingMoments {
    /// Returns the moments of an empty stream.
    pub(super) fn new(window: usize) -> Self {
        Self {
            block: vec![0.0; window],
            n_in_block: 0,
            block_moments: Moments::EMPTY,
            tails: vec![Moments::EMPTY; window],
        }
    }

    /// Adds a value and returns the moments of the last `window` values,
    /// or of all while there are fewer.
    pub(super) fn push(&mut self, value: f64) -> Moments {
        self.block[self.n_in_block] = value;
        self.n_in_block += 1;
        self.block_moments = self.block_moments.with(value);
        if self.n_in_block < self.block.len() {
            return self.tails[self.n_in_block].merged(self.block_moments);
        }
        let finished = self.block_moments;
        let mut tail = Moments::EMPTY;
        for (value, slot) in self.block.iter().zip(&mut self.tails).rev() {
            tail = tail.with(*value);
            *slot = tail;
        }
        self.n_in_block = 0;
        self.block_moments = Moments::EMPTY;
        finished
    }
}
