//! The unit of prices and volumes changes nothing that is learned.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;
use trainer::market::bars::{BUILTIN_BTCUSD_30M, Bar, BarSource};

use super::{CommandOutput, Workspace};
use crate::learning::model::unpack;

const N_BARS: usize = 3000;

fn btcusd() -> Vec<Bar> {
    let source = BarSource::open(BUILTIN_BTCUSD_30M, Path::new(".")).unwrap();
    source.read().unwrap().take(N_BARS).map(Result::unwrap).collect()
}

fn csv(bars: &[Bar], (price, volume): (f64, f64)) -> String {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    for bar in bars {
        let [open, high, low, close] =
            [bar.open, bar.high, bar.low, bar.close].map(|it| it * price);
        let (time, volume) = (bar.time_ms / 1000, bar.volume * volume);
        writeln!(text, "{time},{open},{high},{low},{close},{volume}").unwrap();
    }
    text
}

/// Returns what was learned: all parts of the model but its source and
/// its earnings, which are in money.
fn learned(model: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut parts = unpack(model);
    parts.retain(|name, _| !["model.json", "data.json", "metrics.json"].contains(&&**name));
    parts
}

/// Trains on bars in another unit and returns what was learned, and the
/// exposure that the model decides after each of these bars.
fn train(
    bars: &[Bar],
    units: (f64, f64),
    changes: &serde_json::Value,
) -> (BTreeMap<String, Vec<u8>>, String) {
    let workspace = Workspace::with_bars(&csv(bars, units));
    workspace.configure(changes);
    workspace.train(&[]);
    let rows = workspace.predict(&["--data", "bars.csv"]).success().stdout_text();
    assert_eq!(rows.lines().count(), bars.len() + 1);
    (learned(&workspace.model()), rows)
}

#[track_caller]
fn check(changes: &serde_json::Value) {
    let bars = btcusd();
    let expected = train(&bars, (1.0, 1.0), changes);
    for units in [(1000.0, 1.0), (1024.0, 1e3), (0.001, 7.0), (7.0, 1e-3), (1e6, 0.3), (1e-6, 1e6)]
    {
        let found = train(&bars, units, changes);
        for (name, bytes) in &expected.0 {
            assert!(found.0[name] == *bytes, "`{name}` differs in prices, volumes x {units:?}");
        }
        assert!(found.1 == expected.1, "predictions differ in prices, volumes x {units:?}");
    }
}

#[test]
fn a_model_is_the_same_to_the_byte_in_any_unit() {
    check(&json!({ "walk_forward": { "windows": 0 } }));
}

#[test]
fn a_forecast_is_the_same_to_the_byte_in_any_unit() {
    check(&json!({ "model": "forecast" }));
}
