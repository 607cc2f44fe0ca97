//! The rules of the account: cash, costs, leverage, lots.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::field::{FieldError, check_numbers};
use crate::wording::DAY_MS;

/// One basis point, as a fraction.
const BASIS_POINT: f64 = 1e-4;
/// The year of annual rates, in milliseconds (ACT/365).
const YEAR_MS: f64 = 365.0 * DAY_MS as f64;
/// The range of annual rates, in basis points.
const ANNUAL: RangeInclusive<f64> = 0.0..=100_000.0;

/// The account's starting cash, its costs and its limits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EnvironmentConfig {
    /// Cash at the start, in the quote currency. Range: above 0, at
    /// most 1e15. Default: 10000.
    #[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = 0.0, "maximum" = 1e15)))]
    pub initial_cash: f64,
    /// Commission of each fill, in basis points (0.01 %) of the value
    /// filled. Range: 0 to 1000. Default: 5.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1000.0)))]
    pub commission_bps: f64,
    /// How much worse than the open a fill is, in basis points (0.01 %)
    /// of the price. Range: 0 to 1000. Default: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1000.0)))]
    pub slippage_bps: f64,
    /// The whole distance between bid and ask, in basis points (0.01 %)
    /// of the price, which is assumed to be the middle between them: each
    /// fill pays half of it, on top of the slippage. Range: 0 to 1000.
    /// Default: 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 1000.0)))]
    pub spread_bps: f64,
    /// What a long pays, and a short receives, at each bar's close, in
    /// basis points (0.01 %) of the position's value; below 0 the other
    /// way. It adds to the `funding` of the bars, where they have one.
    /// The account pays it; the learner does not take it into account.
    /// Range: -100 to 100. Default: 0.
    #[cfg_attr(feature = "schema", schemars(range(min = -100.0, max = 100.0)))]
    pub funding_bps: f64,
    /// What a short pays to borrow the units it sold, in basis points
    /// (0.01 %) of their value a year of 365 days. Range: 0 to 100000.
    /// Default: 0, nothing.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 100_000.0)))]
    pub borrow_fee_bps_per_year: f64,
    /// What a leveraged long pays on the cash it borrowed, in basis
    /// points (0.01 %) of it a year of 365 days; cash earns nothing.
    /// The account pays this and the borrow fee; the learner takes
    /// neither into account. Range: 0 to 100000. Default: 0, nothing.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 100_000.0)))]
    pub interest_bps_per_year: f64,
    /// Position value of a full target, as a multiple of equity. Range:
    /// 1 to 100, and below 1 / `maintenance_margin`. Default: 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1.0, max = 100.0)))]
    pub leverage: f64,
    /// Equity below which a position is liquidated, as a fraction of its
    /// value. Range: 0 to 0.99. Default: 0.05.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0, max = 0.99)))]
    pub maintenance_margin: f64,
    /// Units are whole multiples of this; 0 allows any fraction. Range:
    /// 0 or more, in units of the instrument. Default: 0.
    #[cfg_attr(feature = "schema", schemars(range(min = 0.0)))]
    pub lot_size: f64,
    /// Whether targets below 0 (short positions) are allowed.
    /// Default: true.
    pub allow_short: bool,
}

impl Default for EnvironmentConfig {
    fn default() -> Self {
        Self {
            initial_cash: 10_000.0,
            commission_bps: 5.0,
            slippage_bps: 1.0,
            spread_bps: 0.0,
            funding_bps: 0.0,
            borrow_fee_bps_per_year: 0.0,
            interest_bps_per_year: 0.0,
            leverage: 1.0,
            maintenance_margin: 0.05,
            lot_size: 0.0,
            allow_short: true,
        }
    }
}

impl EnvironmentConfig {
    /// Checks every field's range, and the fields against each other.
    ///
    /// # Errors
    ///
    /// Returns the first field that is out of its range.
    pub fn validate(&self) -> Result<(), FieldError> {
        let ranges = [
            ("initial_cash", self.initial_cash, f64::MIN_POSITIVE..=1e15, "above 0, at most 1e15"),
            ("commission_bps", self.commission_bps, 0.0..=1000.0, "from 0 to 1000"),
            ("slippage_bps", self.slippage_bps, 0.0..=1000.0, "from 0 to 1000"),
            ("spread_bps", self.spread_bps, 0.0..=1000.0, "from 0 to 1000"),
            ("funding_bps", self.funding_bps, -100.0..=100.0, "from -100 to 100"),
            ("borrow_fee_bps_per_year", self.borrow_fee_bps_per_year, ANNUAL, "from 0 to 100000"),
            ("interest_bps_per_year", self.interest_bps_per_year, ANNUAL, "from 0 to 100000"),
            ("leverage", self.leverage, 1.0..=100.0, "from 1 to 100"),
            ("maintenance_margin", self.maintenance_margin, 0.0..=0.99, "from 0 to 0.99"),
            ("lot_size", self.lot_size, 0.0..=f64::MAX, "0 or more"),
        ];
        check_numbers("environment.", &ranges)?;
        self.validate_leverage()
    }

    /// Checks that opening a full position neither liquidates it nor
    /// costs more than half the equity.
    fn validate_leverage(&self) -> Result<(), FieldError> {
        let refuse = |expected| FieldError::new("environment.leverage", self.leverage, expected);
        if self.leverage * self.maintenance_margin >= 1.0 {
            return Err(refuse("below 1 / `environment.maintenance_margin`"));
        }
        if self.leverage * self.pricing().unit_cost(1.0) >= 0.5 {
            return Err(refuse("so low that one full fill costs less than half the equity"));
        }
        Ok(())
    }

    /// Returns the same account at `factor` times the costs of a fill,
    /// the borrow fee and the interest.
    ///
    /// # Errors
    ///
    /// Returns the first field that is then out of its range.
    pub fn with_costs(&self, factor: f64) -> Result<Self, FieldError> {
        let config = Self {
            commission_bps: self.commission_bps * factor,
            slippage_bps: self.slippage_bps * factor,
            spread_bps: self.spread_bps * factor,
            borrow_fee_bps_per_year: self.borrow_fee_bps_per_year * factor,
            interest_bps_per_year: self.interest_bps_per_year * factor,
            ..*self
        };
        config.validate().map(|()| config)
    }

    /// Returns the cost of trading one unit of exposure, as a fraction of
    /// equity: commission plus slippage plus half the spread.
    ///
    /// This is the `c` of the learner. Buys cost `k s` more and sells
    /// `k s` less (`k` the commission, `s` the slippage), under a
    /// thousandth of it at the default costs.
    pub fn cost_per_exposure(&self) -> f64 {
        (self.commission_bps + self.slippage_bps + self.spread_bps / 2.0) * BASIS_POINT
    }

    /// Returns the target of buy-and-hold without borrowing: its position
    /// is worth the equity, whatever the leverage.
    pub fn buy_and_hold_target(&self) -> f64 {
        1.0 / self.leverage
    }

    pub(super) fn pricing(&self) -> Pricing {
        Pricing {
            commission: self.commission_bps * BASIS_POINT,
            slippage: (self.slippage_bps + self.spread_bps / 2.0) * BASIS_POINT,
        }
    }

    /// Returns the exposure that costs half the equity to trade: above
    /// any leverage.
    pub(super) fn exposure_max(&self) -> f64 {
        0.5 / self.pricing().unit_cost(1.0)
    }

    /// Returns the rates of holding for `elapsed_ms`.
    pub(super) fn carry_rates(&self, elapsed_ms: i64) -> CarryRates {
        let years = elapsed_ms as f64 / YEAR_MS;
        CarryRates {
            borrow_fee: self.borrow_fee_bps_per_year * BASIS_POINT * years,
            interest: self.interest_bps_per_year * BASIS_POINT * years,
        }
    }

    /// Returns the funding that a long pays at each close, as a fraction
    /// of its value.
    pub(super) fn funding_rate(&self) -> f64 {
        self.funding_bps * BASIS_POINT
    }
}

/// The rates of one holding period, as fractions.
#[derive(Debug, Clone, Copy)]
pub(super) struct CarryRates {
    /// Of the value of the units borrowed.
    pub(super) borrow_fee: f64,
    /// Of the cash borrowed.
    pub(super) interest: f64,
}

/// The costs of fills, as fractions of their value.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Pricing {
    commission: f64,
    /// Includes half the spread.
    slippage: f64,
}

impl Pricing {
    /// Returns the fill price of `units` (below 0: sold) at `reference`.
    pub(super) fn fill_price(&self, units: f64, reference: f64) -> f64 {
        // `signum` keeps the fill worse at negative prices, too.
        reference * (1.0 + self.slippage * units.signum() * reference.signum())
    }

    /// Returns the commission on `units` filled at `price`.
    pub(super) fn commission(&self, units: f64, price: f64) -> f64 {
        self.commission * (units * price).abs()
    }

    /// Returns all costs of trading a value of 1 at the reference price;
    /// `direction` is 1 for buys and -1 for sells.
    pub(super) fn unit_cost(&self, direction: f64) -> f64 {
        self.slippage + self.commission * (1.0 + self.slippage * direction)
    }
}
