//! The events of a trace.

use trainer::account::environment::{InvalidReason, Side};

use super::*;

/// Holds half, then requests `target`; checks the units and the reason.
#[track_caller]
fn check_invalid(config: &EnvironmentConfig, target: f64, (reason, units): (InvalidReason, f64)) {
    let mut run = Run::new(config, 100.0);
    run.trade(0.5, 100.0);
    run.trade(target, 100.0);
    let invalid = run.events.iter().filter_map(|event| match event {
        TradeEvent::Invalid(action) => Some(action),
        _ => None,
    });
    let [action] = invalid.collect::<Vec<_>>()[..] else {
        panic!("one word about `{target}`, not {}", run.kinds())
    };
    assert_eq!(action.reason, reason);
    assert_eq!(action.target, target.is_finite().then_some(target));
    assert_eq!((action.bar_idx, action.time_ms), (2, 120_000));
    assert_near(run.environment.account().units(), units);
    assert_near(run.environment.target(), units * 100.0 / 10_000.0 / config.leverage);
}

#[test]
fn a_target_that_is_no_finite_number_changes_nothing() {
    check_invalid(&FREE, f64::NAN, (InvalidReason::NotFinite, 50.0));
    check_invalid(&FREE, f64::INFINITY, (InvalidReason::NotFinite, 50.0));
}

#[test]
fn a_target_beyond_full_is_full_whatever_the_leverage() {
    let levered = EnvironmentConfig { leverage: 3.0, ..FREE };
    check_invalid(&FREE, 1.000_001, (InvalidReason::OutOfRange, 100.0));
    check_invalid(&levered, -2.0, (InvalidReason::OutOfRange, -300.0));
}

#[test]
fn a_short_that_is_not_allowed_still_closes_the_long() {
    let config = EnvironmentConfig { allow_short: false, ..FREE };
    check_invalid(&config, -0.5, (InvalidReason::ShortNotAllowed, 0.0));
}

#[test]
fn a_target_below_half_a_lot_still_closes_the_position() {
    let config = EnvironmentConfig { lot_size: 50.0, ..FREE };
    check_invalid(&config, 0.24, (InvalidReason::TooSmall, 0.0));
    check_invalid(&config, -0.24, (InvalidReason::TooSmall, 0.0));
    check_invalid(&config, -0.49, (InvalidReason::TooSmall, 0.0));
}

#[test]
fn an_opening_below_one_lot_stays_flat() {
    let mut run = Run::new(&EnvironmentConfig { lot_size: 50.0, ..FREE }, 100.0);
    for target in [0.49, -0.49] {
        run.trade(target, 100.0);
        assert_near(run.environment.account().units(), 0.0);
    }
    assert_eq!(run.kinds(), "invalid TooSmall, invalid TooSmall");
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
    insta::with_settings!({ snapshot_path => "../../snapshots" }, {
        insta::assert_json_snapshot!(run.events);
    });
    let text = serde_json::to_string(&run.events).unwrap();
    let back: Vec<TradeEvent> = serde_json::from_str(&text).unwrap();
    assert_eq!(back, run.events);
}
