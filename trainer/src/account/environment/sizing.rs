//! How many units a target needs, and where a position is liquidated.
//!
//! Pure arithmetic; the formulas are derived in the parent module.

use super::config::Pricing;

/// Relative rounding error within which a number of lots is whole.
const LOT_TOLERANCE: f64 = 1e-12;

/// A requested exposure, and the account before the fill.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) cash: f64,
    /// Units held, below 0 for a short.
    pub(super) units: f64,
    /// The price before slippage.
    pub(super) reference: f64,
    /// The requested position value as a multiple of equity after costs.
    pub(super) exposure: f64,
    /// 0 allows any fraction.
    pub(super) lot_size: f64,
}

/// Returns the units to hold after the fill: the nearest to the request
/// that do not exceed it. 0 when the equity is too small for a lot or
/// for the costs.
pub(super) fn units_for(order: &Order, pricing: &Pricing) -> f64 {
    // At a price of 0 units have no value.
    if order.reference == 0.0 {
        return if order.exposure == 0.0 { 0.0 } else { order.units };
    }
    let exact = exact_units(order, pricing);
    if exact * order.exposure <= 0.0 {
        return 0.0;
    }
    let units = nearest_lots(exact, order);
    // A reduction only brings cash in.
    let is_reduction =
        order.lot_size > 0.0 && units * order.units > 0.0 && { units.abs() <= order.units.abs() };
    if order.exposure > 0.0 && order.exposure <= 1.0 && !is_reduction {
        within_cash(order, units, pricing)
    } else {
        units
    }
}

fn exact_units(order: &Order, pricing: &Pricing) -> f64 {
    let value = order.units * order.reference;
    let change = order.exposure * (order.cash + value) - value;
    let direction = change.signum();
    let traded = change / (1.0 + direction * order.exposure * pricing.unit_cost(direction));
    order.units + traded / order.reference
}

/// Returns the whole lots nearest to `exact` among those up to it and
/// those between it and the units held: a lot that is requested only in
/// part may be kept, but not bought.
fn nearest_lots(exact: f64, order: &Order) -> f64 {
    let Order { units: held, lot_size, .. } = *order;
    if lot_size == 0.0 {
        return exact;
    }
    let lots = exact / lot_size;
    let whole = lots.round();
    let is_whole = (lots - whole).abs() <= LOT_TOLERANCE * whole.abs();
    let inner = lot_size * if is_whole { whole } else { lots.trunc() };
    if is_whole || held * exact <= 0.0 || held.abs() <= inner.abs() {
        return inner;
    }
    let outer = held.abs().min(inner.abs() + lot_size).copysign(exact);
    if (outer - exact).abs() < (exact - inner).abs() { outer } else { inner }
}

/// Reduces `units` while rounding alone would borrow cash.
fn within_cash(order: &Order, units: f64, pricing: &Pricing) -> f64 {
    let mut units = units;
    for _ in 0..4 {
        if cash_after(order, units, pricing) >= 0.0 {
            break;
        }
        units = match order.lot_size {
            0.0 => units * (1.0 - 16.0 * f64::EPSILON),
            // Units already held need no cash.
            lot_size => (units - lot_size).max(order.units.max(0.0)),
        };
    }
    units
}

fn cash_after(order: &Order, units: f64, pricing: &Pricing) -> f64 {
    split(order.units, units).iter().fold(order.cash, |cash, &part| {
        let price = pricing.fill_price(part, order.reference);
        cash - part * price - pricing.commission(part, price)
    })
}

/// Returns the parts of one fill: a reversal first closes all of `from`,
/// then opens `to`; everything else is one part, the second being 0.
pub(super) fn split(from: f64, to: f64) -> [f64; 2] {
    if from * to < 0.0 { [-from, to] } else { [to - from, 0.0] }
}

/// Returns the price at which a position is liquidated, if there is one;
/// the formulas are in the parent module.
pub(super) fn liquidation_price(cash: f64, units: f64, maintenance_margin: f64) -> Option<f64> {
    if units > 0.0 {
        (cash < 0.0).then(|| -cash / (units * (1.0 - maintenance_margin)))
    } else if units < 0.0 {
        Some(cash.max(0.0) / (-units * (1.0 + maintenance_margin)))
    } else {
        None
    }
}
