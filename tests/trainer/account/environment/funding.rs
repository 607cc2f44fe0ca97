//! Funding, and the spread between bid and ask.

use trainer::account::environment::{EnvironmentConfig, TradeEvent};

use super::{FREE, Run, assert_near};

#[test]
fn a_long_pays_funding_on_its_value_at_each_close() {
    let config = EnvironmentConfig { funding_bps: 10.0, ..FREE };
    let mut run = Run::new(&config, 100.0);
    // 100 units: 10.00 at 100, 11.00 at 110.
    assert_near(run.trade(1.0, 100.0).flows.funding, 10.0);
    let outcome = run.trade(1.0, 110.0);
    assert_near(outcome.flows.funding, 11.0);
    assert_near(outcome.equity, 11_000.0 - 21.0);
    let closing = run.trade(0.0, 110.0);
    assert_near(closing.flows.funding, 0.0);
    assert_near(run.totals.funding, 21.0);
    let Some(TradeEvent::Closed(trade)) = run.events.last() else {
        panic!("the trade was not closed");
    };
    assert_near(trade.total_funding, 21.0);
    assert_near(trade.net_pnl, 979.0);
}

#[test]
fn a_short_receives_what_a_long_pays() {
    let config = EnvironmentConfig { funding_bps: 10.0, ..FREE };
    let mut run = Run::new(&config, 100.0);
    let outcome = run.trade(-1.0, 100.0);
    assert_near(outcome.flows.funding, -10.0);
    assert_near(outcome.equity, 10_010.0);
    run.check_identity(100.0);
}

#[test]
fn the_rate_of_the_bar_adds_to_the_constant() {
    let config = EnvironmentConfig { funding_bps: 10.0, ..FREE };
    let mut run = Run::new(&config, 100.0);
    // 100 units worth 10,000: 0.1 % is 10, and 0.2 % more is 20.
    run.funding = 0.002;
    assert_near(run.trade(1.0, 100.0).flows.funding, 30.0);
    // Worth 11,000 at 110: 0.1 % less 0.3 %, which the long receives.
    run.funding = -0.003;
    let outcome = run.trade(1.0, 110.0);
    assert_near(outcome.flows.funding, -22.0);
    assert_near(outcome.equity, 11_000.0 - 30.0 + 22.0);
    // Sold at the open of a bar, it owes nothing at its close.
    assert_near(run.trade(0.0, 110.0).flows.funding, 0.0);
    // The short is worth 10,992 again, and receives 0.1 % and 0.1 %.
    run.funding = 0.001;
    let outcome = run.trade(-1.0, 110.0);
    assert_near(outcome.flows.funding, -10_992.0 * 0.002);
    assert_near(outcome.equity, 10_992.0 * 1.002);
}

#[test]
fn each_fill_pays_half_the_spread() {
    let config = EnvironmentConfig { spread_bps: 100.0, slippage_bps: 25.0, ..FREE };
    let mut run = Run::new(&config, 100.0);
    run.trade(0.5, 100.0);
    run.trade(0.0, 100.0);
    let prices: Vec<f64> = run
        .events
        .iter()
        .map(|event| match event {
            TradeEvent::Opened(trade) => trade.fill.price,
            TradeEvent::Closed(trade) => trade.fill.price,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_near(prices[0], 100.75);
    assert_near(prices[1], 99.25);
    assert_near(config.cost_per_exposure(), 0.0075);
}
