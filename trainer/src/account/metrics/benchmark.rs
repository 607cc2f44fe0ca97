//! Compares an equity curve with a benchmark, such as buy-and-hold.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::account::environment::RUIN_SHARE;

use super::moments::Moments;

/// A standard deviation of returns up to this is rounding error.
const DEVIATION_MIN: f64 = 4.0 * f64::EPSILON;

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

/// How a curve moves with its benchmark, with `r` its returns bar by
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
    /// Records both equities at the next close; the first pair is the
    /// start.
    pub fn push(&mut self, equity: f64, benchmark: f64) {
        let first = *self.first.get_or_insert([equity, benchmark]);
        let is_ruined = |(now, first): (f64, f64)| now <= RUIN_SHARE * first.max(0.0);
        self.is_ruined |= [equity, benchmark].into_iter().zip(first).any(is_ruined);
        if let Some([equity_before, benchmark_before]) = self.last.replace([equity, benchmark]) {
            let (r, b) = (equity / equity_before - 1.0, benchmark / benchmark_before - 1.0);
            let deviation = b - self.benchmark.mean();
            self.own.push(r);
            self.benchmark.push(b);
            self.excess.push(r - b);
            self.co_deviations += (r - self.own.mean()) * deviation;
        }
    }

    /// Returns the figures so far, with `periods` bars per year.
    pub fn figures(&self, periods: f64) -> BenchmarkComparison {
        let mut undefined = BTreeMap::new();
        let mut figure = |name: &str, value: Result<f64, &str>| {
            let value = value.and_then(|value| {
                value.is_finite().then_some(value).ok_or("too large for a number")
            });
            value.map_err(|reason| undefined.insert(name.to_owned(), reason.to_owned())).ok()
        };
        let beta = self.beta();
        let alpha = beta.map(|beta| (self.own.mean() - beta * self.benchmark.mean()) * periods);
        BenchmarkComparison {
            alpha: figure("alpha", alpha),
            beta: figure("beta", beta),
            r_squared: figure("r_squared", self.r_squared()),
            information_ratio: figure("information_ratio", self.information_ratio()),
            undefined,
        }
    }

    /// Returns the standard deviation; `reason` where the returns do not
    /// vary.
    fn deviation(&self, moments: &Moments, reason: &'static str) -> Result<f64, &'static str> {
        if self.is_ruined {
            return Err("nothing was left");
        }
        if moments.n() < 2 {
            return Err("fewer than 2 bars");
        }
        let deviation = moments.standard_deviation();
        if deviation > DEVIATION_MIN { Ok(deviation) } else { Err(reason) }
    }

    fn beta(&self) -> Result<f64, &'static str> {
        let deviation = self.deviation(&self.benchmark, "the benchmark's returns do not vary")?;
        Ok(self.covariance() / (deviation * deviation))
    }

    fn r_squared(&self) -> Result<f64, &'static str> {
        let benchmark = self.deviation(&self.benchmark, "the benchmark's returns do not vary")?;
        let own = self.deviation(&self.own, "the returns do not vary")?;
        Ok((self.covariance() / benchmark / own).powi(2))
    }

    fn information_ratio(&self) -> Result<f64, &'static str> {
        let reason = "the returns differ from the benchmark's by nothing that varies";
        Ok(self.excess.mean() / self.deviation(&self.excess, reason)?)
    }

    fn covariance(&self) -> f64 {
        self.co_deviations / (self.own.n() as f64 - 1.0)
    }
}
