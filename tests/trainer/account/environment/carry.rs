//! Borrow fees, interest and dividends.

use num::{BigRational, ToPrimitive as _};
use proptest::prelude::*;

use trainer::account::environment::{Carry, EnvironmentConfig, TradeEvent};

use super::{FREE, Run, assert_near};

const DAY_MS: i64 = 86_400_000;

/// Bars of a day; an account that borrows at 10 % and 5 % a year.
fn run(leverage: f64) -> Run {
    let config = EnvironmentConfig {
        borrow_fee_bps_per_year: 1000.0,
        interest_bps_per_year: 500.0,
        leverage,
        ..FREE
    };
    let mut run = Run::new(&config, 100.0);
    run.interval_ms = DAY_MS;
    run
}

#[test]
fn a_short_pays_for_the_units_it_borrowed() {
    let mut run = run(1.0);
    assert_eq!(run.trade(-1.0, 100.0).flows.carry, Carry::default());
    // 100 units worth 10,000 for a day, at 10 % a year; cash earns nothing.
    let fee = 10_000.0 * 0.1 / 365.0;
    let outcome = run.trade(-1.0, 100.0);
    assert_near(outcome.flows.carry.borrow_fee, fee);
    assert_near(outcome.flows.carry.interest, 0.0);
    assert_near(outcome.equity, 10_000.0 - fee);
    // Bought back at the open, it still pays until then.
    let outcome = run.trade(0.0, 110.0);
    assert_near(outcome.flows.carry.borrow_fee, fee);
    let Some(TradeEvent::Closed(trade)) = run.events.last() else { panic!("it was not closed") };
    assert_near(trade.total_borrow_fee, 2.0 * fee);
    assert_near(trade.net_pnl, -1000.0 - 2.0 * fee);
    assert_eq!(run.trade(0.0, 110.0).flows.carry, Carry::default());
}

#[test]
fn a_leveraged_long_pays_interest_on_what_it_borrowed() {
    let mut run = run(3.0);
    run.trade(1.0, 100.0);
    let interest = 20_000.0 * 0.05 / 365.0;
    let outcome = run.trade(1.0, 101.0);
    assert_near(outcome.flows.carry.interest, interest);
    assert_near(outcome.flows.carry.borrow_fee, 0.0);
    assert_near(outcome.equity, 10_300.0 - interest);
    // What was not paid off is borrowed, too.
    assert_near(run.trade(1.0, 101.0).flows.carry.interest, (20_000.0 + interest) * 0.05 / 365.0);
}

#[test]
fn who_borrows_nothing_pays_nothing() {
    let mut run = run(1.0);
    run.trade(1.0, 100.0);
    assert_eq!(run.trade(1.0, 120.0).flows.carry, Carry::default());
}

#[test]
fn time_without_bars_is_paid_too() {
    let mut run = run(1.0);
    run.trade(-1.0, 100.0);
    // The next bar's number is 2: it opens at day 6, after one at day 1.
    run.interval_ms = 3 * DAY_MS;
    assert_near(run.trade(-1.0, 100.0).flows.carry.borrow_fee, 10_000.0 * 0.1 * 5.0 / 365.0);
}

#[test]
fn a_dividend_goes_to_who_held_before_the_bar() {
    let mut run = run(1.0);
    run.trade(1.0, 100.0);
    run.dividend = 2.0;
    // The price falls by it, and nothing is lost; sold at the open, it
    // was held before.
    let outcome = run.trade(0.0, 98.0);
    assert_near(outcome.flows.carry.dividends, 200.0);
    assert_near(outcome.equity, 10_000.0);
    // Bought at the open of the bar, it comes too late.
    run.dividend = 2.0;
    assert_eq!(run.trade(1.0, 98.0).flows.carry, Carry::default());
}

#[test]
fn a_short_pays_the_dividend() {
    let mut run = run(1.0);
    run.trade(-1.0, 100.0);
    run.dividend = 2.0;
    let outcome = run.trade(-1.0, 98.0);
    assert_near(outcome.flows.carry.dividends, -200.0);
    assert_near(outcome.equity, 10_000.0 - 10_000.0 * 0.1 / 365.0);
}

/// An account in exact fractions, written from the documentation and not
/// from the code.
struct Exact {
    cash: BigRational,
    units: BigRational,
    borrow_fee: BigRational,
    interest: BigRational,
    dividends: BigRational,
}

fn exact(number: f64) -> BigRational {
    BigRational::from_float(number).expect("a finite number")
}

fn rounded(number: &BigRational) -> f64 {
    number.to_f64().expect("it is in range")
}

impl Exact {
    fn new() -> Self {
        let zero = || exact(0.0);
        Self {
            cash: exact(10_000.0),
            units: zero(),
            borrow_fee: zero(),
            interest: zero(),
            dividends: zero(),
        }
    }

    fn hold(&mut self, config: &EnvironmentConfig, days: i64, (close, dividend): (f64, f64)) {
        let years = BigRational::new(days.into(), 365.into());
        let share = |bps: f64| exact(bps) / exact(10_000.0) * &years;
        let zero = exact(0.0);
        let shorted = (-self.units.clone()).max(zero.clone()) * exact(close);
        let borrowed = (-self.cash.clone()).max(zero);
        let fee = shorted * share(config.borrow_fee_bps_per_year);
        let interest = borrowed * share(config.interest_bps_per_year);
        let dividends = &self.units * exact(dividend);
        self.cash = &self.cash + &dividends - &fee - &interest;
        self.borrow_fee += fee;
        self.interest += interest;
        self.dividends += dividends;
    }

    /// Fills without slippage, at a commission on the value traded.
    fn fill(&mut self, config: &EnvironmentConfig, target: f64, open: f64) {
        let (open, exposure) = (exact(open), exact(target) * exact(config.leverage));
        let value = &self.units * &open;
        let commission = exact(config.commission_bps) / exact(10_000.0);
        let wanted = &exposure * (&self.cash + &value) - &value;
        let is_sale = wanted < exact(0.0);
        let cost = if is_sale { -&exposure * &commission } else { &exposure * &commission };
        let traded = wanted / (exact(1.0) + cost);
        let paid = if is_sale { -&traded } else { traded.clone() } * commission;
        self.units += &traded / open;
        self.cash = &self.cash - traded - paid;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_account_is_the_exact_one(
        leverage in prop_oneof![Just(1.0), 1.0..3.0_f64],
        rates in (0.0..100.0_f64, 0.0..5000.0_f64, 0.0..5000.0_f64),
        days in prop::collection::vec(
            (prop::sample::select(vec![-1.0, -0.5, 0.0, 0.5, 1.0]), -0.03..0.03_f64, -0.03..0.03_f64,
             prop_oneof![3 => Just(0.0), 1 => 0.0..2.0_f64]), 1..40),
    ) {
        let (commission_bps, borrow_fee_bps_per_year, interest_bps_per_year) = rates;
        let config = EnvironmentConfig {
            commission_bps, borrow_fee_bps_per_year, interest_bps_per_year, leverage, ..FREE
        };
        let (mut run, mut account) = (Run::new(&config, 100.0), Exact::new());
        run.interval_ms = DAY_MS;
        let (mut close, mut held) = (100.0, 0.0);
        for (target, gap, change, dividend) in days {
            let open: f64 = close * (1.0 + gap);
            account.hold(&config, 1, (close, dividend));
            let step: f64 = target - held;
            if step.abs() > 0.0 {
                account.fill(&config, target, open);
                held = target;
            }
            close = open * (1.0 + change);
            run.dividend = dividend;
            run.environment.set_target(target);
            let outcome = run.step([open, open.max(close), open.min(close), close]);
            if outcome.flows.n_liquidated > 0 {
                break;
            }
            let equity = &account.cash + &account.units * exact(close);
            assert_near(outcome.equity, rounded(&equity));
        }
        let carry = run.totals.carry;
        assert_near(carry.borrow_fee, rounded(&account.borrow_fee));
        assert_near(carry.interest, rounded(&account.interest));
        assert_near(carry.dividends, rounded(&account.dividends));
    }
}
