//! How far what was earned is from luck.

/// What one way to trade earned, time by time, beside the market.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Log returns, net of costs.
    pub(super) nets: Vec<f64>,
    /// Returns of an exposure of 1, without costs.
    pub(super) market: Vec<f64>,
    /// Whether short exposures may be held.
    pub(super) allows_short: bool,
}

impl Trial {
    /// Returns the number of points in time.
    pub fn n_times(&self) -> usize {
        self.nets.len()
    }

    /// Returns the sum of log returns, net of costs.
    pub fn log_return(&self) -> f64 {
        self.nets.iter().sum()
    }

    /// Returns the lesser of two t statistics: of the mean net return,
    /// which never trading has at 0, and of what is left of it after the
    /// part that a constant exposure explains, the intercept of the
    /// regression on the market (Jensen, The performance of mutual
    /// funds, Journal of Finance 23, 1968). 0 where nothing was traded.
    pub fn t_statistic(&self) -> f64 {
        let beta = self.beta();
        let rest = self.nets.iter().zip(&self.market).map(|(net, market)| net - beta * market);
        t_statistic(&self.nets).min(t_statistic(&rest.collect::<Vec<_>>()))
    }

    fn beta(&self) -> f64 {
        let (mean_net, mean_market) = (mean(&self.nets), mean(&self.market));
        let (mut product, mut square) = (0.0, 0.0);
        for (net, market) in self.nets.iter().zip(&self.market) {
            product += (net - mean_net) * (market - mean_market);
            square += (market - mean_market).powi(2);
        }
        if square > 0.0 { product / square } else { 0.0 }
    }

    /// Returns whether it earned more than never trading and than a
    /// constant exposure, long or short, of the same volatility.
    pub(super) fn beats_holding(&self) -> bool {
        let (own, of_market) = (variance(&self.nets), variance(&self.market));
        if of_market <= 0.0 {
            return self.log_return() > 0.0;
        }
        let exposure = (own / of_market).sqrt();
        let hold = |exposure: f64| {
            self.market.iter().map(|market| (exposure * market).max(-1.0).ln_1p()).sum::<f64>()
        };
        let short = if self.allows_short { hold(-exposure) } else { 0.0 };
        self.log_return() > hold(exposure).max(short).max(0.0)
    }

    /// Returns whether `best` earned more by over a standard error of
    /// the difference.
    pub(super) fn is_beaten_by(&self, best: &Self) -> bool {
        let more = best.nets.iter().zip(&self.nets).map(|(best, own)| best - own);
        t_statistic(&more.collect::<Vec<_>>()) > 1.0
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

/// Returns the mean over its standard error, which allows for
/// neighbours that go together: W. K. Newey and K. D. West, "A simple,
/// positive semi-definite, heteroskedasticity and autocorrelation
/// consistent covariance matrix", Econometrica 55 (1987), with as many
/// lags as the fourth root of n. 0 where nothing varies, and where a
/// value is not finite.
fn t_statistic(values: &[f64]) -> f64 {
    let (n, mean) = (values.len(), mean(values));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a root of a count is a count"
    )]
    let n_lags = (n as f64).sqrt().sqrt() as usize;
    let covariance = |lag: usize| {
        let pairs = values.iter().skip(lag).zip(values);
        pairs.map(|(later, earlier)| (later - mean) * (earlier - mean)).sum::<f64>()
    };
    let weighted = |lag: usize| 2.0 * (1.0 - lag as f64 / (n_lags + 1) as f64) * covariance(lag);
    let sum = covariance(0) + (1..=n_lags).map(weighted).sum::<f64>();
    let error = sum.sqrt() / n as f64;
    if error > 0.0 && mean.is_finite() { mean / error } else { 0.0 }
}
