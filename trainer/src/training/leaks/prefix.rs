//! Checks prefix invariance: a row does not depend on later bars.

use crate::market::bars::Bar;

use super::features::Features;
use super::report::LeakCheck;

/// Number of prefixes whose rows are recomputed.
const N_PREFIXES: usize = 32;

/// Checks that the rows of each prefix equal those of all `bars`, bit
/// for bit.
pub(super) fn check(bars: &[Bar], features: &dyn Features) -> LeakCheck {
    let whole = features.rows(bars);
    let first = whole.iter().position(Option::is_some).unwrap_or_default();
    let span = bars.len() - first;
    let lengths = (1..=N_PREFIXES).map(|number| first + span * number / N_PREFIXES);
    let mut n_rows = 0;
    for length in lengths {
        let part = features.rows(&bars[..length]);
        for (bar_idx, (found, expected)) in part.iter().zip(&whole).enumerate() {
            n_rows += 1;
            if let Some(column) = difference(found.as_deref(), expected.as_deref()) {
                let names = features.names();
                let name = column.and_then(|column| names.get(column).cloned());
                let name = name.unwrap_or_else(|| "the whole row".to_owned());
                return LeakCheck::failed(
                    "prefix_invariance",
                    format!(
                        "`{name}` of bar {bar_idx} is another one when only bars 0 to {} are known",
                        length - 1
                    ),
                );
            }
        }
    }
    LeakCheck::passed(
        "prefix_invariance",
        format!("{n_rows} rows of {N_PREFIXES} prefixes equal those of all bars, bit for bit"),
    )
}

/// Returns where two rows differ: `Some(Some(column))`, or `Some(None)`
/// when one row is missing or shorter.
#[expect(clippy::option_option, reason = "whether they differ, and in which column")]
fn difference(found: Option<&[f64]>, expected: Option<&[f64]>) -> Option<Option<usize>> {
    match (found, expected) {
        (None, None) => None,
        (Some(found), Some(expected)) if found.len() == expected.len() => {
            let mut pairs = found.iter().zip(expected);
            pairs.position(|(one, other)| one.to_bits() != other.to_bits()).map(Some)
        }
        _ => Some(None),
    }
}
