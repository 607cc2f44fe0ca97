//! Where there is nothing to learn, the figures must not claim any.

#![expect(clippy::print_stderr, reason = "a measurement says what it found")]

use std::path::Path;

use trainer::account::environment::EnvironmentConfig;
use trainer::account::metrics::{Performance, PeriodsBasis, PeriodsPerYear, Simulation};
use trainer::learning::agent::{AgentConfig, FittedQ};
use trainer::learning::{Learner as _, LearnerSetup};
use trainer::market::bars::{Bar, BarSource};
use trainer::market::features::{FeatureEngine, FeatureSet};

use super::Noise;

/// Bars and, beside each, what the agent may see at its close.
struct Series {
    bars: Vec<Bar>,
    rows: Vec<Option<Vec<f64>>>,
}

fn feature_rows(bars: &[Bar]) -> Vec<Option<Vec<f64>>> {
    let set = FeatureSet::standard();
    let mut engine = FeatureEngine::new(&set);
    let mut row = vec![0.0; set.n_features()];
    bars.iter().map(|bar| engine.push(bar, &mut row).then(|| row.clone())).collect()
}

/// Returns the bars whose closes follow from the log returns.
fn bars_of(log_returns: impl Iterator<Item = f64>) -> Vec<Bar> {
    let (mut open, mut time_ms) = (100.0_f64, 1_500_000_000_000);
    let bars = log_returns.map(|log_return| {
        let close = open * log_return.exp();
        let (high, low) = (open.max(close), open.min(close));
        let bar = Bar { time_ms, open, high, low, close, volume: 1.0, funding: 0.0, dividend: 0.0 };
        (open, time_ms) = (close, time_ms + 1_800_000);
        bar
    });
    bars.collect()
}

/// A random walk.
fn white_noise(seed: u64) -> Series {
    let mut noise = Noise(seed);
    let bars = bars_of((0..20_000).map(|_| 0.003 * noise.normal()));
    Series { rows: feature_rows(&bars), bars }
}

/// The features of the real bars, and their returns in another order;
/// those of the training part stay in it.
fn shuffled(real: &[Bar], seed: u64) -> Series {
    let mut noise = Noise(seed);
    let mut returns: Vec<f64> = real.iter().map(|bar| (bar.close / bar.open).ln()).collect();
    let (train, test) = returns.split_at_mut(n_train(real.len()));
    for part in [train, test] {
        for last in (1..part.len()).rev() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to last"
            )]
            part.swap(last, (noise.uniform() * (last + 1) as f64) as usize);
        }
    }
    Series { rows: feature_rows(real), bars: bars_of(returns.into_iter()) }
}

fn n_train(n_bars: usize) -> usize {
    n_bars * 4 / 5
}

/// Learns on the first four fifths, trades on the rest.
fn trade(series: &Series, seed: u64) -> Performance {
    let costs = EnvironmentConfig::default();
    let Series { bars, rows } = series;
    let n_features = rows.iter().flatten().next().unwrap().len();
    let cost_per_exposure = costs.cost_per_exposure();
    let setup = LearnerSetup { n_features, cost_per_exposure, seed };
    let mut learner = FittedQ::new(AgentConfig::default(), setup).unwrap();
    let n_train = n_train(bars.len());
    for (bar, row) in bars.iter().zip(rows).take(n_train) {
        learner.observe(bar.time_ms, bar.open, row.as_deref()).unwrap();
    }
    for _ in 0..5 {
        learner.backup().unwrap().unwrap();
    }
    let periods = PeriodsPerYear { value: 17_520.0, basis: PeriodsBasis::Given };
    let mut simulation = Simulation::new(&costs, periods).unwrap().with_risk(seed);
    for (bar, row) in bars.iter().zip(rows).skip(n_train) {
        let decide = |position: f64| learner.policy().act(row.as_ref().unwrap(), position);
        simulation.step(bar, &mut |_, account| decide(account.target()), &mut |_| {});
    }
    simulation.finish(&mut |_| {})
}

/// Counts the seeds in which the Sharpe ratio's 95 % interval has 0 or
/// less in it; who never trades claims nothing.
#[track_caller]
fn check_no_claims(name: &str, series: impl Fn(u64) -> Series) {
    let figures: Vec<Performance> = (1..=20).map(|seed| trade(&series(seed), seed)).collect();
    let n_modest =
        figures.iter().filter(|figures| figures.sharpe_low.is_none_or(|low| low <= 0.0)).count();
    let n_idle = figures.iter().filter(|figures| figures.n_trades == 0).count();
    let mean = figures.iter().map(|figures| figures.net_return).sum::<f64>() / 20.0;
    eprintln!(
        "{name}: in {n_modest} of 20 seeds the interval of the net Sharpe has 0 or less in it; \
         {n_idle} never trade; mean net return {:.2} %",
        mean * 100.0
    );
    assert!(n_modest >= 19, "{name}: {n_modest} of 20");
}

#[test]
fn noise_and_shuffled_labels_earn_no_sharpe_ratio() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    check_no_claims("white noise", white_noise);
    let source = BarSource::open("builtin:btcusd_30m", Path::new(".")).unwrap();
    let real: Vec<Bar> = source.read().unwrap().map(Result::unwrap).collect();
    check_no_claims("shuffled labels", |seed| shuffled(&real, seed));
}
