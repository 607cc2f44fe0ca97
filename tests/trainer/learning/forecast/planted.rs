//! Planted structure is found, and none in noise.

use rayon::ThreadPoolBuilder;
use trainer::learning::Learner as _;
use trainer::learning::forecast::{ForecastConfig, ForecastLearner, ForecastPolicy};
use trainer::learning::forest::RegressorKind;

use super::{COST, learner};
use crate::learning::agent::Noise;

const N_BARS: usize = 8_000;

/// Bars whose returns are `persistence` times the one before, and noise;
/// the features are the last return and a number that means nothing.
pub(super) struct Bars {
    pub(super) opens: Vec<f64>,
    pub(super) rows: Vec<[f64; 2]>,
    returns: Vec<f64>,
    persistence: f64,
}

pub(super) fn bars(persistence: f64, seed: u64) -> Bars {
    let mut noise = Noise(seed);
    let (mut price, mut last) = (1.0, 0.0);
    let (mut opens, mut rows, mut returns) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..N_BARS {
        // The close of a bar is the open of the next.
        opens.push(price);
        last = persistence * last + 0.003 * noise.normal();
        price *= 1.0 + last;
        rows.push([last, noise.normal()]);
        returns.push(last);
    }
    Bars { opens, rows, returns, persistence }
}

pub(super) fn watch(learner: &mut ForecastLearner, bars: &Bars) {
    for (time_ms, (&open, row)) in (0..).zip(bars.opens.iter().zip(&bars.rows)) {
        learner.observe(time_ms, open, Some(row)).unwrap();
    }
}

fn learn(config: ForecastConfig, bars: &Bars) -> ForecastPolicy {
    let mut learner = learner(config, 2);
    watch(&mut learner, bars);
    learner.end_episode().unwrap();
    learner.policy().clone()
}

struct Earned {
    log_return: f64,
    n_trades: usize,
    t_statistic: f64,
}

/// Trades out of sample with costs: decided at a close, held from the
/// next bar's open to the one after.
fn trade(bars: &Bars, act: impl Fn(&[f64; 2], f64) -> f64) -> Earned {
    let (mut position, mut n_trades, mut nets) = (0.0_f64, 0, Vec::new());
    for (row, next_return) in bars.rows.iter().zip(&bars.returns[1..]) {
        let exposure = act(row, position);
        nets.push((exposure * next_return - COST * (exposure - position).abs()).ln_1p());
        n_trades += usize::from(exposure.to_bits() != position.to_bits());
        position = exposure;
    }
    let (n, log_return) = (nets.len() as f64, nets.iter().sum::<f64>());
    let variance = nets.iter().map(|net| (net - log_return / n).powi(2)).sum::<f64>() / (n - 1.0);
    let t_statistic = if variance > 0.0 { log_return / (n * variance).sqrt() } else { 0.0 };
    Earned { log_return, n_trades, t_statistic }
}

/// What the best threshold earns on the true forecast, in hindsight.
fn trade_in_hindsight(bars: &Bars) -> f64 {
    let earned = (0..40).map(|step| {
        let threshold = COST * (1.0 + f64::from(step) / 8.0);
        let act = |row: &[f64; 2], position: f64| {
            let forecast = bars.persistence * row[0];
            if forecast.abs() > threshold { forecast.signum() } else { position }
        };
        trade(bars, act).log_return
    });
    earned.fold(f64::NEG_INFINITY, f64::max)
}

fn config(learner: RegressorKind) -> ForecastConfig {
    let (n_trees, memory_shares) =
        if learner == RegressorKind::Xgboost { (20, 10) } else { (20, 4) };
    let max_depth = (learner == RegressorKind::Xgboost).then_some(2);
    ForecastConfig { learner, n_trees, memory_shares, max_depth, ..ForecastConfig::default() }
}

#[track_caller]
fn check_earns(learner: RegressorKind, share: f64) {
    let (known, new) = (bars(0.4, 1), bars(0.4, 2));
    let policy = learn(config(learner), &known);
    let threshold = policy.rule().unwrap().threshold.expect("nothing was worth a trade");
    assert!(threshold >= COST, "the threshold {threshold} does not cover the cost");
    let earned = trade(&new, |row, position| policy.act(row, position));
    let most = trade_in_hindsight(&new);
    assert!(most > 1.0, "there is nothing to earn: {most}");
    assert!(earned.log_return > share * most, "{} of {most}", earned.log_return);
    assert!(earned.t_statistic > 4.0, "a t statistic of {}", earned.t_statistic);
}

#[test]
fn ridge_regression_earns_on_persistent_returns() {
    check_earns(RegressorKind::Ridge, 0.9);
}

#[test]
fn extra_trees_earn_on_persistent_returns() {
    check_earns(RegressorKind::ExtraTrees, 0.8);
}

#[test]
fn a_random_forest_earns_on_persistent_returns() {
    check_earns(RegressorKind::RandomForest, 0.8);
}

#[test]
fn boosted_trees_earn_on_persistent_returns() {
    check_earns(RegressorKind::Xgboost, 0.8);
}

#[test]
fn white_noise_is_not_traded() {
    for learner in [RegressorKind::Ridge, RegressorKind::ExtraTrees] {
        let mut n_idle = 0;
        for seed in [10, 20, 30, 40, 50] {
            let policy = learn(config(learner), &bars(0.0, seed));
            let new = bars(0.0, seed + 1);
            let earned = trade(&new, |row, position| policy.act(row, position));
            assert!(earned.t_statistic < 2.0, "seed {seed}: {}", earned.t_statistic);
            n_idle += usize::from(earned.n_trades == 0);
        }
        assert!(n_idle >= 4, "{learner:?} traded noise in {} of 5 seeds", 5 - n_idle);
    }
}

#[test]
fn a_second_episode_of_the_same_bars_changes_no_ridge() {
    let known = bars(0.4, 3);
    let mut learner = learner(ForecastConfig::default(), 2);
    watch(&mut learner, &known);
    learner.end_episode().unwrap();
    let first = learner.policy().clone();
    // Half an episode is less than the last fit saw: it changes nothing.
    for (time_ms, (&open, row)) in (0..).zip(known.opens.iter().zip(&known.rows).take(N_BARS / 2)) {
        learner.observe(time_ms, open, Some(row)).unwrap();
        assert_eq!(learner.refit().unwrap(), None);
    }
    learner.end_episode().unwrap();
    assert_eq!(learner.policy(), &first);
    watch(&mut learner, &known);
    learner.end_episode().unwrap();
    assert_eq!(learner.policy(), &first);
}

#[test]
fn a_refit_waits_for_new_bars() {
    let known = bars(0.4, 4);
    let config = ForecastConfig { refit_bars: 1000, ..ForecastConfig::default() };
    let mut learner = learner(config, 2);
    let mut fits = Vec::new();
    for (at, (&open, row)) in (0..).zip(known.opens.iter().zip(&known.rows)) {
        learner.observe(at, open, Some(row)).unwrap();
        if learner.refit().unwrap().is_some() {
            fits.push(at);
        }
    }
    // A bar's return comes two bars later.
    assert_eq!(fits[..3], [1001, 2001, 3001]);
}

#[test]
fn bars_without_features_teach_nothing_and_break_no_pair() {
    let known = bars(0.4, 5);
    let fit = |skips: bool| {
        let mut learner = learner(ForecastConfig::default(), 2);
        for (at, (&open, row)) in (0..).zip(known.opens.iter().zip(&known.rows)) {
            let row = (!skips || at >= 50).then_some(&row[..]);
            learner.observe(at, open, row).unwrap();
        }
        learner.refit().unwrap().unwrap().n_rows
    };
    assert_eq!(fit(false), N_BARS - 2);
    assert_eq!(fit(true), N_BARS - 52);
}

#[test]
fn the_number_of_threads_changes_no_bit_of_the_forecast() {
    let known = bars(0.4, 6);
    for kind in [RegressorKind::ExtraTrees, RegressorKind::RandomForest, RegressorKind::Xgboost] {
        let learn = |n_threads: usize| {
            let pool = ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
            pool.install(|| learn(config(kind), &known))
        };
        assert_eq!(learn(1), learn(3), "{kind:?}");
    }
}
