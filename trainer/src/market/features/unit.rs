//! Makes prices and volumes independent of their unit, bit for bit.
//!
//! When all prices are multiplied by 1000, each is rounded, so that their
//! ratios differ in the last of 53 bits. Like another seed, that can move
//! a split of a tree, and everything after it. Ratios are therefore
//! rounded to 26 bits, where such a difference remains in about one of
//! 250 million.

/// The number of low bits of a ratio that are rounded off.
const DROPPED_BITS: u32 = 27;

/// Added before truncation: slightly less than half of the last bit
/// kept. Ratios of integers can be exactly half, where the last of 53
/// bits would decide the rounding.
const NEARLY_HALF: u64 = (1 << (DROPPED_BITS - 1)) - 0x0029_f31d;

/// Greater ratios are clamped, so that they stay finite.
const RATIO_MAX: f64 = 1e150;

/// Returns `value / unit`, both above 0, rounded to 26 bits: the same
/// when both are multiplied by any factor.
pub(crate) fn ratio(value: f64, unit: f64) -> f64 {
    let bits = (value / unit).clamp(1.0 / RATIO_MAX, RATIO_MAX).to_bits();
    f64::from_bits((bits + NEARLY_HALF) >> DROPPED_BITS << DROPPED_BITS)
}

/// Scales a stream of values above 0 to multiples of the first.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UnitScaler {
    first: Option<f64>,
}

impl UnitScaler {
    pub(super) fn scale(&mut self, value: f64) -> f64 {
        ratio(value, *self.first.get_or_insert(value))
    }
}
