//! The learner finds planted structure, and finds none in noise.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic")]

use rayon::ThreadPoolBuilder;
use trainer::agent::{AgentConfig, FittedPolicy, FittedQ, LearnerSetup};
use trainer::forest::splitmix64;

const COST: f64 = 0.0005;
const DISCOUNT: f64 = 0.97;
const SIGMA: f64 = 0.003;
const WINDOWS: [usize; 5] = [3, 10, 30, 80, 200];

/// Normal numbers by Box and Muller's method.
struct Noise(u64);

impl Noise {
    fn uniform(&mut self) -> f64 {
        self.0 = splitmix64(self.0);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

/// A log price that reverts to 0 by the share `kappa` a bar: an
/// Ornstein-Uhlenbeck process, or a random walk where `kappa` is 0.
fn log_prices(kappa: f64, seed: u64) -> Vec<f64> {
    let mut noise = Noise(seed);
    let steps = (0..12_000).scan(0.0, |price, _| {
        *price = *price * (1.0 - kappa) + SIGMA * noise.normal();
        Some(*price)
    });
    steps.collect()
}

/// The distance of each log price from its means over some windows.
fn window_rows(prices: &[f64]) -> Vec<Option<Vec<f64>>> {
    let row = |at: usize| {
        let mean = |window: usize| prices[at + 1 - window..=at].iter().sum::<f64>() / window as f64;
        (at + 1 >= 200).then(|| WINDOWS.iter().map(|&window| prices[at] - mean(window)).collect())
    };
    (0..prices.len()).map(row).collect()
}

/// The true state itself, and a feature of pure noise.
fn state_rows(prices: &[f64]) -> Vec<Option<Vec<f64>>> {
    let mut noise = Noise(99);
    prices.iter().map(|&price| Some(vec![noise.normal(), price])).collect()
}

type Rows = Vec<Option<Vec<f64>>>;

/// Learns from bars whose open is the close before.
fn learn(prices: &[f64], rows: &Rows, n_backups: usize) -> FittedPolicy {
    let n_features = rows.iter().flatten().next().unwrap().len();
    let setup = LearnerSetup { n_features, cost_per_exposure: COST, seed: 1 };
    let mut learner = FittedQ::new(AgentConfig::default(), setup).unwrap();
    let opens = std::iter::once(1.0).chain(prices.iter().map(|price| price.exp()));
    for (open, row) in opens.zip(rows) {
        learner.observe(open, row.as_deref()).unwrap();
    }
    for _ in 0..n_backups {
        learner.backup().unwrap().unwrap();
    }
    learner.policy().clone()
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

/// A learner of few bars: one feature, leaves of one bar.
fn small_learner(discount: f64) -> FittedQ {
    let config = AgentConfig {
        discount,
        n_trees: 3,
        memory_shares: 1,
        min_samples_leaf: 1,
        memory_bars: 100,
        ..AgentConfig::default()
    };
    let setup = LearnerSetup { n_features: 1, cost_per_exposure: 0.0, seed: 1 };
    FittedQ::new(config, setup).unwrap()
}

/// The value of being long in the state `feature`.
fn long_value(learner: &FittedQ, feature: f64) -> f64 {
    let mut values = [0.0; 3];
    learner.policy().q_values(&[feature], &mut values);
    values[2]
}

#[track_caller]
fn check_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
}

#[test]
fn a_decision_earns_from_the_next_open_to_the_one_after() {
    let mut learner = small_learner(0.0);
    for (open, feature) in [(100.0, 0.0), (110.0, 1.0), (121.0, 2.0), (108.9, 3.0)] {
        learner.observe(open, Some(&[feature])).unwrap();
    }
    assert_eq!(learner.n_rows(), 2);
    assert_eq!(learner.backup().unwrap().unwrap().n_rows, 2);
    check_close(long_value(&learner, 0.0), 121.0 / 110.0 - 1.0);
    check_close(long_value(&learner, 1.0), 108.9 / 121.0 - 1.0);
}

#[test]
fn each_backup_looks_one_bar_further() {
    let mut learner = small_learner(0.5);
    for (open, feature) in [(1.0, 0.0), (1.0, 1.0), (1.0, 2.0), (1.5, 3.0), (1.5, 4.0)] {
        learner.observe(open, Some(&[feature])).unwrap();
    }
    let first = learner.backup().unwrap().unwrap();
    check_close(long_value(&learner, 0.0), 0.0);
    check_close(long_value(&learner, 1.0), 0.5);
    check_close(first.max_abs_delta_q, 0.5);
    let second = learner.backup().unwrap().unwrap();
    check_close(long_value(&learner, 0.0), 0.25);
    check_close(second.max_abs_delta_q, 0.25);
    assert_eq!((first.n_backups, second.n_backups), (1, 2));
}

#[track_caller]
fn check_no_leak(seam: impl FnOnce(&mut FittedQ), last: f64) {
    let mut learner = small_learner(0.9);
    for feature in [0.0, 1.0, 2.0] {
        learner.observe(1.0, Some(&[feature])).unwrap();
    }
    seam(&mut learner);
    // A rich state right after the seam: nobody before it may gain.
    for (open, feature) in [(1.0, 10.0), (1.0, 11.0), (2.0, 12.0)] {
        learner.observe(open, Some(&[feature])).unwrap();
    }
    for _ in 0..5 {
        learner.backup().unwrap();
    }
    check_close(long_value(&learner, 0.0), 0.0);
    check_close(long_value(&learner, last), 0.0);
    assert!(long_value(&learner, 10.0) > 0.9);
}

#[test]
fn nothing_is_learned_across_the_end_of_an_episode() {
    // The last two bars are forgotten: their returns never come.
    check_no_leak(FittedQ::end_episode, 0.0);
}

#[test]
fn nothing_is_learned_across_a_bar_without_features() {
    check_no_leak(|learner| learner.observe(1.0, None).unwrap(), 2.0);
}

#[test]
fn a_bar_without_features_keeps_the_returns_of_the_bars_before() {
    let mut learner = small_learner(0.0);
    learner.observe(1.0, Some(&[0.0])).unwrap();
    learner.observe(1.0, None).unwrap();
    learner.observe(1.25, Some(&[2.0])).unwrap();
    learner.observe(5.0, Some(&[3.0])).unwrap();
    learner.observe(10.0, None).unwrap();
    learner.backup().unwrap();
    assert_eq!(learner.n_rows(), 2);
    check_close(long_value(&learner, 0.0), 0.25);
    check_close(long_value(&learner, 2.0), 1.0);
}

#[test]
fn only_the_most_recent_bars_are_remembered() {
    let mut learner = small_learner(0.0);
    for bar in 0..1000_u32 {
        // The return doubles at every bar of the last hundred.
        let open = if bar < 898 { 1.0 } else { 2.0_f64.powi(bar.cast_signed() - 898) };
        learner.observe(open, Some(&[f64::from(bar)])).unwrap();
        assert!(learner.n_rows() <= 100);
    }
    assert_eq!(learner.n_rows(), 100);
    learner.backup().unwrap();
    check_close(long_value(&learner, 0.0), 1.0);
    let rows = learner.sample_rows(4);
    assert_eq!(rows, [[898.0], [923.0], [948.0], [973.0]]);
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

#[test]
fn the_seed_changes_the_trees_but_refits_share_none() {
    let policy = |seed: u64, n_backups: usize| {
        let setup = LearnerSetup { n_features: 1, cost_per_exposure: COST, seed };
        let config = AgentConfig { min_samples_leaf: 10, discount: 0.0, ..Default::default() };
        let mut learner = FittedQ::new(config, setup).unwrap();
        let mut noise = Noise(3);
        for _ in 0..300 {
            learner.observe(1.0 + 0.1 * noise.uniform(), Some(&[noise.normal()])).unwrap();
        }
        for _ in 0..n_backups {
            learner.backup().unwrap();
        }
        learner.policy().clone()
    };
    assert_eq!(policy(1, 1), policy(1, 1));
    assert_ne!(policy(1, 1), policy(2, 1));
    // Without discount each refit has the same targets.
    assert_ne!(policy(1, 1), policy(1, 2));
}

#[test]
fn a_policy_without_a_backup_stays_where_it_is() {
    let policy = FittedPolicy::untrained(&[-1.0, 0.0, 1.0], 0.001, 2).unwrap();
    for position in [-1.0, 0.0, 1.0] {
        assert_eq!(policy.act(&[1.0, 2.0], position).to_bits(), f64::to_bits(position));
    }
    // Even without costs, and from a position that has drifted.
    let free = FittedPolicy::untrained(&[-1.0, 0.0, 1.0], 0.0, 2).unwrap();
    assert_eq!(free.act(&[1.0, 2.0], 0.93).to_bits(), 1.0_f64.to_bits());
    assert_eq!(free.act(&[1.0, 2.0], -0.5).to_bits(), (-1.0_f64).to_bits());
}

#[test]
fn an_empty_memory_gives_no_report() {
    let mut learner = small_learner(0.5);
    assert_eq!(learner.refit().unwrap(), None);
    learner.observe(1.0, Some(&[1.0])).unwrap();
    assert_eq!(learner.refit().unwrap(), None);
}

#[test]
fn broken_rows_are_refused() {
    let mut learner = small_learner(0.5);
    let mut error =
        |open: f64, row: &[f64]| learner.observe(open, Some(row)).unwrap_err().to_string();
    insta::assert_snapshot!(error(1.0, &[1.0, 2.0]), @"a row has 2 features, not 1");
    insta::assert_snapshot!(error(1.0, &[f64::NAN]), @"feature 0 is NaN; it must be a finite number");
    insta::assert_snapshot!(error(0.0, &[1.0]), @"the open of a bar is 0; it must be above 0");
}

#[track_caller]
fn check_invalid(json: &str, expected: &str) {
    let config: AgentConfig = serde_json::from_str(json).unwrap();
    assert_eq!(config.validate().unwrap_err().to_string(), expected);
}

#[test]
fn settings_out_of_range_are_named() {
    assert_eq!(AgentConfig::default().validate(), Ok(()));
    check_invalid(
        r#"{"exposures": [0]}"#,
        "`agent.exposures` is [0.0]; it must be a list of 2 to 16 exposures",
    );
    check_invalid(
        r#"{"exposures": [0, 0]}"#,
        "`agent.exposures` is [0.0, 0.0]; it must be increasing, each exposure once",
    );
    check_invalid(
        r#"{"exposures": [1, 2]}"#,
        "`agent.exposures` is [1.0, 2.0]; it must be a list that contains 0",
    );
    check_invalid(r#"{"discount": 1}"#, "`agent.discount` is 1; it must be from 0 to 0.9999");
    check_invalid(
        r#"{"n_trees": 5}"#,
        "`agent.memory_shares` is 10; it must be at most `agent.n_trees`, which is 5",
    );
    check_invalid(
        r#"{"max_depth": 0}"#,
        "`agent.max_depth` is 0; it must be from 1 to 60, or null",
    );
    let unknown = serde_json::from_str::<AgentConfig>(r#"{"tree": 5}"#).unwrap_err().to_string();
    assert!(unknown.starts_with("unknown field `tree`"), "{unknown}");
}
