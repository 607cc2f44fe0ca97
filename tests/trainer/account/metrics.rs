//! The figures, against values computed elsewhere.

use std::io::Read;

use flate2::read::GzDecoder;

use trainer::account::environment::{BarOutcome, EnvironmentConfig, TradeEvent};
use trainer::account::metrics::{
    BarCalendar, Performance, PerformanceTracker, PeriodsBasis, PeriodsPerYear, Simulation,
};
use trainer::market::bars::Bar;

mod figures;
mod periods;
mod sharpe;

const DAY_MS: i64 = 86_400_000;
const HALF_HOUR_MS: i64 = 1_800_000;
const BUSINESS_DAYS: PeriodsPerYear =
    PeriodsPerYear { value: 252.0, basis: PeriodsBasis::BusinessDays };

fn at_equity(equity: f64) -> BarOutcome {
    BarOutcome { exposure: 1.0, is_exposed: true, ..BarOutcome::idle(equity) }
}

/// The figures of an equity curve; its first value is the start.
fn of_curve(curve: &[f64], periods: PeriodsPerYear) -> Performance {
    let mut tracker = PerformanceTracker::new(curve[0], periods);
    for &equity in &curve[1..] {
        tracker.push(&at_equity(equity));
    }
    tracker.performance()
}

fn bars(closes: &[f64]) -> Vec<Bar> {
    let bar = |(close, time_ms): (&f64, i64)| {
        let (open, high, low, close) = (*close, *close, *close, *close);
        Bar { time_ms, open, high, low, close, volume: 1.0, funding: 0.0, dividend: 0.0 }
    };
    closes.iter().zip((0..).step_by(60_000)).map(bar).collect()
}

fn run(config: EnvironmentConfig, closes: &[f64], target: f64) -> Performance {
    run_with(config, closes, |_| target, |_| {})
}

/// The same with a target for each bar, and the events.
fn run_with(
    config: EnvironmentConfig,
    closes: &[f64],
    mut policy: impl FnMut(&Bar) -> f64,
    mut events: impl FnMut(TradeEvent),
) -> Performance {
    let mut simulation = Simulation::new(&config, BUSINESS_DAYS).expect("valid settings");
    for bar in bars(closes) {
        simulation.step(&bar, &mut |bar, _| policy(bar), &mut events);
    }
    simulation.finish(&mut events)
}

#[track_caller]
fn assert_near(left: f64, right: f64) {
    assert!((left - right).abs() <= 1e-12 * right.abs().max(1.0), "{left} is not {right}");
}

/// numpy 2, and the same from empyrical-reloaded and quantstats:
/// ```python
/// e = np.array([100, 101, 99, 104, 103, 108, 97, 102], float)
/// r, P = e[1:] / e[:-1] - 1, 252
/// e[-1] / e[0] - 1; (e[-1] / e[0]) ** (P / len(r)) - 1
/// r.std(ddof=1) * P**.5; r.mean() / r.std(ddof=1) * P**.5
/// (1 - e / np.maximum.accumulate(e)).max()
/// ```
#[test]
fn the_figures_agree_with_numpy_quantstats_and_empyrical() {
    let curve = [100.0, 101.0, 99.0, 104.0, 103.0, 108.0, 97.0, 102.0];
    let performance = of_curve(&curve, BUSINESS_DAYS);
    assert_eq!(performance.n_bars, 7);
    assert_near(performance.net_return, 0.020_000_000_000_000_018);
    assert_near(performance.annual_return.unwrap(), 1.039_887_343_715_705_5);
    assert_near(performance.volatility.unwrap(), 0.879_085_558_620_928_5);
    assert_near(performance.sharpe.unwrap(), 1.200_944_466_105_836_2);
    assert_near(performance.max_drawdown, 0.101_851_851_851_851_86);
}

#[test]
fn the_drawdown_counts_from_the_initial_cash() {
    assert_near(of_curve(&[100.0, 80.0, 90.0], BUSINESS_DAYS).max_drawdown, 0.2);
}

/// The closes of the shipped file; numpy and pandas as above, P = 17520:
/// Sharpe 0.8072553537453372, drawdown 0.8376058041112455.
#[test]
fn holding_the_shipped_bitcoin_has_its_known_sharpe_and_drawdown() {
    let file = include_bytes!("../../../trainer/data/btcusd_30m.csv.gz");
    let mut text = String::new();
    GzDecoder::new(&file[..]).read_to_string(&mut text).unwrap();
    let close = |line: &str| line.split(',').nth(2).unwrap().parse().unwrap();
    let closes: Vec<f64> = text.lines().skip(1).map(close).collect();
    let mut calendar = BarCalendar::default();
    let times = (0_i64..).map(|idx| 1_506_816_000_000 + idx * HALF_HOUR_MS);
    times.take(closes.len()).for_each(|time_ms| calendar.push(time_ms));
    let periods = PeriodsPerYear::from_calendar(&calendar).unwrap();
    assert_near(periods.value, 17_520.0);
    let performance = of_curve(&closes, periods);
    assert!((performance.sharpe.unwrap() - 0.807_255_353_745_337_2).abs() < 1e-9);
    assert!((performance.max_drawdown - 0.837_605_804_111_245_5).abs() < 1e-12);
}

#[test]
fn never_trading_has_no_sharpe_and_says_why() {
    let performance = run(EnvironmentConfig::default(), &[100.0, 120.0, 90.0, 95.0], 0.0);
    insta::assert_json_snapshot!(performance);
}

#[test]
fn returns_that_do_not_vary_have_no_sharpe() {
    let curve: Vec<f64> = (0..200).map(|i| 100.0 * 1.01_f64.powi(i)).collect();
    assert_eq!(of_curve(&curve, BUSINESS_DAYS).sharpe, None);
}

#[test]
fn a_run_without_returns_defines_only_what_it_can() {
    let performance = run(EnvironmentConfig::default(), &[100.0], 1.0);
    assert_eq!(performance.n_bars, 0);
    assert_near(performance.net_return, 0.0);
    let undefined: Vec<_> = performance.undefined.keys().map(String::as_str).collect();
    assert_eq!(
        undefined.join(" "),
        "annual_return calmar conditional_value_at_risk consecutive_losses consecutive_wins \
         expectancy exposure kelly kurtosis omega probabilistic_sharpe profit_factor sharpe \
         sharpe_high sharpe_low skewness sortino sqn tail_ratio ulcer_index value_at_risk \
         volatility win_rate"
    );
}

#[test]
fn buy_and_hold_is_net_of_entry_and_exit() {
    let config = EnvironmentConfig {
        initial_cash: 10_100.0,
        commission_bps: 100.0,
        slippage_bps: 0.0,
        ..EnvironmentConfig::default()
    };
    // Bought at the second bar's open: 100 units; sold for 12,000 - 120.
    let performance = run(config, &[50.0, 100.0, 110.0, 120.0], 1.0);
    assert_near(performance.final_equity, 11_880.0);
    assert_near(performance.commission, 220.0);
    assert_near(performance.turnover, 10_000.0 / 10_100.0 + 12_000.0 / 12_000.0);
    assert_eq!((performance.n_bars, performance.n_trades), (3, 1));
    assert_eq!((performance.win_rate, performance.exposure), (Some(1.0), Some(1.0)));
    // The exit belongs to the last bar.
    let curve = of_curve(&[10_100.0, 10_000.0, 11_000.0, 11_880.0], BUSINESS_DAYS);
    assert_near(performance.sharpe.unwrap(), curve.sharpe.unwrap());
    assert_near(performance.max_drawdown, curve.max_drawdown);
}

#[test]
fn a_bankrupt_account_ends_its_run() {
    let config = EnvironmentConfig { leverage: 3.0, ..EnvironmentConfig::default() };
    let mut n_decisions = 0;
    let mut events = Vec::new();
    let policy = |_: &Bar| {
        n_decisions += 1;
        1.0
    };
    let closes = [100.0, 100.0, 50.0, 60.0, 70.0];
    let performance = run_with(config, &closes, policy, |event| events.push(event));
    assert!(performance.is_bankrupt && performance.final_equity < 0.0);
    assert_eq!((n_decisions, performance.n_bars), (2, 2));
    assert_eq!(performance.annual_return, None);
    assert_eq!(performance.undefined["annual_return"], "the account was ruined");
    // When: the third bar of a minute each.
    assert_eq!(performance.ruined_at.as_deref(), Some("1970-01-01T00:02:00Z"));
    assert_eq!(performance.n_liquidations, 1);
    assert!(matches!(events[..], [TradeEvent::Opened(_), TradeEvent::Closed(_)]));
}

#[test]
fn figures_survive_their_stored_form() {
    let performance = run(EnvironmentConfig::default(), &[100.0, 120.0, 90.0, 95.0], -0.5);
    let text = serde_json::to_string(&performance).unwrap();
    assert_eq!(serde_json::from_str::<Performance>(&text).unwrap(), performance);
}
