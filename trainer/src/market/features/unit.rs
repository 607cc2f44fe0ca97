//! Takes the unit out of prices and volumes, to the last bit.
//!
//! Prices times 1000 are rounded anew, each by itself, and so their
//! ratios differ in the last of 53 bits. To a learner that is as another
//! seed: one split moves, and all that follows. Ratios are kept in 26
//! bits, where such a difference shows once in some 250 million.

/// The bits of a ratio that are dropped.
const DROPPED: u32 = 27;

/// What is added before they are: nearly half of the last bit kept.
/// Ratios of whole numbers may lie on the half itself, and then the
/// last of 53 bits would decide.
const NEARLY_HALF: u64 = (1 << (DROPPED - 1)) - 0x0029_f31d;

/// Ratios beyond these are absurd, but must stay numbers.
const RATIO_MAX: f64 = 1e150;

/// Returns `value` over `unit`, both above 0, in 26 bits: the same for
/// all prices times any number.
pub(crate) fn ratio(value: f64, unit: f64) -> f64 {
    let bits = (value / unit).clamp(1.0 / RATIO_MAX, RATIO_MAX).to_bits();
    f64::from_bits((bits + NEARLY_HALF) >> DROPPED << DROPPED)
}

/// Numbers above 0 as multiples of the first one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UnitFree {
    first: Option<f64>,
}

impl UnitFree {
    pub(super) fn take(&mut self, value: f64) -> f64 {
        ratio(value, *self.first.get_or_insert(value))
    }
}
