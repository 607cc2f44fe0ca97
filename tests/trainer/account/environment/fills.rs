//! Fills worked out by hand.

use super::*;

fn with_commission(initial_cash: f64) -> EnvironmentConfig {
    EnvironmentConfig { initial_cash, commission_bps: 100.0, ..FREE }
}

#[test]
fn commission_is_charged_once_a_fill() {
    // 0.02 units at 50,000 with 0.5 commission leave 9,999.5.
    let target = 1_000.0 / 9_999.5;
    let mut run = Run::new(&EnvironmentConfig { commission_bps: 5.0, ..FREE }, 50_000.0);
    run.trade(target, 50_000.0);
    assert_near(run.environment.account().units(), 0.02);
    run.trade(0.0, 50_500.0);
    assert_near(run.environment.equity(), 10_008.995);
    assert_near(run.totals.commission, 0.5 + 0.505);
}

#[test]
fn a_full_long_spends_all_cash_and_no_more() {
    let mut run = Run::new(&with_commission(10_100.0), 100.0);
    run.trade(1.0, 100.0);
    assert_near(run.environment.account().units(), 100.0);
    assert_near(run.environment.account().cash(), 0.0);
    assert!(run.environment.account().cash() >= 0.0);
    run.trade(0.0, 110.0);
    assert_near(run.environment.equity(), 10_890.0);
}

#[test]
fn a_full_short_is_worth_the_equity_after_costs() {
    let mut run = Run::new(&with_commission(10_100.0), 100.0);
    let outcome = run.trade(-1.0, 100.0);
    assert_near(run.environment.account().units(), -100.0);
    assert_near(run.environment.account().cash(), 20_000.0);
    assert_near(outcome.exposure, -1.0);
    run.trade(0.0, 90.0);
    assert_near(run.environment.equity(), 20_000.0 - 9_000.0 - 90.0);
}

#[test]
fn slippage_worsens_buys_and_sells() {
    let config = EnvironmentConfig { initial_cash: 10_100.0, slippage_bps: 100.0, ..FREE };
    let mut run = Run::new(&config, 100.0);
    run.trade(1.0, 100.0);
    assert_near(run.environment.account().entry_price().unwrap(), 101.0);
    assert_near(run.environment.account().units(), 100.0);
    run.trade(0.0, 200.0);
    assert_near(run.environment.equity(), 19_800.0);
    assert_near(run.totals.slippage, 100.0 + 200.0);
}

#[test]
fn a_target_fills_at_the_next_open_not_at_the_close_that_set_it() {
    let mut run = Run::new(&FREE, 100.0);
    run.environment.set_target(1.0);
    let outcome = run.step([125.0, 150.0, 120.0, 150.0]);
    assert_near(run.environment.account().entry_price().unwrap(), 125.0);
    assert_near(outcome.equity, 12_000.0);
}

#[test]
fn a_reversal_splits_its_costs_between_both_trades() {
    let mut run = Run::new(&with_commission(10_100.0), 100.0);
    run.trade(1.0, 100.0);
    run.trade(-1.0, 110.0);
    assert_eq!(run.kinds(), "open Long Target, close Long Reversal, open Short Reversal");
    let (TradeEvent::Closed(closed), TradeEvent::Opened(opened)) = (run.events[1], run.events[2])
    else {
        panic!("expected a close and an open")
    };
    assert_near(closed.fill.commission, 110.0);
    assert_near(closed.total_commission, 210.0);
    assert_near(closed.net_pnl, 790.0);
    assert_near(closed.return_on_equity, 790.0 / 10_100.0);
    // 10,890 are left; a short of value v costs 0.01 v: v = 10,890 - 0.01 v.
    let short_value = 10_890.0 / 1.01;
    assert_near(opened.fill.units, -short_value / 110.0);
    assert_near(opened.fill.commission, 0.01 * short_value);
    assert_near(opened.entry_equity, 10_890.0);
    assert_near(run.environment.equity(), short_value);
}

#[test]
fn partial_changes_keep_one_trade_and_its_average_price() {
    let mut run = Run::new(&FREE, 100.0);
    run.trade(0.5, 100.0);
    // Equity 11,000; full: 91.67 units, of which 50 were bought at 100.
    run.trade(1.0, 120.0);
    let units = 11_000.0 / 120.0;
    assert_near(run.environment.account().entry_price().unwrap(), 10_000.0 / units);
    // A quarter of 10,083.33 at 110; 68.75 units are sold.
    run.trade(0.25, 110.0);
    let TradeEvent::Adjusted(reduced) = run.events[2] else { panic!("expected a change") };
    assert_near(reduced.fill.units, -68.75);
    assert_near(reduced.realized_pnl, 62.5);
    assert_near(reduced.entry_price, 10_000.0 / units);
    run.trade(0.0, 110.0);
    assert_eq!(run.kinds(), "open Long Target, adjust Long, adjust Long, close Long Target");
    assert_eq!(run.totals.n_closed, 1);
    assert_near(run.closed_net_pnl(), units * 110.0 - 10_000.0);
}

#[test]
fn a_partial_change_pays_only_for_what_it_trades() {
    let mut run = Run::new(&with_commission(10_000.0), 100.0);
    run.trade(-0.5, 100.0);
    let before = run.environment.clone();
    let outcome = run.trade(-1.0, 100.0);
    assert_near(outcome.exposure, -1.0);
    let added = before.account().units() - run.environment.account().units();
    assert_near(outcome.flows.commission, 0.01 * added * 100.0);
    assert_near(outcome.equity, before.equity() - outcome.flows.commission);
}

#[test]
fn the_same_target_keeps_the_units() {
    let mut run = Run::new(&FREE, 100.0);
    run.trade(0.5, 100.0);
    let outcome = run.trade(0.5, 200.0);
    assert_near(run.environment.account().units(), 50.0);
    assert_near(outcome.exposure, 10_000.0 / 15_000.0);
    assert_eq!(run.events.len(), 1);
}

#[test]
fn the_last_target_before_a_step_counts() {
    let mut run = Run::new(&FREE, 100.0);
    run.environment.set_target(1.0);
    run.trade(0.0, 100.0);
    assert_eq!(run.kinds(), "");
    run.trade(1.0, 100.0);
    assert_eq!(run.kinds(), "open Long Target");
}

#[test]
fn units_are_rounded_toward_zero_to_whole_lots() {
    let config = EnvironmentConfig { lot_size: 10.0, ..FREE };
    for (target, units) in [(1.0, 30.0), (-1.0, -30.0)] {
        let mut run = Run::new(&config, 300.0);
        run.trade(target, 300.0);
        assert_near(run.environment.account().units(), units);
    }
}

#[test]
fn a_whole_number_of_lots_is_not_lost_to_rounding() {
    // 0.3 / 0.1 is 2.9999999999999996 in binary.
    let config = EnvironmentConfig { initial_cash: 0.3, lot_size: 0.1, ..FREE };
    let mut run = Run::new(&config, 1.0);
    run.trade(-1.0, 1.0);
    assert_near(run.environment.account().units(), -0.3);
}

#[test]
fn the_end_closes_at_the_last_close_with_costs() {
    let mut run = Run::new(&with_commission(10_100.0), 100.0);
    run.environment.set_target(1.0);
    run.step([100.0, 130.0, 90.0, 120.0]);
    let outcome = run.finish();
    assert_near(outcome.equity, 12_000.0 - 120.0);
    assert_eq!(run.kinds(), "open Long Target, close Long EndOfData");
    assert_eq!(run.finish().flows.notional.to_bits(), 0.0_f64.to_bits());
}
