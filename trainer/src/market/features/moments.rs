//! Mean and variance over the last bars, without drift.
//!
//! Nothing is ever subtracted: the window is the tail of a finished block
//! merged with the block being filled. So an outlier leaves no trace once
//! it has left the window, however long the stream.

/// Count, mean and sum of squared deviations of some numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    const EMPTY: Self = Self { count: 0.0, mean: 0.0, squares: 0.0 };

    /// Returns how many numbers they are of.
    pub(super) fn count(self) -> f64 {
        self.count
    }

    /// Returns the mean; 0 of none.
    pub(super) fn mean(self) -> f64 {
        self.mean
    }

    /// Returns the standard deviation about the mean, ddof 0.
    pub(super) fn deviation(self) -> f64 {
        (self.squares / self.count.max(1.0)).sqrt()
    }

    /// Returns the root of the mean square.
    pub(super) fn root_mean_square(self) -> f64 {
        (self.squares / self.count.max(1.0) + self.mean * self.mean).sqrt()
    }

    /// Adds one number (Welford, Technometrics 4, 1962).
    fn with(self, number: f64) -> Self {
        let count = self.count + 1.0;
        let delta = number - self.mean;
        let mean = self.mean + delta / count;
        Self { count, mean, squares: self.squares + delta * (number - mean) }
    }

    /// Joins two sets of numbers (Chan and others, 1979).
    fn merged(self, other: Self) -> Self {
        if self.count == 0.0 {
            return other;
        }
        let count = self.count + other.count;
        let delta = other.mean - self.mean;
        let share = other.count / count;
        Self {
            count,
            mean: self.mean + delta * share,
            squares: self.squares + other.squares + delta * delta * self.count * share,
        }
    }
}

/// The moments of the last numbers of a stream, in constant time each.
#[derive(Debug, Clone)]
pub(super) struct RollingMoments {
    /// The block being filled, as long as the window.
    block: Vec<f64>,
    n_in_block: usize,
    block_moments: Moments,
    /// The moments of the block before, from each index to its end.
    tails: Vec<Moments>,
}

impl RollingMoments {
    /// Returns the moments of no numbers, over a window of `window`.
    pub(super) fn new(window: usize) -> Self {
        Self {
            block: vec![0.0; window],
            n_in_block: 0,
            block_moments: Moments::EMPTY,
            tails: vec![Moments::EMPTY; window],
        }
    }

    /// Adds a number and returns the moments of the last `window` ones,
    /// or of all while there are fewer.
    pub(super) fn push(&mut self, number: f64) -> Moments {
        self.block[self.n_in_block] = number;
        self.n_in_block += 1;
        self.block_moments = self.block_moments.with(number);
        if self.n_in_block < self.block.len() {
            return self.tails[self.n_in_block].merged(self.block_moments);
        }
        let finished = self.block_moments;
        let mut tail = Moments::EMPTY;
        for (number, slot) in self.block.iter().zip(&mut self.tails).rev() {
            tail = tail.with(*number);
            *slot = tail;
        }
        self.n_in_block = 0;
        self.block_moments = Moments::EMPTY;
        finished
    }
}
