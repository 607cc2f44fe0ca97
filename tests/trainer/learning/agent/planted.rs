//! The learner finds planted structure, and finds none in noise.

#![expect(clippy::print_stderr, reason = "a measurement says what it found")]

use rayon::ThreadPoolBuilder;
use trainer::learning::agent::{AgentConfig, FittedPolicy, FittedQ};
use trainer::learning::{Learner as _, LearnerSetup};

use super::{COST, Noise};

const DISCOUNT: f64 = 0.97;
const SIGMA: f64 = 0.003;
const WINDOWS: [usize; 5] = [3, 10, 30, 80, 200];

/// A price that one number foretells: its state. The next state is a
/// share of it, plus normal noise of deviation `SIGMA`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Process {
    /// The state is the log price; it reverts to 0 by the share `kappa`
    /// a bar: an Ornstein-Uhlenbeck process, or, where `kappa` is 0, a
    /// random walk.
    Reverting { kappa: f64 },
    /// The state is the last log return; the next has its share `phi`.
    Following { phi: f64 },
}

impl Process {
    fn persistence(self) -> f64 {
        match self {
            Self::Reverting { kappa } => 1.0 - kappa,
            Self::Following { phi } => phi,
        }
    }

    /// The log return on the way from one state to the next.
    fn log_return(self, from: f64, to: f64) -> f64 {
        match self {
            Self::Reverting { .. } => to - from,
            Self::Following { .. } => to,
        }
    }
}

/// The bars of a process.
struct World {
    process: Process,
    states: Vec<f64>,
    /// The log price at each close.
    prices: Vec<f64>,
}

impl World {
    fn new(process: Process, n_bars: usize, seed: u64) -> Self {
        let (mut noise, mut state, mut price) = (Noise(seed), 0.0, 0.0);
        let mut world = Self { process, states: Vec::new(), prices: Vec::new() };
        for _ in 0..n_bars {
            let next = process.persistence() * state + SIGMA * noise.normal();
            price += process.log_return(state, next);
            state = next;
            world.states.push(state);
            world.prices.push(price);
        }
        world
    }

    /// The true state, and a feature of pure noise.
    fn state_rows(&self) -> Rows {
        let mut noise = Noise(99);
        self.states.iter().map(|&state| Some(vec![noise.normal(), state])).collect()
    }
}

pub(super) fn log_prices(kappa: f64, seed: u64) -> Vec<f64> {
    World::new(Process::Reverting { kappa }, 12_000, seed).prices
}

/// The distance of each log price from its means over some windows.
pub(super) fn window_rows(prices: &[f64]) -> Rows {
    let row = |at: usize| {
        let mean = |window: usize| prices[at + 1 - window..=at].iter().sum::<f64>() / window as f64;
        (at + 1 >= 200).then(|| WINDOWS.iter().map(|&window| prices[at] - mean(window)).collect())
    };
    (0..prices.len()).map(row).collect()
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
    for (time_ms, (open, row)) in (0..).zip(opens.zip(rows)) {
        learner.observe(time_ms, open, row.as_deref()).unwrap();
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
fn trade_optimally(world: &World) -> Earned {
    let (n_states, exposures) = (321_i32, [-1.0_f64, 0.0, 1.0]);
    let persistence = world.process.persistence();
    let width = 5.0 * SIGMA / (1.0 - persistence * persistence).sqrt();
    let step = 2.0 * width / f64::from(n_states - 1);
    let grid: Vec<f64> = (0..n_states).map(|i| f64::from(i) * step - width).collect();
    let transitions = |&from: &f64| {
        let density = |to: &f64| (-0.5 * ((to - from * persistence) / SIGMA).powi(2)).exp();
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
                let gross = world.process.log_return(grid[state], grid[next]).exp() - 1.0;
                for (action, value) in row.iter_mut().enumerate() {
                    *value += chance * (exposures[action] * gross + DISCOUNT * best[next][action]);
                }
            }
        }
    }
    trade(&world.prices, |at, position| {
        let place = ((world.states[at] + width) / step).round().clamp(0.0, 320.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let row = &values[place as usize];
        let order =
            |a: &usize, b: &usize| net(row, position, *a).total_cmp(&net(row, position, *b));
        exposures[(0..3).max_by(order).unwrap()]
    })
}

/// Learns on some bars that show the true state, trades on ten times as
/// many others, so that the figure hangs little on their luck, and
/// returns the share that it earns of the optimum.
fn share_of_the_optimum(process: Process, (n_bars, seed): (usize, u64)) -> f64 {
    let known = World::new(process, n_bars, seed);
    let new = World::new(process, 10 * n_bars, 1000 + seed);
    let policy = learn(&known.prices, &known.state_rows(), 10);
    let earned = trade_policy(&policy, &new.prices, &new.state_rows()).log_return;
    let optimum = trade_optimally(&new).log_return;
    assert!(optimum > 1.0, "{process:?} has nothing to earn: {optimum}");
    earned / optimum
}

#[track_caller]
fn check_optimal(process: Process, seeds: std::ops::RangeInclusive<u64>) {
    let share = |seed: u64| share_of_the_optimum(process, (20_000, seed));
    let shares: Vec<f64> = seeds.map(share).collect();
    eprintln!("{process:?}: {shares:.3?} of the optimum");
    assert!(shares.iter().all(|share| *share >= 0.95), "{shares:.3?}");
}

#[test]
fn a_policy_that_sees_the_state_earns_the_optimum_of_reverting_prices() {
    check_optimal(Process::Reverting { kappa: 0.05 }, 1..=1);
}

#[test]
fn a_policy_that_sees_the_state_earns_the_optimum_of_following_returns() {
    check_optimal(Process::Following { phi: 0.3 }, 1..=1);
}

#[test]
fn a_policy_that_sees_the_state_earns_the_optimum_with_every_seed() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    for process in [
        Process::Reverting { kappa: 0.05 },
        Process::Reverting { kappa: 0.02 },
        Process::Following { phi: 0.3 },
        Process::Following { phi: -0.3 },
    ] {
        check_optimal(process, 2..=6);
    }
}

#[test]
fn a_policy_that_sees_only_windows_earns_most_of_the_optimum() {
    let process = Process::Reverting { kappa: 0.05 };
    let [known, new] = [3, 4].map(|seed| World::new(process, 12_000, seed));
    let policy = learn(&known.prices, &window_rows(&known.prices), 8);
    let earned = trade_policy(&policy, &new.prices, &window_rows(&new.prices)).log_return;
    let optimum = trade_optimally(&new).log_return;
    assert!(earned > 0.8 * optimum, "{earned} of {optimum}");
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
