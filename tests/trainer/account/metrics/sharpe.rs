//! How far a Sharpe ratio can be trusted, against values from elsewhere.

use trainer::account::metrics::{Performance, PerformanceTracker, SharpeSample, Trials};
use trainer::learning::forest::splitmix64;

use super::{BUSINESS_DAYS, assert_near, at_equity};

/// Returns the figures of a run with these returns.
fn of_returns(returns: impl IntoIterator<Item = f64>, seed: u64) -> Performance {
    let mut equity = 10_000.0;
    let mut tracker = PerformanceTracker::new(equity, BUSINESS_DAYS).with_risk(seed);
    for value in returns {
        equity *= 1.0 + value;
        tracker.push(&at_equity(equity));
    }
    tracker.performance()
}

/// Returns that depend on their neighbours.
fn waves(n: u32) -> impl Iterator<Item = f64> {
    (0..n).map(f64::from).map(|i| (i * i * 0.37).sin() * 0.01 + (i * 0.05).sin() * 0.004 + 0.001)
}

/// Standard normal values, by G. E. P. Box and M. E. Muller (1958).
fn normals(n: u64, seed: u64) -> impl Iterator<Item = f64> {
    let uniform = move |idx: u64| {
        let bits = splitmix64(splitmix64(seed).wrapping_add(splitmix64(idx)));
        ((bits >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    };
    (0..n).map(move |idx| {
        let angle = std::f64::consts::TAU * uniform(2 * idx + 1);
        (-2.0 * uniform(2 * idx).ln()).sqrt() * angle.cos()
    })
}

/// scipy: `stats.norm.cdf(sr * sqrt(n - 1) / sqrt(1 - g3 * sr +
/// (g4 - 1) / 4 * sr**2))`, `stats.skew(r)`, `stats.kurtosis(r,
/// fisher=False)`, `sr = r.mean() / r.std(ddof=1)`.
#[test]
fn the_probabilistic_ratio_agrees_with_scipy() {
    let performance = of_returns(waves(500), 1);
    assert!((performance.sharpe.unwrap() - 1.603_144_369_013_572_5).abs() < 1e-9);
    assert!((performance.probabilistic_sharpe.unwrap() - 0.987_836_863_433_653).abs() < 1e-9);
}

/// The numerical example of Bailey and López de Prado (2014), who print
/// 0.1132 and 0.9004; the further digits are from scipy.
#[test]
fn the_deflated_ratio_agrees_with_its_authors_example() {
    let sample =
        SharpeSample { sharpe: 2.5 / 250_f64.sqrt(), n: 1250, skewness: -3.0, kurtosis: 10.0 };
    let trials = Trials { n: 100, variance: 0.5 / 250.0 };
    assert_near(trials.expected_best().unwrap(), 0.113_172_001_865_132_14);
    assert_near(sample.deflated(&trials).unwrap(), 0.900_396_834_449_390_3);
    let single = Trials { n: 1, variance: 0.0 };
    assert_eq!(sample.deflated(&single), sample.probabilistic(0.0));
    assert_eq!(sample.deflated(&Trials { n: 0, variance: 0.0 }), None);
}

/// scipy, in each of the three ranges of the quantile's formula.
#[test]
fn the_best_of_many_trials_agrees_with_scipy() {
    let best = |n| Trials { n, variance: 0.0003 }.expected_best().unwrap();
    assert_near(best(2), 0.009_002_426_637_994_426);
    assert_near(best(88), 0.043_046_568_438_935_86);
    assert_near(best(1_000_000_000), 0.105_488_632_034_831_72);
}

/// `arch.bootstrap.StationaryBootstrap` with 40,000 resamples and the
/// mean block of 29.2 that R's `np::b.star` gives: -1.196 to 4.408. Single
/// returns resampled would give 0.23 to 2.97.
#[test]
fn the_interval_agrees_with_an_independent_bootstrap() {
    let performance = of_returns(waves(500), 1);
    let (low, high) = (performance.sharpe_low.unwrap(), performance.sharpe_high.unwrap());
    assert!((low + 1.196).abs() < 0.25, "{low}");
    assert!((high - 4.408).abs() < 0.25, "{high}");
}

#[test]
fn the_interval_is_the_same_for_the_same_seed_on_any_number_of_threads() {
    let bounds = |seed| {
        let performance = of_returns(waves(300), seed);
        (performance.sharpe_low, performance.sharpe_high)
    };
    let single = rayon_pool(1).install(|| bounds(7));
    assert_eq!(single, rayon_pool(3).install(|| bounds(7)));
    assert_ne!(single, bounds(8));
}

/// About 1 / sqrt(n) per bar each side, whether or not returns are put
/// together in groups.
#[test]
fn grouping_a_long_run_keeps_its_interval() {
    for n in [16_000, 60_000] {
        let returns = normals(n, 3).map(|value| value * 0.001 + 0.000_02);
        let performance = of_returns(returns, 1);
        let width = performance.sharpe_high.unwrap() - performance.sharpe_low.unwrap();
        let expected = 2.0 * 1.96 * (252.0 / n as f64).sqrt();
        assert!((width / expected - 1.0).abs() < 0.1, "{width} is not about {expected}");
        let (low, high) = (performance.sharpe_low.unwrap(), performance.sharpe_high.unwrap());
        let middle = f64::midpoint(low, high);
        assert!((middle - performance.sharpe.unwrap()).abs() < 0.1 * expected, "{middle}");
    }
}

#[test]
fn an_interval_that_cannot_be_told_says_why() {
    let reason = |performance: &Performance| performance.undefined["sharpe_low"].clone();
    assert_eq!(reason(&of_returns(waves(19), 1)), "fewer than 20 bars");
    assert!(of_returns(waves(20), 1).sharpe_low.is_some());
    let once = (0..30).map(|idx| if idx == 9 { 0.01 } else { 0.0 });
    let performance = of_returns(once, 1);
    assert_eq!((performance.sharpe_low, performance.sharpe_high), (None, None));
    assert_eq!(reason(&performance), "too few bars earned or lost anything");
    let flat = of_returns([0.0; 30], 1);
    assert_eq!(flat.probabilistic_sharpe, None);
    assert_eq!(reason(&flat), "the returns do not vary: their standard deviation is 0");
}

/// 1,000 samples whose true ratio is known.
#[test]
fn about_95_of_100_intervals_hold_the_true_ratio() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let truth = 0.05 * 252_f64.sqrt();
    let n_held = (0..1000)
        .filter(|&seed| {
            let returns = normals(500, seed).map(|value| 0.001 * (value + 0.05));
            let performance = of_returns(returns, seed);
            performance.sharpe_low.unwrap() <= truth && truth <= performance.sharpe_high.unwrap()
        })
        .count();
    assert!((930..=970).contains(&n_held), "{n_held} of 1000");
}

fn rayon_pool(n_threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("a small pool")
}
