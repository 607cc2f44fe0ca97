//! Steps the account through bars: targets, liquidation, bankruptcy.

use serde::{Deserialize, Serialize};

use crate::field::FieldError;
use crate::market::bars::Bar;

use super::account::{Account, Execution};
use super::config::EnvironmentConfig;
use super::event::{FillReason, InvalidAction, InvalidReason, TradeEvent};
use super::outcome::{BarOutcome, StepStatus};
use super::sizing::{Order, liquidation_price, units_for};

/// Equity, as a share of the initial cash, at which an account is ruined,
/// and bankrupt once it is flat. Of the default 10,000 that is 10, about
/// the smallest order that exchanges take; figures beyond mean nothing.
pub(crate) const RUIN_SHARE: f64 = 1e-3;

/// One account stepped through the bars of one instrument.
///
/// Decide at a bar's close with [`set_target`](Self::set_target); the
/// next [`step`](Self::step) fills it at that bar's open. Neither
/// allocates.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Environment {
    config: EnvironmentConfig,
    account: Account,
    target: f64,
    pending: Option<f64>,
    n_steps: u64,
    last: LastBar,
    is_bankrupt: bool,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct LastBar {
    time_ms: i64,
    close: f64,
}

/// How a target is executed.
struct Plan {
    /// The target to record as held.
    target: f64,
    units: f64,
    /// Why the target is not executed as requested.
    reason: Option<InvalidReason>,
}

impl Environment {
    /// Returns a flat account with the configured cash.
    ///
    /// # Errors
    ///
    /// Returns the field of `config` that is out of its range.
    pub fn new(config: &EnvironmentConfig) -> Result<Self, FieldError> {
        config.validate()?;
        Ok(Self {
            config: *config,
            account: Account::new(config.initial_cash, config.pricing()),
            target: 0.0,
            pending: None,
            n_steps: 0,
            last: LastBar::default(),
            is_bankrupt: false,
        })
    }

    /// Returns the settings of this account.
    pub fn config(&self) -> &EnvironmentConfig {
        &self.config
    }

    /// Returns the account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns the target now held: the last one that filled, 0 after a
    /// liquidation.
    pub fn target(&self) -> f64 {
        self.target
    }

    /// Returns the equity at the last bar's close.
    pub fn equity(&self) -> f64 {
        self.account.equity(self.last.close)
    }

    /// Returns the number of bars stepped through.
    pub fn n_steps(&self) -> u64 {
        self.n_steps
    }

    /// Returns whether the account is bankrupt.
    pub fn is_bankrupt(&self) -> bool {
        self.is_bankrupt
    }

    /// Returns the price at which the position would be liquidated.
    pub fn liquidation_price(&self) -> Option<f64> {
        let margin = self.config.maintenance_margin;
        liquidation_price(self.account.cash(), self.account.units(), margin)
    }

    /// Requests the exposure `target * leverage` from the next bar's open
    /// on; `target` is from -1 (full short) to 1 (full long).
    ///
    /// The last call before a step counts. Repeating the held target
    /// keeps the units. The next step executes a target as far as
    /// possible, ignores one that is not finite, and reports either by an
    /// `INVALID_ACTION` event.
    pub fn set_target(&mut self, target: f64) {
        // NaN differs from everything, so it is refused, not ignored.
        #[expect(clippy::float_cmp, reason = "to hold is to request the very same target")]
        let is_new = target != self.target;
        self.pending = is_new.then_some(target);
    }

    /// Steps through the next bar: settles the carry up to its open,
    /// fills there, liquidates at its worst price, pays funding and marks
    /// at its close.
    pub fn step(&mut self, bar: &Bar, events: &mut impl FnMut(TradeEvent)) -> BarOutcome {
        let last = self.last;
        let at_open = self.start_bar(bar);
        if self.is_bankrupt {
            self.fill_pending(&at_open, events);
            return self.outcome(StepStatus::Refused);
        }
        let rates = self.config.carry_rates(bar.time_ms - last.time_ms);
        self.account.settle_carry(rates, last.close, bar.dividend);
        self.liquidate(bar.open, at_open, events);
        self.fill_pending(&at_open, events);
        let is_exposed = self.account.units() != 0.0;
        if is_exposed {
            let worst = if self.account.units() > 0.0 { bar.low } else { bar.high };
            self.liquidate(worst, Execution { is_at_open: false, ..at_open }, events);
        }
        self.account.fund(self.config.funding_rate() + bar.funding, bar.close);
        BarOutcome { is_exposed, ..self.outcome(self.status()) }
    }

    /// Closes an open position at the last bar's close, with all costs,
    /// so that the final figures are net of the exit too.
    ///
    /// The outcome holds the effects of this fill alone and the equity
    /// after it. Without a position nothing happens.
    pub fn finish(&mut self, events: &mut impl FnMut(TradeEvent)) -> BarOutcome {
        self.account.start_bar();
        self.pending = None;
        if self.account.units() != 0.0 {
            let at = Execution {
                bar_idx: self.n_steps - 1,
                time_ms: self.last.time_ms,
                reference_price: self.last.close,
                reason: FillReason::EndOfData,
                is_at_open: false,
            };
            self.trade_to(0.0, &at, events);
            self.target = 0.0;
        }
        self.outcome(self.status())
    }

    fn start_bar(&mut self, bar: &Bar) -> Execution {
        let bar_idx = self.n_steps;
        self.n_steps += 1;
        self.last = LastBar { time_ms: bar.time_ms, close: bar.close };
        self.account.start_bar();
        Execution {
            bar_idx,
            time_ms: bar.time_ms,
            reference_price: bar.open,
            reason: FillReason::Target,
            is_at_open: true,
        }
    }

    /// Closes the position if `worst` lies at or beyond its liquidation
    /// price: at the open as it is, within the bar at that price.
    fn liquidate(&mut self, worst: f64, at: Execution, events: &mut impl FnMut(TradeEvent)) {
        let Some(price) = self.liquidation_price() else {
            return;
        };
        let is_long = self.account.units() > 0.0;
        let is_reached = if is_long { worst <= price } else { worst >= price };
        if !is_reached {
            return;
        }
        let reference_price = if at.is_at_open { worst } else { price };
        let at = Execution { reference_price, reason: FillReason::Liquidation, ..at };
        self.trade_to(0.0, &at, events);
        self.target = 0.0;
    }

    fn fill_pending(&mut self, at: &Execution, events: &mut impl FnMut(TradeEvent)) {
        let Some(target) = self.pending.take() else {
            return;
        };
        let plan = self.plan(target, at.reference_price);
        if let Some(reason) = plan.reason {
            events(TradeEvent::Invalid(InvalidAction {
                bar_idx: at.bar_idx,
                time_ms: at.time_ms,
                target: target.is_finite().then_some(target),
                reason,
            }));
        }
        self.target = plan.target;
        if plan.units.to_bits() != self.account.units().to_bits() {
            self.trade_to(plan.units, at, events);
        }
    }

    /// Returns the executable plan nearest to `target` at the price
    /// `reference`.
    fn plan(&self, target: f64, reference: f64) -> Plan {
        let stay = Plan { target: self.target, units: self.account.units(), reason: None };
        let flat = Plan { target: 0.0, units: 0.0, reason: None };
        if self.is_bankrupt {
            return Plan { reason: Some(InvalidReason::Bankrupt), ..stay };
        }
        if !target.is_finite() {
            return Plan { reason: Some(InvalidReason::NotFinite), ..stay };
        }
        if target == 0.0 {
            return flat;
        }
        if target < 0.0 && !self.config.allow_short {
            return Plan { reason: Some(InvalidReason::ShortNotAllowed), ..flat };
        }
        let allowed = target.clamp(-1.0, 1.0);
        let is_beyond = target.abs() > 1.0;
        let reason = is_beyond.then_some(InvalidReason::OutOfRange);
        let exposure = target * self.config.leverage;
        let held = self.held_exposure(reference);
        let is_larger = is_beyond && held * exposure > 0.0 && held.abs() > self.config.leverage;
        if is_larger && exposure.abs() >= held.abs() {
            return Plan { target: allowed, reason, ..stay };
        }
        // Gains or losses can make a position larger than a full one; it
        // may stay larger, up to the request.
        let exposure_max =
            if is_larger { self.config.exposure_max() } else { self.config.leverage };
        let order = Order {
            cash: self.account.cash(),
            units: self.account.units(),
            reference,
            exposure: exposure.clamp(-exposure_max, exposure_max),
            lot_size: self.config.lot_size,
        };
        let units = units_for(&order, &self.account.pricing());
        if units == 0.0 {
            return Plan { reason: Some(InvalidReason::TooSmall), ..flat };
        }
        Plan { target: allowed, units, reason }
    }

    fn held_exposure(&self, price: f64) -> f64 {
        self.account.units() * price / self.account.equity(price)
    }

    fn trade_to(&mut self, units: f64, at: &Execution, events: &mut impl FnMut(TradeEvent)) {
        self.account.trade_to(units, at, events);
        let is_flat = self.account.units() == 0.0;
        self.is_bankrupt = is_flat && self.account.cash() <= RUIN_SHARE * self.config.initial_cash;
    }

    fn status(&self) -> StepStatus {
        if self.is_bankrupt { StepStatus::Bankrupt } else { StepStatus::Running }
    }

    fn outcome(&self, status: StepStatus) -> BarOutcome {
        let (equity, units) = (self.equity(), self.account.units());
        let exposure = if units == 0.0 { 0.0 } else { units * self.last.close / equity };
        BarOutcome { equity, exposure, is_exposed: false, flows: self.account.flows(), status }
    }
}
