//! The returns of a candidate, and whether they are significant.

/// The returns of one candidate and of the market, one value for each
/// distinct time of the validation bars.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateReturns {
    /// Log returns of the account, net of costs.
    pub(super) net_log_returns: Vec<f64>,
    /// Returns of an exposure of 1, without costs.
    pub(super) market_returns: Vec<f64>,
    /// Whether short exposures may be held.
    pub(super) allows_short: bool,
}

impl CandidateReturns {
    /// Returns the number of points in time.
    pub fn n_times(&self) -> usize {
        self.net_log_returns.len()
    }

    /// Returns the sum of log returns, net of costs.
    pub fn log_return(&self) -> f64 {
        self.net_log_returns.iter().sum()
    }

    /// Returns the smaller of two t statistics: that of the mean net
    /// return, and that of its alpha, the intercept of the regression on
    /// the market's returns (Jensen, The performance of mutual funds,
    /// Journal of Finance 23, 1968). The first compares the candidate
    /// with no position, the second with a constant one. 0 where nothing
    /// was traded.
    pub fn t_statistic(&self) -> f64 {
        let beta = self.beta();
        let residuals = self
            .net_log_returns
            .iter()
            .zip(&self.market_returns)
            .map(|(net, market)| net - beta * market);
        t_statistic(&self.net_log_returns).min(t_statistic(&residuals.collect::<Vec<_>>()))
    }

    /// Returns the slope of the regression on the market's returns.
    fn beta(&self) -> f64 {
        let (mean_net, mean_market) = (mean(&self.net_log_returns), mean(&self.market_returns));
        let (mut product, mut square) = (0.0, 0.0);
        for (net, market) in self.net_log_returns.iter().zip(&self.market_returns) {
            product += (net - mean_net) * (market - mean_market);
            square += (market - mean_market).powi(2);
        }
        if square > 0.0 { product / square } else { 0.0 }
    }

    /// Returns whether the candidate earned more than no position and
    /// than a constant exposure of the same volatility, long or, where
    /// that is allowed, short.
    pub(super) fn beats_holding(&self) -> bool {
        let (own_variance, market_variance) =
            (variance(&self.net_log_returns), variance(&self.market_returns));
        if market_variance <= 0.0 {
            return self.log_return() > 0.0;
        }
        let exposure = (own_variance / market_variance).sqrt();
        let hold = |exposure: f64| {
            self.market_returns
                .iter()
                .map(|market| (exposure * market).max(-1.0).ln_1p())
                .sum::<f64>()
        };
        let short = if self.allows_short { hold(-exposure) } else { 0.0 };
        self.log_return() > hold(exposure).max(short).max(0.0)
    }

    /// Returns whether `best` earned more, by more than one standard
    /// error of the difference.
    pub(super) fn is_beaten_by(&self, best: &Self) -> bool {
        let differences =
            best.net_log_returns.iter().zip(&self.net_log_returns).map(|(best, own)| best - own);
        t_statistic(&differences.collect::<Vec<_>>()) > 1.0
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / values.len() as f64
}

/// Returns the mean divided by its standard error, which is corrected
/// for autocorrelation: W. K. Newey and K. D. West, "A simple, positive
/// semi-definite, heteroskedasticity and autocorrelation consistent
/// covariance matrix", Econometrica 55 (1987), with `floor(n^(1/4))`
/// lags. 0 where the values do not vary or one is not finite.
fn t_statistic(values: &[f64]) -> f64 {
    let (n, mean) = (values.len(), mean(values));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the root of a count is a small count"
    )]
    let n_lags = (n as f64).sqrt().sqrt() as usize;
    let autocovariance = |lag: usize| {
        let pairs = values[lag..].iter().zip(values);
        pairs.map(|(later, earlier)| (later - mean) * (earlier - mean)).sum::<f64>()
    };
    let weighted =
        |lag: usize| 2.0 * (1.0 - lag as f64 / (n_lags + 1) as f64) * autocovariance(lag);
    let sum = autocovariance(0) + (1..=n_lags).map(weighted).sum::<f64>();
    let error = sum.sqrt() / n as f64;
    if error > 0.0 && mean.is_finite() { mean / error } else { 0.0 }
}
