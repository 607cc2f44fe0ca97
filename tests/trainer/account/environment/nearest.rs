//! Targets that cannot be filled as requested: the nearest units, and
//! never further away than before.

use proptest::prelude::*;

use super::*;

/// Returns the units of a target at `price`, by bisection: `units *
/// price` is `exposure` times the equity after the costs.
fn asked_units(before: &Environment, price: f64, exposure: f64) -> f64 {
    let (account, config) = (before.account(), before.config());
    let slippage = (config.slippage_bps + config.spread_bps / 2.0) / 1e4;
    let commission = config.commission_bps / 1e4;
    let miss = |units: f64| {
        let traded = units - account.units();
        let fill_price = price * (1.0 + slippage * traded.signum());
        let paid = traded * (fill_price - price) + commission * (traded * fill_price).abs();
        units * price - exposure * (account.equity(price) - paid)
    };
    let reach = 4.0 * (exposure.abs() * account.equity(price) / price).max(account.units().abs());
    let (mut low, mut high) = (-reach, reach);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        *if miss(middle) < 0.0 { &mut low } else { &mut high } = middle;
    }
    f64::midpoint(low, high)
}

/// The nearest to `asked` of the whole lots that are no more than it
/// and no more than `full`, or lie between it and `held`, on the side
/// that is allowed.
fn nearest(config: &EnvironmentConfig, (asked, full): (f64, f64), held: f64) -> f64 {
    let far = held.abs().max(asked.abs());
    let upward = std::iter::successors(Some(0.0), |lots| Some(lots + 1.0));
    let sizes = upward.map(|lots: f64| lots * config.lot_size);
    let sizes = sizes.take_while(|&size| size <= far + config.lot_size);
    let lots = sizes.flat_map(|size| [-size, size]);
    let is_within =
        |units: f64, most: f64| units * most >= 0.0 && units.abs() <= most.abs() * (1.0 + 1e-9);
    let is_open = |&units: &f64| {
        let is_bought = is_within(units, asked) && is_within(units, full);
        is_bought || (units * asked >= 0.0 && is_within(units, held))
    };
    let is_allowed = |units: &f64| config.allow_short || *units >= 0.0;
    let choices = lots.filter(is_open).filter(is_allowed).chain([0.0]);
    choices
        .min_by(|left, right| (left - asked).abs().total_cmp(&(right - asked).abs()))
        .expect("flat is a choice")
}

prop_compose! {
    fn accounts()(
        commission_bps in prop_oneof![Just(0.0), 0.0..100.0_f64],
        slippage_bps in prop_oneof![Just(0.0), 0.0..100.0_f64],
        spread_bps in prop_oneof![Just(0.0), 0.0..100.0_f64],
        leverage in prop_oneof![Just(1.0), 1.0..10.0_f64],
        lot_size in prop::sample::select(vec![0.1, 1.0, 7.0, 10.0, 90.0, 1000.0]),
        allow_short in any::<bool>(),
    ) -> EnvironmentConfig {
        EnvironmentConfig {
            commission_bps, slippage_bps, spread_bps, leverage, lot_size, allow_short,
            maintenance_margin: 0.0, ..FREE
        }
    }
}

fn orders() -> impl Strategy<Value = Vec<(f64, f64)>> {
    let target = prop_oneof![3 => -1.0..1.0_f64, 1 => -0.05..0.05_f64, 1 => -2.0..2.0_f64];
    prop::collection::vec((target, 0.8..1.25_f64), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_order_ends_as_near_as_it_can_and_never_further(
        config in accounts(), orders in orders(),
    ) {
        let mut price = 100.0;
        let mut run = Run::new(&config, price);
        for (target, change) in orders {
            price *= change;
            let before = run.environment.clone();
            run.trade(target, price);
            let is_closed = before.liquidation_price().is_some_and(|at| {
                if before.account().units() > 0.0 { price <= at } else { price >= at }
            });
            if is_closed || before.is_bankrupt() {
                break;
            }
            let asked = asked_units(&before, price, target * config.leverage);
            let (held, units) = (before.account().units(), run.environment.account().units());
            let rounding = 1e-6 * asked.abs().max(held.abs()).max(config.lot_size);
            prop_assert!(
                (units - asked).abs() <= (held - asked).abs() + rounding,
                "asked {asked}, held {held}, now {units}"
            );
            let full = asked_units(&before, price, target.signum() * config.leverage);
            // Where the costs leave nothing, nothing can be held.
            let is_ruined = asked * target < 0.0 || full * target < 0.0;
            let best = if is_ruined { 0.0 } else { nearest(&config, (asked, full), held) };
            let miss = (units - asked).abs() - (best - asked).abs();
            prop_assert!(miss.abs() <= rounding, "asked {asked}, held {held}: {units}, not {best}");
        }
    }

    #[test]
    fn without_lots_only_the_side_is_in_the_way(config in accounts(), orders in orders()) {
        let config = EnvironmentConfig { lot_size: 0.0, ..config };
        let mut run = Run::new(&config, 100.0);
        for (target, _) in orders {
            let target = target.clamp(-1.0, 1.0);
            let before = run.environment.clone();
            run.trade(target, 100.0);
            let asked = asked_units(&before, 100.0, target * config.leverage);
            let asked = if config.allow_short { asked } else { asked.max(0.0) };
            let units = run.environment.account().units();
            prop_assert!((units - asked).abs() <= 1e-6 * asked.abs().max(1.0));
        }
    }
}
