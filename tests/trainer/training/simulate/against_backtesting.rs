//! The same trades as backtesting.py makes, to the last digit that its
//! rules and ours share.
//!
//! `trainer/README.md` tells where the rules differ.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use flate2::read::GzDecoder;
use serde::Deserialize;
use trainer::account::environment::EnvironmentConfig;
use trainer::training::simulate::ReplaySummary;

use super::{Folder, Rows};
use crate::python;

const SCRIPT: &str = include_str!("sma_cross.py");
const STOCKS: &[u8] = include_bytes!("../../../data/stocks_1d.csv.gz");

/// What backtesting.py did.
#[derive(Deserialize)]
struct Theirs {
    trades: Vec<(u64, u64, f64, f64, f64)>,
    final_equity: f64,
}

struct Case {
    commission: f64,
    spread: f64,
    leverage: f64,
    /// Whether the signals are the plain leverage, which both programs
    /// must size alike; else they aim at the units that were traded.
    is_plain: bool,
}

/// Our account by the trades of theirs: bars, units and prices.
#[track_caller]
fn check(case: &Case) {
    let Some(python) = python::with_packages(&["backtesting==0.6.6"]) else {
        return;
    };
    let folder = Folder::new("");
    folder.write("bars.csv", &google_bars());
    let settings = format!(
        r#"{{"commission": {}, "spread": {}, "leverage": {}, "is_plain": {}}}"#,
        case.commission, case.spread, case.leverage, case.is_plain
    );
    let arguments = [&*folder.path("bars.csv"), Path::new(&settings), &*folder.path("signals.csv")];
    let printed = python::run(&python, SCRIPT, &arguments);
    let theirs: Theirs = serde_json::from_str(&printed).unwrap();
    let mut options = folder.options();
    options.environment = EnvironmentConfig {
        commission_bps: case.commission * 1e4,
        slippage_bps: 0.0,
        spread_bps: case.spread * 1e4,
        leverage: case.leverage + if case.is_plain { 0.0 } else { 1.0 },
        lot_size: 1.0,
        maintenance_margin: 0.0,
        ..EnvironmentConfig::default()
    };
    let (summary, rows) = folder.replay_with(&options).unwrap();
    compare(case, &theirs, (&summary, &rows));
}

#[track_caller]
fn compare(case: &Case, theirs: &Theirs, (summary, ours): (&ReplaySummary, &Rows)) {
    assert!(theirs.trades.len() > 50, "only {} trades", theirs.trades.len());
    assert_eq!(ours.trades.len(), theirs.trades.len());
    let mut spread_difference = 0.0;
    for (ours, &(entry_bar, exit_bar, units, entry_price, exit_price)) in
        ours.trades.iter().zip(&theirs.trades)
    {
        assert_eq!((ours.entry_bar_idx, ours.exit_bar_idx), (entry_bar, exit_bar));
        assert!((ours.units - units).abs() < 1e-9, "{} is not {units}", ours.units);
        let side = units.signum();
        // They take the whole spread at the entry, we half at each end.
        let half = 1.0 + side * case.spread / 2.0;
        assert_near(ours.entry_price / half, entry_price / (1.0 + side * case.spread));
        assert_near(ours.exit_price / (1.0 - side * case.spread / 2.0), exit_price);
        let open = entry_price / (1.0 + side * case.spread);
        spread_difference += units.abs() * case.spread * open - ours.slippage;
    }
    let final_equity = summary.metrics.final_equity;
    assert_near(final_equity - spread_difference, theirs.final_equity);
}

#[track_caller]
fn assert_near(left: f64, right: f64) {
    assert!((left / right - 1.0).abs() < 1e-9, "{left} is not {right}");
}

fn google_bars() -> String {
    let mut text = String::new();
    GzDecoder::new(STOCKS).read_to_string(&mut text).unwrap();
    let is_wanted = |line: &&str| line.starts_with("Ticker,") || line.starts_with("GOOG,");
    text.lines().filter(is_wanted).map(|line| format!("{line}\n")).collect()
}

#[test]
fn without_costs() {
    check(&Case { commission: 0.0, spread: 0.0, leverage: 1.0, is_plain: true });
}

#[test]
fn with_commission() {
    check(&Case { commission: 0.002, spread: 0.0, leverage: 1.0, is_plain: true });
}

#[test]
fn with_leverage() {
    check(&Case { commission: 0.0, spread: 0.0, leverage: 2.0, is_plain: true });
}

#[test]
fn with_commission_and_leverage() {
    check(&Case { commission: 0.001, spread: 0.0, leverage: 2.0, is_plain: false });
}

#[test]
fn with_spread() {
    check(&Case { commission: 0.0, spread: 0.001, leverage: 1.0, is_plain: false });
}

#[test]
fn the_google_bars_are_good() {
    let folder = Folder::new("time,exposure\n2004-08-20,1\n");
    folder.write("bars.csv", &google_bars());
    assert!(folder.replay().0.data.n_bars > 2000);
    assert!(fs::metadata(folder.path("bars.csv")).is_ok());
}
