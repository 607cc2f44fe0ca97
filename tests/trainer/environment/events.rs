//! What a trace is told.

use trainer::environment::{InvalidReason, Side};

use super::*;

#[track_caller]
fn check_refused(config: &EnvironmentConfig, target: f64, reason: InvalidReason) {
    let mut run = Run::new(config, 100.0);
    run.trade(0.5, 100.0);
    let before = run.environment.clone();
    run.trade(target, 100.0);
    let Some(TradeEvent::Invalid(action)) = run.events.last() else {
        panic!("`{target}` was not refused: {}", run.kinds())
    };
    assert_eq!(action.reason, reason);
    assert_eq!(action.target, target.is_finite().then_some(target));
    assert_eq!((action.bar_idx, action.time_ms), (2, 120_000));
    let (account, kept) = (run.environment.account(), before.account());
    assert_eq!(account.cash().to_bits(), kept.cash().to_bits());
    assert_eq!(account.units().to_bits(), kept.units().to_bits());
    assert_eq!(run.environment.target().to_bits(), before.target().to_bits());
}

#[test]
fn a_target_that_is_no_finite_number_is_refused() {
    check_refused(&FREE, f64::NAN, InvalidReason::NotFinite);
    check_refused(&FREE, f64::INFINITY, InvalidReason::NotFinite);
}

#[test]
fn a_target_beyond_full_is_refused_whatever_the_leverage() {
    check_refused(&FREE, 1.000_001, InvalidReason::OutOfRange);
    check_refused(&EnvironmentConfig { leverage: 3.0, ..FREE }, -2.0, InvalidReason::OutOfRange);
}

#[test]
fn a_short_is_refused_where_it_is_not_allowed() {
    let config = EnvironmentConfig { allow_short: false, ..FREE };
    check_refused(&config, -0.5, InvalidReason::ShortNotAllowed);
}

#[test]
fn a_target_below_one_lot_is_refused() {
    let config = EnvironmentConfig { lot_size: 50.0, ..FREE };
    check_refused(&config, 0.49, InvalidReason::TooSmall);
}

#[test]
fn another_target_of_the_same_lots_is_held_without_a_fill() {
    let mut run = Run::new(&EnvironmentConfig { lot_size: 50.0, ..FREE }, 100.0);
    run.trade(0.5, 100.0);
    run.trade(0.7, 100.0);
    assert_eq!(run.kinds(), "open Long Target");
    assert_near(run.environment.target(), 0.7);
}

#[test]
fn trades_are_numbered_and_last_as_long_as_they_are_held() {
    let mut run = Run::new(&FREE, 100.0);
    run.trade(1.0, 100.0);
    run.step(flat(110.0));
    run.trade(-1.0, 120.0);
    run.finish();
    let closed: Vec<_> = run
        .events
        .iter()
        .filter_map(|event| match event {
            TradeEvent::Closed(trade) => {
                Some((trade.trade_id, trade.side, trade.entry_bar_idx, trade.duration_bars))
            }
            _ => None,
        })
        .collect();
    assert_eq!(closed, [(1, Side::Long, 1, 2), (2, Side::Short, 3, 1)]);
}

#[test]
fn the_events_keep_their_serialized_form() {
    let mut run =
        Run::new(&EnvironmentConfig { commission_bps: 8.0, slippage_bps: 16.0, ..FREE }, 100.0);
    run.trade(1.0, 100.0);
    run.trade(0.5, 128.0);
    run.trade(f64::NAN, 64.0);
    run.finish();
    insta::with_settings!({ snapshot_path => "../snapshots" }, {
        insta::assert_json_snapshot!(run.events);
    });
    let text = serde_json::to_string(&run.events).unwrap();
    let back: Vec<TradeEvent> = serde_json::from_str(&text).unwrap();
    assert_eq!(back, run.events);
}
