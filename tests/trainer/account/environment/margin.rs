//! Leverage, liquidation and bankruptcy.

use trainer::account::environment::StepStatus;

use super::*;

const TRIPLE: EnvironmentConfig = EnvironmentConfig { leverage: 3.0, ..FREE };

/// A triple long from 100: 300 units, 20,000 borrowed.
fn triple_long(config: &EnvironmentConfig) -> Run {
    let mut run = Run::new(config, 100.0);
    run.trade(1.0, 100.0);
    run
}

/// Where 300 units less 20,000 are worth a twentieth of the units.
const LIQUIDATION_PRICE: f64 = 20_000.0 / (300.0 * 0.95);

#[test]
fn leverage_multiplies_the_position_and_borrows_cash() {
    let mut run = triple_long(&TRIPLE);
    assert_near(run.environment.account().units(), 300.0);
    assert_near(run.environment.account().cash(), -20_000.0);
    assert_near(run.step(flat(110.0)).equity, 13_000.0);
}

#[test]
fn leverage_leaves_the_target_after_costs() {
    let config = EnvironmentConfig { commission_bps: 50.0, slippage_bps: 20.0, ..TRIPLE };
    let mut run = triple_long(&config);
    let exposure = |run: &Run| {
        run.environment.account().units() * 100.0 / run.environment.account().equity(100.0)
    };
    assert_near(exposure(&run), 3.0);
    run.trade(-1.0, 100.0);
    assert_near(exposure(&run), -3.0);
    run.trade(-0.5, 100.0);
    assert_near(exposure(&run), -1.5);
}

#[test]
fn a_long_is_liquidated_within_the_bar_at_its_liquidation_price() {
    let mut run = triple_long(&TRIPLE);
    assert_near(run.environment.liquidation_price().unwrap(), LIQUIDATION_PRICE);
    run.step([90.0, 95.0, LIQUIDATION_PRICE + 1e-6, 94.0]);
    assert_eq!(run.kinds(), "open Long Target");
    // It recovers by the close, too late.
    let outcome = run.step([90.0, 95.0, 70.0, 94.0]);
    assert_eq!(run.kinds(), "open Long Target, close Long Liquidation");
    assert_near(outcome.equity, 0.05 * 300.0 * LIQUIDATION_PRICE);
    assert!(outcome.is_exposed);
    assert_eq!(run.environment.target().to_bits(), 0.0_f64.to_bits());
}

#[test]
fn a_liquidation_pays_slippage_and_commission() {
    let config = EnvironmentConfig { slippage_bps: 100.0, commission_bps: 100.0, ..TRIPLE };
    let mut run = triple_long(&config);
    let (cash, units) = (run.environment.account().cash(), run.environment.account().units());
    let price = -cash / (units * 0.95);
    run.step([90.0, 90.0, 60.0, 90.0]);
    let TradeEvent::Closed(closed) = run.events[1] else { panic!("expected a close") };
    assert_near(closed.fill.reference_price, price);
    assert_near(closed.fill.price, 0.99 * price);
    assert_near(closed.fill.commission, 0.01 * units * 0.99 * price);
    assert_near(closed.equity, cash + units * 0.99 * price * 0.99);
}

#[test]
fn a_short_is_liquidated_at_the_high() {
    let mut run = Run::new(&FREE, 100.0);
    run.trade(-1.0, 100.0);
    let price = 20_000.0 / (100.0 * 1.05);
    run.step([150.0, price - 1e-6, 100.0, 150.0]);
    let outcome = run.step([150.0, 191.0, 100.0, 100.0]);
    assert_eq!(run.kinds(), "open Short Target, close Short Liquidation");
    assert_near(outcome.equity, 0.05 * 100.0 * price);
}

#[test]
fn a_position_can_be_liquidated_in_the_bar_that_opens_it() {
    let mut run = Run::new(&TRIPLE, 100.0);
    run.environment.set_target(1.0);
    run.step([100.0, 100.0, 50.0, 100.0]);
    assert_eq!(run.kinds(), "open Long Target, close Long Liquidation");
    let TradeEvent::Closed(closed) = run.events[1] else { panic!("expected a close") };
    assert_eq!(closed.duration_bars, 1);
}

#[test]
fn a_gap_beyond_the_liquidation_price_fills_at_the_open() {
    let mut run = triple_long(&TRIPLE);
    let outcome = run.step([68.0, 90.0, 68.0, 90.0]);
    assert_near(outcome.equity, 300.0 * 68.0 - 20_000.0);
    assert_eq!(run.kinds(), "open Long Target, close Long Liquidation");
    assert_eq!(outcome.status, StepStatus::Running);
    assert!(!outcome.is_exposed);
}

#[test]
fn a_waiting_target_fills_after_a_liquidation_on_a_gap() {
    let mut run = triple_long(&TRIPLE);
    run.trade(-1.0, 68.0);
    assert_eq!(run.kinds(), "open Long Target, close Long Liquidation, open Short Target");
    assert_near(run.environment.account().units(), -3.0 * 400.0 / 68.0);
}

#[test]
fn holding_through_a_liquidation_does_not_buy_back_in_the_same_bar() {
    let mut run = triple_long(&TRIPLE);
    run.trade(1.0, 68.0);
    assert_eq!(run.kinds(), "open Long Target, close Long Liquidation");
    run.trade(1.0, 68.0);
    assert_eq!(run.kinds(), "open Long Target, close Long Liquidation, open Long Target");
}

#[test]
fn a_bankrupt_account_refuses_every_later_step() {
    let mut run = triple_long(&TRIPLE);
    let outcome = run.step(flat(60.0));
    assert_near(outcome.equity, -2_000.0);
    assert_eq!(outcome.status, StepStatus::Bankrupt);
    let refused = run.trade(1.0, 200.0);
    assert_eq!(refused.status, StepStatus::Refused);
    assert_near(refused.equity, -2_000.0);
    assert_eq!(run.kinds(), "open Long Target, close Long Liquidation, invalid Bankrupt");
}

#[test]
fn a_bankruptcy_at_the_open_refuses_the_target_that_waits() {
    let mut run = triple_long(&TRIPLE);
    run.trade(-1.0, 60.0);
    assert_eq!(run.kinds(), "open Long Target, close Long Liquidation, invalid Bankrupt");
}

#[test]
fn an_unlevered_long_is_never_liquidated() {
    let mut run = triple_long(&FREE);
    assert_eq!(run.environment.liquidation_price(), None);
    let outcome = run.step(flat(0.01));
    assert_eq!(outcome.status, StepStatus::Running);
    assert_near(outcome.equity, 1.0);
}
