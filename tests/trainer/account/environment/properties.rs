//! Properties that hold on any bars, targets and settings.

use proptest::prelude::*;

use trainer::account::environment::{Carry, Flows, StepStatus};

use super::*;

/// Bars as relative moves: the gap before the open, the close against
/// the open, and how far high and low reach beyond both.
type Moves = Vec<(f64, f64, f64, f64)>;

fn moves() -> impl Strategy<Value = Moves> {
    let wick = prop_oneof![4 => 0.0..0.02_f64, 1 => 0.0..0.5_f64];
    let change = prop_oneof![4 => -0.02..0.02_f64, 1 => -0.5..0.8_f64];
    prop::collection::vec((change.clone(), change, wick.clone(), wick), 1..120)
}

fn targets() -> impl Strategy<Value = Vec<f64>> {
    let target = prop_oneof![
        6 => prop::sample::select(vec![-1.0, 0.0, 1.0]),
        3 => -1.0..1.0_f64,
        1 => prop::sample::select(vec![f64::NAN, 1.5]),
    ];
    prop::collection::vec(target, 120)
}

prop_compose! {
    fn configs()(
        commission_bps in 0.0..100.0_f64,
        slippage_bps in 0.0..100.0_f64,
        spread_bps in prop_oneof![Just(0.0), 0.0..100.0_f64],
        funding_bps in prop_oneof![Just(0.0), -20.0..20.0_f64],
        borrow_fee_bps_per_year in prop_oneof![Just(0.0), 0.0..20_000.0_f64],
        interest_bps_per_year in prop_oneof![Just(0.0), 0.0..20_000.0_f64],
        leverage in prop_oneof![Just(1.0), 1.0..10.0_f64],
        maintenance_margin in 0.0..0.09_f64,
        lot_size in prop::sample::select(vec![0.0, 0.0, 1.0, 0.1]),
    ) -> EnvironmentConfig {
        EnvironmentConfig {
            commission_bps, slippage_bps, spread_bps, funding_bps, borrow_fee_bps_per_year,
            interest_bps_per_year, leverage, maintenance_margin, lot_size, ..FREE
        }
    }
}

fn bars(moves: &Moves) -> Vec<[f64; 4]> {
    let mut close = 100.0;
    let next = |&(gap, change, above, below): &(f64, f64, f64, f64)| {
        let open: f64 = close * (1.0 + gap);
        close = open * (1.0 + change);
        [open, open.max(close) * (1.0 + above), open.min(close) * (1.0 - below), close]
    };
    moves.iter().map(next).collect()
}

fn many_cases() -> ProptestConfig {
    ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() }
}

/// Steps through all bars and calls `check` after every step.
fn drive(
    config: &EnvironmentConfig,
    (bars, targets): (&[[f64; 4]], &[f64]),
    mut check: impl FnMut(&Run, BarOutcome),
) -> Run {
    let mut run = Run {
        environment: Environment::new(config).expect("valid settings"),
        events: Vec::new(),
        totals: Flows::default(),
        funding: 0.0,
        dividend: 0.0,
        interval_ms: 86_400_000,
    };
    for (number, (&bar, &target)) in bars.iter().zip(targets).enumerate() {
        // Every fifth bar pays 1 % of its close.
        run.dividend = if number % 5 == 4 { 0.01 * bar[3] } else { 0.0 };
        let outcome = run.step(bar);
        check(&run, outcome);
        run.environment.set_target(target);
    }
    run
}

proptest! {
    #![proptest_config(many_cases())]

    /// `Run::step` checks both identities after every bar.
    #[test]
    fn the_books_balance_after_every_bar(
        config in configs(), moves in moves(), targets in targets(),
    ) {
        let mut peak = 1.0;
        let mut run = drive(&config, (&bars(&moves), &targets), |run, outcome| {
            peak = f64::max(peak, outcome.equity);
            assert!(outcome.flows.commission >= 0.0 && outcome.flows.slippage >= 0.0);
            assert_near(outcome.equity, run.environment.equity());
            assert!(outcome.equity > 0.0 || outcome.status != StepStatus::Running);
            assert!(outcome.exposure.is_finite());
            assert!(run.totals.n_won <= run.totals.n_closed);
        });
        let outcome = run.finish();
        let account = run.environment.account();
        // Equity that once was millions keeps their rounding error.
        let booked = config.initial_cash + run.closed_net_pnl();
        assert!((outcome.equity - booked).abs() <= 1e-9 * peak, "{} {booked}", outcome.equity);
        assert!((outcome.equity - account.cash()).abs() <= 1e-9 * peak);
    }

    #[test]
    fn the_closed_trades_add_up_to_the_account(
        config in configs(), moves in moves(), targets in targets(),
    ) {
        let mut run = drive(&config, (&bars(&moves), &targets), |_, _| {});
        run.finish();
        let mut sums = [0.0; 8];
        for event in &run.events {
            if let TradeEvent::Closed(trade) = event {
                let fills = trade.total_commission + trade.total_slippage;
                let held = trade.total_funding + trade.total_borrow_fee + trade.total_interest;
                let costs = fills + held;
                assert_near(trade.gross_pnl + trade.total_dividends - costs, trade.net_pnl);
                sums[0] += trade.net_pnl;
                sums[1] += trade.total_commission;
                sums[2] += trade.total_slippage;
                sums[3] += 1.0;
                sums[4] += trade.total_funding;
                sums[5] += trade.total_borrow_fee;
                sums[6] += trade.total_interest;
                sums[7] += trade.total_dividends;
            }
        }
        let Flows { commission, slippage, n_closed, funding, carry, .. } = run.totals;
        let Carry { borrow_fee, interest, dividends } = carry;
        let (net_pnl, n_closed) = (run.closed_net_pnl(), n_closed as f64);
        let totals =
            [net_pnl, commission, slippage, n_closed, funding, borrow_fee, interest, dividends];
        sums.into_iter().zip(totals).for_each(|(sum, total)| assert_near(sum, total));
    }

    #[test]
    fn never_trading_keeps_the_cash_to_the_last_bit(config in configs(), moves in moves()) {
        let run = drive(&config, (&bars(&moves), &[0.0; 120]), |_, outcome| {
            assert_eq!(outcome.equity.to_bits(), 10_000.0_f64.to_bits());
        });
        prop_assert!(run.events.is_empty());
    }

    #[test]
    fn longs_without_leverage_never_borrow(
        config in configs(), moves in moves(), targets in targets(),
    ) {
        let config = EnvironmentConfig {
            leverage: 1.0, allow_short: false, funding_bps: 0.0, ..config
        };
        drive(&config, (&bars(&moves), &targets), |run, _| {
            assert!(run.environment.account().cash() >= 0.0, "{:?}", run.environment.account());
        });
    }

    #[test]
    fn a_fill_leaves_the_exposure_it_aimed_at(
        config in configs(), moves in moves(), targets in targets(),
    ) {
        let config = EnvironmentConfig { lot_size: 0.0, funding_bps: 0.0, ..config };
        let bars: Vec<_> = bars(&moves).iter().map(|bar| flat(bar[3])).collect();
        // One beyond the full exposure only reduces what drifted there.
        let targets: Vec<f64> = targets.iter().map(|target| target.clamp(-1.0, 1.0)).collect();
        drive(&config, (&bars, &targets), |run, outcome| {
            if outcome.flows.notional > 0.0 && run.environment.account().units() != 0.0 {
                assert_near(outcome.exposure, run.environment.target() * config.leverage);
            }
        });
    }

    #[test]
    fn later_bars_change_nothing_before_them(
        config in configs(), moves in moves(), later in moves(), targets in targets(),
        split in any::<prop::sample::Index>(),
    ) {
        let mut bars = bars(&moves);
        let n_kept = split.index(bars.len()).max(1);
        let before = |run: &Run| {
            let mut events = run.events.clone();
            events.retain(|event| bar_idx(event) < n_kept as u64);
            format!("{events:?}")
        };
        let first = before(&drive(&config, (&bars, &targets), |_, _| {}));
        let changed = self::bars(&later);
        for (bar, changed) in bars[n_kept..].iter_mut().zip(changed) {
            *bar = changed;
        }
        let second = before(&drive(&config, (&bars, &targets), |_, _| {}));
        prop_assert_eq!(first, second);
    }
}

fn bar_idx(event: &TradeEvent) -> u64 {
    match event {
        TradeEvent::Opened(trade) => trade.fill.bar_idx,
        TradeEvent::Adjusted(trade) => trade.fill.bar_idx,
        TradeEvent::Closed(trade) => trade.fill.bar_idx,
        TradeEvent::Invalid(action) => action.bar_idx,
    }
}
