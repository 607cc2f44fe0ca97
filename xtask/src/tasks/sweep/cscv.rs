//! The probability of backtest overfitting, by combinatorially symmetric
//! cross-validation: D. H. Bailey, J. M. Borwein, M. López de Prado and
//! Q. J. Zhu, "The probability of backtest overfitting" (2015).
//!
//! Time is divided into an even number of blocks. For each half of the
//! blocks, the best strategy on it is ranked among all on the other half;
//! the probability is how often it is no better than the median.

use serde::Serialize;

/// The result of splitting a sweep's validation bars.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overfitting {
    /// The probability that the best in sample is no better than the
    /// median out of sample, 0 to 1.
    pub pbo: f64,
    /// The mean of the logits of its relative rank out of sample.
    pub mean_logit: f64,
    /// How often its Sharpe ratio out of sample is below 0, 0 to 1.
    pub probability_of_loss: f64,
    /// The ways to choose half of the blocks.
    pub n_splits: u64,
    /// The strategies compared.
    pub n_strategies: u64,
}

/// Count, mean and sum of squared deviations of some returns.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    n: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Returns the moments of `returns`, by Welford's recurrence.
    pub fn of(returns: &[f64]) -> Self {
        let mut moments = Self::default();
        for value in returns {
            moments.n += 1.0;
            let deviation = value - moments.mean;
            moments.mean += deviation / moments.n;
            moments.squares += deviation * (value - moments.mean);
        }
        moments
    }

    /// Returns the moments of both combined, by Chan's formula.
    fn with(self, other: Self) -> Self {
        let n = self.n + other.n;
        if n == 0.0 {
            return self;
        }
        let shift = other.mean - self.mean;
        Self {
            n,
            mean: self.mean + shift * other.n / n,
            squares: self.squares + other.squares + shift * shift * self.n * other.n / n,
        }
    }

    /// Returns the Sharpe ratio per bar; `None` if returns do not vary.
    pub fn sharpe(&self) -> Option<f64> {
        let deviation = (self.squares / (self.n - 1.0)).sqrt();
        (self.n > 1.0 && deviation > 0.0).then(|| self.mean / deviation)
    }
}

/// Returns the moments of `returns` in each of `n_blocks` parts, of equal
/// length to within one bar.
pub fn blocks(returns: &[f64], n_blocks: usize) -> Vec<Moments> {
    let bound = |block: usize| block * returns.len() / n_blocks;
    (0..n_blocks).map(|block| Moments::of(&returns[bound(block)..bound(block + 1)])).collect()
}

/// Evaluates strategies, each given by the moments of its returns in the
/// same blocks; `None` for fewer than two strategies. A strategy that
/// never trades has a Sharpe ratio of 0.
pub fn overfitting(strategies: &[Vec<Moments>]) -> Option<Overfitting> {
    let n_blocks = strategies.first()?.len();
    if strategies.len() < 2 || n_blocks < 2 {
        return None;
    }
    let mut tally = Tally::default();
    let nothing = vec![Moments::default(); strategies.len()];
    let split = Split { chosen: nothing.clone(), others: nothing, n_left: n_blocks / 2 };
    split.walk(strategies, 0, &mut tally);
    let n_splits = tally.n_splits as f64;
    Some(Overfitting {
        pbo: tally.n_below as f64 / n_splits,
        mean_logit: tally.logits / n_splits,
        probability_of_loss: tally.n_lost as f64 / n_splits,
        n_splits: tally.n_splits,
        n_strategies: strategies.len() as u64,
    })
}

#[derive(Debug, Default)]
struct Tally {
    n_splits: u64,
    n_below: u64,
    n_lost: u64,
    logits: f64,
}

/// The moments of each strategy in both halves so far.
struct Split {
    chosen: Vec<Moments>,
    others: Vec<Moments>,
    /// How many blocks are still to be chosen.
    n_left: usize,
}

impl Split {
    /// Assigns the blocks from `block` on to the halves in every way.
    fn walk(&self, strategies: &[Vec<Moments>], block: usize, tally: &mut Tally) {
        let n_blocks = strategies[0].len() - block;
        if n_blocks == 0 {
            return self.rank_best(tally);
        }
        let add = |half: &[Moments]| -> Vec<Moments> {
            half.iter().zip(strategies).map(|(sum, blocks)| sum.with(blocks[block])).collect()
        };
        if self.n_left > 0 {
            let (chosen, others) = (add(&self.chosen), self.others.clone());
            Self { chosen, others, n_left: self.n_left - 1 }.walk(strategies, block + 1, tally);
        }
        if n_blocks > self.n_left {
            let (chosen, others) = (self.chosen.clone(), add(&self.others));
            Self { chosen, others, n_left: self.n_left }.walk(strategies, block + 1, tally);
        }
    }

    fn rank_best(&self, tally: &mut Tally) {
        let sharpe = |moments: &Moments| moments.sharpe().unwrap_or(0.0);
        let mut best = (0, f64::NEG_INFINITY);
        for (idx, moments) in self.chosen.iter().enumerate() {
            let own = sharpe(moments);
            if own > best.1 {
                best = (idx, own);
            }
        }
        let own = sharpe(&self.others[best.0]);
        let own_or_less = self.others.iter().filter(|it| sharpe(it) <= own).count();
        let less = self.others.iter().filter(|it| sharpe(it) < own).count();
        // Ties get the mean of their ranks.
        let rank = (less + own_or_less + 1) as f64 / 2.0;
        let omega = rank / (self.others.len() as f64 + 1.0);
        let logit = (omega / (1.0 - omega)).ln();
        tally.n_splits += 1;
        tally.n_below += u64::from(logit <= 0.0);
        tally.n_lost += u64::from(own < 0.0);
        tally.logits += logit;
    }
}
