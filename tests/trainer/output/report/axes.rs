//! Any series gives a page that opens, with axes that can be read.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::page;
use super::synthetic::{SyntheticSession, Trade};

/// Whether the slow tests are on and `program` is installed.
fn can_run(program: &str) -> bool {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return false;
    }
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        eprintln!("skipped: install `{program}` to run the page's script");
    }
    is_there
}

#[test]
fn any_finite_numbers_give_an_axis_that_tells_its_ticks_apart() {
    if !can_run("node") {
        return;
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("node")
        .arg(manifest.join("../tests/trainer/output/report/ticks.js"))
        .arg(manifest.join("assets/report/ticks.js"))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output.stdout == b"good\n", "{stderr}");
}

/// Returns the element tree that a browser builds from `page`.
fn opened(page: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.html");
    std::fs::write(&path, page).unwrap();
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .args(["--virtual-time-budget=4000", "--dump-dom"])
        .arg(format!("file://{}", path.display()))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The number at an index, or `None`.
type Series = fn(usize) -> Option<f64>;

/// A page whose episodes and equity take their numbers from `series`.
fn page_of(series: Series) -> String {
    let episode = |idx: usize| {
        let value = series(idx).map_or(Value::Null, Value::from);
        json!({
            "episode": idx + 1, "n_bars": 1600, "n_batches": 4, "train_reward": value,
            "train_equity": 1.0, "bankrupt": false, "max_abs_delta_q": value,
            "test_net_return": value, "test_sharpe": value, "test_max_drawdown": 0.1,
            "test_n_trades": 42, "seconds": 1.25,
        })
    };
    let synthetic = SyntheticSession::new().with_trades(&[Trade::won(3), Trade::lost(9)]);
    let synthetic = synthetic.changed(|session| {
        session["episodes"] = (0..12).map(episode).collect();
    });
    let mut curve = "time,equity,exposure,buy_and_hold,close\n".to_owned();
    for idx in 0..60 {
        let value = series(idx).map(|value| value.to_string()).unwrap_or_default();
        let time = 1_509_696_000 + 1800 * idx;
        writeln!(curve, "{time},{value},{value},{value},{value}").unwrap();
    }
    std::fs::write(synthetic.path("logs/trades/equity.csv"), curve).unwrap();
    page(synthetic.root())
}

#[test]
fn no_series_kills_the_page() {
    if !can_run("chromium") {
        return;
    }
    let series: [(&str, Series); 9] = [
        ("constant", |_| Some(5.0)),
        ("tiny", |idx| Some(1e-300 * (1 + idx % 3) as f64)),
        ("huge", |idx| Some(1e300 * (1 + idx % 3) as f64)),
        ("close to -1", |idx| Some(-1.0 + 4e-7 * (idx % 7) as f64 / 7.0)),
        ("the last bit", |idx| Some(if idx % 2 == 0 { 1.0 } else { 1.0 + f64::EPSILON })),
        ("holes", |idx| (idx % 3 == 0).then_some(2.0)),
        ("nothing", |_| None),
        ("huge and tiny", |idx| Some([1e300, 1e-300, -1e300, 0.0][idx % 4])),
        ("the largest", |idx| Some([f64::MAX, f64::MIN][idx % 2])),
    ];
    for (name, series) in series {
        let tree = opened(&page_of(series));
        assert!(tree.contains("data-ready=\"true\""), "{name}: the page did not open");
    }
}

#[test]
fn the_legend_has_the_shape_and_colour_of_every_kind_of_fill_that_occurs() {
    if !can_run("chromium") {
        return;
    }
    let liquidated = Trade { bar_idx: 30, net_pnl: -900.0, reason: "liquidation" };
    let trades = [Trade::won(3), Trade::lost(9), Trade::won(12), liquidated];
    let tree = opened(&page(SyntheticSession::new().with_trades(&trades).root()));
    let price = tree.split_once("data-chart=\"price\"").unwrap().1;
    let price = price.split_once("</figure>").unwrap().0;
    let values = |name: &str| -> Vec<&str> {
        price.split(name).skip(1).map(|rest| rest.split_once('"').unwrap().0).collect()
    };
    let (mut shapes, mut inks) = (values("data-shape=\""), values("data-ink=\""));
    assert_eq!(shapes.len(), 5, "{price}");
    shapes.sort_unstable();
    shapes.dedup();
    inks.sort_unstable();
    inks.dedup();
    assert_eq!((shapes.len(), inks.len()), (5, 5), "{price}");
    let tree = opened(&page(SyntheticSession::new().with_trades(&[Trade::won(3)]).root()));
    let price =
        tree.split_once("data-chart=\"price\"").unwrap().1.split_once("</figure>").unwrap().0;
    assert!(!price.contains("liquidated"), "a kind that does not occur is in the legend");
}
