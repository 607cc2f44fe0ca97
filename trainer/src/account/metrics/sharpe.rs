//! The probabilistic and the deflated Sharpe ratio.
//!
//! Both formulas assume independent returns; the bootstrap does not.

use super::normal;

/// The limit of `1 + 1/2 + … + 1/n - ln n`.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// A Sharpe ratio per bar (not annual) and the moments of its sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharpeSample {
    /// Mean over standard deviation (ddof 1) of the returns.
    pub sharpe: f64,
    /// The number of returns.
    pub n: u64,
    /// Their skewness: third central moment over the second to the power
    /// of 1.5, both ddof 0.
    pub skewness: f64,
    /// Their kurtosis: fourth central moment over the squared second,
    /// both ddof 0; 3 for a normal distribution.
    pub kurtosis: f64,
}

/// The trials from which one strategy was chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trials {
    /// The number of strategies or settings tried, at least 1.
    pub n: u64,
    /// The variance of their Sharpe ratios per bar, at least 0.
    pub variance: f64,
}

impl SharpeSample {
    /// Returns the probabilistic Sharpe ratio: the probability that the
    /// true ratio is above `benchmark` (per bar, too).
    ///
    /// `Φ((SR - SR*) √(n - 1) / √(1 - γ3 SR + (γ4 - 1) / 4 SR²))`, D. H.
    /// Bailey and M. López de Prado, "The Sharpe ratio efficient
    /// frontier", Journal of Risk 15 (2012). `None` for fewer than two
    /// returns, and where the standard error is 0 or not finite.
    pub fn probabilistic(&self, benchmark: f64) -> Option<f64> {
        if self.n < 2 {
            return None;
        }
        let shape = 1.0 - self.skewness * self.sharpe
            + (self.kurtosis - 1.0) / 4.0 * self.sharpe * self.sharpe;
        let is_defined = shape > 0.0 && shape.is_finite() && self.sharpe.is_finite();
        is_defined.then(|| {
            let n_degrees = self.n as f64 - 1.0;
            normal::probability_below((self.sharpe - benchmark) * (n_degrees / shape).sqrt())
        })
    }

    /// Returns the deflated Sharpe ratio: the probability that the true
    /// ratio is above the best that `trials` without skill would show by
    /// chance.
    ///
    /// D. H. Bailey and M. López de Prado, "The deflated Sharpe ratio",
    /// Journal of Portfolio Management 40 (2014). `None` where
    /// [`probabilistic`](Self::probabilistic) is, and for impossible
    /// `trials`.
    pub fn deflated(&self, trials: &Trials) -> Option<f64> {
        self.probabilistic(trials.expected_best()?)
    }
}

impl Trials {
    /// Returns the Sharpe ratio per bar that the best of the trials is
    /// expected to show when none has skill.
    ///
    /// `√V ((1 - γ) Φ⁻¹(1 - 1/N) + γ Φ⁻¹(1 - 1/(N e)))` with Euler's
    /// constant γ (Bailey and López de Prado, 2014); 0 for one trial.
    /// `None` without trials, or with a variance below 0 or not finite.
    pub fn expected_best(&self) -> Option<f64> {
        if self.n == 0 || self.variance < 0.0 || !self.variance.is_finite() {
            return None;
        }
        if self.n == 1 {
            return Some(0.0);
        }
        let n = self.n as f64;
        let (first, second) =
            (normal::quantile(1.0 - 1.0 / n), normal::quantile(1.0 - (-1.0_f64).exp() / n));
        Some(self.variance.sqrt() * ((1.0 - EULER_GAMMA) * first + EULER_GAMMA * second))
    }
}
