//! The learner finds planted structure, and finds none in noise.

use rayon::ThreadPoolBuilder;
use trainer::agent::{AgentConfig, FittedPolicy, FittedQ, LearnerSetup};

use super::{COST, Noise};

const DISCOUNT: f64 = 0.97;
const SIGMA: f64 = 0.003;
const WINDOWS: [usize; 5] = [3, 10, 30, 80, 200];

/// A log price that reverts to 0 by the share `kappa` a bar: an
/// Ornstein-Uhlenbeck process, or a random walk where `kappa` is 0.
pub(super) fn log_prices(kappa: f64, seed: u64) -> Vec<f64> {
    let mut noise = Noise(seed);
    let steps = (0..12_000).scan(0.0, |price, _| {
        *price = *price * (1.0 - kappa) + SIGMA * noise.normal();
        Some(*price)
    });
    steps.collect()
}

/// The distance of each log price from its means over some windows.
pub(super) fn window_rows(prices: &[f64]) -> Vec<Option<Vec<f64>>> {
    let row = |at: usize| {
        let mean = |window: usize| prices[at + 1 - window..=at].iter().sum::<f64>() / window as f64;
        (at + 1 >= 200).then(|| WINDOWS.iter().map(|&window| prices[at] - mean(window)).collect())
    };
    (0..prices.len()).map(row).collect()
}

/// The true state itself, and a feature of pure noise.
pub(super) fn state_rows(prices: &[f64]) -> Vec<Option<Vec<f64>>> {
    let mut noise = Noise(99);
    prices.iter().map(|&price| Some(vec![noise.normal(), price])).collect()
}

pub(super) type Rows = Vec<Option<Vec<f64>>>;

/// Learns from bars whose open is the close before.
pub(super) fn learn_with(
    config: AgentConfig,
    (prices, rows): (&[f64], &Rows),
    n_backups: usize,
) -> FittedQ {
    let n_features = rows.iter().flatten().next().unwrap().len();
    let setup = LearnerSetup { n_features, cost_per_exposure: COST, seed: 1 };
    let mut learner = FittedQ::new(config, setup).unwrap();
    let opens = std::iter::once(1.0).chain(prices.iter().map(|price| price.exp()));
    for (open, row) in opens.zip(rows) {
        learner.observe(open, row.as_deref()).unwrap();
    }
    for _ in 0..n_backups {
        learner.backup().unwrap().unwrap();
    }
    learner
}

fn learn(prices: &[f64], rows: &Rows, n_backups: usize) -> FittedPolicy {
    learn_with(AgentConfig::default(), (prices, rows), n_backups).policy().clone()
}

#[derive(Debug, PartialEq)]
struct Earned {
    log_return: f64,
    n_trades: usize,
    /// The mean log return of a bar over its standard error.
    t_statistic: f64,
}

/// Trades out of sample with costs; `act` gets the bar and position.
fn trade(prices: &[f64], act: impl Fn(usize, f64) -> f64) -> Earned {
    let (mut position, mut n_trades, mut returns) = (0.0_f64, 0, Vec::new());
    for at in 200..prices.len() - 1 {
        let exposure = act(at, position);
        let gross = exposure * ((prices[at + 1] - prices[at]).exp() - 1.0);
        returns.push((gross - COST * (exposure - position).abs()).ln_1p());
        n_trades += usize::from(exposure.to_bits() != position.to_bits());
        position = exposure;
    }
    let (n, log_return) = (returns.len() as f64, returns.iter().sum::<f64>());
    let mean = log_return / n;
    let variance = returns.iter().map(|it| (it - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let t_statistic = if variance > 0.0 { mean / (variance / n).sqrt() } else { 0.0 };
    Earned { log_return, n_trades, t_statistic }
}

fn trade_policy(policy: &FittedPolicy, prices: &[f64], rows: &Rows) -> Earned {
    trade(prices, |at, position| policy.act(rows[at].as_ref().unwrap(), position))
}

/// What dynamic programming earns that knows the process and sees the
/// state: value iteration on a grid of five standard deviations.
fn trade_optimally(kappa: f64, prices: &[f64]) -> Earned {
    let (n_states, exposures) = (161_i32, [-1.0_f64, 0.0, 1.0]);
    let width = 5.0 * SIGMA / (2.0 * kappa).sqrt();
    let step = 2.0 * width / f64::from(n_states - 1);
    let grid: Vec<f64> = (0..n_states).map(|i| f64::from(i) * step - width).collect();
    let transitions = |&from: &f64| {
        let density = |to: &f64| (-0.5 * ((to - from * (1.0 - kappa)) / SIGMA).powi(2)).exp();
        let total: f64 = grid.iter().map(density).sum();
        grid.iter().map(|to| density(to) / total).collect::<Vec<f64>>()
    };
    let transitions: Vec<Vec<f64>> = grid.iter().map(transitions).collect();
    let mut values = vec![[0.0; 3]; grid.len()];
    let net =
        |values: &[f64; 3], from: f64, to: usize| values[to] - COST * (exposures[to] - from).abs();
    for _ in 0..200 {
        let best: Vec<[f64; 3]> = values
            .iter()
            .map(|row| {
                exposures.map(|from| (0..3).map(|to| net(row, from, to)).fold(-1.0, f64::max))
            })
            .collect();
        for (state, row) in values.iter_mut().enumerate() {
            *row = [0.0; 3];
            for (next, chance) in transitions[state].iter().enumerate() {
                let gross = (grid[next] - grid[state]).exp() - 1.0;
                for (action, value) in row.iter_mut().enumerate() {
                    *value += chance * (exposures[action] * gross + DISCOUNT * best[next][action]);
                }
            }
        }
    }
    let nearest = |price: f64| {
        let distance = |state: &usize| (grid[*state] - price).abs();
        (0..grid.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap()
    };
    trade(prices, |at, position| {
        let row = &values[nearest(prices[at])];
        let order =
            |a: &usize, b: &usize| net(row, position, *a).total_cmp(&net(row, position, *b));
        exposures[(0..3).max_by(order).unwrap()]
    })
}

#[test]
fn a_policy_that_sees_the_state_earns_most_of_the_optimum() {
    let (known, new) = (log_prices(0.05, 1), log_prices(0.05, 2));
    let policy = learn(&known, &state_rows(&known), 15);
    let earned = trade_policy(&policy, &new, &state_rows(&new)).log_return;
    let optimum = trade_optimally(0.05, &new).log_return;
    assert!(earned > 0.9 * optimum, "{earned} of {optimum}");
}

#[test]
fn a_policy_that_sees_only_windows_earns_most_of_the_optimum() {
    let (known, new) = (log_prices(0.05, 3), log_prices(0.05, 4));
    let policy = learn(&known, &window_rows(&known), 8);
    let earned = trade_policy(&policy, &new, &window_rows(&new)).log_return;
    let optimum = trade_optimally(0.05, &new).log_return;
    assert!(earned > 0.75 * optimum, "{earned} of {optimum}");
}

#[test]
fn a_random_walk_teaches_to_stay_away_from_trading() {
    for seed in [10, 20, 30] {
        let (known, new) = (log_prices(0.0, seed), log_prices(0.0, seed + 1));
        let policy = learn(&known, &window_rows(&known), 8);
        let Earned { n_trades, t_statistic, .. } = trade_policy(&policy, &new, &window_rows(&new));
        assert!(n_trades < 30, "seed {seed}: {n_trades} trades in {} bars", new.len());
        assert!(t_statistic < 2.0, "seed {seed}: a t statistic of {t_statistic}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit_of_the_policy() {
    let prices = log_prices(0.05, 5);
    let rows = window_rows(&prices);
    let learn = |n_threads: usize| {
        let pool = ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        pool.install(|| learn(&prices, &rows, 3))
    };
    let one = learn(1);
    assert_eq!(one, learn(2));
    assert_eq!(one.forests().len(), 3);
}
