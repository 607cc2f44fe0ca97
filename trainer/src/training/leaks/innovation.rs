//! What is new in a column at a bar's close, beside what comes later.
//!
//! What the past tells anyway is taken off first, by least squares on
//! ranks: the column's own last values, returns, ranges and volumes. A
//! column that was known in time has little left, and what is left goes
//! with the bar it came with at least as much as with later ones. What
//! goes with later returns, or with their size, more than that is a
//! leak, however faint: over many bars a small correlation is no chance.

use crate::market::bars::Bar;

use super::rank::ranks;
use super::regression::residuals;
use super::season::without_season;

/// Later bars that are looked at, each by itself.
pub(super) const N_LAGS: usize = 256;
/// Bars ahead that are looked at together.
const HORIZONS: [usize; 4] = [4, 16, 64, 256];
/// Bars before the first that is looked at: what the past tells.
const N_PAST: usize = 256;
/// Fewest sums over a horizon that do not overlap.
const N_SUMS_MIN: usize = 64;
/// Bars over which the products of a correlation may hang together.
const BANDWIDTH: usize = 64;
/// Fewest bars that tell anything.
const N_BARS_MIN: usize = 400;
/// Least t statistic that is no chance: of 780 looks at a column of
/// noise one in 30,000 columns has as much.
const T_MIN: f64 = 5.5;
/// A correlation that is a leak whatever goes with earlier bars.
const CORRELATION_MAX: f64 = 0.25;

/// What is known of a later bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BarStatistic {
    Return,
    Size,
    Range,
}

/// The closest tie of a column to later bars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Association {
    pub(super) of: BarStatistic,
    /// How many bars later, or, of a sum, how many bars.
    pub(super) n_bars: usize,
    pub(super) is_sum: bool,
    /// Rank correlation of what is new in the column.
    pub(super) correlation: f64,
    /// White's, which minds changing volatility, or, where it is less,
    /// Newey and West's, which minds what hangs together in time, too.
    pub(super) t_statistic: f64,
    /// The greatest correlation with the same of bars up to its own.
    pub(super) before: f64,
}

/// The bars, prepared for any number of columns.
pub(super) struct BarContext {
    /// Ranks of each trait by bar, from -0.5 to 0.5.
    statistics: [(BarStatistic, Vec<f64>); 3],
    /// What is new in each of them beside the past at its own bar.
    innovations: [Vec<f64>; 3],
    /// What the past tells at each bar's close.
    controls: Vec<Vec<f64>>,
    n_bars: usize,
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
        // What was known at the close before.
        let known: Vec<Vec<f64>> = controls.iter().map(|of| lagged(of, 1)).collect();
        let known: Vec<&[f64]> = known.iter().map(Vec::as_slice).collect();
        let new_in = |of: &[f64]| residuals(of, &known).unwrap_or_else(|| of.to_vec());
        let innovations = [&returns, &sizes, &ranges].map(|of| new_in(of));
        let statistics = [
            (BarStatistic::Return, returns),
            (BarStatistic::Size, sizes),
            (BarStatistic::Range, ranges),
        ];
        Self { statistics, innovations, controls, n_bars }
    }

    /// Returns the closest tie of `column` to later bars that is a leak,
    /// and the closest at all; none where nothing is new in it.
    pub(super) fn associations(
        &self,
        column: &[f64],
    ) -> (Option<Association>, Option<Association>) {
        if self.n_bars < N_BARS_MIN {
            return (None, None);
        }
        let column = centred(column);
        let own: Vec<Vec<f64>> = (1..=3).map(|lag| lagged(&column, lag)).collect();
        let all: Vec<&[f64]> = own.iter().chain(&self.controls).map(Vec::as_slice).collect();
        let own: Vec<&[f64]> = own.iter().map(Vec::as_slice).collect();
        let Some(new) = residuals(&column[N_PAST..], &cut(&all)) else {
            return (None, None);
        };
        // What is new beside the column's own past alone goes with the
        // bars up to its own as an honest column does.
        let moved = residuals(&column[N_PAST..], &cut(&own)).unwrap_or_else(|| new.clone());
        let (mut leak, mut closest): (Option<Association>, Option<Association>) = (None, None);
        for ((of, statistic_ranks), innovations) in self.statistics.iter().zip(&self.innovations) {
            let together = HORIZONS.map(|n_bars| sums(innovations, n_bars));
            let single = (0..=N_PAST).map(|lag| &innovations[N_PAST - lag..]);
            let before = single
                .chain(together.iter().map(|of| &of[N_PAST..]))
                .map(|earlier| correlation(&moved, earlier, 0).0.abs())
                .fold(0.0, f64::max);
            for association in self.later(&new, (*of, statistic_ranks)) {
                let association = Association { before, ..association };
                let is_closer = |other: &Option<Association>| {
                    other
                        .is_none_or(|other| association.t_statistic.abs() > other.t_statistic.abs())
                };
                if is_closer(&closest) {
                    closest = Some(association);
                }
                if association.is_leak() && is_closer(&leak) {
                    leak = Some(association);
                }
            }
        }
        (leak, closest)
    }

    /// Returns the ties of what is `new` to one trait of later bars.
    fn later(
        &self,
        new: &[f64],
        (of, statistic_ranks): (BarStatistic, &[f64]),
    ) -> Vec<Association> {
        let n_lags = N_LAGS.min(self.n_bars / 4);
        let association = |n_bars, is_sum, (correlation, t_statistic)| Association {
            of,
            n_bars,
            is_sum,
            correlation,
            t_statistic,
            before: 0.0,
        };
        let single = (1..=n_lags).map(|lag| {
            association(lag, false, correlation(new, &statistic_ranks[N_PAST + lag..], BANDWIDTH))
        });
        // Of sums that overlap there must be many that do not.
        let n_bars_max = self.n_bars / N_SUMS_MIN;
        let horizons = HORIZONS.into_iter().filter(|n_bars| *n_bars <= n_bars_max);
        let together = horizons.map(|n_bars| {
            // From the next bar on; whole sums only.
            let ahead = sums(statistic_ranks, n_bars);
            let ahead: Vec<f64> = ahead[N_PAST + n_bars..].to_vec();
            association(n_bars, true, correlation(new, &ahead, 2 * n_bars + BANDWIDTH))
        });
        single.chain(together).collect()
    }
}

impl Association {
    fn is_leak(&self) -> bool {
        let is_chance = self.t_statistic.abs() < T_MIN;
        let is_more = self.correlation.abs() > self.before;
        !is_chance && (is_more || self.correlation.abs() > CORRELATION_MAX)
    }

    /// Says what the column `name` knows.
    pub(super) fn describe(&self, name: &str) -> String {
        let of = match self.of {
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
            "what is new in `{name}` goes with the {of} {when} (rank correlation {:.3}, t {:.1}; \
             with bars up to its own at most {:.3})",
            self.correlation, self.t_statistic, self.before
        )
    }
}

/// Returns the ranks of `values`, from -0.5 to 0.5.
fn centred(values: &[f64]) -> Vec<f64> {
    let n = (values.len().max(2) - 1) as f64;
    ranks(values).into_iter().map(|rank| rank / n - 0.5).collect()
}

/// Returns each bar's value of `lag` bars before; 0 before the first.
fn lagged(values: &[f64], lag: usize) -> Vec<f64> {
    let n_kept = values.len().saturating_sub(lag);
    std::iter::repeat_n(0.0, values.len() - n_kept)
        .chain(values[..n_kept].iter().copied())
        .collect()
}

/// Returns each bar's sum of the last `n_bars` values, its own included.
fn sums(values: &[f64], n_bars: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let each = values.iter().enumerate().map(|(at, value)| {
        sum += value - at.checked_sub(n_bars).map_or(0.0, |at| values[at]);
        sum
    });
    each.collect()
}

fn cut<'a>(columns: &[&'a [f64]]) -> Vec<&'a [f64]> {
    columns.iter().map(|column| &column[N_PAST..]).collect()
}

/// Returns the correlation of the pairs of `left` and `right`, as far as
/// both reach, and the t statistic of it; see [`Association::t_statistic`].
fn correlation(left: &[f64], right: &[f64], bandwidth: usize) -> (f64, f64) {
    let n = left.len().min(right.len());
    let (left, right) = (&left[..n], &right[..n]);
    let mean = |side: &[f64]| side.iter().sum::<f64>() / n.max(1) as f64;
    let (left_mean, right_mean) = (mean(left), mean(right));
    let (mut product, mut squares, mut lefts, mut rights) = (0.0, 0.0, 0.0, 0.0);
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (left - left_mean, right - right_mean);
        let both = left * right;
        product += both;
        squares += both * both;
        lefts += left * left;
        rights += right * right;
    }
    let scale = f64::sqrt(lefts * rights);
    if scale <= 0.0 || squares <= 0.0 {
        return (0.0, 0.0);
    }
    let mut t_statistic = product / squares.sqrt();
    if t_statistic.abs() >= T_MIN && bandwidth > 0 {
        let products: Vec<f64> = left
            .iter()
            .zip(right)
            .map(|(left, right)| (left - left_mean) * (right - right_mean))
            .collect();
        t_statistic = product / squares.max(long_run(&products, bandwidth)).sqrt();
    }
    (product / scale, t_statistic)
}

/// Returns the variance of the sum of `products` that hang together over
/// `bandwidth` bars (W. K. Newey and K. D. West, Econometrica 55, 1987).
fn long_run(products: &[f64], bandwidth: usize) -> f64 {
    let mean = products.iter().sum::<f64>() / products.len() as f64;
    let with_lag = |lag: usize| -> f64 {
        let pairs = products.iter().zip(&products[lag.min(products.len())..]);
        pairs.map(|(one, other)| (one - mean) * (other - mean)).sum()
    };
    let weight = |lag: usize| 2.0 * (1.0 - lag as f64 / (bandwidth + 1) as f64);
    with_lag(0) + (1..=bandwidth).map(|lag| weight(lag) * with_lag(lag)).sum::<f64>()
}
