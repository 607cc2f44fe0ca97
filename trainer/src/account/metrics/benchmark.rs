//! An equity curve beside another one, such as buy-and-hold's.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::account::environment::RUIN_SHARE;

use super::moments::Moments;

/// A spread of returns up to this is rounding.
const NO_SPREAD: f64 = 4.0 * f64::EPSILON;

/// Compares the returns of two curves bar by bar.
#[derive(Debug, Clone, Default)]
pub struct BenchmarkTracker {
    first: Option<[f64; 2]>,
    last: Option<[f64; 2]>,
    own: Moments,
    benchmark: Moments,
    excess: Moments,
    co_deviations: f64,
    is_ruined: bool,
}

/// How a curve moves with its benchmark. With `r` its returns bar by
/// bar, `b` the benchmark's and `P` the bars per year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BenchmarkComparison {
    /// Annual alpha, `(mean(r) - beta mean(b)) P` (M. C. Jensen, Journal
    /// of Finance 23, 1968), without a risk-free rate.
    pub alpha: Option<f64>,
    /// `cov(r, b) / var(b)`.
    pub beta: Option<f64>,
    /// The squared correlation of `r` and `b`.
    pub r_squared: Option<f64>,
    /// `mean(r - b) / std(r - b)`, ddof 1, per bar and not annual.
    pub information_ratio: Option<f64>,
    /// Why each figure that is null has no value, by its name.
    pub undefined: BTreeMap<String, String>,
}

impl BenchmarkTracker {
    /// Records the two equities at the next close; the first ones are
    /// the start.
    pub fn push(&mut self, equity: f64, benchmark: f64) {
        let first = *self.first.get_or_insert([equity, benchmark]);
        let is_little = |(now, first): (f64, f64)| now <= RUIN_SHARE * first.max(0.0);
        self.is_ruined |= [equity, benchmark].into_iter().zip(first).any(is_little);
        if let Some([equity_before, benchmark_before]) = self.last.replace([equity, benchmark]) {
            let (r, b) = (equity / equity_before - 1.0, benchmark / benchmark_before - 1.0);
            let deviation = b - self.benchmark.mean();
            self.own.push(r);
            self.benchmark.push(b);
            self.excess.push(r - b);
            self.co_deviations += (r - self.own.mean()) * deviation;
        }
    }

    /// Returns the figures so far, on bars of which a year has `periods`.
    pub fn figures(&self, periods: f64) -> BenchmarkComparison {
        let mut undefined = BTreeMap::new();
        let mut figure = |name: &str, value: Result<f64, &str>| {
            let value = value.and_then(|value| {
                value.is_finite().then_some(value).ok_or("too large for a number")
            });
            value.map_err(|reason| undefined.insert(name.to_owned(), reason.to_owned())).ok()
        };
        let beta = self.beta();
        let mean = |moments: &Moments| moments.mean();
        let alpha = beta.map(|beta| (mean(&self.own) - beta * mean(&self.benchmark)) * periods);
        BenchmarkComparison {
            alpha: figure("alpha", alpha),
            beta: figure("beta", beta),
            r_squared: figure("r_squared", self.r_squared()),
            information_ratio: figure("information_ratio", self.information_ratio()),
            undefined,
        }
    }

    /// Returns the spread of returns that vary.
    fn spread(&self, moments: &Moments, reason: &'static str) -> Result<f64, &'static str> {
        if self.is_ruined {
            return Err("nothing was left");
        }
        if moments.n() < 2 {
            return Err("fewer than 2 bars");
        }
        let spread = moments.standard_deviation();
        if spread > NO_SPREAD { Ok(spread) } else { Err(reason) }
    }

    fn beta(&self) -> Result<f64, &'static str> {
        let spread = self.spread(&self.benchmark, "the benchmark's returns do not vary")?;
        Ok(self.covariance() / (spread * spread))
    }

    fn r_squared(&self) -> Result<f64, &'static str> {
        let benchmark = self.spread(&self.benchmark, "the benchmark's returns do not vary")?;
        let own = self.spread(&self.own, "the returns do not vary")?;
        Ok((self.covariance() / benchmark / own).powi(2))
    }

    fn information_ratio(&self) -> Result<f64, &'static str> {
        let reason = "the returns differ from the benchmark's by nothing that varies";
        let spread = self.spread(&self.excess, reason)?;
        Ok(self.excess.mean() / spread)
    }

    fn covariance(&self) -> f64 {
        self.co_deviations / (self.own.n() as f64 - 1.0)
    }
}
