//! The further figures, against values computed elsewhere.

#![expect(clippy::unwrap_used, reason = "a test helper may panic as a test does")]

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use trainer::account::metrics::{CurveFile, Performance, PerformanceTracker};
use trainer::market::bars::Reading;

use super::{BUSINESS_DAYS, assert_near, at_equity, bars, run};
use crate::python;
use trainer::account::environment::{BarOutcome, EnvironmentConfig, Flows};
use trainer::account::metrics::Simulation;

const CURVE: [f64; 8] = [100.0, 101.0, 99.0, 104.0, 103.0, 108.0, 97.0, 102.0];

fn of_curve(curve: &[f64]) -> Performance {
    let mut tracker = PerformanceTracker::new(curve[0], BUSINESS_DAYS).with_risk(1);
    for &equity in &curve[1..] {
        tracker.push(&at_equity(equity));
    }
    tracker.performance()
}

/// empyrical-reloaded 0.7.1 on `e[1:] / e[:-1] - 1`: `sortino_ratio`,
/// `calmar_ratio`, `tail_ratio`, `value_at_risk`,
/// `conditional_value_at_risk`.
#[test]
fn the_risk_figures_agree_with_empyrical() {
    let performance = of_curve(&CURVE);
    assert_near(performance.sortino.unwrap(), SORTINO);
    assert_near(performance.calmar.unwrap(), CALMAR);
    assert_near(performance.tail_ratio.unwrap(), TAIL_RATIO);
    assert_near(performance.value_at_risk.unwrap(), VALUE_AT_RISK);
    assert_near(performance.conditional_value_at_risk.unwrap(), CONDITIONAL);
    assert_eq!(performance.max_drawdown_bars, 2);
}

const SORTINO: f64 = 1.688_575_280_056_703_3;
const CALMAR: f64 = 10.209_803_011_026_94;
const TAIL_RATIO: f64 = 0.663_335_734_289_266_7;
const VALUE_AT_RISK: f64 = 0.077_236_890_355_702_25;
const CONDITIONAL: f64 = 0.101_851_851_851_851_86;

#[test]
fn a_curve_that_only_rises_has_no_sortino_and_no_calmar() {
    let performance = of_curve(&[100.0, 101.0, 104.0]);
    assert_eq!((performance.sortino, performance.calmar), (None, None));
    assert_eq!(performance.undefined["sortino"], "no bar lost");
    assert_eq!(performance.undefined["calmar"], "there was no drawdown");
}

/// Trades that earn 10, -5, 0 and 20; SQN in numpy: `2 * p.mean() /
/// p.std(ddof=1)`.
#[test]
fn the_trade_figures_follow_from_the_closed_trades() {
    let mut tracker = PerformanceTracker::new(100.0, BUSINESS_DAYS);
    for pnl in [10.0_f64, -5.0, 0.0, 20.0] {
        let flows = Flows {
            n_closed: 1,
            n_won: u64::from(pnl > 0.0),
            profit: pnl.max(0.0),
            loss: (-pnl).max(0.0),
            squared_pnl: pnl * pnl,
            ..Flows::default()
        };
        tracker.push(&BarOutcome { flows, ..at_equity(100.0) });
    }
    let performance = tracker.performance();
    assert_near(performance.profit_factor.unwrap(), 6.0);
    assert_near(performance.expectancy.unwrap(), 6.25);
    assert_near(performance.sqn.unwrap(), SQN);
    assert_near(performance.win_rate.unwrap(), 0.5);
}

const SQN: f64 = 1.127_469_042_004_243_2;

#[test]
fn funding_is_told_apart_from_the_other_costs() {
    let config = EnvironmentConfig {
        commission_bps: 0.0,
        slippage_bps: 0.0,
        funding_bps: 10.0,
        ..EnvironmentConfig::default()
    };
    let performance = run(config, &[100.0, 100.0, 100.0], 1.0);
    assert_near(performance.funding, 20.0);
    assert_near(performance.final_equity, 9980.0);
    assert_eq!((performance.commission, performance.slippage), (0.0, 0.0));
    assert_eq!(performance.profit_factor, Some(0.0));
}

/// Beyond what is kept, every second return stands for both.
#[test]
fn the_tails_of_a_long_run_stay_near_the_truth() {
    let mut tracker = PerformanceTracker::new(1.0, BUSINESS_DAYS).with_risk(1);
    let mut equity = 1.0;
    for idx in 0..600_000_u64 {
        // Evenly spread over -0.001..0.001, in a scattered order.
        equity *= 1.0 + ((idx * 7919 % 10_007) as f64 / 5003.0 - 1.0) * 0.001;
        tracker.push(&at_equity(equity));
    }
    let performance = tracker.performance();
    assert!((performance.value_at_risk.unwrap() - 0.0009).abs() < 2e-6);
    assert!((performance.conditional_value_at_risk.unwrap() - 0.00095).abs() < 2e-6);
}

/// The performance of the curve in the file `path`.
fn measured(path: &Path) -> Performance {
    CurveFile { path, reading: &Reading::default() }.measure(Some(252.0), 1).unwrap().performance()
}

/// The account's own curve, written and read back, has its figures.
#[test]
fn a_curve_from_a_file_has_the_figures_of_its_account() {
    let closes = [100.0, 100.0, 104.0, 99.0, 103.0, 110.0, 90.0, 95.0];
    let mut simulation =
        Simulation::new(&EnvironmentConfig::default(), BUSINESS_DAYS).unwrap().with_risk(1);
    let mut csv = "Date;Balance\n".to_owned();
    for (idx, bar) in bars(&closes).iter().enumerate() {
        let outcome = simulation.step(bar, &mut |_, _| 1.0, &mut |_| {});
        writeln!(csv, "2020-01-{:02};{}", idx + 1, outcome.equity).unwrap();
    }
    let account = simulation.performance();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("curve.csv");
    std::fs::write(&path, csv).unwrap();
    let curve = measured(&path);
    assert_eq!(curve.n_bars, 7);
    for (left, right) in [
        (curve.sharpe, account.sharpe),
        (curve.sortino, account.sortino),
        (curve.calmar, account.calmar),
        (curve.value_at_risk, account.value_at_risk),
    ] {
        assert_near(left.unwrap(), right.unwrap());
    }
}

const SCRIPT: &str = r#"
import sys, json, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd, empyrical as e, quantstats.stats as q
c = pd.read_csv(sys.argv[1], index_col=0, parse_dates=True)["equity"]
r = c.pct_change().iloc[1:]
b = pd.read_csv(sys.argv[1], index_col=0, parse_dates=True)["buy_and_hold"].pct_change().iloc[1:]
P = 252
g = q.greeks(r, b, periods=P)
print(json.dumps({
  "empyrical": {
    "net_return": e.cum_returns_final(r), "annual_return": e.annual_return(r, annualization=P),
    "volatility": e.annual_volatility(r, annualization=P), "sharpe": e.sharpe_ratio(r, annualization=P),
    "sortino": e.sortino_ratio(r, annualization=P), "max_drawdown": -e.max_drawdown(r),
    "calmar": e.calmar_ratio(r, annualization=P), "tail_ratio": e.tail_ratio(r),
    "value_at_risk": -e.value_at_risk(r), "conditional_value_at_risk": -e.conditional_value_at_risk(r)},
  "quantstats": {
    "net_return": q.comp(r), "annual_return": q.cagr(r, periods=P), "volatility": q.volatility(r, periods=P),
    "sharpe": q.sharpe(r, periods=P), "sortino": q.sortino(r, periods=P), "max_drawdown": -q.max_drawdown(r),
    "calmar": q.calmar(r, periods=P), "tail_ratio": q.tail_ratio(r),
    "conditional_value_at_risk": -q.cvar(r, method="historical"),
    "skewness": q.skew(r), "kurtosis": q.kurtosis(r), "omega": q.omega(r, 0.0, 0.0, P),
    "kelly": q.kelly_criterion(r), "consecutive_wins": float(q.consecutive_wins(r)),
    "consecutive_losses": float(q.consecutive_losses(r)),
    # Martin divides by n, quantstats by n - 1.
    "ulcer_index": float(q.ulcer_index(r)) * ((len(r) - 1) / len(r)) ** .5,
    "alpha": g["alpha"], "beta": g["beta"], "r_squared": q.r_squared(r, b),
    "information_ratio": q.information_ratio(r, b)}}))
"#;

#[test]
fn quantstats_and_empyrical_agree_on_a_thousand_bars() {
    let packages = ["quantstats==0.0.86", "empyrical-reloaded==0.7.1"];
    let Some(python) = python::with_packages(&packages) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("curve.csv");
    std::fs::write(&path, thousand_bars()).unwrap();
    let ours = measured(&path);
    let mut ours = serde_json::to_value(ours).unwrap();
    let (_, comparison) = CurveFile { path: &path, reading: &Reading::default() }
        .compare(Some("buy_and_hold"), 252.0)
        .unwrap();
    let comparison = serde_json::to_value(comparison.unwrap()).unwrap();
    for name in ["alpha", "beta", "r_squared", "information_ratio"] {
        ours[name] = comparison[name].clone();
    }
    let theirs: Value = serde_json::from_str(&run_script(&python, &path)).unwrap();
    for (package, figures) in theirs.as_object().unwrap() {
        for (name, value) in figures.as_object().unwrap() {
            let (left, right) = (ours[name].as_f64().unwrap(), value.as_f64().unwrap());
            assert!((left - right).abs() < 1e-9, "{package} {name}: {left} is not {right}");
        }
    }
}

fn run_script(python: &Path, path: &Path) -> String {
    python::run(python, SCRIPT, &[path])
}

fn thousand_bars() -> String {
    let mut csv = "time,equity,buy_and_hold\n".to_owned();
    let (mut equity, mut hold) = (10_000.0, 10_000.0);
    for day in 0..1000_i64 {
        let x = day as f64;
        equity *= 1.0 + (x * x * 0.37).sin() * 0.01 + (x * 0.05).sin() * 0.004 + 0.0005;
        hold *= 1.0 + (x * x * 0.37 + 0.5).sin() * 0.012 + (x * 1.7).sin() * 0.003;
        writeln!(csv, "{},{equity},{hold}", 1_400_000_000 + 86_400 * day).unwrap();
    }
    csv.lines().map(dated).collect()
}

/// pandas reads dates, not seconds since 1970.
fn dated(line: &str) -> String {
    let (time, equity) = line.split_once(',').unwrap();
    let Ok(seconds) = time.parse::<i64>() else {
        return format!("{line}\n");
    };
    let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
    format!("{},{equity}\n", time.format("%Y-%m-%d %H:%M:%S"))
}

/// The returns are +10 %, -10 %, +10 %, +10 %, 0, -10 %; with numpy.
#[test]
fn wins_losses_and_falls_of_bars_have_their_known_figures() {
    let mut curve = vec![100.0];
    for factor in [1.1, 0.9, 1.1, 1.1, 1.0, 0.9] {
        curve.push(curve[curve.len() - 1] * factor);
    }
    let performance = of_curve(&curve);
    assert_near(performance.omega.unwrap(), 1.5);
    assert_near(performance.kelly.unwrap(), 0.2);
    assert_near(performance.ulcer_index.unwrap(), ((0.01 + 0.01 + 0.0001) / 6.0_f64).sqrt());
    assert_eq!((performance.consecutive_wins, performance.consecutive_losses), (Some(2), Some(1)));
}

#[test]
fn a_curve_that_only_rises_has_no_omega_and_says_why() {
    let performance = of_curve(&[100.0, 101.0, 103.0, 104.0]);
    assert_eq!((performance.omega, performance.kelly, performance.kurtosis), (None, None, None));
    assert_eq!(performance.undefined["omega"], "no bar lost");
    assert_eq!(performance.undefined["kurtosis"], "fewer than 4 bars");
    assert_eq!(performance.consecutive_losses, Some(0));
}

#[test]
fn a_benchmark_that_does_not_vary_gives_no_beta_and_says_why() {
    let csv = "time,equity,Held_flat\n2020-01-30,100,5\n2020-01-31,110,5\n2020-02-01,99,5\n2020-02-02,121,5\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("curve.csv");
    std::fs::write(&path, csv).unwrap();
    let (to_date, comparison) = CurveFile { path: &path, reading: &Reading::default() }
        .compare(Some("Held_flat"), 365.0)
        .unwrap();
    assert_near(to_date.month_to_date.unwrap(), 0.1);
    assert_near(to_date.year_to_date.unwrap(), 0.21);
    let comparison = comparison.unwrap();
    assert_eq!((comparison.alpha, comparison.beta, comparison.r_squared), (None, None, None));
    assert_eq!(comparison.undefined["beta"], "the benchmark's returns do not vary");
    assert!(comparison.information_ratio.is_some());
}
