//! Decides whether a bar can be true, and says why when it cannot.
//!
//! The check itself is one comparison after another; the words are found
//! only for a bar that fails it.

use super::Bar;
use super::columns::Part;
use super::number;
use super::timestamp;

/// No market pays a tenth of a position's value for one bar; who wrote
/// percent is told so.
const FUNDING_MAX: f64 = 0.1;

/// What is wrong with one value of a row.
#[derive(Debug)]
pub(super) struct Fault {
    /// The column to blame.
    pub(super) part: Part,
    /// What follows the value in the message, with the remedy.
    pub(super) problem: String,
}

impl Fault {
    fn new(part: Part, problem: impl Into<String>) -> Self {
        Self { part, problem: problem.into() }
    }

    /// Returns the fault of a `text` that is not a number.
    #[cold]
    pub(super) fn not_a_number(part: Part, text: &[u8]) -> Self {
        if text.is_empty() {
            return Self::new(part, "is empty; fill in the number, or delete the row");
        }
        if text.contains(&b',') {
            return Self::new(
                part,
                "is not a number; write it with a decimal point and without thousands separators",
            );
        }
        Self::new(part, "is not a number; write digits and a decimal point, such as `4367.1`")
    }

    /// Returns the fault of a `text` that is to be a feature and is no
    /// finite number.
    #[cold]
    pub(super) fn not_a_feature(part: Part, text: &[u8]) -> Self {
        if text.is_empty() {
            return Self::new(
                part,
                "is empty, and a feature must be known at each bar's close: delete the rows before \
                 its first value, and fill the others with what was known then",
            );
        }
        let not_finite = "is not a finite number, as a feature must be: correct it, or fill in \
                          what was known at the bar's close";
        number::parse(text)
            .map_or_else(|| Self::not_a_number(part, text), |_| Self::new(part, not_finite))
    }

    /// Returns the fault of a symbol that is not there.
    #[cold]
    pub(super) fn no_symbol() -> Self {
        Self::new(Part::Symbol, "is empty; fill in the symbol, or delete the row")
    }

    /// Returns the fault of a `text` that is not a time.
    #[cold]
    pub(super) fn not_a_time(text: &[u8]) -> Self {
        if text.is_empty() {
            return Self::new(Part::Time, "is empty; fill in the time, or delete the row");
        }
        Self::new(Part::Time, timestamp::remedy(text))
    }
}

/// Fails unless `bar` holds what every bar must hold.
#[inline]
pub(super) fn check(bar: &Bar) -> Result<(), Fault> {
    // A comparison with NaN is false, so that NaN fails too.
    let is_right = bar.low > 0.0
        && bar.low <= bar.open
        && bar.low <= bar.close
        && bar.open <= bar.high
        && bar.close <= bar.high
        && bar.high < f64::INFINITY
        && bar.volume >= 0.0
        && bar.volume < f64::INFINITY
        && bar.funding.abs() <= FUNDING_MAX;
    if is_right { Ok(()) } else { Err(explain(bar)) }
}

#[cold]
fn explain(bar: &Bar) -> Fault {
    let Bar { open, high, low, close, volume, .. } = *bar;
    let prices = [(Part::Open, open), (Part::High, high), (Part::Low, low), (Part::Close, close)];
    for (part, price) in prices {
        if !price.is_finite() {
            return Fault::new(part, "is not a finite number; correct or delete the row");
        }
        if price <= 0.0 {
            return Fault::new(
                part,
                "is not above 0, as a price must be; correct or delete the row",
            );
        }
    }
    if !volume.is_finite() {
        return Fault::new(Part::Volume, "is not a finite number; correct or delete the row");
    }
    if volume < 0.0 {
        return Fault::new(Part::Volume, "is below 0; correct or delete the row");
    }
    if bar.funding.is_nan() || bar.funding.abs() > FUNDING_MAX {
        return Fault::new(
            Part::Funding,
            "is beyond 0.1; write the rate of one bar as a fraction, such as `0.0001` for 0.01 %",
        );
    }
    let others = [("open", open), ("close", close), ("low", low)];
    let remedy = "correct or delete the row, or check which column is which";
    if let Some((name, price)) = others.iter().find(|&&(_, price)| price > high) {
        return Fault::new(Part::High, format!("is below the {name} `{price}`; {remedy}"));
    }
    // Nothing else can fail the check.
    let (name, price) = if open < low { others[0] } else { others[1] };
    Fault::new(Part::Low, format!("is above the {name} `{price}`; {remedy}"))
}
