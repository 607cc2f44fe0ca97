//! The account: fills, costs, margin, and that it always balances.

use std::mem;

use trainer::account::environment::{
    BarOutcome, Environment, EnvironmentConfig, Flows, TradeEvent,
};
use trainer::market::bars::Bar;

mod carry;
mod events;
mod fills;
mod funding;
mod margin;
mod nearest;
mod properties;
mod settings;

/// Without costs, sizes are round numbers.
const FREE: EnvironmentConfig = EnvironmentConfig {
    initial_cash: 10_000.0,
    commission_bps: 0.0,
    slippage_bps: 0.0,
    spread_bps: 0.0,
    funding_bps: 0.0,
    borrow_fee_bps_per_year: 0.0,
    interest_bps_per_year: 0.0,
    leverage: 1.0,
    maintenance_margin: 0.05,
    lot_size: 0.0,
    allow_short: true,
};

/// An environment and its events so far.
struct Run {
    environment: Environment,
    events: Vec<TradeEvent>,
    /// Of all bars so far.
    totals: Flows,
    /// The rate in the following bars.
    funding: f64,
    /// In the next bar only.
    dividend: f64,
    /// From bar to bar.
    interval_ms: i64,
}

impl Run {
    /// Starts on one flat bar at `price`, at whose close the first target
    /// can be set.
    fn new(config: &EnvironmentConfig, price: f64) -> Self {
        let mut run = Self {
            environment: Environment::new(config).expect("valid settings"),
            events: Vec::new(),
            totals: Flows::default(),
            funding: 0.0,
            dividend: 0.0,
            interval_ms: 60_000,
        };
        run.step(flat(price));
        run
    }

    /// Sets a target, then steps through a bar that stays at `price`.
    fn trade(&mut self, target: f64, price: f64) -> BarOutcome {
        self.environment.set_target(target);
        self.step(flat(price))
    }

    fn step(&mut self, [open, high, low, close]: [f64; 4]) -> BarOutcome {
        let idx = i64::try_from(self.environment.n_steps()).expect("few steps");
        let (time_ms, dividend) = (self.interval_ms * idx, mem::take(&mut self.dividend));
        let funding = self.funding;
        let bar = Bar { time_ms, open, high, low, close, volume: 1.0, funding, dividend };
        let events = &mut self.events;
        let outcome = self.environment.step(&bar, &mut |event| events.push(event));
        self.totals.add(&outcome.flows);
        self.check_identity(close);
        outcome
    }

    fn finish(&mut self) -> BarOutcome {
        let events = &mut self.events;
        let outcome = self.environment.finish(&mut |event| events.push(event));
        self.totals.add(&outcome.flows);
        outcome
    }

    fn closed_net_pnl(&self) -> f64 {
        self.totals.profit - self.totals.loss
    }

    #[track_caller]
    fn check_identity(&self, close: f64) {
        let (account, equity) = (self.environment.account(), self.environment.equity());
        let initial_cash = self.environment.config().initial_cash;
        let scale = 1e-9 * initial_cash.max(account.cash().abs()).max(equity.abs());
        let by_position = account.cash() + account.units() * close;
        let by_trades = initial_cash + self.closed_net_pnl() + account.open_net_pnl(close);
        assert!((by_position - equity).abs() <= scale, "{by_position} is not {equity}");
        assert!((by_trades - equity).abs() <= scale, "{by_trades} is not {equity}");
    }

    /// The kinds of the events so far, as one line.
    fn kinds(&self) -> String {
        let kind = |event: &TradeEvent| match event {
            TradeEvent::Opened(trade) => format!("open {:?} {:?}", trade.side, trade.fill.reason),
            TradeEvent::Adjusted(trade) => format!("adjust {:?}", trade.side),
            TradeEvent::Closed(trade) => format!("close {:?} {:?}", trade.side, trade.fill.reason),
            TradeEvent::Invalid(action) => format!("invalid {:?}", action.reason),
        };
        self.events.iter().map(kind).collect::<Vec<_>>().join(", ")
    }
}

fn flat(price: f64) -> [f64; 4] {
    [price; 4]
}

#[track_caller]
fn assert_near(left: f64, right: f64) {
    let scale = left.abs().max(right.abs()).max(1.0);
    assert!((left - right).abs() <= 1e-9 * scale, "{left} is not {right}");
}
