//! Associations between a column's innovations and later bars.
//!
//! An innovation is the residual of a least-squares fit, on ranks, to
//! the known past: the column's own last values, returns, ranges and
//! volumes. The innovations of a column that was known in time are
//! small, and correlate with their own bar at least as much as with
//! later ones. A greater correlation with later returns, their size or
//! ranges is a leak, even a small one: over many bars it is significant.

use crate::market::bars::Bar;

use super::statistics::{ranks, residuals, without_season};

/// Most lags at which single later bars are tested.
pub(super) const N_LAGS: usize = 256;
/// Horizons over which later bars are summed.
const HORIZONS: [usize; 4] = [4, 16, 64, 256];
/// Bars skipped at the start, whose past is incomplete.
const N_PAST: usize = 256;
/// Fewest sums without overlap for a horizon to be tested.
const N_SUMS_MIN: usize = 64;
/// Lags over which the products may be autocorrelated, in bars.
const BANDWIDTH: usize = 64;
/// Fewest bars for the search.
const N_BARS_MIN: usize = 400;
/// Least significant t statistic: with 780 tests of a column, one in
/// 30,000 columns of noise reaches it.
const T_MIN: f64 = 5.5;
/// A greater correlation is a leak whatever that with earlier bars.
const CORRELATION_MAX: f64 = 0.25;

/// The statistic of a bar that a column may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BarStatistic {
    Return,
    Size,
    Range,
}

/// An association of a column's innovations with later bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Association {
    pub(super) statistic: BarStatistic,
    /// The lag in bars; of a sum, its length.
    pub(super) n_bars: usize,
    pub(super) is_sum: bool,
    /// Rank correlation with the innovations.
    pub(super) correlation: f64,
    /// By White's standard error, robust to changing volatility, or by
    /// that of Newey and West, robust to autocorrelation too, where the
    /// latter is greater.
    pub(super) t_statistic: f64,
    /// The greatest correlation with bars up to its own.
    pub(super) before: f64,
}

/// The bars, prepared for any number of columns.
pub(super) struct BarContext {
    statistics: [StatisticSeries; 3],
    /// Regressors that are known at each bar's close.
    controls: Vec<Vec<f64>>,
    n_bars: usize,
}

/// A statistic of each bar.
struct StatisticSeries {
    statistic: BarStatistic,
    /// Centred ranks, from -0.5 to 0.5.
    ranks: Vec<f64>,
    /// Residuals of the ranks given the controls of the bar before.
    innovations: Vec<f64>,
}

impl BarContext {
    pub(super) fn of(bars: &[Bar]) -> Self {
        let n_bars = bars.len();
        let before = |at: usize| at.checked_sub(1).map_or(bars[at].open, |at| bars[at].close);
        let each = |value: &dyn Fn(usize, &Bar) -> f64| -> Vec<f64> {
            bars.iter().enumerate().map(|(at, bar)| value(at, bar)).collect()
        };
        let returns = each(&|at, bar| (bar.close / before(at)).ln());
        let sizes = each(&|at, bar| (bar.close / before(at)).ln().abs());
        let ranges = each(&|_, bar| (bar.high / bar.low).ln());
        let returns = centred(&returns);
        let [sizes, ranges] = [sizes, ranges].map(|of| without_season(bars, &centred(&of)));
        let volumes = centred(&each(&|_, bar| bar.volume));
        let mut controls = Vec::new();
        for (statistic_ranks, n_lags, windows) in [
            (&returns, 3, vec![4, 16, 64, 256]),
            (&sizes, 2, Vec::new()),
            (&ranges, 3, vec![8, 32, 128, 512]),
            (&volumes, 2, vec![8]),
        ] {
            controls.extend((0..n_lags).map(|lag| lagged(statistic_ranks, lag)));
            controls.extend(windows.iter().map(|n_bars| sums(statistic_ranks, *n_bars)));
        }
        // The controls of the close before.
        let known: Vec<Vec<f64>> = controls.iter().map(|of| lagged(of, 1)).collect();
        let known: Vec<&[f64]> = known.iter().map(Vec::as_slice).collect();
        let statistics = [
            (BarStatistic::Return, returns),
            (BarStatistic::Size, sizes),
            (BarStatistic::Range, ranges),
        ];
        let statistics = statistics.map(|(statistic, ranks)| {
            let innovations = residuals(&ranks, &known).unwrap_or_else(|| ranks.clone());
            StatisticSeries { statistic, ranks, innovations }
        });
        Self { statistics, controls, n_bars }
    }

    /// Returns the strongest association of `column` with later bars that
    /// is a leak, and the strongest of all; `None` where the past
    /// determines the column, or bars are too few.
    pub(super) fn associations(
        &self,
        column: &[f64],
    ) -> (Option<Association>, Option<Association>) {
        if self.n_bars < N_BARS_MIN {
            return (None, None);
        }
        let column = centred(column);
        let own_lags: Vec<Vec<f64>> = (1..=3).map(|lag| lagged(&column, lag)).collect();
        let all: Vec<&[f64]> = own_lags.iter().chain(&self.controls).map(Vec::as_slice).collect();
        let own_lags: Vec<&[f64]> = own_lags.iter().map(Vec::as_slice).collect();
        let Some(innovation) = residuals(&column[N_PAST..], &skip_past(&all)) else {
            return (None, None);
        };
        // Bars up to its own are compared with the innovations given the
        // column's own past alone: the controls contain those bars.
        let own_innovation = residuals(&column[N_PAST..], &skip_past(&own_lags))
            .unwrap_or_else(|| innovation.clone());
        let (mut leak, mut strongest): (Option<Association>, Option<Association>) = (None, None);
        for series in &self.statistics {
            let innovations = &series.innovations;
            let summed = HORIZONS.map(|n_bars| sums(innovations, n_bars));
            let single = (0..=N_PAST).map(|lag| &innovations[N_PAST - lag..]);
            let before = single
                .chain(summed.iter().map(|sums| &sums[N_PAST..]))
                .map(|earlier| correlation(&own_innovation, earlier, 0).0.abs())
                .fold(0.0, f64::max);
            for association in self.later(&innovation, series) {
                let association = Association { before, ..association };
                let is_stronger = |other: &Option<Association>| {
                    other
                        .is_none_or(|other| association.t_statistic.abs() > other.t_statistic.abs())
                };
                if is_stronger(&strongest) {
                    strongest = Some(association);
                }
                if association.is_leak() && is_stronger(&leak) {
                    leak = Some(association);
                }
            }
        }
        (leak, strongest)
    }

    /// Returns the associations of `innovation` with one statistic of
    /// later bars.
    fn later(&self, innovation: &[f64], series: &StatisticSeries) -> Vec<Association> {
        let StatisticSeries { statistic, ranks, .. } = series;
        let n_lags = N_LAGS.min(self.n_bars / 4);
        let association = |n_bars, is_sum, (correlation, t_statistic)| Association {
            statistic: *statistic,
            n_bars,
            is_sum,
            correlation,
            t_statistic,
            before: 0.0,
        };
        let single = (1..=n_lags).map(|lag| {
            association(lag, false, correlation(innovation, &ranks[N_PAST + lag..], BANDWIDTH))
        });
        // Enough of the overlapping sums must be independent.
        let n_bars_max = self.n_bars / N_SUMS_MIN;
        let horizons = HORIZONS.into_iter().filter(|n_bars| *n_bars <= n_bars_max);
        let summed = horizons.map(|n_bars| {
            // From the next bar on; whole sums only.
            let ahead = sums(ranks, n_bars);
            let ahead: Vec<f64> = ahead[N_PAST + n_bars..].to_vec();
            association(n_bars, true, correlation(innovation, &ahead, 2 * n_bars + BANDWIDTH))
        });
        single.chain(summed).collect()
    }
}

impl Association {
    fn is_leak(&self) -> bool {
        let is_chance = self.t_statistic.abs() < T_MIN;
        let is_more = self.correlation.abs() > self.before;
        !is_chance && (is_more || self.correlation.abs() > CORRELATION_MAX)
    }

    /// Describes the association of the column `name`.
    pub(super) fn describe(&self, name: &str) -> String {
        let statistic = match self.statistic {
            BarStatistic::Return => "return",
            BarStatistic::Size => "size of the move",
            BarStatistic::Range => "range",
        };
        let when = match (self.is_sum, self.n_bars) {
            (true, n_bars) => format!("over the next {n_bars} bars"),
            (false, 1) => "of the next bar".to_owned(),
            (false, n_bars) => format!("of the bar {n_bars} later"),
        };
        format!(
            "what is new in `{name}` goes with the {statistic} {when} (rank correlation {:.3}, t {:.1}; \
             with bars up to its own at most {:.3})",
            self.correlation, self.t_statistic, self.before
        )
    }
}

/// Returns the ranks of `values`, scaled to -0.5 to 0.5.
fn centred(values: &[f64]) -> Vec<f64> {
    let n = (values.len().max(2) - 1) as f64;
    ranks(values).into_iter().map(|rank| rank / n - 0.5).collect()
}

/// Returns `values` shifted `lag` bars later, with 0 before the first.
fn lagged(values: &[f64], lag: usize) -> Vec<f64> {
    let n_kept = values.len().saturating_sub(lag);
    std::iter::repeat_n(0.0, values.len() - n_kept)
        .chain(values[..n_kept].iter().copied())
        .collect()
}

/// Returns the rolling sums over `n_bars` values, the current included.
fn sums(values: &[f64], n_bars: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let each = values.iter().enumerate().map(|(at, value)| {
        sum += value - at.checked_sub(n_bars).map_or(0.0, |at| values[at]);
        sum
    });
    each.collect()
}

/// Returns the columns without the first [`N_PAST`] bars.
fn skip_past<'a>(columns: &[&'a [f64]]) -> Vec<&'a [f64]> {
    columns.iter().map(|column| &column[N_PAST..]).collect()
}

/// Returns the correlation of `left` and `right`, cut to the shorter of
/// the two, and its t statistic; see [`Association::t_statistic`].
pub(super) fn correlation(left: &[f64], right: &[f64], bandwidth: usize) -> (f64, f64) {
    let n = left.len().min(right.len());
    let (left, right) = (&left[..n], &right[..n]);
    let mean = |side: &[f64]| side.iter().sum::<f64>() / n.max(1) as f64;
    let (left_mean, right_mean) = (mean(left), mean(right));
    let (mut product, mut product_squares) = (0.0, 0.0);
    let (mut left_squares, mut right_squares) = (0.0, 0.0);
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (left - left_mean, right - right_mean);
        let both = left * right;
        product += both;
        product_squares += both * both;
        left_squares += left * left;
        right_squares += right * right;
    }
    let scale = f64::sqrt(left_squares * right_squares);
    if scale <= 0.0 || product_squares <= 0.0 {
        return (0.0, 0.0);
    }
    let mut t_statistic = product / product_squares.sqrt();
    if t_statistic.abs() >= T_MIN && bandwidth > 0 {
        let products: Vec<f64> = left
            .iter()
            .zip(right)
            .map(|(left, right)| (left - left_mean) * (right - right_mean))
            .collect();
        t_statistic = product / product_squares.max(long_run_variance(&products, bandwidth)).sqrt();
    }
    (product / scale, t_statistic)
}

/// Returns the variance of the sum of `products` that are autocorrelated
/// up to lag `bandwidth` (W. K. Newey and K. D. West, Econometrica 55,
/// 1987).
fn long_run_variance(products: &[f64], bandwidth: usize) -> f64 {
    let mean = products.iter().sum::<f64>() / products.len() as f64;
    let autocovariance = |lag: usize| -> f64 {
        let pairs = products.iter().zip(&products[lag.min(products.len())..]);
        pairs.map(|(one, other)| (one - mean) * (other - mean)).sum()
    };
    let weight = |lag: usize| 2.0 * (1.0 - lag as f64 / (bandwidth + 1) as f64);
    autocovariance(0) + (1..=bandwidth).map(|lag| weight(lag) * autocovariance(lag)).sum::<f64>()
}
