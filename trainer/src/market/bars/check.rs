//! Checks that a bar is possible, and explains why not if it fails.
//!
//! The check is a few comparisons; the message is made only for a bar
//! that fails it.

use std::fmt;

use super::columns::BarField;
use super::timestamp::TimeParser;
use super::{Bar, lenient, number};

/// No market has a higher funding rate per bar; a higher one is likely
/// written in percent.
const FUNDING_MAX: f64 = 0.1;

/// An open or close outside the range by at most this fraction of the
/// price is a rounding error.
const ROUNDING_TOLERANCE: f64 = 1e-9;

/// The kind of a fault; faults are counted by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FaultKind {
    Width,
    Time,
    Order,
    Duplicate,
    NoPrice,
    Price,
    Range,
    Volume,
    Funding,
    Dividend,
    Feature,
    Symbol,
    /// The file holds several symbols.
    AnotherSymbol,
    /// A second header with other columns follows.
    OtherNames,
    /// A quote extends over several lines.
    Swallowed,
    /// The last line is a note of the program that wrote the file.
    Footer,
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Width | Self::Swallowed => "with another number of columns",
            Self::Time => "without a time",
            Self::Order => "out of order",
            Self::Duplicate => "with the time of the row before",
            Self::NoPrice => "without a price",
            Self::Price => "with an impossible price",
            Self::Range => "with an open or close outside of low and high",
            Self::Volume => "with an impossible volume",
            Self::Funding => "with an impossible funding",
            Self::Dividend => "with an impossible dividend",
            Self::Feature => "without a number that is a feature",
            Self::Symbol | Self::AnotherSymbol => "without the symbol",
            Self::OtherNames => "with other names",
            Self::Footer => "below the bars",
        })
    }
}

/// An invalid value of a row.
#[derive(Debug)]
pub(super) struct Fault {
    /// The field whose column the message names.
    pub(super) field: BarField,
    /// The rest of the message after the value, with the remedy.
    pub(super) problem: String,
    /// What follows it where the row may be left out.
    pub(super) drop_advice: &'static str,
    pub(super) kind: FaultKind,
}

impl Fault {
    fn new(field: BarField, problem: impl Into<String>) -> Self {
        let kind = match field {
            BarField::Time => FaultKind::Time,
            BarField::Volume => FaultKind::Volume,
            BarField::Funding => FaultKind::Funding,
            BarField::Dividend => FaultKind::Dividend,
            BarField::Symbol => FaultKind::Symbol,
            BarField::Further(_) => FaultKind::Feature,
            BarField::Open | BarField::High | BarField::Low | BarField::Close => FaultKind::Price,
        };
        Self::of_kind(kind, field, problem)
    }

    pub(super) fn of_kind(kind: FaultKind, field: BarField, problem: impl Into<String>) -> Self {
        Self { field, problem: problem.into(), drop_advice: "", kind }
    }

    pub(super) fn or_drop(self, drop_advice: &'static str) -> Self {
        Self { drop_advice, ..self }
    }

    /// Whether the fault is one of the whole file, not of a single row.
    pub(super) fn concerns_file(&self) -> bool {
        use FaultKind::{AnotherSymbol, OtherNames, Swallowed};
        matches!(self.kind, AnotherSymbol | OtherNames | Swallowed)
    }

    /// Returns the fault of a second header whose names differ from those
    /// of the first.
    #[cold]
    pub(super) fn of_names() -> Self {
        let problem = "begins a second header with other columns: split the file there";
        Self::of_kind(FaultKind::OtherNames, BarField::Time, problem)
    }

    /// Returns the fault of a row with another number of columns.
    #[cold]
    pub(super) fn wrong_width() -> Self {
        Self::of_kind(FaultKind::Width, BarField::Time, "")
    }

    /// Returns the fault of a `text` that is not a price.
    #[cold]
    pub(super) fn not_a_price(field: BarField, text: &[u8]) -> Self {
        if !lenient::is_unknown(text) {
            return Self::not_a_number(field, text);
        }
        Self::no_price(field)
    }

    fn range(field: BarField, problem: String) -> Self {
        Self::of_kind(FaultKind::Range, field, problem)
            .or_drop(", `--bad-rows drop` leaves the row out")
    }

    fn no_price(field: BarField) -> Self {
        Self::of_kind(FaultKind::NoPrice, field, "is not a price: delete the row")
            .or_drop(", or leave such rows out with `--bad-rows drop`")
    }

    /// Returns the fault of an adjusted close that is not above 0.
    #[cold]
    pub(super) fn not_an_adjusted_close(field: BarField) -> Self {
        let problem = "is not above 0, as an adjusted close must be; correct or delete the row";
        Self::of_kind(FaultKind::Price, field, problem)
    }

    /// Returns the fault of a `text` that is not a number.
    #[cold]
    pub(super) fn not_a_number(field: BarField, text: &[u8]) -> Self {
        let problem = if text.is_empty() {
            "is empty; fill in the number, or delete the row"
        } else if text.contains(&b',') {
            "is not a number; write it with a decimal point and without thousands separators"
        } else {
            "is not a number; write digits and a decimal point, such as `4367.1`"
        };
        Self::new(field, problem).or_drop(", or leave the row out with `--bad-rows drop`")
    }

    /// Returns the fault of a `text` in a feature column that is not a
    /// finite number.
    #[cold]
    pub(super) fn not_a_feature(field: BarField, text: &[u8]) -> Self {
        if text.is_empty() {
            return Self::new(
                field,
                "is empty, and a feature must be known at each bar's close: delete the rows before \
                 its first value, and fill later ones with the last known value",
            );
        }
        let not_finite = "is not a finite number, as a feature must be: correct it, or fill in the \
                          value known at the bar's close";
        number::parse(text)
            .map_or_else(|| Self::not_a_number(field, text), |_| Self::new(field, not_finite))
    }

    /// Returns the fault of an empty symbol.
    #[cold]
    pub(super) fn no_symbol() -> Self {
        Self::new(BarField::Symbol, "is empty; fill in the symbol, or delete the row")
    }

    /// Returns the fault of a `text` that `parser` cannot read as a time.
    #[cold]
    pub(super) fn not_a_time(text: &[u8], parser: &TimeParser) -> Self {
        if text.is_empty() {
            return Self::new(BarField::Time, "is empty; fill in the time")
                .or_drop(", or leave the row out with `--bad-rows drop`");
        }
        let (problem, drop_advice) = parser.remedy(text);
        Self::new(BarField::Time, problem).or_drop(drop_advice)
    }
}

const NOT_FINITE: &str = "is not a finite number; correct or delete the row";
/// The usual advice, after one on how to correct the row.
pub(super) const OR_DROP: &str = ", or leave it out with `--bad-rows drop`";

/// Returns whether `bar` is possible: finite, positive prices within the
/// range, and a valid volume, funding rate and dividend.
#[inline]
pub(super) fn is_valid(bar: &Bar) -> bool {
    // Comparisons with NaN are false, so NaN fails too.
    bar.low > 0.0 && is_consistent(bar)
}

#[inline]
fn is_consistent(bar: &Bar) -> bool {
    bar.low <= bar.open
        && bar.low <= bar.close
        && bar.open <= bar.high
        && bar.close <= bar.high
        && bar.high < f64::INFINITY
        && bar.low > f64::NEG_INFINITY
        && bar.volume >= 0.0
        && bar.volume < f64::INFINITY
        && bar.funding.abs() <= FUNDING_MAX
        && bar.dividend >= 0.0
        && bar.dividend < f64::INFINITY
}

/// Widens the range of a bar whose open or close is outside of it by a
/// rounding error.
pub(super) fn widen_within_rounding(bar: &mut Bar) {
    let (top, bottom) = (bar.open.max(bar.close), bar.open.min(bar.close));
    if top > bar.high && top.is_finite() && top - bar.high <= ROUNDING_TOLERANCE * top.abs() {
        bar.high = top;
    }
    if bottom < bar.low && bar.low - bottom <= ROUNDING_TOLERANCE * bottom.abs() {
        bar.low = bottom;
    }
}

/// Checks that `bar` is possible. Prices may be 0 or negative if
/// `allows_negative`.
pub(super) fn check(bar: &Bar, allows_negative: bool) -> Result<(), Fault> {
    let is_fine = (bar.low > 0.0 || allows_negative) && is_consistent(bar);
    if is_fine { Ok(()) } else { Err(explain(bar, allows_negative)) }
}

#[cold]
fn explain(bar: &Bar, allows_negative: bool) -> Fault {
    let Bar { open, high, low, close, volume, .. } = *bar;
    let prices = [
        (BarField::Open, open),
        (BarField::High, high),
        (BarField::Low, low),
        (BarField::Close, close),
    ];
    for (field, price) in prices {
        if price.is_nan() {
            return Fault::no_price(field);
        }
        if price.is_infinite() {
            return Fault::new(field, NOT_FINITE).or_drop(OR_DROP);
        }
        if price < 0.0 && low > 0.0 {
            return Fault::new(
                field,
                "has another sign than the rest of the bar; CRSP marks so the mean of bid and ask \
                 of a day without a trade",
            )
            .or_drop(": leave such rows out with `--bad-rows drop`");
        }
        if price <= 0.0 && !allows_negative {
            return Fault::new(
                field,
                "is not above 0, as a price must be for returns; correct or delete the row, or, \
                 if such prices are meant, let `simulate` take them with `--negative-prices`",
            );
        }
    }
    if !volume.is_finite() {
        return Fault::new(BarField::Volume, NOT_FINITE).or_drop(OR_DROP);
    }
    if volume < 0.0 {
        let problem = "is below 0; correct or delete the row";
        return Fault::new(BarField::Volume, problem).or_drop(OR_DROP);
    }
    if bar.funding.is_nan() || bar.funding.abs() > FUNDING_MAX {
        return Fault::new(
            BarField::Funding,
            "is beyond 0.1; write the rate of one bar as a fraction, such as `0.0001` for 0.01 %",
        );
    }
    if !(bar.dividend >= 0.0 && bar.dividend.is_finite()) {
        return Fault::new(
            BarField::Dividend,
            "is not a dividend; write the amount per unit, and leave other rows empty",
        );
    }
    let others = [("open", open), ("close", close), ("low", low)];
    let remedy =
        "check which column is which; `--bad-rows widen` widens the range to the open and close";
    if let Some((name, price)) = others.iter().find(|&&(_, price)| price > high) {
        return Fault::range(BarField::High, format!("is below the {name} `{price}`; {remedy}"));
    }
    // Nothing else can fail the check.
    let (name, price) = if open < low { others[0] } else { others[1] };
    Fault::range(BarField::Low, format!("is above the {name} `{price}`; {remedy}"))
}
