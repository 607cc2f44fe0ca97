//! The page in a real browser: headless Chromium, asked by selenium.

#![expect(clippy::print_stderr, reason = "a skipped test says why")]

use std::fs;
use std::path::Path;
use std::process::Command;

use super::page;
use super::synthetic::{SyntheticSession, Trade};
use crate::python;

const SCRIPT: &str = include_str!("browser.py");

/// Lets a browser look at `page`, and returns what it says.
#[track_caller]
fn check(synthetic: &SyntheticSession, name: &str) {
    let Some(python) = python::with_packages(&["selenium==4.38.0"]) else { return };
    if Command::new("chromedriver").arg("--version").output().is_err() {
        eprintln!("skipped: install chromium and chromium-driver to open the page");
        return;
    }
    let page = page(synthetic.root());
    assert!(page.len() < 3_000_000, "{}", page.len());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{name}.html"));
    fs::write(&path, page).unwrap();
    let text = python::run(&python, SCRIPT, &[&path]);
    assert!(text.ends_with("good\n"), "{text}");
}

#[test]
fn a_browser_shows_every_panel_and_zooms_and_sorts() {
    let trades: Vec<Trade> = (0..120)
        .map(|idx| if idx % 3 == 0 { Trade::lost(idx * 19) } else { Trade::won(idx * 19) })
        .collect();
    check(&SyntheticSession::new().with_trades(&trades), "usual");
}

#[test]
fn a_browser_shows_a_run_without_a_trade() {
    check(&SyntheticSession::new().with_trades(&[]), "no_trade");
}

#[test]
fn a_browser_shows_a_liquidation_at_bar_three() {
    let trade = Trade { bar_idx: 3, net_pnl: -9_400.0, reason: "liquidation" };
    check(&SyntheticSession::new().with_trades(&[trade]), "liquidation");
}

#[test]
fn a_browser_shows_two_hundred_thousand_trades_on_35_000_bars() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let trades: Vec<Trade> = (0..200_000)
        .map(|idx| if idx % 3 == 0 { Trade::won(idx / 29) } else { Trade::lost(idx / 29) })
        .collect();
    check(&SyntheticSession::of(35_000, 7_000).with_trades(&trades), "many");
}
